package analysis

import (
	"hash/maphash"
	"sync"
)

// turns let those who want to work out the same thing do so one after the other, so that all but the first find it done. Some who want
// different things share a turn. Whoever has a turn may take one of other turns, in this order: looking ahead, running.
type turns struct {
	seed maphash.Seed
	each [128]sync.Mutex
}

func newTurns() *turns { return &turns{seed: maphash.MakeSeed()} }

func (t *turns) of(id keptID) *sync.Mutex {
	return &t.each[maphash.Comparable(t.seed, id)%uint64(len(t.each))]
}
