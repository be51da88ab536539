package frames

import (
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Group is the series that share some labels, and what a roll-up says of them together.
type Group struct {
	Labels  data.Labels
	Members []int         // of the series that were gathered, by index
	Window  series.Window // of the shown range
	Score   []float64     // one for each bucket, NaN for null
	Event   []float64     // the score where an anomaly of the whole begins, 0 elsewhere; not read unless it is asked for
}

// BuildGroups makes the frames of a roll-up, group by group. It has no other measures than anomaly_score and anomaly_event; those of the
// query that are none of them are left out.
func BuildGroups(all []Group, o Options) data.Frames {
	o.clock = newClock()
	labels := make([]data.Labels, len(all))
	for i, g := range all {
		labels[i] = g.Labels
	}
	names := nameAll(labels, o.Query.Legend)
	var out data.Frames
	for i, g := range all {
		for _, m := range o.Query.Measures {
			values, ok := map[query.Measure][]float64{query.Score: g.Score, query.Event: g.Event}[m]
			if !ok {
				continue
			}
			meta := o.meta(m, g.Window.Period)
			meta.Members, meta.RollUp = len(g.Members), o.Query.RollUp
			out = append(out, o.assemble(names[i], o.clock.column(g.Window, values), meta))
		}
	}
	return out
}
