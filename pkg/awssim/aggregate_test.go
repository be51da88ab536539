package awssim

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func mustStatistic(t require.TestingT, name string) statistic {
	st, ok := parseStatistic(name)
	require.True(t, ok, name)
	return st
}

// byTime computes a statistic long after everything arrived.
func byTime(t require.TestingT, m *metric, s span, name string) map[int64]float64 {
	p := m.aggregate(s, mustStatistic(t, name), s.end+24*3600)
	out := make(map[int64]float64, len(p.times))
	for i, at := range p.times {
		out[at] = p.values[i]
	}
	return out
}

func drawMetric(t *rapid.T, s *Simulator) *metric {
	return rapid.SampledFrom(s.catalogue.metrics).Draw(t, "metric")
}

func TestStatisticsAreCoherent(t *testing.T) {
	s, _ := newFixed(t)
	anchor := testAnchor.Unix()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMetric(t, s)
		start := anchor + 60*rapid.Int64Range(-30*minutesPerDay, 10*minutesPerDay).Draw(t, "start")
		period := 60 * rapid.SampledFrom([]int64{1, 2, 5, 15, 60, 1440}).Draw(t, "period")
		window := span{start, start + 10*period, period}
		of := map[string]map[int64]float64{}
		order := []string{"Minimum", "p0", "p1", "p25", "p50", "p90", "p99", "p99.9", "p100", "Maximum"}
		for _, name := range append([]string{"Sum", "SampleCount", "Average", "tm90", "TM(0%:100%)", "IQM", "wm95", "tc50", "ts50"}, order...) {
			of[name] = byTime(t, m, window, name)
		}
		for at, average := range of["Average"] {
			low, high := of["Minimum"][at], of["Maximum"][at]
			tolerance := 1e-9 * math.Max(1, math.Abs(high))
			require.InDelta(t, of["Sum"][at], average*of["SampleCount"][at], tolerance*math.Max(1, of["SampleCount"][at]))
			for i := 1; i < len(order); i++ {
				require.LessOrEqual(t, of[order[i-1]][at], of[order[i]][at]+tolerance, "%s %s %s", m.id.name, order[i-1], order[i])
			}
			require.GreaterOrEqual(t, of["SampleCount"][at], 1.0)
			for _, name := range []string{"Average", "tm90", "IQM", "wm95"} {
				require.GreaterOrEqual(t, of[name][at], low-tolerance, "%s %s", m.id.name, name)
				require.LessOrEqual(t, of[name][at], high+tolerance, "%s %s", m.id.name, name)
			}
			require.InDelta(t, average, of["TM(0%:100%)"][at], tolerance)
			require.InDelta(t, of["SampleCount"][at]/2, of["tc50"][at], 1e-6*of["SampleCount"][at])
			require.GreaterOrEqual(t, low, 0.0)
			if m.unit == "Percent" {
				require.LessOrEqual(t, high, 100.0)
			}
		}
	})
}

func TestCoarsePeriodsAggregateTheMinutes(t *testing.T) {
	s, _ := newFixed(t)
	anchor := testAnchor.Unix()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMetric(t, s)
		start := anchor + 60*rapid.Int64Range(-20*minutesPerDay, 5*minutesPerDay).Draw(t, "start")
		period := 60 * rapid.SampledFrom([]int64{5, 7, 60, 1440}).Draw(t, "period")
		fine, coarse := span{start, start + 3*period, 60}, span{start, start + 3*period, period}
		sums, counts := byTime(t, m, fine, "Sum"), byTime(t, m, fine, "SampleCount")
		lows, highs := byTime(t, m, fine, "Minimum"), byTime(t, m, fine, "Maximum")
		sum, count, low, high := map[int64]float64{}, map[int64]float64{}, map[int64]float64{}, map[int64]float64{}
		for at := range sums {
			bucket := start + (at-start)/period*period
			if count[bucket] == 0 {
				low[bucket], high[bucket] = math.Inf(1), math.Inf(-1)
			}
			sum[bucket] += sums[at]
			count[bucket] += counts[at]
			low[bucket], high[bucket] = math.Min(low[bucket], lows[at]), math.Max(high[bucket], highs[at])
		}
		average := byTime(t, m, coarse, "Average")
		require.Len(t, average, len(count))
		for at, v := range byTime(t, m, coarse, "Sum") {
			require.InEpsilon(t, 1+sum[at], 1+v, 1e-9)
			require.InEpsilon(t, 1+sum[at]/count[at], 1+average[at], 1e-9)
		}
		require.Equal(t, low, byTime(t, m, coarse, "Minimum"))
		require.Equal(t, high, byTime(t, m, coarse, "Maximum"))
	})
}

