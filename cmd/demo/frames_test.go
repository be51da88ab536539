package main

import (
	"errors"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

// withUsage gives a frame the metadata of the frame contract, as JSON decoding leaves it.
func withUsage(frame *data.Frame, asked float64) *data.Frame {
	frame.Meta = &data.FrameMeta{Custom: map[string]any{
		"vigia": 1.0, "early": 3.5,
		"usage": map[string]any{"series": 1.0, "requests": 1.0, "metricsAsked": asked, "estimatedCostUSD": asked / 1e5, "cacheHits": 2.0},
	}}
	return frame
}

func response(refID string, frames ...*data.Frame) *backend.QueryDataResponse {
	return &backend.QueryDataResponse{Responses: backend.Responses{refID: {Frames: frames}}}
}

func TestRefreshCountsUsageOncePerQueryAndEachSeriesOnce(t *testing.T) {
	var r refresh
	require.NoError(t, r.add(response("A", withUsage(answer("value", "orders", num(1), nil, num(3)), 4), withUsage(answer("anomaly_score", "orders", num(5)), 4))))
	require.NoError(t, r.add(response("B", withUsage(answer("value", "orders", num(9)), 0), withUsage(answer("value", "other", num(9)), 0))))
	require.Equal(t, usage{Series: 2, Requests: 2, MetricsAsked: 4, EstimatedCostUSD: 4e-5, CacheHits: 4}, r.usage)
	require.Equal(t, 2, r.queries)
	require.Len(t, r.series, 2)
	require.Equal(t, []sample{{minutes(0), 1}, {minutes(10), 3}}, r.series[0].measures["value"], "nulls are left out; the first answer stays")
	require.Equal(t, "Visible orders", r.series[0].name())
	score, ok := r.series[0].at("anomaly_score", minutes(0))
	require.True(t, ok)
	require.Equal(t, 5.0, score)
	_, ok = r.series[0].at("anomaly_score", minutes(5))
	require.False(t, ok)
}

func TestRefreshKeepsTheBoundsOfAThreshold(t *testing.T) {
	var r refresh
	require.NoError(t, r.add(response("A", withUsage(answer("hours_to_threshold", "orders", num(5)), 1))))
	require.Equal(t, "3.5 or later", between(r.series[0].early, r.series[0].late))
}

func TestRefreshSaysWhichQueryFailed(t *testing.T) {
	var r refresh
	failed := &backend.QueryDataResponse{Responses: backend.Responses{"C": {Error: errors.New("account staging: access denied")}}}
	require.EqualError(t, r.add(failed), "query C: account staging: access denied")
}

func TestRefreshCollectsNotices(t *testing.T) {
	var r refresh
	notice := data.NewFrame("")
	notice.Meta = &data.FrameMeta{Notices: []data.Notice{{Text: "account staging is left out"}}}
	require.NoError(t, r.add(response("A", notice, notice)))
	require.Equal(t, []string{"account staging is left out"}, r.notices)
}

func TestFrameOutsideTheContractIsRefused(t *testing.T) {
	var r refresh
	frame := data.NewFrame("odd", data.NewField("time", nil, []string{"x"}), data.NewField("value", nil, []float64{1}))
	require.ErrorContains(t, r.add(response("A", frame)), `frame "odd"`)
}
