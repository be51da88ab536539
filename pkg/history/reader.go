package history

import (
	"context"
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

	maxStaleness time.Duration // bounds the patience of whoever reads
}

// NewReader returns a reader.
func NewReader(s Store, f Fetcher, clock func() time.Time) *Reader {
	return &Reader{store: s, fetcher: f, clock: clock, flights: &Flights{}, meter: unmetered{}, maxStaleness: DefaultMaxStaleness}
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
	AskedUntil time.Time           // where what AWS was asked for ends; zero: it was asked for nothing of the window
	Unasked    []series.Window     // what of the window AWS may have and was never asked for, in order of time
	Err        error               // AWS could not be asked for all that is missing, or its answer not be stored; nothing beyond Series is final or whole
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
	heard   []error // of each key: why AWS did not answer who asked for it meanwhile
	lacking []lack  // of each key that AWS is asked for
	sealed  error   // why the store cannot be written; nil: as far as is known it can

	mutex sync.Mutex // guards usage
	usage Usage
}

// Read returns every key in the window, in the order of the keys. A failure belongs to its series; the error is for what concerns all,
// as a store that cannot be read or a context that ended.
func (r *Reader) Read(ctx context.Context, keys []series.Key, w series.Window) ([]Result, Usage, error) {
	n := len(keys)
	rd := &reading{
		Reader: r, keys: keys, window: w, now: r.clock(), results: make([]Result, n), asked: make([]bool, n), heard: make([]error, n),
		lacking: make([]lack, n), usage: Usage{Series: n},
	}
	todo := make([]int, n)
	for i := range todo {
		todo[i] = i
	}
	flights := r.flights
	if onlyStored(ctx) { // there is nobody to wait for
		flights = &Flights{}
	}
	// Each round fetches what no one else is fetching and waits for the rest, which is then read from the store. What AWS did not answer
	// them it would not answer us; but a flight whose owner was cancelled leaves its series missing: the next round takes it over.
	for len(todo) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, rd.usage, err
		}
		mine, theirs := flights.claim(keys, todo)
		if err := rd.answer(ctx, mine); err != nil {
			return nil, rd.usage, err
		}
		todo = todo[:0]
		for _, other := range theirs {
			failed, err := other.wait(ctx)
			if err != nil {
				return nil, rd.usage, err
			}
			if failed != nil {
				rd.heard[other.index] = failed
			}
			todo = append(todo, other.index)
		}
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
// time, and frees its series as soon as it is done, so that one that hangs keeps no one else waiting. Where one panics the whole read does: in
// a goroutine of its own it would end the process.
func (rd *reading) answer(ctx context.Context, mine *claim) error {
	defer mine.release(mine.indices)
	missing, err := rd.fromStore(ctx, mine)
	if err != nil {
		return err
	}
	if len(missing) > 0 && !onlyStored(ctx) {
		rd.sealed = rd.flights.unsaved.save(ctx, rd.store)
	}
	var group errgroup.Group
	group.SetLimit(maxGroups)
	panics := make(chan any, len(missing))
	for _, c := range callsFor(rd.keys, missing, rd.lacking) {
		group.Go(func() error {
			defer mine.release(c.members)
			defer func() {
				if r := recover(); r != nil {
					panics <- r
				}
			}()
			return rd.fetch(ctx, c, mine)
		})
	}
	err = group.Wait()
	select {
	case r := <-panics:
		panic(r)
	default:
		return err
	}
}

// fromStore answers from the store and returns the series that lack something. The others are free again.
func (rd *reading) fromStore(ctx context.Context, mine *claim) (missing []int, err error) {
	for namespace, members := range byNamespace(rd.keys, mine.indices) {
		p := newPlan(namespace, rd.window, rd.now)
		p.patience = rd.patienceFor(ctx)
		waiting, why := rd.flights.unsaved.of(pick(rd.keys, members))
		held, err := rd.store.Load(ctx, pick(rd.keys, members), p.load)
		if err != nil {
			return nil, err
		}
		var whole []int
		for j, i := range members {
			known, unsaved := p.believed(held[j]), error(nil)
			if waiting[j] != nil {
				known, unsaved = lay(known, *waiting[j]), why
			}
			rd.results[i] = p.result(known)
			rd.results[i].Err = unsaved
			rd.lacking[i] = lack{p, known, p.missing(known)}
			switch {
			case rd.lacking[i].window.Empty():
				whole = append(whole, i)
			case rd.heard[i] != nil:
				rd.results[i].Err = rd.heard[i]
				whole = append(whole, i)
			default:
				missing = append(missing, i)
			}
		}
		mine.release(whole)
	}
	return missing, nil
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