// A read at any moment shows less than the truth and never something else; ten minutes after its end a minute is final.
func TestPointsArriveLateAndAreRevised(t *testing.T) {
	s, _ := newFixed(t)
	anchor := testAnchor.Unix()
	late, revised := 0, 0
	for _, m := range s.catalogue.metrics {
		if m.until != forever {
			continue
		}
		window := span{anchor - 3*3600, anchor, 60}
		truth, samples := byTime(t, m, window, "Sum"), byTime(t, m, window, "SampleCount")
		for age := int64(0); age <= finalAfter+60; age += 20 {
			minute := anchor - 7200 + age/20*60
			now := minute + 60 + age
			seen := m.aggregate(span{minute, minute + 60, 60}, mustStatistic(t, "Sum"), now)
			count := m.aggregate(span{minute, minute + 60, 60}, mustStatistic(t, "SampleCount"), now)
			switch {
			case age < m.delay:
				require.Empty(t, seen.times, "%s is seen %d s after its end", m.id.name, age)
			case age >= finalAfter:
				require.Equal(t, samples[minute] > 0, len(seen.values) == 1)
			}
			if len(seen.values) == 0 {
				if age >= m.delay && samples[minute] > 0 {
					late++
				}
				continue
			}
			require.LessOrEqual(t, seen.values[0], truth[minute]+1e-9)
			require.LessOrEqual(t, count.values[0], samples[minute])
			if count.values[0] < samples[minute] {
				revised++
			}
			if age >= finalAfter {
				require.Equal(t, truth[minute], seen.values[0])
			}
		}
	}
	require.Greater(t, late, 20, "some minutes come later than their namespace's delay")
	require.Greater(t, revised, 50, "some minutes come in parts")
}

func TestUnfinishedPeriodShowsItsFirstMinutes(t *testing.T) {
	s, _ := newFixed(t)
	m := s.plans[4].target // DatabaseConnections, five minutes late
	now := testAnchor.Unix()
	p := m.aggregate(span{now - 1800, now, 300}, mustStatistic(t, "SampleCount"), now)
	require.Equal(t, now-600, p.times[len(p.times)-1], "the newest five minutes have not arrived")
	later := m.aggregate(span{now - 1800, now, 300}, mustStatistic(t, "SampleCount"), now+120)
	require.Less(t, later.values[len(later.values)-1], 5.0)
	final := m.aggregate(span{now - 1800, now, 300}, mustStatistic(t, "SampleCount"), now+900)
	require.Equal(t, []float64{5, 5, 5, 5, 5, 5}, final.values)
}

func TestParseStatistic(t *testing.T) {
	for _, name := range []string{
		"Average", "Sum", "Minimum", "Maximum", "SampleCount", "p0", "p50", "p99.9", "p100", "p99.9999999999", "tm99", "TM(10%:90%)", "TM(:95%)",
		"TM(5%:)", "WM(150:1000)", "tc90", "TS(80%:)", "PR(:300)", "PR(100:2000)", "IQM", "wm98",
	} {
		_, ok := parseStatistic(name)
		require.True(t, ok, name)
	}
	for _, name := range []string{
		"", "average", "Median", "p", "p101", "p-1", "p1e1", "pNaN", "p99.99999999999", "pr90", "TM", "TM()", "TM(:)", "TM(90%:10%)", "PR(10%:90%)", "TM(a:b)",
		"TM(10%:90%", "tm(10:20", "P", "x50", "p 5", "pp5",
	} {
		_, ok := parseStatistic(name)
		require.False(t, ok, name)
	}
}

func TestPercentileRankInvertsThePercentile(t *testing.T) {
	s, _ := newFixed(t)
	m := s.plans[1].target // TargetResponseTime
	var a accumulator
	a.reset(m, distribution)
	minute := testAnchor.Unix() / 60
	m.gather(&a, minute-600, minute-540, testAnchor.Unix())
	for _, q := range []float64{0.1, 0.5, 0.9, 0.99} {
		require.InDelta(t, q, a.rank(a.quantile(q)), 1e-6)
	}
	require.Zero(t, a.rank(0))
	require.Equal(t, 1.0, a.rank(a.high))
	require.Less(t, a.trimmedMean(0, 0.9), a.sum/a.count)
}
