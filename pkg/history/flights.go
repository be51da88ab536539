package history

import (
	"context"
	"sync"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Flights lets one reader at a time work on a series, so that parallel queries ask AWS once. A claim never waits while it holds
// something, so readers of overlapping sets cannot wait for each other in a circle. What the store could not take waits here too. The zero value
// is ready. Readers of one store share one; see Reader.Sharing.
type Flights struct {
	mutex sync.Mutex
	busy  map[string]*flight

	unsaved unsaved
}

// flight is somebody's work on a series.
type flight struct {
	done chan struct{} // closed when the series is free again
	err  error         // why AWS did not answer; read once done
}

// waiting is a key of ours that somebody else works on.
type waiting struct {
	index  int
	flight *flight
}

// wait waits until the key is free again. It returns why AWS did not answer who had it.
func (w waiting) wait(ctx context.Context) (failed, err error) {
	select {
	case <-w.flight.done:
		return w.flight.err, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// claim is what one reader works on. It is safe for concurrent use.
type claim struct {
	flights *Flights
	keys    []series.Key
	indices []int
	held    map[string]*flight // by key; guarded by the flights' mutex
}

// claim takes those of the indexed keys that are free. It returns them, and the others to wait for.
func (f *Flights) claim(keys []series.Key, indices []int) (mine *claim, theirs []waiting) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.busy == nil {
		f.busy = map[string]*flight{}
	}
	mine = &claim{flights: f, keys: keys, held: map[string]*flight{}}
	for _, i := range indices {
		id := keys[i].ID()
		_, again := mine.held[id] // a key may stand twice in one read
		if other, taken := f.busy[id]; taken && !again {
			theirs = append(theirs, waiting{i, other})
			continue
		}
		if !again {
			f.busy[id] = &flight{done: make(chan struct{})}
			mine.held[id] = f.busy[id]
		}
		mine.indices = append(mine.indices, i)
	}
	return mine, theirs
}

// fail tells those who wait for a key why AWS did not answer: it would not answer them either, and each would wait for that in his turn.
func (c *claim) fail(index int, err error) {
	c.flights.mutex.Lock()
	defer c.flights.mutex.Unlock()
	if flight, held := c.held[c.keys[index].ID()]; held {
		flight.err = err
	}
}

// release frees keys of the claim; freeing one twice does nothing.
func (c *claim) release(indices []int) {
	c.flights.mutex.Lock()
	defer c.flights.mutex.Unlock()
	for _, i := range indices {
		id := c.keys[i].ID()
		if flight, held := c.held[id]; held {
			delete(c.held, id)
			delete(c.flights.busy, id)
			close(flight.done)
		}
	}
}
