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
	until      time.Time     // where what is settled ends
	wanted     series.Window // what is asked for, as far as it is settled
	open       bool          // some of the wanted buckets may still change
	load       series.Window // what to look at in the store
}

func newPlan(namespace string, w series.Window, now time.Time) plan {
	p := plan{namespace: namespace, now: now, settle: settleDelay(namespace, w.Period), until: Settled(namespace, w.Period, now)}
	p.finalUntil, _ = settledAt(namespace, w.Period, now)
	p.wanted = w.Intersect(series.Window{Start: w.Start, End: p.until, Period: w.Period})
	p.load = p.wanted
	changes := min(openAge(namespace), cloudwatch.Retention(w.Period))
	if p.open = !p.wanted.Empty() && p.wanted.End.After(now.Add(-changes)); p.open {
		// Beyond what is settled there is something only where a clock was ahead.
		p.load = p.wanted.Union(series.Window{Start: p.finalUntil.Add(-tailReach * w.Period), End: p.until.Add(w.Period), Period: w.Period})
	}
	return p
}

// believed is what is held without what only a clock that was ahead can have called final: such an extent says nothing of what is missing after
// its last point, because that is still to come.
func (p plan) believed(held store.Held) store.Held {
	extents := make([]store.Extent, 0, len(held.Extents))
	for _, e := range held.Extents {
		if e.Final() && e.End.After(p.finalUntil) {
			e.Window = e.Intersect(series.Window{Start: e.Start, End: earlier(p.finalUntil, lastPoint(held.Series)), Period: e.Period})
		}
		if !e.Empty() {
			extents = append(extents, e)
		}
	}
	held.Extents = extents
	return held
}

// missing is the one range to ask for so that nothing that AWS keeps is missing. AWS charges by the metric asked and not by the point,
// so one ask from the first gap to the last is cheaper than one for each gap; and whoever needs one bucket that may still change asks for
// all of them, so that the next one in this period finds them.
func (p plan) missing(held store.Held) series.Window {
	tail := series.Window{Start: p.finalUntil, End: p.until, Period: p.wanted.Period} // from where what is final ends
	changing := []series.Window{tail}
	var covered []series.Window
	for _, e := range held.Extents {
		w := e.Window
		switch {
		case e.Final():
			if e.End.Before(p.until) {
				tail.Start = e.End
			}
		case !p.fresh(e):
			changing = append(changing, w)
			continue
		case !w.End.Before(p.settled(e.FetchedAt)):
			w.End = p.until // what came since is not missed yet
		}
		covered = append(covered, w)
	}
	gaps := cloudwatch.Retained(p.wanted, p.now).Subtract(covered)
	if p.open && touch(gaps, changing) {
		gaps = cloudwatch.Retained(p.wanted.Union(tail), p.now).Subtract(covered)
	}
	var missing series.Window
	for _, gap := range gaps {
		missing = missing.Union(gap)
	}
	return missing
}

// touch says that one of some windows overlaps or adjoins one of others.
func touch(some, others []series.Window) bool {
	return slices.ContainsFunc(some, func(a series.Window) bool {
		return slices.ContainsFunc(others, func(b series.Window) bool { return !a.End.Before(b.Start) && !b.End.Before(a.Start) })
	})
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

// result is what is held: final and whole is only what was read, each part of it as of the time when it was asked for.
func (p plan) result(held store.Held) Result {
	w := p.wanted
	unkept := series.Window{Start: w.Start, End: cloudwatch.Retained(w, p.now).Start, Period: w.Period}
	for _, e := range held.Extents {
		if e.Start.Before(unkept.End) && e.End.After(w.Start) {
			unkept.End = e.Start
		}
	}
	out := Result{Series: held.Series.Slice(w), Unkept: unkept.Intersect(w), Unasked: p.unasked(held)}
	if n := len(held.Extents); n > 0 {
		out.AskedUntil = held.Extents[n-1].End
	}
	out.FinalUntil, out.WholeUntil = settledAt(p.namespace, w.Period, p.now)
	kept := cloudwatch.Retained(w, p.now)
	for _, e := range held.Extents {
		changing := e.Intersect(kept) // what AWS has forgotten changes no more
		if e.Final() || changing.Empty() {
			continue
		}
		final, whole := p.settledIn(e)
		out.FinalUntil, out.WholeUntil = reached(changing, final, out.FinalUntil), reached(changing, whole, out.WholeUntil)
	}
	if hole, found := p.hole(held, out.Unasked); found {
		out.FinalUntil, out.WholeUntil = earlier(out.FinalUntil, hole), earlier(out.WholeUntil, hole)
	}
	return out
}

// settledIn is what settledAt says of an extent. Of one that was asked for by a clock that was ahead it says nothing.
func (p plan) settledIn(e store.Extent) (final, whole time.Time) {
	if e.FetchedAt.After(p.now) {
		return e.Start, e.Start
	}
	return settledAt(p.namespace, e.Period, e.FetchedAt)
}

// reached is how far something reaches that ends in w at a time, or else at an end beyond w.
func reached(w series.Window, at, end time.Time) time.Time {
	if !at.Before(w.End) {
		return end
	}
	if at.Before(w.Start) {
		at = w.Start
	}
	return earlier(at, end)
}

// unasked is what of the wanted buckets AWS may have and was never asked for, in order of time.
func (p plan) unasked(held store.Held) []series.Window {
	asked := make([]series.Window, len(held.Extents))
	for i, e := range held.Extents {
		asked[i] = e.Window
	}
	return cloudwatch.Retained(p.wanted, p.now).Subtract(asked)
}

// hole is the first bucket after an observation that was never read: what is missing there may still come.
func (p plan) hole(held store.Held, unasked []series.Window) (time.Time, bool) {
	for _, gap := range unasked {
		before := held.Series.Slice(series.Window{Start: p.wanted.Start, End: gap.Start, Period: p.wanted.Period})
		if slices.ContainsFunc(before.Values, func(v float64) bool { return !math.IsNaN(v) }) {
			return gap.Start, true
		}
	}
	return time.Time{}, false
}

// settledAt says until when buckets are final and until when counts are whole, of what is asked for at a time.
func settledAt(namespace string, period time.Duration, asked time.Time) (final, whole time.Time) {
	return Final(namespace, period, asked), series.Floor(asked.Add(-WholeAge), period)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
