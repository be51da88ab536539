package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// batch is what one read asks for.
type batch struct {
	kind    string
	period  time.Duration
	from    time.Time // of what is lacking
	entries []*entry
}

// take returns the next batch, of at most so many series. Without entries nothing is due. Series that nobody wants any more are forgotten.
func (c *Collector) take(most int) batch {
	now := c.Clock()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all := c.turns(now)
	all = all[:min(len(all), most)]
	if len(all) == 0 {
		return batch{}
	}
	first := all[0]
	b := batch{kind: first.class.kind, period: first.key.Period, from: first.from}
	chosen := all[:0]
	for _, t := range all {
		if t.class.kind == b.kind && t.key.Period == b.period {
			chosen = append(chosen, t)
			b.from = earlier(b.from, t.from)
		}
	}
	page := cloudwatch.PageSize(series.Align(b.from, now, b.period))
	for _, t := range chosen[:min(len(chosen), pagesAtOnce*page)] {
		b.entries = append(b.entries, t.entry)
		c.served[t.class] = max(c.served[t.class], t.at+1)
	}
	c.serving = first.at
	slices.SortFunc(b.entries, func(x, y *entry) int { return compareKeys(x.key, y.key) })
	return b
}

// class is what shares the budget evenly: an account, and in it each kind of run.
type class struct{ account, kind string }

// turn is when a series has its turn: a number that grows by one with each series of its class.
type turn struct {
	*entry
	class class
	at    int
}

// turns are the series that are due, in the order in which they are asked for: those of a class as long as they wait, and the classes by turns,
// as start-time fair queueing has it (Goyal, Vin, Cheng 1996). So where the budget does not reach, an account with thousands of series, or one
// that is filled in, keeps nobody waiting but itself; and whoever asked for nothing for a while has saved no turns.
func (c *Collector) turns(now time.Time) []turn {
	classes := map[class][]turn{}
	due := 0
	for id, e := range c.entries {
		c.reset(e, now)
		if e.forgotten(now) {
			c.forget(id)
		} else if !e.due.After(now) {
			of := class{e.key.AccountID, e.kind(now)}
			classes[of] = append(classes[of], turn{entry: e, class: of})
			due++
		}
	}
	byDue := func(x, y turn) int { return cmp.Or(x.due.Compare(y.due), compareKeys(x.key, y.key)) }
	all := make([]turn, 0, due)
	for of, turns := range classes {
		slices.SortFunc(turns, byDue)
		at := max(c.served[of], c.serving)
		for n := range turns {
			turns[n].at = at + n
		}
		all = append(all, turns...)
	}
	slices.SortFunc(all, func(x, y turn) int { return cmp.Or(cmp.Compare(x.at, y.at), byDue(x, y)) })
	return all
}

// reset mends what a clock has set that was ahead: nothing is due later than it can be, and nothing final that is still to come.
func (c *Collector) reset(e *entry, now time.Time) {
	if latest := now.Add(c.WarmFor); e.until.After(latest) {
		e.until = latest
	}
	if e.from.After(now) {
		e.from = now.Add(-openAge(e.key.Namespace))
	}
	if e.due.After(c.next(e, now).Add(e.key.Period + maxBackoff)) {
		e.due = now
	}
}

func (e *entry) kind(now time.Time) string {
	switch {
	case e.isLazy(now):
		return RunLazy
	case !e.filled:
		return RunBackFill
	}
	return RunWarm
}

func (c *Collector) forget(id string) {
	if !c.entries[id].filled {
		c.fill.total--
	}
	delete(c.entries, id)
}

// compareKeys puts together what shares a request, and the statistics of one metric, which one request counts once.
func compareKeys(a, b series.Key) int {
	return cmp.Or(
		strings.Compare(a.AccountID, b.AccountID), strings.Compare(a.RoleARN, b.RoleARN), strings.Compare(a.Region, b.Region),
		strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Metric, b.Metric),
		slices.CompareFunc(a.Dimensions, b.Dimensions, func(x, y series.Dimension) int {
			return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Value, y.Value))
		}),
		strings.Compare(a.Stat, b.Stat), strings.Compare(a.Source, b.Source),
	)
}
