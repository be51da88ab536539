package plugin

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// The headers as Grafana 12.4 sends them (pkg/services/pluginsintegration/clientmiddleware, pkg/services/ngalert/eval).
func TestWhoAsksIsReadFromTheHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		headers map[string]string
		want    string
	}{
		"a panel":             {map[string]string{"http_X-Dashboard-Uid": "shop", "http_X-Panel-Id": "7", "http_X-Datasource-Uid": "vigia"}, "panel shop/7"},
		"a panel, plain":      {map[string]string{"X-Dashboard-Uid": "shop", "x-panel-id": "7"}, "panel shop/7"},
		"a rule":              {map[string]string{"http_X-Rule-Uid": "errors_1", "http_X-Rule-Name": "too+many", "FromAlert": "true"}, "rule errors_1"},
		"a rule over gRPC":    {map[string]string{"http_X-Rule-Uid": "errors_1", "http_Fromalert": "true"}, "rule errors_1"},
		"a rule of a panel":   {map[string]string{"http_X-Rule-Uid": "r", "http_X-Dashboard-Uid": "shop", "http_X-Panel-Id": "7", "FromAlert": "true"}, "rule r"},
		"a rule being tested": {map[string]string{"FromAlert": "true"}, "rule"},
		"a variable":          {map[string]string{"http_X-Dashboard-Uid": "shop", "http_X-Datasource-Uid": "vigia"}, "dashboard shop"},
		"explore":             {map[string]string{"http_X-Datasource-Uid": "vigia"}, "explore"},
		"not an alert":        {map[string]string{"http_X-Rule-Uid": "r", "http_X-Datasource-Uid": "vigia"}, "explore"},
		"nobody":              {nil, ""},
		"invented":            {map[string]string{"http_X-Dashboard-Uid": "a b\nc", "http_X-Panel-Id": "7", "http_X-Datasource-Uid": "vigia"}, "explore"},
		"too long":            {map[string]string{"http_X-Dashboard-Uid": "shop", "http_X-Panel-Id": "11111111111111111111111111111111111111111"}, "dashboard shop"},
		"no encoding":         {map[string]string{"http_X-Rule-Uid": "%zz", "FromAlert": "true"}, "rule"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, askerOf(c.headers, fromAlert(c.headers)))
		})
	}
}

// from asks as whoever has the headers.
func (w *world) from(headers map[string]string, r backend.TimeRange, q fields) backend.DataResponse {
	w.t.Helper()
	raw, err := json.Marshal(q)
	require.NoError(w.t, err)
	response, err := w.instance.QueryData(grafana(), &backend.QueryDataRequest{
		Headers: headers, Queries: []backend.DataQuery{{RefID: "A", JSON: raw, TimeRange: r}},
	})
	require.NoError(w.t, err)
	return response.Responses["A"]
}

func panel(id string) map[string]string {
	return map[string]string{"http_X-Dashboard-Uid": "shop", "http_X-Panel-Id": id, "http_X-Datasource-Uid": "vigia"}
}

func plain(more fields) fields {
	q := cpu(more)
	q["score"], q["band"] = false, false
	return q
}

// costs asks what the hours of a range came to.
func (w *world) costs(hours int, more fields) data.Frames {
	w.t.Helper()
	q := fields{"version": 1, "kind": "costs"}
	for name, value := range more {
		q[name] = value
	}
	return w.frames(backend.TimeRange{From: w.now().Add(-time.Duration(hours) * time.Hour), To: w.now()}, q)
}

func total(all data.Frames) (sum float64) {
	for _, f := range all {
		if len(f.Fields) == 0 {
			continue
		}
		for _, v := range points(f) {
			sum += v
		}
	}
	return sum
}

func of(all data.Frames, label, value string) data.Frames {
	var out data.Frames
	for _, f := range all {
		if len(f.Fields) == 2 && f.Fields[1].Labels[label] == value {
			out = append(out, f)
		}
	}
	return out
}

