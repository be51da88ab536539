package frames

import (
	"flag"
	"math"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

var update = flag.Bool("update", false, "write the golden frames anew")

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const period = 5 * time.Minute

func shown(account string, dims ...series.Dimension) Series {
	w := series.Window{Start: start, End: start.Add(3 * period), Period: period}
	future := series.Window{Start: w.End, End: w.End.Add(2 * period), Period: period}
	nan := math.NaN()
	return Series{
		Account: account,
		Observed: series.Series{
			Key:    series.Key{AccountID: "111111111111", Region: "us-east-1", Namespace: "AWS/EC2", Metric: "CPUUtilization", Dimensions: dims, Stat: "Average", Period: period},
			Window: w, Values: []float64{10, nan, 99},
		},
		Analysis: analysis.Result{
			Range: w, Expected: []float64{11, 11, 12}, Lower: []float64{8, 8, 9}, Upper: []float64{14, 14, 15},
			Score: []float64{0, nan, 100}, Direction: []float64{0, nan, 1}, Event: []float64{0, nan, 100}, Raw: []float64{0, 0.9, 3.25},
			Outlook: analysis.Outlook{
				Future: future,
				Forecast: forecast.Forecast{Median: []float64{12, 13}, Bands: []forecast.Band{
					{Level: 0.95, Lower: []float64{9, 8}, Upper: []float64{15, 18}}, {Level: 0.8, Lower: []float64{11, 10}, Upper: []float64{13, 15}},
				}},
				Report: forecast.Report{
					Model: "calendar lags 0.7, daily naive 0.3", Origins: 10, Steps: 288, MAE: 1.25, MASE: 0.7, SMAPE: math.NaN(),
					Coverage: []forecast.Coverage{{Level: 0.95, Share: 0.94}, {Level: 0.8, Share: math.NaN()}},
				},
				Now: w.Time(2), HoursToThreshold: analysis.Estimate{Median: 1.5, Low: 0.5, High: math.Inf(1)},
				MaxInHorizon: analysis.Estimate{Median: 13, Low: 9, High: 18}, MinInHorizon: analysis.Estimate{Median: 12, Low: 8, High: 15},
			},
			Parts: forecast.Parts{
				Trend: []float64{10, 11, 12}, SeasonDay: []float64{1, 2, 3}, SeasonWeek: []float64{0, 0, 0}, Remainder: []float64{-1, nan, 84},
			},
		},
	}
}

func instance(id string) series.Dimension { return series.Dimension{Name: "InstanceId", Value: id} }

func options(measures ...query.Measure) Options {
	limit := 80.0
	return Options{
		Query: query.Query{
			RefID: "A", Measures: measures, Threshold: query.Threshold{Value: &limit}, Forecaster: query.Forecaster{Name: "auto", Levels: []int{95, 80}},
		},
		Usage: Usage{Series: 1, Requests: 1, MetricsAsked: 1, EstimatedCostUSD: 0.00001},
	}
}

// The frame contract, for every measure and for answers without data.
func TestGoldenFrames(t *testing.T) {
	learning := shown("production", instance("i-1"))
	unknown := analysis.Estimate{Median: math.NaN(), Low: math.NaN(), High: math.NaN()}
	learning.Analysis.Outlook = analysis.Outlook{
		Future: learning.Analysis.Future, Now: learning.Analysis.Now, NotReady: &seasonal.NotReadyError{Have: 100, Need: 576, Observed: 90},
		HoursToThreshold: unknown, MaxInHorizon: unknown, MinInHorizon: unknown,
	}
	never := shown("production", instance("i-1"))
	never.Analysis.HoursToThreshold = analysis.Estimate{Median: math.Inf(1), Low: math.Inf(1), High: math.Inf(1)}
	quota, reached := options(query.HoursToThreshold), shown("production", instance("i-1"))
	quota.Query.Threshold = query.Threshold{Metric: &query.Column{Metric: "Quota", Statistic: "Maximum"}, Percent: 80}
	limit := 64.0
	reached.Analysis.Threshold = &limit
	absent := shown("production", instance("i-1"))
	absent.Analysis.HoursToThreshold = unknown
	for name, c := range map[string]struct {
		series  Series
		options Options
	}{
		"all_measures": {shown("production", instance("i-1")), options(append(query.Measures, "forecast_lower_80", "forecast_upper_80")...)},
		"learning":     {learning, options(query.Forecast, query.ForecastUpper, query.HoursToThreshold, query.MaxInHorizon)},
		"not_reached":  {never, options(query.HoursToThreshold)},
		"one_output":   {shown("production", instance("i-1")), options(query.Score)},
		"quota":        {reached, quota},
		"no_quota":     {absent, quota},
	} {
		t.Run(name, func(t *testing.T) {
			answer := &backend.DataResponse{Frames: Build([]Series{c.series}, c.options)}
			experimental.CheckGoldenJSONResponse(t, "testdata", name, answer, *update)
		})
	}
}

func names(all []Series, legend string) []string {
	o := options(query.Value, query.Upper)
	o.Query.Legend = legend
	return displayNamesOf(Build(all, o))
}

// grouped is a roll-up over series of two accounts.
func grouped() []Group {
	staging := shown("staging", instance("i-3"))
	staging.Observed.Key.AccountID = "222222222222"
	groups := Gather([]Series{shown("production", instance("i-1")), staging, shown("production", instance("i-2"))}, []string{"account"})
	for i := range groups {
		groups[i].Window = staging.Observed.Window
		groups[i].Score, groups[i].Event = []float64{0, math.NaN(), 80}, []float64{0, math.NaN(), 80}
	}
	return groups
}

// A roll-up: one score for each group, its labels alone, and how many series stand behind it.
func TestGoldenRollUp(t *testing.T) {
	o := options(query.Value, query.Score, query.Event)
	o.Query.RollUp = []string{"account"}
	answer := &backend.DataResponse{Frames: BuildGroups(grouped(), o)}
	experimental.CheckGoldenJSONResponse(t, "testdata", "roll_up", answer, *update)
}

// A split: the series are joined, and have the labels that their members share.
func TestGoldenSplit(t *testing.T) {
	s := shown("", instance("i-1"))
	s.Labels = data.Labels{"account": "production", "account_id": "111111111111", "namespace": "AWS/EC2", "metric": "CPUUtilization", "stat": "Average"}
	s.Members = 12
	answer := &backend.DataResponse{Frames: Build([]Series{s}, options(query.Value, query.Score))}
	experimental.CheckGoldenJSONResponse(t, "testdata", "split", answer, *update)
}

func TestGather(t *testing.T) {
	at := func(account, id, region string, dims ...series.Dimension) Series {
		return Series{Account: account, Observed: series.Series{Key: series.Key{AccountID: id, Region: region, Namespace: "N", Metric: "M", Stat: "Sum", Dimensions: dims}}}
	}
	all := []Series{
		at("production", "1", "us-east-1", instance("i-1")), at("staging", "2", "us-east-1", instance("i-1")),
		at("production", "1", "eu-west-1", instance("i-2")), at("production", "3", "us-east-1"),
	}
	for name, c := range map[string]struct {
		by   []string
		want []Group
	}{
		"the id of an account is given where there is one": {[]string{"account"}, []Group{
			{Labels: data.Labels{"account": "production"}, Members: []int{0, 2, 3}},
			{Labels: data.Labels{"account": "staging", "account_id": "2"}, Members: []int{1}},
		}},
		"the alias of an id": {[]string{"account_id"}, []Group{
			{Labels: data.Labels{"account_id": "1", "account": "production"}, Members: []int{0, 2}},
			{Labels: data.Labels{"account_id": "2", "account": "staging"}, Members: []int{1}},
			{Labels: data.Labels{"account_id": "3", "account": "production"}, Members: []int{3}},
		}},
		"two labels": {[]string{"region", "metric"}, []Group{
			{Labels: data.Labels{"region": "us-east-1", "metric": "M"}, Members: []int{0, 1, 3}},
			{Labels: data.Labels{"region": "eu-west-1", "metric": "M"}, Members: []int{2}},
		}},
		"a dimension that one of them lacks": {[]string{"InstanceId"}, []Group{
			{Labels: data.Labels{"InstanceId": "i-1"}, Members: []int{0, 1}},
			{Labels: data.Labels{"InstanceId": "i-2"}, Members: []int{2}},
			{Labels: data.Labels{}, Members: []int{3}},
		}},
		"everything": {[]string{"namespace"}, []Group{{Labels: data.Labels{"namespace": "N"}, Members: []int{0, 1, 2, 3}}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Gather(all, c.by)) })
	}
	require.Empty(t, Gather(nil, []string{"account"}))
}

