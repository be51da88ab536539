package plugin

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
)

func (w *world) collected() collecting {
	w.t.Helper()
	status, body, _ := w.resource("collector")
	require.Equal(w.t, 200, status, body)
	var out collecting
	require.NoError(w.t, json.Unmarshal([]byte(body), &out))
	return out
}

func (w *world) round() {
	w.t.Helper()
	require.NoError(w.t, w.instance.collector.Round(cloudwatch.WithAsker(grafana(), cloudwatch.Collector)))
}

func (w *world) metricsAsked() int { return w.sim.Counts().Of("", "GetMetricData").Metrics }

// What a dashboard looked at is there when it looks again, is asked for once per period, and stands in the ledger as the collector's. What a
// rule asks for is not kept: it asks itself.
func TestWhatADashboardAsksForIsKeptWarm(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.ask(w.lastDays(0.1), staging(fields{"output": "anomaly_score"}), "FromAlert").Error)
	require.Zero(t, w.collected().Warm)
	series := usage(w.frames(w.lastDays(1), staging(nil))).Series
	for range 6 {
		before := w.metricsAsked()
		w.pass(4 * time.Minute)
		w.round()
		w.pass(time.Minute)
		w.round()
		require.Equal(t, series, w.metricsAsked()-before)
		u := usage(w.frames(w.lastDays(1), staging(nil)))
		require.Equal(t, series, u.CacheHits)
		require.Zero(t, u.MetricsAsked)
	}
	got := w.collected()
	require.True(t, got.Enabled)
	require.Equal(t, series, got.Warm)
	require.Equal(t, "warm", got.Runs[0].Kind)
	require.Equal(t, series, got.Runs[0].Asked)
	require.Positive(t, got.Runs[0].Points)
	require.True(t, got.NextDue.After(w.now()))
	costs, err := w.instance.store.Costs(t.Context(), worldStart.Add(-time.Hour), w.now().Add(time.Hour))
	require.NoError(t, err)
	collector := 0
	for _, c := range costs {
		if c.AskedBy == cloudwatch.Collector {
			collector += c.Metrics
		}
	}
	require.Equal(t, 6*series, collector)

	w.pass(7 * time.Hour)
	w.round()
	require.Zero(t, w.collected().Warm, "nobody has looked for long")
}

// The watch list is filled in with what scores are learnt from, so that the first who looks pays and waits for nothing.
func TestTheWatchListIsBackFilled(t *testing.T) {
	w := newWorld(t, set("collector", fields{"watch": []fields{
		{"accounts": []string{"staging"}, "regions": []string{"us-east-1"}, "namespace": "AWS/EC2", "metric": "CPUUtilization", "dimensions": fields{"InstanceId": []string{"*"}}},
		{"accounts": []string{"nobody"}, "namespace": "AWS/EC2", "metric": "CPUUtilization"},
	}}))
	w.round()
	got := w.collected()
	require.Positive(t, got.Watched)
	require.Equal(t, []int{got.Watched, got.Watched}, []int{got.Done, got.Total})
	require.Equal(t, "back-fill", got.Runs[0].Kind)
	require.Equal(t, got.Watched, w.metricsAsked(), "one metric a series")
	require.Contains(t, got.Notes[0], `collector.watch[1]: account nobody: field "accounts"`)
	require.Positive(t, got.EstimatedUSDADay)
	answer := w.frames(w.lastDays(1), staging(nil))
	require.Equal(t, got.Watched, usage(answer).CacheHits)
	require.NotEmpty(t, measure(answer, "anomaly_score"))
}

func TestWatchListMistakesNameTheField(t *testing.T) {
	for _, c := range []struct {
		entry fields
		says  string
	}{
		{fields{"namespace": "AWS/EC2"}, `"collector.watch[0].metric"`},
		{fields{"namespace": "AWS/EC2", "metric": "CPUUtilization", "period": "soon"}, `"collector.watch[0].period"`},
		{fields{"namespace": "AWS/EC2", "metric": "CPUUtilization", "statistic": "$stat"}, `"collector.watch[0].statistic"`},
		{fields{"namespace": "AWS/EC2", "metric": "CPUUtilization", "forecast": true}, `"collector.watch[0].forecast"`},
	} {
		w := newWorld(t, set("collector", fields{"watch": []fields{c.entry}}))
		health, err := w.instance.CheckHealth(grafana(), nil)
		require.NoError(t, err)
		require.Equal(t, backend.HealthStatusError, health.Status)
		require.Contains(t, health.Message, c.says)
	}
}

