package analysis

import (
	"container/list"
	"sync"
	"unsafe"
)

// maxKept bounds the pipelines in memory, in bytes: at 5 minutes some 14 of the detector auto, 100 of the seasonal one. The others are in the
// store, from where one is back in some milliseconds when there is a new point.
const maxKept = 16 << 20

const pointSize = int(unsafe.Sizeof(point{}))

// keptID is one epoch of one series, looked at in one way.
type keptID struct {
	series string
	epoch  int64
	spec   uint64
}

// kept is a pipeline that has seen the first at buckets of its input, and what it said of those of the epoch. It is never changed once it
// is in memory.
type kept struct {
	pipe   *pipeline // nil: of a finished epoch only the results are known
	at     int
	hash   uint64 // of the input it has seen
	points points
	stored int // as at, of what the store was given
	place  place
}

func (k kept) size() int { return k.pipe.size() + pointSize*k.points.len() }

// memory keeps what was used last. It is safe for concurrent use.
type memory[V interface{ size() int }] struct {
	mutex sync.Mutex
	limit int // bytes
	used  int
	byID  map[keptID]*list.Element
	order *list.List // of entry[V], the last used first
}

type entry[V any] struct {
	id   keptID
	kept V
}

func newMemory[V interface{ size() int }](limit int) *memory[V] {
	return &memory[V]{limit: limit, byID: map[keptID]*list.Element{}, order: list.New()}
}

func (m *memory[V]) get(id keptID) (found V, ok bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	element, ok := m.byID[id]
	if !ok {
		return found, false
	}
	m.order.MoveToFront(element)
	return element.Value.(entry[V]).kept, true
}

func (m *memory[V]) put(id keptID, k V) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if element, ok := m.byID[id]; ok {
		m.remove(element)
	}
	m.byID[id] = m.order.PushFront(entry[V]{id, k})
	m.used += k.size()
	for m.used > m.limit && m.order.Len() > 1 {
		m.remove(m.order.Back())
	}
}

func (m *memory[V]) remove(element *list.Element) {
	e := m.order.Remove(element).(entry[V])
	delete(m.byID, e.id)
	m.used -= e.kept.size()
}

func (m *memory[V]) each(f func(keptID, V)) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for e := m.order.Front(); e != nil; e = e.Next() {
		f(e.Value.(entry[V]).id, e.Value.(entry[V]).kept)
	}
}
