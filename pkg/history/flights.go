package history

import (
	"context"
	"sync"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Flights lets one reader at a time work on a series, so that parallel queries ask AWS once. A claim never waits while it holds
// something, so readers of overlapping sets cannot wait for each other in a circle. The zero value is ready. Readers of one store share
// one; see Reader.Sharing.
type Flights struct {
	mutex sync.Mutex
	busy  map[string]chan struct{}
}

// claim is what one reader works on. It is safe for concurrent use.
type claim struct {
	flights *Flights
	keys    []series.Key
	indices []int
	held    map[string]chan struct{} // by key; guarded by the flights' mutex
}

// claim takes those of the indexed keys that are free. It returns them, the others, and a function that waits until the others are free.
func (f *Flights) claim(keys []series.Key, indices []int) (mine *claim, theirs []int, wait func(context.Context) error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.busy == nil {
		f.busy = map[string]chan struct{}{}
	}
	mine = &claim{flights: f, keys: keys, held: map[string]chan struct{}{}}
	var others []chan struct{}
	for _, i := range indices {
		id := keys[i].ID()
		_, again := mine.held[id] // a key may stand twice in one read
		if other, taken := f.busy[id]; taken && !again {
			theirs = append(theirs, i)
			others = append(others, other)
			continue
		}
		if !again {
			f.busy[id] = make(chan struct{})
			mine.held[id] = f.busy[id]
		}
		mine.indices = append(mine.indices, i)
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

// release frees keys of the claim; freeing one twice does nothing.
func (c *claim) release(indices []int) {
	c.flights.mutex.Lock()
	defer c.flights.mutex.Unlock()
	for _, i := range indices {
		id := c.keys[i].ID()
		if done, held := c.held[id]; held {
			delete(c.held, id)
			delete(c.flights.busy, id)
			close(done)
		}
	}
}
