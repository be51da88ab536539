package frames

import (
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Cost is what one group of AWS calls came to.
type Cost struct {
	Labels data.Labels                 // by which it is told apart
	Values map[query.Measure][]float64 // of query.CostMeasures: a number for each bucket; a measure that is absent is 0 throughout
}

// BuildCosts makes the frames of a query of query.KindCosts, group by group: one for each measure, with a point for each bucket.
func BuildCosts(all []Cost, w series.Window, o Options) data.Frames {
	o.clock = newClock()
	labels := make([]data.Labels, len(all))
	for i, c := range all {
		labels[i] = c.Labels
	}
	names := nameAll(labels, o.Query.Legend)
	var out data.Frames
	for i, c := range all {
		for _, m := range o.Query.Measures {
			values, ok := c.Values[m]
			if !ok {
				values = make([]float64, w.Len())
			}
			meta := o.meta(m, w.Period)
			meta.Estimate = true
			f := o.assemble(names[i], o.clock.column(w, values), meta)
			if m == query.CostUSD {
				f.Fields[1].Config.Unit = "currencyUSD"
				f.Fields[1].Config.Description = "An estimate by list price: AWS's bill alone knows discounts and what a free tier covers."
			}
			out = append(out, f)
		}
	}
	return out
}
