package history

import (
	"context"
	"fmt"
	"sync"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// maxUnsaved bounds the points that wait in memory for a store that cannot be written: 32 MiB of them, or one series.
	maxUnsaved = 4 << 20
	// savedAtOnce is how many of the series that wait are stored in one go: whether the store can be written is found out with few of them.
	savedAtOnce = 32
)

// unsaved is what was paid for and could not be stored. A store that takes nothing must neither hide it nor have it paid for at each refresh: it
// is read over what is stored, and it is stored before AWS is asked for anything else. The zero value is ready.
type unsaved struct {
	saving sync.Mutex // whoever stores what waits is alone
	mutex  sync.Mutex // guards what follows
	writes map[string]*store.Write
	points int
	why    error // the store's
}

// keep takes what could not be stored, as much of it as there is room for, and why.
func (u *unsaved) keep(writes []store.Write, why error) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.writes == nil {
		u.writes = map[string]*store.Write{}
	}
	for _, w := range writes {
		u.forget(w.Series.Key.ID())
		if n := len(w.Series.Values); len(u.writes) == 0 || u.points+n <= maxUnsaved {
			u.writes[w.Series.Key.ID()] = &w
			u.points += n
			u.why = why
		}
	}
}

// forget drops what waits of a series; the caller holds the mutex.
func (u *unsaved) forget(id string) {
	if w, ok := u.writes[id]; ok {
		u.points -= len(w.Series.Values)
		delete(u.writes, id)
	}
}

// of is what waits of each key, nil where nothing does, and why. It is to be called before the store is read: what is stored meanwhile is then known
// twice, and not lost between the two.
func (u *unsaved) of(keys []series.Key) (waiting []*store.Write, why error) {
	waiting = make([]*store.Write, len(keys))
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if len(u.writes) == 0 {
		return waiting, nil
	}
	for n, k := range keys {
		waiting[n] = u.writes[k.ID()]
	}
	return waiting, unwritable(u.why)
}

// save stores what waits. Its error says that the store still cannot be written.
func (u *unsaved) save(ctx context.Context, s Store) error {
	if !u.saving.TryLock() {
		u.saving.Lock() // what somebody else has just tried is not tried again
		defer u.saving.Unlock()
		return u.waits()
	}
	defer u.saving.Unlock()
	for u.waits() != nil {
		some := u.some()
		writes := make([]store.Write, len(some))
		for n, w := range some {
			writes[n] = *w
		}
		if _, err := s.Save(context.WithoutCancel(ctx), writes); err != nil {
			return err
		}
		u.saved(some)
	}
	return nil
}

// waits is why something waits; nil: nothing does.
func (u *unsaved) waits() error {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if len(u.writes) == 0 {
		return nil
	}
	return u.why
}

// some is what waits of some series.
func (u *unsaved) some() (some []*store.Write) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, w := range u.writes {
		if len(some) == savedAtOnce {
			break
		}
		some = append(some, w)
	}
	return some
}

// saved forgets what was stored, unless something newer waits by now.
func (u *unsaved) saved(stored []*store.Write) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, w := range stored {
		if id := w.Series.Key.ID(); u.writes[id] == w {
			u.forget(id)
		}
	}
}

// unwritable says what a store that cannot be written means.
func unwritable(err error) error {
	return fmt.Errorf("the cache cannot be written, and AWS is asked for nothing that cannot be kept: %w", err)
}
