package history

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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
	flights *Flights
	meter   Meter
}

// NewReader returns a reader.
func NewReader(s Store, f Fetcher, clock func() time.Time) *Reader {
	return &Reader{store: s, fetcher: f, clock: clock, flights: &Flights{}, meter: unmetered{}}
}

// Sharing makes readers of one store wait for each other where they want the same series: an instance of a data source that ends and the
// one that takes its place ask AWS once. Call it before the first Read.
func (r *Reader) Sharing(f *Flights) *Reader {
	r.flights = f
	return r
}

// Result is one series as far as it is known.
type Result struct {
	Series     series.Series       // of the window, clipped to what is settled
	FinalUntil time.Time           // buckets that begin before it will not change any more
	WholeUntil time.Time           // counts of buckets that begin before it are whole; later ones may still grow
	Unkept     series.Window       // the older part of the window that AWS no longer keeps and the cache does not hold
	Revised    int                 // points that this read found changed
	Odd        int                 // what this read found odd in AWS's answer
	Oddities   []cloudwatch.Oddity // some of it
	AskedUntil time.Time           // AWS was asked for the buckets that begin before it; zero: for none of the window
	Err        error               // AWS could not be asked for all that is missing; Series holds what is stored, and nothing beyond it is final or whole
}

// Usage says what a read cost.
type Usage struct {
	Series    int // read
	CacheHits int // answered without asking AWS
	Revised   int // points found changed
	// MetricsSaved are answered from the cache alone: without one, each metric of each read would have been asked. That is what Grafana's own
	// CloudWatch data source does at each refresh of each viewer, and it is counted once per read even where it would have taken several pages.
	MetricsSaved int

	Points int // that AWS answered
	Odd    int // of what it answered, that is odd
	cloudwatch.Usage
}

// maxGroups bounds the accounts and regions that one read asks at the same time.
const maxGroups = 16

// reading is one Read on its way.
type reading struct {
	*Reader
	keys    []series.Key
	window  series.Window
	now     time.Time
	results []Result
	asked   []bool

	mutex sync.Mutex // guards usage
	usage Usage
}

// Read returns every key in the window, in the order of the keys. A failure belongs to its series; the error is for what concerns all,
// as a store that cannot be read or a context that ended.
func (r *Reader) Read(ctx context.Context, keys []series.Key, w series.Window) ([]Result, Usage, error) {
	n := len(keys)
	rd := &reading{Reader: r, keys: keys, window: w, now: r.clock(), results: make([]Result, n), asked: make([]bool, n), usage: Usage{Series: n}}
	todo := make([]int, n)
	for i := range todo {
		todo[i] = i
	}
	// Each round fetches what no one else is fetching and waits for the rest, which is then read from the store. A flight whose owner
	// was cancelled leaves its series missing: the next round takes it over.
	for len(todo) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, rd.usage, err
		}
		mine, theirs, wait := r.flights.claim(keys, todo)
		err := rd.answer(ctx, mine)
		mine.release(mine.indices)
		if err != nil {
			return nil, rd.usage, err
		}
		if err := wait(ctx); err != nil {
			return nil, rd.usage, err
		}
		todo = theirs
	}
	for i, a := range rd.asked {
		if !a && rd.results[i].Err == nil {
			rd.usage.CacheHits++
		}
	}
	rd.save(ctx)
	return rd.results, rd.usage, nil
}

// answer answers the claimed keys: from the store, and from AWS where something is missing. Every account and region is asked at the same
// time, and frees its series as soon as it is done, so that one that hangs keeps no one else waiting.
func (rd *reading) answer(ctx context.Context, mine *claim) error {
	missing, err := rd.fromStore(ctx, mine)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(maxGroups)
	for what, members := range missing {
		group.Go(func() error {
			defer mine.release(members)
			return rd.fetch(ctx, what, members)
		})
	}
	return group.Wait()
}

// fromStore answers from the store and returns what is missing. Series that lack nothing are free again.
func (rd *reading) fromStore(ctx context.Context, mine *claim) (map[fetchGroup][]int, error) {
	groups := map[fetchGroup][]int{}
	for namespace, members := range byNamespace(rd.keys, mine.indices) {
		p := newPlan(namespace, rd.window, rd.now)
		p.patience = patienceOf(ctx)
		held, err := rd.store.Load(ctx, pick(rd.keys, members), p.load)
		if err != nil {
			return nil, err
		}
		var whole []int
		for j, i := range members {
			rd.results[i] = p.result(held[j])
			if missing := p.missing(held[j]); !missing.Empty() {
				group := fetchGroup{cloudwatch.ScopeOf(rd.keys[i]), namespace, missing}
				groups[group] = append(groups[group], i)
				continue
			}
			whole = append(whole, i)
		}
		mine.release(whole)
	}
	return groups, nil
}

// fetchGroup is what can share requests: one scope, one missing range, which namespaces settle differently.
type fetchGroup struct {
	scope     cloudwatch.Scope
	namespace string
	window    series.Window
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

// fetch asks AWS for one group, keeps what came and merges it into the results. Groups run side by side and share no series.
func (rd *reading) fetch(ctx context.Context, group fetchGroup, members []int) error {
	if err := rd.meter.Allow(ctx); err != nil {
		for _, i := range members {
			rd.results[i].Err = err
		}
		return nil
	}
	outcomes, used := rd.fetcher.Fetch(ctx, group.scope, group.window, pick(rd.keys, members))
	rd.count(Usage{Usage: used})
	var writes []store.Write
	var written []int
	for j, i := range members {
		rd.asked[i] = true
		if err := outcomes[j].Err; err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			rd.results[i].Err = fmt.Errorf("metric %s: %w", rd.keys[i].Metric, err)
			continue
		}
		fetched := outcomes[j].Series
		odd := len(outcomes[j].Oddities) + outcomes[j].MoreOddities
		rd.results[i].Oddities, rd.results[i].Odd = outcomes[j].Oddities, odd
		writes = append(writes, store.Write{Series: fetched, FinalUntil: finalUntil(fetched, rd.now), FetchedAt: rd.now})
		written = append(written, i)
		rd.count(Usage{Points: observed(fetched), Odd: odd})
	}
	if len(writes) == 0 {
		return nil
	}
	// What was paid for is kept, also when the one who asked has gone meanwhile.
	revised, err := rd.store.Save(context.WithoutCancel(ctx), writes)
	if err != nil {
		return err
	}
	for j, i := range written {
		rd.results[i].Revised, rd.results[i].AskedUntil = revised[j], group.window.End
		rd.results[i].FinalUntil, rd.results[i].WholeUntil = settledAt(group.namespace, group.window.Period, rd.now)
		rd.count(Usage{Revised: revised[j]})
		merge(rd.results[i].Series, writes[j].Series)
	}
	return nil
}

func (rd *reading) count(u Usage) {
	rd.mutex.Lock()
	defer rd.mutex.Unlock()
	rd.usage.Revised += u.Revised
	rd.usage.Points += u.Points
	rd.usage.Odd += u.Odd
	rd.usage.Usage = rd.usage.Usage.Add(u.Usage)
}

func observed(s series.Series) (n int) {
	for _, v := range s.Values {
		if v == v { // not NaN
			n++
		}
	}
	return n
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
