package series

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRulesOfKnownMetrics(t *testing.T) {
	require.Contains(t, RulesOf("AWS/Lambda", "Errors", "Sum"), Rule{AtMost, Measured{"Invocations", "Sum"}, rounding})
	require.Contains(t, RulesOf("AWS/Lambda", "Invocations", "Sum"), Rule{AtLeast, Measured{"Errors", "Sum"}, rounding})
	require.Contains(t, RulesOf("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum"), Rule{AtMost, Measured{"RequestCount", "Sum"}, rounding})
	require.Equal(t, []Rule{{AtMost, Measured{"TotalErrorRate", "Average"}, rounding}}, RulesOf("AWS/CloudFront", "5xxErrorRate", "Average")[:1])
	for _, c := range [][3]string{
		{"AWS/Lambda", "Throttles", "Sum"},                      // no throttled attempt is an invocation
		{"AWS/ApplicationELB", "HTTPCode_ELB_4XX_Count", "Sum"}, // of requests that RequestCount leaves out
		{"Shop", "Errors", "Sum"},
		{"AWS/Lambda", "Errors", "SampleCount"},
		{"AWS/EC2", "CPUUtilization", "tm99"},
	} {
		require.Empty(t, RulesOf(c[0], c[1], c[2]), "%v", c)
	}
}

func TestOrderOfStatistics(t *testing.T) {
	for statistic, want := range map[string]string{
		"Minimum": "<=p50 <=Average", "Maximum": ">=p99 >=Average", "Average": ">=Minimum <=Maximum", "p0": ">=Minimum <=p50", "p1": ">=Minimum <=p50",
		"p50": ">=Minimum <=p90", "p50.0": ">=Minimum <=p90", "p75": ">=p50 <=p90", "p90": ">=p50 <=p99", "p99": ">=p90 <=Maximum", "p99.9": ">=p99 <=Maximum",
		"p100": ">=p99 <=Maximum", "p101": "", "p": "", "pInf": "", "p1e1": "", "p-1": "", "p1.2.3": "", "Sum": "", "SampleCount": "", "IQM": "", "PR(1:2)": "",
	} {
		got := ""
		for _, r := range RulesOf("Shop", "Latency", statistic) {
			require.Equal(t, "Latency", r.Than.Metric)
			got += " " + string(r.Op) + r.Than.Statistic
		}
		if want != "" {
			want = " " + want
		}
		require.Equal(t, want, got, statistic)
	}
}

// A rule is known to both series that take part in it, so that it holds whichever is asked about.
func TestRulesAreKnownToBothSides(t *testing.T) {
	type measured struct{ namespace, metric, statistic string }
	var all []measured
	for _, r := range builtIn {
		all = append(all, measured{r.Namespace, r.Lesser.Metric, r.Lesser.Statistic}, measured{r.Namespace, r.Greater.Metric, r.Greater.Statistic})
	}
	for _, statistic := range append(ladder, "Average") {
		all = append(all, measured{"Shop", "Latency", statistic})
	}
	opposite := map[Op]Op{AtMost: AtLeast, AtLeast: AtMost}
	for _, m := range all {
		for _, r := range RulesOf(m.namespace, m.metric, m.statistic) {
			mirrored := Rule{opposite[r.Op], Measured{m.metric, m.statistic}, r.Tolerance}
			require.Contains(t, RulesOf(m.namespace, r.Than.Metric, r.Than.Statistic), mirrored)
		}
	}
}

func TestCounterpartSharesAllButTheMeasure(t *testing.T) {
	k := Key{Source: "s", AccountID: "1", Namespace: "AWS/Lambda", Metric: "Errors", Stat: "Sum", Dimensions: []Dimension{{"FunctionName", "f"}}}
	other := RulesOf(k.Namespace, k.Metric, k.Stat)[0].CounterpartOf(k)
	want := k
	want.Metric = "Invocations"
	require.Equal(t, want, other)
	require.Equal(t, "Errors", k.Metric)
}

func TestConfiguredRules(t *testing.T) {
	relations := []Relation{{"Shop", Measured{"Failed", "Sum"}, Measured{"Orders", "SampleCount"}}}
	require.Equal(t, []Rule{{AtMost, Measured{"Orders", "SampleCount"}, rounding}}, Rules(relations, "Shop", "Failed", "Sum"))
	require.Equal(t, []Rule{{AtLeast, Measured{"Failed", "Sum"}, rounding}}, Rules(relations, "Shop", "Orders", "SampleCount"))
	require.Empty(t, Rules(relations, "Other", "Failed", "Sum"))
	require.Empty(t, Rules(relations, "Shop", "Failed", "Average"))
}

// statistics are those of samples, with percentiles as CloudWatch's agent leaves them: of the middles of bins that are 10 % wide.
func statistics(samples []float64) map[string]float64 {
	slices.Sort(samples)
	sum := 0.0
	for _, v := range samples {
		sum += v
	}
	out := map[string]float64{"Minimum": samples[0], "Maximum": samples[len(samples)-1], "Average": sum / float64(len(samples))}
	for _, p := range []int{1, 10, 50, 75, 90, 95, 99} {
		v := samples[(len(samples)-1)*p/100]
		if v > 0 {
			v = math.Pow(1.1, math.Floor(math.Log(v)/math.Log(1.1))+0.5)
		}
		out[fmt.Sprint("p", p)] = v
	}
	return out
}

// Statistics of one metric never contradict each other, whatever was measured, though percentiles are approximate and averages are rounded.
func TestTrueStatisticsPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := statistics(rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 100), rapid.SampledFrom([]float64{0, 0.1, 7, 1e12})), 1, 40).Draw(t, "samples"))
		for statistic, value := range all {
			for _, r := range RulesOf("Shop", "Latency", statistic) {
				flags, err := CheckLogic(of(0, value), of(0, all[r.Than.Statistic]), r)
				require.NoError(t, err)
				require.Nil(t, flags, "%s %v %s %s %v", statistic, value, r.Op, r.Than.Statistic, all[r.Than.Statistic])
			}
		}
	})
}

// A statistic that is moved past its neighbour by more than a bin is found.
func TestMovedStatisticIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := statistics(rapid.SliceOfN(rapid.Float64Range(1, 100), 1, 40).Draw(t, "samples"))
		statistic := rapid.SampledFrom([]string{"Minimum", "p1", "p50", "Average", "p90", "p99", "Maximum"}).Draw(t, "statistic")
		for _, r := range RulesOf("Shop", "Latency", statistic) {
			moved := all[r.Than.Statistic] * 1.06
			if r.Op == AtLeast {
				moved = all[r.Than.Statistic] / 1.06
			}
			flags, err := CheckLogic(of(0, moved), of(0, all[r.Than.Statistic]), r)
			require.NoError(t, err)
			require.True(t, flags.Has(0, LogicCheck))
		}
	})
}

// No name makes a rule that compares a series with itself, or with nothing.
func FuzzRulesOf(f *testing.F) {
	f.Add("AWS/Lambda", "Errors", "Sum")
	f.Add("Shop", "Latency", "p99.99")
	f.Add("", "", "p")
	f.Fuzz(func(t *testing.T, namespace, metric, statistic string) {
		for _, r := range RulesOf(namespace, metric, statistic) {
			require.NotEqual(t, Measured{metric, statistic}, r.Than)
			require.NotEmpty(t, r.Than.Statistic)
			require.Contains(t, []Op{AtMost, AtLeast}, r.Op)
			require.Less(t, r.Tolerance, 0.1)
		}
	})
}
