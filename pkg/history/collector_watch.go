package history

import (
	"cmp"
	"context"
	"hash/fnv"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
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
	c.mutex.Lock()
	c.note, c.leftOut, c.full = problem, 0, false
	var lazy []*entry // new ones, of which the store knows what is held
	seen := map[string]bool{}
	for _, w := range watches {
		for _, k := range w.Keys {
			e, begun := c.entry(k, c.origin(k, w.Lazy, now), now)
			if e == nil {
				c.leftOut++
				continue
			}
			id := k.ID()
			was := e.lazy
			e.lazy = w.Lazy && (was || !seen[id]) // what is watched in both ways is kept warm
			e.watched, seen[id] = true, true
			switch {
			case begun && e.lazy:
				lazy = append(lazy, e)
			case begun:
				c.pends()
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
	c.mutex.Unlock()
	return c.recall(ctx, lazy, now)
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

// recall finds out when lazy series were last asked for: a restart must not ask for them again. Where it fails they are filled in, which
// costs a price and nothing else.
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
		c.mutex.Lock()
		for i, e := range lazy[:n] {
			if e.filled { // somebody has looked meanwhile
				continue
			}
			if err != nil || !e.lazy || len(held[i].Extents) == 0 {
				c.pends()
				continue
			}
			until := held[i].Extents[len(held[i].Extents)-1].End
			c.held(e, until, now)
			e.filled, e.due = true, until.Add(lazyEach(e.key.Period))
		}
		c.mutex.Unlock()
		lazy, failed = lazy[n:], cmp.Or(failed, err)
	}
	return failed
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
