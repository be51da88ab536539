package analysis

import (
	"math"
	"strings"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// limits are the natural bounds of a metric, ±Inf where there are none.
type limits struct{ lower, upper float64 }

// bounds guesses the limits by what the metric's name and statistic say, since GetMetricData does not answer the unit: AWS's own metrics
// are counts, sizes, times and percentages, so not negative; a custom one may be anything. A guess that the past contradicts is
// dropped: a processor share of several cores passes 100, a light level in dBm is negative. The past is what was observed before the
// epoch, so that no score looks ahead.
func bounds(k series.Key, past []float64) limits {
	b := limits{math.Inf(-1), math.Inf(1)}
	if strings.HasPrefix(k.Namespace, "AWS/") || k.Stat == "SampleCount" {
		b.lower = 0
	}
	name := strings.ToLower(k.Metric)
	isShare := strings.Contains(name, "utilization") || strings.Contains(name, "percent")
	if isShare && k.Stat != "Sum" && k.Stat != "SampleCount" {
		b = limits{0, 100}
	}
	for _, v := range past {
		if v < b.lower {
			b.lower = math.Inf(-1)
		}
		if v > b.upper {
			b.upper = math.Inf(1)
		}
	}
	return b
}
