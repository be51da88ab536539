package store

import (
	"context"
	"sync"
)

// Registry shares one open store for each directory of the process, counted by its users: Grafana keeps the old and the new instance
// of a data source side by side for some seconds. The zero Registry is ready. It is safe for concurrent use.
type Registry struct {
	mutex sync.Mutex
	open  map[string]*shared
}

type shared struct {
	store *Store
	users int
}

// Acquire opens the store of dir or joins who has it open. The release function must be called once; the last one closes.
func (r *Registry) Acquire(ctx context.Context, dir string) (*Store, func(), error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.open == nil {
		r.open = map[string]*shared{}
	}
	s, ok := r.open[dir]
	if !ok {
		opened, err := Open(ctx, dir)
		if err != nil {
			return nil, nil, err
		}
		s = &shared{store: opened}
		r.open[dir] = s
	}
	s.users++
	return s.store, sync.OnceFunc(func() { r.release(dir, s) }), nil
}

func (r *Registry) release(dir string, s *shared) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if s.users--; s.users > 0 {
		return
	}
	delete(r.open, dir)
	s.store.Close()
}