// Names of groups say what they are by, and are told apart as those of series are.
func TestNamesOfGroups(t *testing.T) {
	for want, labels := range map[string]data.Labels{
		"production":           {"account": "production", "account_id": "1"},
		"1":                    {"account_id": "1"},
		"AWS/EC2":              {"namespace": "AWS/EC2"},
		"eu-west-1 i-1":        {"InstanceId": "i-1", "region": "eu-west-1", "namespace": "AWS/EC2"},
		"production eu-west-1": {"region": "eu-west-1", "account": "production"},
	} {
		o := options(query.Score)
		require.Equal(t, want+" · anomaly score", displayNamesOf(BuildGroups([]Group{{Labels: labels}}, o))[0])
		o.Query.Legend = "whole of {{account}}{{region}}{{InstanceId}}{{namespace}}{{account_id}}"
		require.Contains(t, displayNamesOf(BuildGroups([]Group{{Labels: labels}}, o))[0], "whole of ")
	}
	o := options(query.Score)
	o.Query.Legend = "fixed"
	got := displayNamesOf(BuildGroups(grouped(), o))
	require.Equal(t, []string{"fixed (production) · anomaly score", "fixed (staging) · anomaly score"}, got)
}

// Every field has a name of its own, whatever the legend; the band's upper edge names its own lower one.
func TestDisplayNamesAreUnique(t *testing.T) {
	all := []Series{shown("production", instance("i-1")), shown("production", instance("i-2")), shown("staging", instance("i-1")), shown("staging", instance("i-1"))}
	for _, legend := range []string{"", "{{account}}", "{{InstanceId}}", "fixed", "{{nothing}}", "{{account}} {{InstanceId}}"} {
		seen := map[string]bool{}
		for _, name := range names(all, legend) {
			require.False(t, seen[name], "legend %q gives %q twice", legend, name)
			seen[name] = true
		}
	}
	require.Equal(t, "production i-1", names(all[:1], "{{account}} {{InstanceId}}")[0])
	for _, f := range Build(all, options(query.Lower, query.Upper)) {
		if f.Fields[1].Name == string(query.Upper) {
			below := f.Fields[1].Config.Custom["fillBelowTo"].(string)
			require.Contains(t, displayNamesOf(Build(all, options(query.Lower))), below)
		}
	}
}