// The ledger says which panel and which rule asked for how much and what the cache saved each, by the hour; sums agree with what the queries
// said of themselves.
func TestCostsByWhoAsked(t *testing.T) {
	w := newWorld(t)
	last := w.lastDays(0.1)
	first := w.from(panel("1"), last, plain(nil))
	require.NoError(t, first.Error)
	cold := usage(first.Frames)
	require.Positive(t, cold.MetricsAsked)
	require.Zero(t, cold.MetricsSaved)
	second := usage(w.from(panel("2"), last, plain(nil)).Frames)
	require.Zero(t, second.MetricsAsked)
	require.Equal(t, cold.MetricsAsked, second.MetricsSaved)
	w.pass(58 * time.Minute) // into the next hour
	rule := w.from(map[string]string{"FromAlert": "true", "http_X-Rule-Uid": "cpu"}, w.lastDays(0.1), plain(fields{"output": "value"}))
	require.NoError(t, rule.Error)

	w.instance.putSavings(time.Minute, 0)
	all := w.costs(3, fields{"by": []string{"asked_by", "account", "region"}})
	asked, saved := measure(all, "metrics_asked"), measure(all, "metrics_saved")
	require.EqualValues(t, cold.MetricsAsked, total(of(asked, "asked_by", "panel shop/1")))
	require.EqualValues(t, 0, total(of(saved, "asked_by", "panel shop/1")))
	require.EqualValues(t, cold.MetricsAsked, total(of(saved, "asked_by", "panel shop/2")))
	require.EqualValues(t, usage(rule.Frames).MetricsAsked, total(of(asked, "asked_by", "rule cpu")))
	require.Empty(t, of(all, "asked_by", ""))
	require.InDelta(t, (total(asked))*cloudwatch.PricePerMetric, total(measure(all, "cost_usd")), 1e-12)
	require.NotZero(t, total(of(measure(all, "calls"), "asked_by", cloudwatch.SignIn)))
	running := w.now().UTC().Truncate(time.Hour)
	for _, f := range all {
		require.Equal(t, data.FrameTypeTimeSeriesMulti, f.Meta.Type)
		require.True(t, f.Meta.Custom.(frames.Meta).Estimate)
		require.Equal(t, 3600, f.Meta.Custom.(frames.Meta).PeriodSeconds)
		require.Len(t, points(f), 4)
		require.Contains(t, points(f), running)
	}
	for _, f := range of(asked, "asked_by", "panel shop/1") {
		require.Zero(t, points(f)[running])
		require.NotZero(t, points(f)[running.Add(-time.Hour)])
	}

	byAccount := w.costs(3, nil)
	require.Equal(t, []string{"account", "account_id"}, labelNames(byAccount[0]))
	require.InDelta(t, total(measure(all, "cost_usd")), total(measure(byAccount, "cost_usd")), 1e-12)
	one := w.costs(3, fields{"accounts": []string{byAccount[0].Fields[1].Labels["account"]}, "by": []string{"region"}})
	require.InDelta(t, total(measure(of(byAccount, "account", byAccount[0].Fields[1].Labels["account"]), "calls")), total(measure(one, "calls")), 1e-12)
	daily := w.costs(24, fields{"period": "24h"})
	require.InDelta(t, total(measure(all, "calls")), total(measure(daily, "calls")), 1e-12)
}

func labelNames(f *data.Frame) []string {
	var names []string
	for _, name := range []string{"account", "account_id", "asked_by", "region"} {
		if _, ok := f.Fields[1].Labels[name]; ok {
			names = append(names, name)
		}
	}
	return names
}