// A dashboard's long range of fine periods is as late as the administrator allows, a rule never.
func TestMaxStaleness(t *testing.T) {
	for staleness, times := range map[string]int{"": 2, "5m": 2, "0s": 10} {
		t.Run(staleness, func(t *testing.T) {
			w := newWorld(t, set("cache", fields{"maxStaleness": staleness}), set("collector", fields{"enabled": false}))
			minutes := fields{"period": "1m", "output": "value"}
			series := usage(w.frames(w.lastDays(1), staging(minutes))).Series
			before := w.metricsAsked()
			for range 10 {
				w.pass(time.Minute)
				w.frames(w.lastDays(1), staging(minutes))
			}
			require.Equal(t, times*series, w.metricsAsked()-before)
			before = w.metricsAsked()
			for range 3 {
				w.pass(time.Minute)
				require.NoError(t, w.ask(w.lastDays(0.1), staging(minutes), "FromAlert").Error)
			}
			require.Equal(t, 3*series, w.metricsAsked()-before)
		})
	}
	w := newWorld(t, set("cache", fields{"maxStaleness": "soon"}))
	require.ErrorContains(t, w.ask(w.lastDays(1), staging(nil)).Error, `field "cache.maxStaleness": "soon"`)
}

func TestACollectorThatIsOff(t *testing.T) {
	w := newWorld(t, set("collector", fields{"enabled": false}))
	w.frames(w.lastDays(1), staging(nil))
	got := w.collected()
	require.False(t, got.Enabled)
	require.Empty(t, got.Runs)
	require.Nil(t, got.NextDue)
}

// The collector ends with its instance, also while AWS does not answer, and the cache is let go of.
func TestTheCollectorEndsWithItsInstance(t *testing.T) {
	w := newWorld(t)
	f := NewFactory(w.cacheDir)
	ticks := make(chan time.Time)
	f.clock, f.ticks = w.now, func() (<-chan time.Time, func()) { return ticks, func() {} }
	made, err := f.NewInstance(grafana(), settingsOf(w.sim, w.url))
	require.NoError(t, err)
	w.instance = made.(*Instance)
	w.frames(w.lastDays(1), staging(nil))
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.Latency, Latency: time.Minute}}}))
	w.pass(10 * time.Minute)
	ticks <- w.now()
	require.Eventually(t, func() bool { return w.collected().Running }, 5*time.Second, time.Millisecond)
	w.end()
	select {
	case ticks <- w.now():
		require.Fail(t, "somebody still collects")
	default:
	}
}

// Two instances of one data source overlap when its settings change: AWS is asked once between them.
func TestOverlappingInstancesAskOnce(t *testing.T) {
	watch := set("collector", fields{"watch": []fields{{"accounts": []string{"staging"}, "regions": []string{"us-east-1"}, "namespace": "AWS/EC2",
		"metric": "CPUUtilization", "dimensions": fields{"InstanceId": []string{"*"}}}}})
	w := newWorld(t, watch)
	f := NewFactory(t.TempDir())
	f.clock, f.ticks = w.now, noTicks
	var both []*Instance
	for range 2 {
		made, err := f.NewInstance(grafana(), settingsOf(w.sim, w.url, watch))
		require.NoError(t, err)
		both = append(both, made.(*Instance))
		t.Cleanup(both[len(both)-1].Dispose)
	}
	for range 4 {
		before := w.metricsAsked()
		ended := make(chan error, 2)
		for _, i := range both {
			go func() { ended <- i.collector.Round(grafana()) }()
		}
		for range both {
			require.NoError(t, <-ended)
		}
		require.Equal(t, both[0].collector.Status().Watched, w.metricsAsked()-before)
		w.pass(6 * time.Minute)
	}
}
