package awssim

import (
	"strconv"
	"strings"
)

// statistic is one of CloudWatch's statistics. Percentile-like ones keep what lies between two bounds.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
type statistic struct {
	kind     statKind
	low, top bound
}

type statKind int

const (
	average statKind = iota
	sum
	minimum
	maximum
	sampleCount
	percentile
	trimmedMean
	winsorizedMean
	trimmedCount
	trimmedSum
	percentileRank
)

// bound is a share of the samples (0 to 1), or a value where it is absolute.
type bound struct {
	at       float64
	absolute bool
}

var plainStatistics = map[string]statKind{
	"Average": average, "Sum": sum, "Minimum": minimum, "Maximum": maximum, "SampleCount": sampleCount,
}

var boundedStatistics = map[string]statKind{
	"tm": trimmedMean, "wm": winsorizedMean, "tc": trimmedCount, "ts": trimmedSum, "pr": percentileRank,
}

// parseStatistic reads a statistic's name: Average, p99.9, tm90, TM(10%:90%), PR(:0.3), IQM and so on.
func parseStatistic(name string) (statistic, bool) {
	if kind, ok := plainStatistics[name]; ok {
		return statistic{kind: kind}, true
	}
	if strings.EqualFold(name, "iqm") {
		return statistic{kind: trimmedMean, low: bound{at: 0.25}, top: bound{at: 0.75}}, true
	}
	lower := strings.ToLower(name)
	if len(lower) < 2 {
		return statistic{}, false
	}
	if kind, ok := boundedStatistics[lower[:2]]; ok {
		return parseBounded(kind, lower[2:])
	}
	share, ok := parsePercent(strings.TrimPrefix(lower, "p"))
	if lower[0] != 'p' || !ok {
		return statistic{}, false
	}
	return statistic{kind: percentile, top: bound{at: share}}, true
}

func parseBounded(kind statKind, rest string) (statistic, bool) {
	if share, ok := parsePercent(rest); ok && kind != percentileRank {
		return statistic{kind: kind, top: bound{at: share}}, true
	}
	inner, ok := strings.CutPrefix(rest, "(")
	if !ok {
		return statistic{}, false
	}
	inner, ok = strings.CutSuffix(inner, ")")
	if !ok {
		return statistic{}, false
	}
	from, to, ok := strings.Cut(inner, ":")
	if !ok || from == "" && to == "" {
		return statistic{}, false
	}
	low, okLow := parseBound(from, bound{at: 0})
	top, okTop := parseBound(to, bound{at: 1})
	if !okLow || !okTop || low.absolute == top.absolute && low.at >= top.at {
		return statistic{}, false
	}
	if kind == percentileRank && (from != "" && !low.absolute || to != "" && !top.absolute) {
		return statistic{}, false
	}
	return statistic{kind: kind, low: low, top: top}, true
}

func parseBound(text string, open bound) (bound, bool) {
	if text == "" {
		return open, true
	}
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		share, ok := parsePercent(percent)
		return bound{at: share}, ok
	}
	v, ok := parseDecimal(text)
	return bound{at: v, absolute: true}, ok
}

func parsePercent(text string) (share float64, ok bool) {
	v, ok := parseDecimal(text)
	return v / 100, ok && v <= 100
}

// parseDecimal reads digits with at most ten decimals, as AWS allows.
func parseDecimal(text string) (float64, bool) {
	whole, decimals, _ := strings.Cut(text, ".")
	if whole == "" || len(text) > 30 || len(decimals) > 10 || strings.Trim(whole+decimals, "0123456789") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

func (st statistic) needs() need {
	switch st.kind {
	case average, sum, sampleCount:
		return totals
	case minimum, maximum:
		return extremes
	}
	return distribution
}

// of computes the statistic of gathered samples, of which there is at least one.
func (st statistic) of(a *accumulator) float64 {
	switch st.kind {
	case sum:
		return a.sum
	case minimum:
		return a.low
	case maximum:
		return a.high
	case sampleCount:
		return a.count
	case percentile:
		return a.quantile(st.top.at)
	case average:
		return a.sum / a.count
	}
	return st.bounded(a)
}

func (st statistic) bounded(a *accumulator) float64 {
	from, to := st.low.share(a), st.top.share(a)
	switch st.kind {
	case winsorizedMean:
		return from*a.quantile(from) + max(0, to-from)*a.trimmedMean(from, to) + (1-max(from, to))*a.quantile(to)
	case trimmedCount:
		return max(0, to-from) * a.count
	case trimmedSum:
		return max(0, to-from) * a.count * a.trimmedMean(from, to)
	case percentileRank:
		return 100 * max(0, to-from)
	}
	return a.trimmedMean(from, to)
}

func (b bound) share(a *accumulator) float64 {
	if b.absolute {
		return a.rank(b.at)
	}
	return b.at
}