// A rule on costs looks at one measure, whose newest point is the running hour; a mistake in its accounts fails it.
func TestCostsCanBeAlertedOn(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.ask(w.lastDays(0.1), plain(nil)).Error)
	minutes := backend.TimeRange{From: w.now().Add(-10 * time.Minute), To: w.now()}
	q := fields{"version": 1, "kind": "costs", "output": "cost_usd"}
	answer := w.ask(minutes, q, "FromAlert")
	require.NoError(t, answer.Error)
	require.NotEmpty(t, answer.Frames)
	require.Positive(t, total(answer.Frames))
	require.Contains(t, points(answer.Frames[0]), w.now().UTC().Truncate(time.Hour))
	q["accounts"] = []string{"prodction"}
	require.ErrorContains(t, w.ask(minutes, q, "FromAlert").Error, `"prodction" is unknown`)
	delete(q, "accounts")
	delete(q, "output")
	require.ErrorContains(t, w.ask(minutes, q, "FromAlert").Error, `field "output"`)
}

// The ledger may be shared; what other data sources' accounts cost is not shown.
func TestCostsOfOthersAreNotShown(t *testing.T) {
	w := newWorld(t)
	w.instance.enter(store.Entry{At: w.now(), AccountID: "999999999999", Region: "us-east-1", Operation: "GetMetricData", Metrics: 5, CostUSD: 1})
	all := w.costs(1, nil)
	require.Zero(t, total(all))
	require.Contains(t, noticeTexts(all), "nothing was asked of AWS in this range")
}

func TestRangesOfCosts(t *testing.T) {
	w := newWorld(t)
	ask := func(from, to time.Duration, more fields) error {
		q := fields{"version": 1, "kind": "costs"}
		for name, value := range more {
			q[name] = value
		}
		return w.ask(backend.TimeRange{From: w.now().Add(from), To: w.now().Add(to)}, q).Error
	}
	require.NoError(t, ask(-400*24*time.Hour, 0, nil), "by the day")
	require.ErrorContains(t, ask(-400*24*time.Hour, 0, fields{"period": "2h"}), "timeRange")
	require.ErrorContains(t, ask(24*time.Hour, 48*time.Hour, nil), "future")
	require.ErrorContains(t, ask(0, -time.Hour, nil), "timeRange")
	require.ErrorContains(t, ask(-time.Hour, 0, fields{"period": "90m"}), "whole hours")
}

// Savings are written once a minute at most, lose nothing when the ledger cannot be written, and stay few whoever claims to ask.
func TestSavingsAreWrittenOnceAMinute(t *testing.T) {
	var s savings
	v := store.Saving{At: worldStart, AccountID: "1", Region: "r", AskedBy: "panel a/1", Metrics: 3}
	s.add(v)
	s.add(v)
	require.Equal(t, []store.Saving{{At: worldStart.Truncate(time.Hour), AccountID: "1", Region: "r", AskedBy: "panel a/1", Metrics: 6}}, s.take(worldStart, savingsPause))
	s.add(v)
	require.Empty(t, s.take(worldStart.Add(savingsPause-1), savingsPause))
	require.Len(t, s.take(worldStart.Add(savingsPause), savingsPause), 1)
	require.Empty(t, s.take(worldStart.Add(2*savingsPause), 0))
	for n := range maxSavers + 10 {
		v.AskedBy = string(rune('a' + n))
		s.add(v)
	}
	taken := s.take(worldStart.Add(time.Hour), 0)
	require.Len(t, taken, maxSavers+1)
	metrics := 0
	for _, one := range taken {
		metrics += one.Metrics
	}
	require.Equal(t, 3*(maxSavers+10), metrics)
}

// The end of an instance writes what is still in memory.
func TestSavingsOutliveTheInstance(t *testing.T) {
	w := newWorld(t)
	asked := usage(w.frames(w.lastDays(0.1), plain(nil))).MetricsAsked
	settled := func() bool { return !w.instance.keeping.Load() }
	require.Eventually(t, settled, 10*time.Second, time.Millisecond)
	for range 3 {
		w.from(panel("9"), w.lastDays(0.1), plain(nil))
		require.Eventually(t, settled, 10*time.Second, time.Millisecond)
	}
	old := w.instance
	old.Dispose()
	w.instance = newInstance(t, w.now, w.cacheDir, settingsOf(w.sim, w.url))
	// What is left is written behind the end, when the collector has gone as well.
	require.Eventually(t, func() bool { return total(measure(w.costs(1, nil), "metrics_saved")) == float64(3*asked) }, 10*time.Second, time.Millisecond)
}

