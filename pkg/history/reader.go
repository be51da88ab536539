package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// Store is what the reader needs of package store.
type Store interface {
	Load(context.Context, []series.Key, series.Window) ([]store.Held, error)
	Save(context.Context, []store.Write) (revised []int, err error)
}

// Fetcher is what the reader needs of package cloudwatch.
type Fetcher interface {
	Fetch(context.Context, cloudwatch.Scope, series.Window, []series.Key) ([]cloudwatch.Outcome, cloudwatch.Usage)
}

// Reader reads series through the cache. It is safe for concurrent use.
type Reader struct {
	store   Store
	fetcher Fetcher
	clock   func() time.Time
	flights flights
}

// NewReader returns a reader.
func NewReader(s Store, f Fetcher, clock func() time.Time) *Reader {
	return &Reader{store: s, fetcher: f, clock: clock}
}

// Result is one series as far as it is known.
type Result struct {
	Series     series.Series // of the window, clipped to what is settled
	FinalUntil time.Time     // buckets that begin before it will not change any more
	WholeUntil time.Time     // counts of buckets that begin before it are whole; later ones may still grow
	Unkept     series.Window // the older part of the window that AWS no longer keeps and the cache does not hold
	Revised    int           // points that this read found changed
	Err        error         // AWS could not be asked for all that is missing; Series holds what is stored
}

// Usage says what a read cost.
type Usage struct {
	Series    int // read
	CacheHits int // answered without asking AWS
	Revised   int // points found changed
	cloudwatch.Usage
}

// Read returns every key in the window, in the order of the keys. A failure belongs to its series; the error is for what concerns all,
// as a store that cannot be read or a context that ended.
func (r *Reader) Read(ctx context.Context, keys []series.Key, w series.Window) ([]Result, Usage, error) {
	now := r.clock()
	results := make([]Result, len(keys))
	usage := Usage{Series: len(keys)}
	asked := make([]bool, len(keys))
	todo := make([]int, len(keys))
	for i := range todo {
		todo[i] = i
	}
	// Each round fetches what no one else is fetching and waits for the rest, which is then read from the store. A flight whose owner
	// was cancelled leaves its series missing: the next round takes it over.
	for len(todo) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, usage, err
		}
		mine, theirs, wait := r.flights.claim(keys, todo)
		err := r.readClaimed(ctx, keys, mine, w, now, results, asked, &usage)
		r.flights.release(keys, mine)
		if err != nil {
			return nil, usage, err
		}
		if err := wait(ctx); err != nil {
			return nil, usage, err
		}
		todo = theirs
	}
	for _, a := range asked {
		if !a {
			usage.CacheHits++
		}
	}
	return results, usage, nil
}

// readClaimed answers the claimed keys: from the store, and from AWS where something is missing.
func (r *Reader) readClaimed(ctx context.Context, keys []series.Key, claimed []int, w series.Window, now time.Time, results []Result, asked []bool, usage *Usage) error {
	groups := map[fetchGroup][]int{}
	for namespace, members := range byNamespace(keys, claimed) {
		p := newPlan(namespace, w, now)
		held, err := r.store.Load(ctx, pick(keys, members), p.load)
		if err != nil {
			return err
		}
		for j, i := range members {
			missing := p.missing(held[j])
			results[i] = p.result(held[j])
			if !missing.Empty() {
				group := fetchGroup{cloudwatch.ScopeOf(keys[i]), missing}
				groups[group] = append(groups[group], i)
			}
		}
	}
	for group, members := range groups {
		if err := r.fetch(ctx, group, keys, members, now, results, usage); err != nil {
			return err
		}
		for _, i := range members {
			asked[i] = true
		}
	}
	return nil
}

// fetchGroup is what can share requests: one scope, one missing range.
type fetchGroup struct {
	scope  cloudwatch.Scope
	window series.Window
}

func byNamespace(keys []series.Key, indices []int) map[string][]int {
	groups := map[string][]int{}
	for _, i := range indices {
		groups[keys[i].Namespace] = append(groups[keys[i].Namespace], i)
	}
	return groups
}

func pick(keys []series.Key, indices []int) []series.Key {
	picked := make([]series.Key, len(indices))
	for j, i := range indices {
		picked[j] = keys[i]
	}
	return picked
}

func (r *Reader) fetch(ctx context.Context, group fetchGroup, keys []series.Key, members []int, now time.Time, results []Result, usage *Usage) error {
	outcomes, used := r.fetcher.Fetch(ctx, group.scope, group.window, pick(keys, members))
	usage.Usage = usage.Usage.Add(used)
	var writes []store.Write
	var written []int
	for j, i := range members {
		if err := outcomes[j].Err; err != nil {
			if errors.Is(err, context.Canceled) && ctx.Err() != nil {
				return ctx.Err()
			}
			results[i].Err = fmt.Errorf("metric %s: %w", keys[i].Metric, err)
			continue
		}
		writes = append(writes, store.Write{Series: outcomes[j].Series, FinalUntil: now.Add(-FinalAge), FetchedAt: now})
		written = append(written, i)
	}
	if len(writes) == 0 {
		return nil
	}
	// What was paid for is kept, also when the one who asked has gone meanwhile.
	revised, err := r.store.Save(context.WithoutCancel(ctx), writes)
	if err != nil {
		return err
	}
	for j, i := range written {
		results[i].Revised = revised[j]
		results[i].WholeUntil = series.Floor(now.Add(-WholeAge), group.window.Period)
		usage.Revised += revised[j]
		merge(results[i].Series, writes[j].Series)
	}
	return nil
}

// merge puts fetched points over held ones, by the store's own rule: what is missing erases nothing.
func merge(into, fetched series.Series) {
	common := into.Window.Intersect(fetched.Window)
	from := fetched.Slice(common).Values
	for i, to := 0, into.Slice(common).Values; i < len(to); i++ {
		if v := from[i]; v == v { // not NaN
			to[i] = v
		}
	}
}
