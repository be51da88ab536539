package analysis

import (
	"math"
	"strings"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// bounds are the natural limits of a metric, by what its name and statistic say; GetMetricData does not answer the unit. AWS's own
// metrics are counts, sizes, times and percentages, so not negative; a custom one may be anything.
func bounds(k series.Key) (lower, upper float64) {
	lower, upper = math.Inf(-1), math.Inf(1)
	if strings.HasPrefix(k.Namespace, "AWS/") || k.Stat == "SampleCount" {
		lower = 0
	}
	name := strings.ToLower(k.Metric)
	isShare := strings.Contains(name, "utilization") || strings.Contains(name, "percent")
	if isShare && k.Stat != "Sum" && k.Stat != "SampleCount" {
		lower, upper = 0, 100
	}
	return lower, upper
}