// gathered is the sum of a metric of the plugin over its labels.
func gathered(t *testing.T, name string) (sum float64, labels map[string]bool) {
	families, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	labels = map[string]bool{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		require.Equal(t, dto.MetricType_COUNTER, family.GetType())
		for _, m := range family.GetMetric() {
			sum += m.GetCounter().GetValue()
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
	}
	return sum, labels
}

// The plugin's metrics count what AWS was asked and what the cache saved, by account and region alone.
func TestPluginMetrics(t *testing.T) {
	names := []string{"vigia_aws_calls_total", "vigia_metrics_asked_total", "vigia_metrics_saved_total", "vigia_estimated_cost_usd_total"}
	before := map[string]float64{}
	for _, name := range names {
		before[name], _ = gathered(t, name)
	}
	w := newWorld(t)
	cold := usage(w.frames(w.lastDays(0.1), plain(nil)))
	warm := usage(w.frames(w.lastDays(0.1), plain(nil)))
	grown := func(name string) float64 {
		sum, labels := gathered(t, name)
		require.Equal(t, map[string]bool{"account_id": true, "region": true}, labels)
		return sum - before[name]
	}
	require.Greater(t, grown("vigia_aws_calls_total"), float64(cold.Requests))
	require.EqualValues(t, cold.MetricsAsked, grown("vigia_metrics_asked_total"))
	require.EqualValues(t, warm.MetricsSaved, grown("vigia_metrics_saved_total"))
	require.InDelta(t, cold.EstimatedCostUSD, grown("vigia_estimated_cost_usd_total"), 1e-12)

	w = newWorld(t, set("simulated", true))
	require.Positive(t, usage(w.frames(w.lastDays(0.1), plain(nil))).MetricsAsked)
	require.EqualValues(t, cold.MetricsAsked, grown("vigia_metrics_asked_total"), "a simulated data source asks no AWS")
}

// A rule on costs has data from the first minute of an hour on: what was asked for nothing in its range costs 0, by account and region as by who
// asked.
func TestCostsOfAYoungHourAreZero(t *testing.T) {
	w := newWorld(t, set("collector", fields{"enabled": false}))
	minutes := func() backend.TimeRange { return w.lastDays(5.0 / 60 / 24) }
	rule := func(by ...string) data.Frames {
		answer := w.ask(minutes(), fields{"version": 1, "kind": "costs", "output": "cost_usd", "by": by}, "FromAlert")
		require.NoError(t, answer.Error)
		return answer.Frames
	}
	for _, by := range [][]string{{"account"}, {"account", "region"}, {"asked_by"}, {"account", "asked_by"}} {
		all := rule(by...)
		require.NotEmpty(t, all, "nothing was ever asked")
		require.Zero(t, total(all))
		require.Empty(t, of(all, "asked_by", unknownAsker))
	}
	require.NoError(t, w.from(panel("1"), w.lastDays(0.1), plain(nil)).Error)
	first := map[string][]string{}
	for _, by := range [][]string{{"account", "region"}, {"asked_by"}} {
		all := rule(by...)
		require.Positive(t, total(all))
		for _, f := range all {
			first[by[0]] = append(first[by[0]], identity(f))
		}
	}
	w.pass(66 * time.Minute)
	for _, by := range [][]string{{"account", "region"}, {"asked_by"}} {
		var names []string
		all := rule(by...)
		for _, f := range all {
			names = append(names, identity(f))
			require.Zero(t, total(data.Frames{f}))
		}
		require.Equal(t, first[by[0]], names, "no series goes, or resolves its alert, because an hour is young")
	}
}
