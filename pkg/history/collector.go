package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// The kinds of a collector's runs.
const (
	RunWarm     = "warm"      // the newest buckets of warm series
	RunBackFill = "back-fill" // what is to be learnt from, of series that are new
	RunLazy     = "lazy"      // everything that AWS still keeps, before it forgets
)

const (
	// relistEach is how often the watch list is matched with what exists: a new metric shows in ListMetrics within a quarter of an hour.
	relistEach = 15 * time.Minute
	// maxWarm bounds the series of one collector; what is left out is counted.
	maxWarm = 20_000
	// pagesAtOnce bounds one read, so that progress is seen.
	pagesAtOnce = 8
	// maxBackoff bounds the time after which a series that fails is tried again.
	maxBackoff = time.Hour
)

// Collecting is what a collector works with.
type Collecting struct {
	Reader *Reader
	Runs   interface {
		AppendRun(context.Context, store.Run) error
	}
	Clock   func() time.Time
	WarmFor time.Duration // how long after it was last looked at a series is kept warm
	// MetricsPerMinute is how many metrics are asked of AWS in any minute, at most.
	MetricsPerMinute int
	// Watch lists what is always kept. Where it fails, what was listed before stays.
	Watch func(context.Context) ([]Watch, error)
	// Training widens a window to what scores in it are learnt from.
	Training func(series.Window) series.Window
	// Explain says for people what a series failed of.
	Explain func(series.Key, error) error
	// Trouble takes note of a failure that belongs to no series, such as a run that cannot be logged.
	Trouble func(error)
	// Collected is called after each round of Run; nil: nothing is.
	Collected func()
	// Seed tells collectors apart, so that two processes do not ask at the same moment.
	Seed uint64
}

// Watch is a part of the watch list.
type Watch struct {
	Keys []series.Key
	Lazy bool // only for history: fetched before AWS forgets it
}

// Collector keeps series warm: it asks for their newest bucket when that is due, so that whoever looks finds it, and fills in what scores are
// learnt from.
//
// AWS charges for each metric asked, whatever the number of points, and keeps points for weeks. So what nobody looks at costs as much as
// what everybody does, and fetching later costs the same or less: a series is asked for once per period and no sooner than its newest
// bucket is complete. A day of a warm series costs 24 hours / period x $0.00001: at 5 minutes $0.0029, at 1 minute $0.0144. A lazy series
// costs $0.00001 each ten days at 1 minute. See Status.CostPerDayUSD.
//
// Everything goes through the Reader: what a query has asked for is not asked again, what two want at once is asked once, and the extents
// in the store tell what others have fetched. Where the budget does not reach, series wait for their turn (collector_turns.go); nothing is
// lost by that, because one ask fetches all buckets since the last. It is safe for concurrent use, but Round is one's alone.
//
// What was looked at is not remembered over a restart, which loses neither points nor money: whoever looks again fetches all buckets since in
// one ask, and open dashboards look again within a minute. The watch list is read anew.
type Collector struct {
	Collecting
	rate   rate
	listed time.Time // when the watch list was last matched

	mutex   sync.Mutex // guards what follows
	entries map[string]*entry
	fill    fill
	running bool
	full    bool          // there was no room for a series
	leftOut int           // of the watch list
	note    error         // of the watch list
	served  map[class]int // the next turn of each
	serving int           // the turn that was served last
}

// entry is one series that is kept.
type entry struct {
	key      series.Key
	watched  bool
	lazy     bool
	until    time.Time     // nobody looks at it from then on
	patience time.Duration // of those who look
	from     time.Time     // what is final ends here; before it is filled: where the back-fill begins
	filled   bool
	due      time.Time
	fails    int // in a row
}

// fill is how far a back-fill is.
type fill struct{ done, total int }

// NewCollector returns a collector that keeps nothing yet.
func NewCollector(c Collecting) *Collector {
	return &Collector{Collecting: c, rate: rate{limit: c.MetricsPerMinute}, entries: map[string]*entry{}, served: map[class]int{}}
}

// Run does a round at each tick until the context ends.
func (c *Collector) Run(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if ctx.Err() != nil {
			return
		}
		if err := c.Round(ctx); err != nil && ctx.Err() == nil {
			c.Trouble(err)
		}
		if c.Collected != nil {
			c.Collected()
		}
	}
}

// lookedAtNow is how many buckets before the newest a window that is about now may end.
const lookedAtNow = 3

// AboutNow says that a window ends with the newest buckets of a namespace: what is read in it is looked at, and not looked up.
func AboutNow(namespace string, w series.Window, now time.Time) bool {
	return !w.End.Before(Settled(namespace, w.Period, now).Add(-lookedAtNow * w.Period))
}

// Warm keeps series warm that were just read in a window, if that ends about now, as often as whoever looks has it asked for; see Patience.
// Those that failed are filled in later.
func (c *Collector) Warm(keys []series.Key, w series.Window, patience time.Duration, failed func(n int) bool) {
	now := c.Clock()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for n, k := range keys {
		if c.WarmFor <= 0 || !AboutNow(k.Namespace, w, now) {
			continue
		}
		settled := Settled(k.Namespace, k.Period, now)
		e, begun := c.entry(k, w.Start, now)
		if e == nil {
			continue
		}
		if begun || !now.Before(e.until) || patience < e.patience {
			e.patience = patience
		}
		e.until = now.Add(c.WarmFor)
		switch {
		case !failed(n) && begun:
			e.filled = true
			c.held(e, earlier(w.End, settled), now)
		case !failed(n) && e.coveredBy(w):
			c.fills(e)
			c.held(e, earlier(w.End, settled), now)
		case begun:
			c.pends()
			c.fails(e, now)
		case e.lazy && e.filled: // it is looked at from now on
			e.due = earlier(e.due, c.next(e, now))
		}
	}
}

