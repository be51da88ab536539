package history

import (
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// tailReach is how many buckets before the settling ones a read looks for the end of what is final. A series that was last read longer
// ago is caught up with as it is asked for.
const tailReach = 512

// plan says what one read of one namespace is about.
type plan struct {
	namespace  string
	now        time.Time
	settle     time.Duration
	patience   time.Duration // how much later than it could be the newest point may come
	finalUntil time.Time     // buckets that begin before it are final once they are held
	wanted     series.Window // what is asked for, as far as it is settled
	tail       series.Window // the settled buckets that may still change; empty where the wanted ones are all final
	load       series.Window // what to look at in the store
}

func newPlan(namespace string, w series.Window, now time.Time) plan {
	end := Settled(namespace, w.Period, now)
	p := plan{namespace: namespace, now: now, settle: settleDelay(namespace, w.Period)}
	p.finalUntil, _ = settledAt(namespace, w.Period, now)
	p.wanted = w.Intersect(series.Window{Start: w.Start, End: end, Period: w.Period})
	p.load = p.wanted
	if p.wanted.Empty() || !p.wanted.End.After(p.finalUntil) {
		return p
	}
	p.tail = series.Window{Start: p.finalUntil, End: end, Period: w.Period}
	p.load = p.wanted.Union(series.Window{Start: p.finalUntil.Add(-tailReach * w.Period), End: end, Period: w.Period})
	return p
}

// missing is the one range to ask for so that nothing that AWS keeps is missing. AWS charges by the metric asked and not by the point,
// so one ask from the first gap to the last is cheaper than one for each gap; and whoever needs one bucket that may still change asks for
// all of them, so that the next one in this period finds them.
func (p plan) missing(held store.Held) series.Window {
	var covered []series.Window
	edge := p.tail.Start // where what is final ends
	for _, e := range held.Extents {
		if fresh := p.fresh(e); e.Final() || fresh {
			w := e.Window
			if fresh && !w.End.Before(p.settled(e.FetchedAt)) {
				w.End = p.tail.End // what came since is not missed yet
			}
			covered = append(covered, w)
		}
		if e.Final() && e.End.Before(p.tail.End) {
			edge = e.End
		}
	}
	needed := p.wanted
	if !p.tail.Empty() {
		needed = needed.Union(series.Window{Start: edge, End: p.tail.End, Period: p.tail.Period})
	}
	var missing series.Window
	for _, gap := range cloudwatch.Retained(needed, p.now).Subtract(covered) {
		missing = missing.Union(gap)
	}
	return missing
}

// fresh says that no bucket can have become complete since the extent was asked for, so that asking again within this period is of no
// use; or none that is not waited for with patience.
func (p plan) fresh(e store.Extent) bool {
	if e.Final() || p.now.Before(e.FetchedAt) {
		return false
	}
	late := p.settled(p.now).Sub(p.settled(e.FetchedAt))
	return late == 0 || late < p.patience
}

// settled is the end of what is complete at a time.
func (p plan) settled(at time.Time) time.Time {
	return series.Floor(at.Add(-p.settle), p.wanted.Period)
}

// result is what the store alone answers: final and whole is only what was read.
func (p plan) result(held store.Held) Result {
	w := p.wanted
	asked := p.now // when the newest points were asked for
	unkept := series.Window{Start: w.Start, End: cloudwatch.Retained(w, p.now).Start, Period: w.Period}
	for _, e := range held.Extents {
		if e.Start.Before(unkept.End) && e.End.After(w.Start) {
			unkept.End = e.Start
		}
		if !e.Final() {
			asked = e.FetchedAt
		}
	}
	out := Result{Series: held.Series.Slice(w), Unkept: unkept.Intersect(w)}
	if n := len(held.Extents); n > 0 {
		out.AskedUntil = held.Extents[n-1].End
	}
	out.FinalUntil, out.WholeUntil = settledAt(p.namespace, w.Period, asked)
	if hole, found := p.hole(held); found {
		out.FinalUntil, out.WholeUntil = earlier(out.FinalUntil, hole), earlier(out.WholeUntil, hole)
	}
	return out
}

// hole is the first bucket after an observation that was never read: what is missing there may still come.
func (p plan) hole(held store.Held) (time.Time, bool) {
	read := make([]series.Window, len(held.Extents))
	for i, e := range held.Extents {
		read[i] = e.Window
	}
	for _, gap := range cloudwatch.Retained(p.wanted, p.now).Subtract(read) {
		before := held.Series.Slice(series.Window{Start: p.wanted.Start, End: gap.Start, Period: p.wanted.Period})
		if slices.ContainsFunc(before.Values, func(v float64) bool { return !math.IsNaN(v) }) {
			return gap.Start, true
		}
	}
	return time.Time{}, false
}

// settledAt says until when buckets are final and until when counts are whole, of what is asked for at a time.
func settledAt(namespace string, period time.Duration, asked time.Time) (final, whole time.Time) {
	return series.Floor(asked.Add(-finalAge(namespace)), period), series.Floor(asked.Add(-WholeAge), period)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