func displayNamesOf(all data.Frames) []string {
	var out []string
	for _, f := range all {
		out = append(out, f.Fields[1].Config.DisplayNameFromDS)
	}
	return out
}

// A custom dimension that is called like one of our labels keeps its value and hides nothing.
func TestDimensionNamedLikeALabel(t *testing.T) {
	a, b := shown("production", series.Dimension{Name: "region", Value: "north"}), shown("production", series.Dimension{Name: "region", Value: "south"})
	la, lb := LabelsOf(a), LabelsOf(b)
	require.Equal(t, "us-east-1", la["region"])
	require.NotEqual(t, la, lb)
}

// Grafana reads null as no data and fires on NaN: no frame may carry NaN or an infinity.
func TestNoFrameCarriesNaN(t *testing.T) {
	s := shown("production", instance("i-1"))
	s.Observed.Values[0] = math.Inf(1)
	s.Analysis.MaxInHorizon.Median = math.Inf(-1)
	groups := grouped()
	groups[0].Score[0] = math.Inf(1)
	all := append(Build([]Series{s}, options(query.Measures...)), BuildGroups(groups, options(query.Measures...))...)
	require.Len(t, all, len(query.Measures)+4)
	for _, f := range all {
		for i := range f.Fields[1].Len() {
			if v := f.Fields[1].At(i).(*float64); v != nil {
				require.False(t, math.IsNaN(*v) || math.IsInf(*v, 0), f.Name)
			}
		}
	}
}