// coveredBy says that a read of the window has fetched all that the entry lacks. The reader looks back for what it does not hold, but not
// for ever.
func (e *entry) coveredBy(w series.Window) bool {
	return !w.Start.After(e.from) || e.filled && w.End.Sub(e.from) < tailReach*e.key.Period
}

// entry is the one of the key, begun where there is none; nil where there is no room.
func (c *Collector) entry(k series.Key, from, now time.Time) (e *entry, begun bool) {
	id := k.ID()
	if e := c.entries[id]; e != nil {
		return e, false
	}
	if c.full = len(c.entries) >= maxWarm; c.full {
		return nil, false
	}
	e = &entry{key: k, from: from, due: now}
	c.entries[id] = e
	return e, true
}

// pends notes that a new series is to be filled in.
func (c *Collector) pends() {
	if c.fill.done == c.fill.total {
		c.fill = fill{}
	}
	c.fill.total++
}

// fills notes that a series that was pending is filled in.
func (c *Collector) fills(e *entry) {
	if !e.filled {
		e.filled = true
		c.fill.done++
	}
}

// held notes that everything until a time is held.
func (c *Collector) held(e *entry, until, now time.Time) {
	if open := until.Add(-openAge(e.key.Namespace)); open.After(e.from) {
		e.from = open
	}
	e.fails, e.due = 0, c.next(e, now)
}

func (c *Collector) fails(e *entry, now time.Time) {
	e.due = now.Add(min(max(time.Minute, e.key.Period)<<min(e.fails, 6), maxBackoff))
	e.fails++
}

func (e *entry) isLazy(now time.Time) bool { return e.lazy && !now.Before(e.until) }

// forgotten says that nobody wants the series any more.
func (e *entry) forgotten(now time.Time) bool { return !e.watched && !now.Before(e.until) }

// lazyEach is how often a series is fetched of which AWS must only not forget anything: 10 days at 1 minute.
func lazyEach(period time.Duration) time.Duration { return cloudwatch.Retention(period) * 2 / 3 }

// next is when the next bucket that is waited for is complete, and a jitter later: whoever looks meanwhile asks for it in its stead.
func (c *Collector) next(e *entry, now time.Time) time.Time {
	k := e.key
	return Settled(k.Namespace, k.Period, now).Add(e.each(now) + settleDelay(k.Namespace, k.Period) + c.jitter(k))
}

// each is how often the series is asked for.
func (e *entry) each(now time.Time) time.Duration {
	if e.isLazy(now) {
		return lazyEach(e.key.Period)
	}
	if e.watched && !e.lazy {
		return e.key.Period
	}
	return max(1, (e.patience+e.key.Period-1)/e.key.Period) * e.key.Period
}

// Round asks for what is due, as far as the budget reaches, and logs what it did. Errors that belong to a series stand in the log.
func (c *Collector) Round(ctx context.Context) error {
	c.setRunning(true)
	defer c.setRunning(false)
	trouble := c.relist(ctx)
	runs := map[string]*round{}
	for ctx.Err() == nil {
		batch := c.take(c.rate.left(c.Clock()))
		if len(batch.entries) == 0 {
			break
		}
		if err := c.collect(ctx, batch, runs); err != nil {
			trouble = errors.Join(trouble, err)
			break
		}
	}
	for _, kind := range []string{RunWarm, RunBackFill, RunLazy} {
		if r := runs[kind]; r != nil && (r.Asked > 0 || r.failed != nil) {
			trouble = errors.Join(trouble, c.Runs.AppendRun(context.WithoutCancel(ctx), r.log()))
		}
	}
	return trouble
}

// round is what a round does of one kind.
type round struct {
	store.Run
	failures int   // series
	failed   error // the first of them
}

func (r *round) log() store.Run {
	switch {
	case r.failures > 1:
		r.Error = fmt.Sprintf("%d of %d series failed, the first of them: %v", r.failures, r.Series, r.failed)
	case r.failed != nil:
		r.Error = r.failed.Error()
	}
	return r.Run
}

func (c *Collector) setRunning(running bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.running = running
}

// collect reads one batch. Its error is one that concerns all series, such as a store that cannot be written.
func (c *Collector) collect(ctx context.Context, b batch, runs map[string]*round) error {
	keys := make([]series.Key, len(b.entries))
	for n, e := range b.entries {
		keys[n] = e.key
	}
	started := c.Clock()
	c.postpone(b, started)
	results, usage, err := c.Reader.Read(ctx, keys, series.Align(b.from, started, b.period))
	now := c.Clock()
	c.rate.spend(now, usage.MetricsAsked)
	if runs[b.kind] == nil {
		runs[b.kind] = &round{Run: store.Run{Kind: b.kind, Started: started}}
	}
	r := runs[b.kind]
	r.Ended = now
	r.Series, r.Asked = r.Series+len(keys), r.Asked+usage.MetricsAsked
	r.Fetched, r.Revised = r.Fetched+usage.Points, r.Revised+usage.Revised
	if ctx.Err() != nil {
		return nil // the instance ends: nothing is wrong
	}
	if err != nil {
		r.failed = cmp.Or(r.failed, err)
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for n, e := range b.entries {
		if results[n].Err == nil {
			c.fills(e)
			c.held(e, Settled(e.key.Namespace, b.period, started), now)
			continue
		}
		if r.failures++; r.failed == nil {
			r.failed = c.Explain(e.key, results[n].Err)
		}
	}
	return nil
}

// postpone counts a batch as failed until it is held: one that fails, or panics, waits, and the others have their turn.
func (c *Collector) postpone(b batch, now time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, e := range b.entries {
		c.fails(e, now)
	}
}
