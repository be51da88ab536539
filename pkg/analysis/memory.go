package analysis

import (
	"container/list"
	"math"
	"sync"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// maxKept bounds the detectors in memory. One is some 15 KB of state and, at 5 minutes, up to 80 KB of scores.
const maxKept = 2000

// keptID is one epoch of one series. The origin is part of it because the input may begin later where a series is young.
type keptID struct {
	series        string
	origin, epoch int64
}

// kept is a detector that has seen the first at buckets of its input, and the scores it gave in the epoch. It is never changed once
// it is in memory.
type kept struct {
	detector detect.Detector
	at       int
	hash     uint64 // of the input it has seen
	scores   []detect.Result
}

// memory keeps the detectors used last. It is safe for concurrent use.
type memory struct {
	mutex sync.Mutex
	limit int
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
		element.Value = entry{id, k}
		m.order.MoveToFront(element)
		return
	}
	m.byID[id] = m.order.PushFront(entry{id, k})
	if m.order.Len() > m.limit {
		oldest := m.order.Back()
		m.order.Remove(oldest)
		delete(m.byID, oldest.Value.(entry).id)
	}
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
