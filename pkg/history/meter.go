package history

import (
	"context"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Meter stands between a reader and AWS's bill. It must be safe for concurrent use.
type Meter interface {
	// Allow is called before AWS is asked for so many metrics, as its bill counts them. Its error says why AWS may not be: each series that
	// lacks something has it as its own, with what is stored. A read that lacks nothing does not call it. Without an error, settle is called
	// once AWS has answered and the answer is paid for.
	Allow(ctx context.Context, metrics int) (settle func(), err error)
	// Saved takes note of metrics that a read answered from the cache alone; see Usage.MetricsSaved.
	Saved(ctx context.Context, scope cloudwatch.Scope, metrics int)
}

// Metered puts a meter before AWS. Call it before the first Read.
func (r *Reader) Metered(m Meter) *Reader {
	r.meter = m
	return r
}

// unmetered allows everything and notes nothing.
type unmetered struct{}

func (unmetered) Allow(context.Context, int) (func(), error)   { return func() {}, nil }
func (unmetered) Saved(context.Context, cloudwatch.Scope, int) {}

// save counts what the read did not have to ask: the metrics of each scope, none of whose series AWS was asked for. Metrics are counted as
// on AWS's bill, where several statistics of one count once. The collector's reads save nothing: without a cache there would be none; nor
// do those that would not have asked.
func (rd *reading) save(ctx context.Context) {
	if cloudwatch.Asker(ctx) == cloudwatch.Collector || onlyStored(ctx) {
		return
	}
	type metric struct {
		scope cloudwatch.Scope
		id    string
	}
	paid := map[metric]bool{}
	for i, k := range rd.keys {
		m := metric{cloudwatch.ScopeOf(k), metricOf(k)}
		paid[m] = paid[m] || rd.asked[i] || rd.results[i].Err != nil
	}
	saved := map[cloudwatch.Scope]int{}
	for m, p := range paid {
		if !p {
			saved[m.scope]++
		}
	}
	for scope, n := range saved {
		rd.usage.MetricsSaved += n
		rd.meter.Saved(ctx, scope, n)
	}
}

// metricOf identifies what the bill counts once.
func metricOf(k series.Key) string {
	k.Stat, k.Period = "", 0
	return k.ID()
}
