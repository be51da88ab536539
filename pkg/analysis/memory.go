package analysis

import (
	"container/list"
	"math"
	"sync"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// maxKept bounds the detectors in memory, in bytes: at 5 minutes some 1,300 of them.
const maxKept = 128 << 20

// stateSize is about what a detector's state takes; a score takes scoreSize.
const (
	stateSize = 15 << 10
	scoreSize = int(unsafe.Sizeof(detect.Result{}))
)

// keptID is one epoch of one series. The origin is part of it because the input may begin later where a series is young.
type keptID struct {
	series        string
	origin, epoch int64
	limits        limits
}

// kept is a detector that has seen the first at buckets of its input, and the scores it gave in the epoch. It is never changed once
// it is in memory.
type kept struct {
	detector detect.Detector
	at       int
	hash     uint64 // of the input it has seen
	scores   []detect.Result
}

func (k kept) size() int { return stateSize + scoreSize*cap(k.scores) }

// memory keeps the detectors used last. It is safe for concurrent use.
type memory struct {
	mutex sync.Mutex
	limit int // bytes
	used  int
	byID  map[keptID]*list.Element
	order *list.List // of entry, the last used first
}

type entry struct {
	id   keptID
	kept kept
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, byID: map[keptID]*list.Element{}, order: list.New()}
}

func (m *memory) get(id keptID) (kept, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	element, ok := m.byID[id]
	if !ok {
		return kept{}, false
	}
	m.order.MoveToFront(element)
	return element.Value.(entry).kept, true
}

func (m *memory) put(id keptID, k kept) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if element, ok := m.byID[id]; ok {
		m.remove(element)
	}
	m.byID[id] = m.order.PushFront(entry{id, k})
	m.used += k.size()
	for m.used > m.limit && m.order.Len() > 1 {
		m.remove(m.order.Back())
	}
}

func (m *memory) remove(element *list.Element) {
	e := m.order.Remove(element).(entry)
	delete(m.byID, e.id)
	m.used -= e.kept.size()
}

// hashOf identifies a run of observations, every bit of them; missing ones are alike whatever their NaN.
func hashOf(values []float64) uint64 {
	const prime = 0x9E3779B97F4A7C15 // 2^64 by the golden ratio
	h := uint64(len(values)) * prime
	for _, v := range values {
		bits := math.Float64bits(v)
		if math.IsNaN(v) {
			bits = 0x7FF8000000000001
		}
		h = (h ^ bits) * prime
		h ^= h >> 29
	}
	return h
}
