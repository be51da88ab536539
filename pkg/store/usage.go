package store

import (
	"maps"
	"slices"
	"sync"
)

// usage remembers which series were read or written since it was last taken, so that reading writes nothing. The zero value is ready.
type usage struct {
	mutex sync.Mutex
	ids   map[int64]struct{}
}

// mark notes a series; 0 is none.
func (u *usage) mark(id int64) {
	if id == 0 {
		return
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.ids == nil {
		u.ids = map[int64]struct{}{}
	}
	u.ids[id] = struct{}{}
}

// take returns the series in order, and forgets them.
func (u *usage) take() []int64 {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	ids := slices.Sorted(maps.Keys(u.ids))
	u.ids = nil
	return ids
}
