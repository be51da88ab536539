package frames

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// The frames of costs: a point for each hour, a price marked as an estimate, zero where nothing was asked.
func TestGoldenCosts(t *testing.T) {
	w := series.Window{Start: start, End: start.Add(2 * time.Hour), Period: time.Hour}
	all := []Cost{
		{
			Labels: data.Labels{"account": "production", "account_id": "111111111111", "region": "us-east-1", "asked_by": "panel shop/7"},
			Values: map[query.Measure][]float64{query.CostUSD: {0.012, 0}, query.MetricsAsked: {1200, 0}, query.MetricsSaved: {3400, 90}, query.Calls: {3, 0}},
		},
		{
			Labels: data.Labels{"account": "production", "account_id": "111111111111", "region": "us-east-1", "asked_by": "rule errors"},
			Values: map[query.Measure][]float64{query.Calls: {0, 1}, query.CallsFailed: {0, 1}},
		},
	}
	o := Options{Query: query.Query{RefID: "A", Measures: query.CostMeasures}}
	built := BuildCosts(all, w, o)
	experimental.CheckGoldenJSONResponse(t, "testdata", "costs", &backend.DataResponse{Frames: built}, *update)

	names := map[string]bool{}
	for _, f := range built {
		names[f.Fields[1].Config.DisplayNameFromDS] = true
		require.True(t, f.Meta.Custom.(Meta).Estimate)
	}
	require.Len(t, names, len(all)*len(query.CostMeasures))
}
