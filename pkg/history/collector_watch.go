package history

import (
	"cmp"
	"context"
	"hash/fnv"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// relist matches the watch list with what exists.
func (c *Collector) relist(ctx context.Context) error {
	now := c.Clock()
	if c.Watch == nil || now.Sub(c.listed).Abs() < relistEach {
		return nil
	}
	watches, problem := c.Watch(ctx)
	if ctx.Err() != nil {
		return nil
	}
	c.listed = now
	return c.recall(ctx, c.follow(watches, problem, now), now)
}

// follow keeps what is on the watch list, and what was on it no longer where all of it could be listed. It returns the series that are lazy and
// new: of them the store knows what is held.
func (c *Collector) follow(watches []Watch, problem error, now time.Time) (lazy []*entry) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.note, c.leftOut, c.full = problem, 0, false
	seen := map[string]bool{}
	for _, w := range watches {
		for _, k := range w.Keys {
			origin := c.origin(k, w.Lazy, now)
			e, begun := c.entry(k, origin, now)
			if e == nil {
				c.leftOut++
				continue
			}
			id := k.ID()
			was, wasWatched := e.lazy, e.watched
			e.lazy = w.Lazy && (was || !seen[id]) // what is watched in both ways is kept warm
			e.watched, seen[id] = true, true
			switch {
			case begun && e.lazy:
				lazy = append(lazy, e)
			case begun:
				c.pends()
			case !wasWatched: // who looked before may have read less; what is stored costs nothing
				c.refill(e, origin, now)
			case was && !e.lazy:
				e.due = earlier(e.due, now)
			}
		}
	}
	for id, e := range c.entries {
		if e.watched && !seen[id] && problem == nil {
			e.watched, e.lazy = false, false // forgotten at the next look, unless it is warm
		}
	}
	return lazy
}

// refill has a series that is kept filled in from an earlier moment on.
func (c *Collector) refill(e *entry, from, now time.Time) {
	if e.filled {
		e.filled = false
		c.pends()
	}
	e.from, e.due = earlier(e.from, from), earlier(e.due, now)
}

// origin is where the back-fill of a watched series begins: for scores what they are learnt from, for history all that AWS keeps.
func (c *Collector) origin(k series.Key, lazy bool, now time.Time) time.Time {
	end := Settled(k.Namespace, k.Period, now)
	w := series.Window{Start: end.Add(-cloudwatch.Retention(k.Period)), End: end, Period: k.Period}
	if !lazy {
		w = c.Training(series.Window{Start: end.Add(-k.Period), End: end, Period: k.Period})
	}
	return cloudwatch.Retained(w, now).Start
}

// recall finds out when lazy series were last asked for: a restart must not ask for them again. Where it fails, or where something is missing
// before that time, they are filled in, which costs a price and nothing else.
func (c *Collector) recall(ctx context.Context, lazy []*entry, now time.Time) error {
	const atOnce = 16 // weeks of points each
	var failed error
	for len(lazy) > 0 {
		n := 1
		for n < min(len(lazy), atOnce) && lazy[n].key.Period == lazy[0].key.Period {
			n++
		}
		keys := make([]series.Key, n)
		for i := range keys {
			keys[i] = lazy[i].key
		}
		held, err := c.Reader.store.Load(ctx, keys, series.Align(lazy[0].from, now, keys[0].Period))
		if err != nil {
			held = make([]store.Held, n)
		}
		c.recalled(lazy[:n], held, now)
		lazy, failed = lazy[n:], cmp.Or(failed, err)
	}
	return failed
}

func (c *Collector) recalled(lazy []*entry, held []store.Held, now time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for i, e := range lazy {
		if e.filled { // somebody has looked meanwhile
			continue
		}
		until, whole := heldUntil(e, held[i])
		if !e.lazy || !whole {
			c.pends()
			continue
		}
		c.held(e, until, now)
		e.filled, e.due = true, until.Add(lazyEach(e.key.Period))
	}
}

// heldUntil is where what is stored of a series ends; whole says that nothing is missing before.
func heldUntil(e *entry, h store.Held) (until time.Time, whole bool) {
	n := len(h.Extents)
	if n == 0 {
		return until, false
	}
	until = h.Extents[n-1].End
	covered := make([]series.Window, n)
	for i, extent := range h.Extents {
		covered[i] = extent.Window
	}
	return until, len(series.Align(e.from, until, e.key.Period).Subtract(covered)) == 0
}

// jitter is the same for all that share a request: it spreads accounts and regions, and tells collectors apart.
func (c *Collector) jitter(k series.Key) time.Duration {
	const most = 30 * time.Second
	h := fnv.New64a()
	for _, part := range []string{k.AccountID, k.RoleARN, k.Region, k.Namespace} {
		_, _ = h.Write([]byte(part + "|"))
	}
	reach := min(most, k.Period/10)
	if reach <= 0 {
		return 0
	}
	return time.Duration((h.Sum64() ^ c.Seed) % uint64(reach))
}

// rate holds to a number of metrics in any minute.
type rate struct {
	limit int
	spent []spending
}

type spending struct {
	at      time.Time
	metrics int
}

// left is how many metrics may be asked for at a time.
func (r *rate) left(now time.Time) int {
	kept, used := r.spent[:0], 0
	for _, s := range r.spent {
		if age := now.Sub(s.at); age >= 0 && age < time.Minute { // what lies in the future was before the clock was set back
			kept = append(kept, s)
			used += s.metrics
		}
	}
	r.spent = kept
	return max(0, r.limit-used)
}

func (r *rate) spend(now time.Time, metrics int) {
	if metrics > 0 {
		r.spent = append(r.spent, spending{now, metrics})
	}
}

// Status is what a collector does, for people.
type Status struct {
	Running       bool      // a round is under way
	Done, Total   int       // series of the back-fill that is under way, or of the last one
	Warm          int       // series that are kept, whoever wants them
	Watched       int       // of which by the watch list
	Lazy          int       // of which only for history
	Full          bool      // the limit of Limit series is reached: others are fetched when they are looked at
	LeftOut       int       // series of the watch list, by the limit
	Due           time.Time // of what is due next; zero: nothing is kept
	CostPerDayUSD float64   // an estimate, if everything stays as it is and nobody else asks
	Note          error     // what is wrong with the watch list
}

// Limit is how many series one collector keeps.
const Limit = maxWarm

// Status says what is kept.
func (c *Collector) Status() Status {
	now := c.Clock()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	s := Status{Running: c.running, Done: c.fill.done, Total: c.fill.total, Full: c.full, LeftOut: c.leftOut, Note: c.note}
	asked := map[string]float64{} // times a day, by metric and period: its statistics count once
	for _, e := range c.entries {
		if e.forgotten(now) {
			continue
		}
		s.Warm++
		if e.watched {
			s.Watched++
		}
		if e.isLazy(now) {
			s.Lazy++
		}
		if s.Due.IsZero() || e.due.Before(s.Due) {
			s.Due = e.due
		}
		k := e.key
		k.Stat = ""
		asked[k.ID()] = max(asked[k.ID()], float64(24*time.Hour)/float64(e.each(now)))
	}
	for _, times := range asked {
		s.CostPerDayUSD += times * cloudwatch.PricePerMetric
	}
	return s
}
