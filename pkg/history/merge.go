package history

import (
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// lay puts what AWS answered over what is held, by the store's own rules: what is missing erases nothing, what is final stays so.
func lay(held store.Held, w store.Write) store.Held {
	merge(held.Series, w.Series)
	asked := w.Series.Window.Intersect(held.Series.Window)
	final := asked.Intersect(series.Window{Start: asked.Start, End: w.FinalUntil, Period: asked.Period})
	extents := []store.Extent{{Window: final}, {Window: series.Window{Start: final.End, End: asked.End, Period: asked.Period}, FetchedAt: w.FetchedAt}}
	for _, e := range held.Extents {
		if e.Final() {
			extents = append(extents, e)
			continue
		}
		for _, rest := range e.Subtract([]series.Window{asked}) {
			extents = append(extents, store.Extent{Window: rest, FetchedAt: e.FetchedAt})
		}
	}
	held.Extents = slices.DeleteFunc(extents, func(e store.Extent) bool { return e.Empty() })
	slices.SortFunc(held.Extents, func(a, b store.Extent) int { return a.Start.Compare(b.Start) })
	return held
}

// merge puts fetched points over held ones: what is missing erases nothing.
func merge(into, fetched series.Series) {
	common := into.Window.Intersect(fetched.Window)
	from := fetched.Slice(common).Values
	for i, to := 0, into.Slice(common).Values; i < len(to); i++ {
		if v := from[i]; v == v { // not NaN
			to[i] = v
		}
	}
}
