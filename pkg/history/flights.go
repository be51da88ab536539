package history

import (
	"context"
	"sync"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// flights lets one reader at a time work on a series, so that parallel queries ask AWS once. A claim never waits while it holds
// something, so readers of overlapping sets cannot wait for each other in a circle. The zero value is ready.
type flights struct {
	mutex sync.Mutex
	busy  map[string]chan struct{}
}

// claim takes those of the indexed keys that are free. It returns them, the others, and a function that waits until the others are free.
func (f *flights) claim(keys []series.Key, indices []int) (mine, theirs []int, wait func(context.Context) error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.busy == nil {
		f.busy = map[string]chan struct{}{}
	}
	own := make(chan struct{})
	var others []chan struct{}
	for _, i := range indices {
		id := keys[i].ID()
		if other, taken := f.busy[id]; taken && other != own {
			theirs = append(theirs, i)
			others = append(others, other)
			continue
		}
		f.busy[id] = own
		mine = append(mine, i)
	}
	return mine, theirs, func(ctx context.Context) error {
		for _, other := range others {
			select {
			case <-other:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
}

// release frees what claim took.
func (f *flights) release(keys []series.Key, mine []int) {
	if len(mine) == 0 {
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	done := f.busy[keys[mine[0]].ID()]
	for _, i := range mine {
		delete(f.busy, keys[i].ID())
	}
	close(done)
}
