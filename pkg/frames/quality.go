package frames

import (
	"math"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Checked is one series with the checks that each of its shown buckets fails, and those that were not made of it.
type Checked struct {
	Series
	Flags series.Flags
	Open  series.Flags
}

// Judged is what an alert rule may look at: up to the newest bucket of which a measure can be told, so that the last point is never null.
func (c Checked) Judged(m query.Measure) Checked {
	values := failures(c, m)
	n := len(values)
	for n > 0 && math.IsNaN(values[n-1]) {
		n--
	}
	w := c.Observed.Window
	w.End = w.Time(n)
	c.Observed = c.Observed.Slice(w)
	return c
}

// BuildQuality makes the frames of a query of kind quality, series by series, measures in their fixed order.
func BuildQuality(all []Checked, o Options) data.Frames {
	o.clock = newClock()
	labels := make([]data.Labels, len(all))
	for i, c := range all {
		labels[i] = LabelsOf(c.Series)
	}
	names := nameAll(labels, o.Query.Legend)
	out := make(data.Frames, 0, len(all)*len(o.Query.Measures))
	for i, c := range all {
		for _, m := range o.Query.Measures {
			points := o.clock.column(c.Observed.Window, failures(c, m))
			out = append(out, o.assemble(names[i], points, o.meta(m, c.Observed.Window.Period)))
		}
	}
	return out
}

// failures are, of each bucket, the number of checks that it fails, or 1 where it fails the one of the measure; NaN where it fails none of
// those that were made, and not all were.
func failures(c Checked, m query.Measure) []float64 {
	values := make([]float64, c.Observed.Window.Len())
	one := series.Check(strings.TrimPrefix(string(m), string(query.Quality)+"_"))
	for i := range values {
		switch {
		case m == query.Quality && c.Flags.Count(i) == 0 && c.Open.Count(i) > 0:
			values[i] = math.NaN()
		case m == query.Quality:
			values[i] = float64(c.Flags.Count(i))
		case c.Flags.Has(i, one):
			values[i] = 1
		case c.Open.Has(i, one):
			values[i] = math.NaN()
		}
	}
	return values
}
