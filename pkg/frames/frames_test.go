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
			Score: []float64{0, nan, 100}, Direction: []float64{0, nan, 1},
			Future: future, Forecast: []float64{12, 13}, ForecastLower: []float64{9, 8}, ForecastUpper: []float64{15, 18},
			Now: w.Time(2), HoursToThreshold: 1.5, HoursEarly: 0.5, HoursLate: math.Inf(1), MaxInHorizon: 13,
		},
	}
}

func instance(id string) series.Dimension { return series.Dimension{Name: "InstanceId", Value: id} }

func options(measures ...query.Measure) Options {
	limit := 80.0
	return Options{
		Query: query.Query{RefID: "A", Measures: measures, Threshold: &limit},
		Usage: Usage{Series: 1, Requests: 1, MetricsAsked: 1, EstimatedCostUSD: 0.00001},
	}
}

// The frame contract, for every measure and for answers without data.
func TestGoldenFrames(t *testing.T) {
	learning := shown("production", instance("i-1"))
	learning.Analysis.Forecast, learning.Analysis.ForecastLower, learning.Analysis.ForecastUpper = nil, nil, nil
	learning.Analysis.HoursToThreshold, learning.Analysis.HoursEarly, learning.Analysis.HoursLate = math.NaN(), math.NaN(), math.NaN()
	learning.Analysis.MaxInHorizon = math.NaN()
	learning.Analysis.NotReady = &forecast.NotReadyError{Have: 100, Need: 576, Observed: 90}
	never := shown("production", instance("i-1"))
	never.Analysis.HoursToThreshold, never.Analysis.HoursEarly = math.Inf(1), math.Inf(1)
	for name, c := range map[string]struct {
		series  Series
		options Options
	}{
		"all_measures": {shown("production", instance("i-1")), options(query.Measures...)},
		"learning":     {learning, options(query.Forecast, query.HoursToThreshold, query.MaxInHorizon)},
		"not_reached":  {never, options(query.HoursToThreshold)},
		"one_output":   {shown("production", instance("i-1")), options(query.Score)},
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
	la, lb := labels(a), labels(b)
	require.Equal(t, "us-east-1", la["region"])
	require.NotEqual(t, la, lb)
}

// Grafana reads null as no data and fires on NaN: no frame may carry NaN or an infinity.
func TestNoFrameCarriesNaN(t *testing.T) {
	s := shown("production", instance("i-1"))
	s.Observed.Values[0] = math.Inf(1)
	s.Analysis.MaxInHorizon = math.Inf(-1)
	for _, f := range Build([]Series{s}, options(query.Measures...)) {
		for i := range f.Fields[1].Len() {
			if v := f.Fields[1].At(i).(*float64); v != nil {
				require.False(t, math.IsNaN(*v) || math.IsInf(*v, 0), f.Name)
			}
		}
	}
}
