package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

func ranged(metric string, upper float64) edit {
	return set("quality", fields{"ranges": []fields{{"namespace": "AWS/EC2", "metric": metric, "upper": upper}}})
}

// ruled is a rule that is wrong while the server burns: its maximum is at most that of the network, in percent and bytes.
func ruled(lesser, greater string) edit {
	return set("quality", fields{"rules": []fields{{"namespace": "AWS/EC2", "metric": lesser, "statistic": "Average", "op": "<=", "than": fields{"metric": greater, "statistic": "Average"}}}})
}

func checkedServer(more fields) fields {
	q := server(more)
	q["kind"] = "quality"
	return q
}

// What lies outside of its range is shown, counted and flagged, and no detector sees it.
func TestFlaggedPointsAreShownAndNotLearnt(t *testing.T) {
	plain, w := newWorld(t), newWorld(t, ranged("CPUUtilization", 60))
	burn := w.burn()
	q := server(fields{"detector": fields{"name": "seasonal_robust"}})
	without, with := plain.frames(around(burn), q), w.frames(around(burn), q)
	shown := points(measure(with, "value")[0])
	require.Equal(t, points(measure(without, "value")[0]), shown, "every point is shown")
	flagged := 0
	scores := points(measure(with, "anomaly_score")[0])
	for at, v := range shown {
		if v > 60 {
			flagged++
			require.True(t, math.IsNaN(scores[at]), "a flagged point has no score")
		}
	}
	require.Greater(t, flagged, 5)
	require.Equal(t, flagged, measure(with, "value")[0].Meta.Custom.(frames.Meta).Flagged)
	require.Zero(t, measure(with, "anomaly_score")[0].Meta.Custom.(frames.Meta).Flagged)
	require.Zero(t, measure(without, "value")[0].Meta.Custom.(frames.Meta).Flagged)

	table := points(measure(w.frames(around(burn), checkedServer(nil)), "quality_range")[0])
	for at, v := range shown {
		require.Equal(t, map[bool]float64{true: 1}[v > 60], table[at], "%v", at)
	}
	status, trusted := w.post("zones/trusted", fields{"query": q, "from": iso(burn.Start), "to": iso(burn.End)})
	require.Equal(t, 200, status)
	for _, raw := range trusted["series"].([]any)[0].(map[string]any)["points"].([]any) {
		p := raw.(map[string]any)
		at, err := time.Parse(time.RFC3339, p["time"].(string))
		require.NoError(t, err)
		if shown[at] > 60 {
			require.Nil(t, p["value"])
			require.Equal(t, []any{"range"}, p["failed"])
		} else {
			require.Equal(t, shown[at], p["value"])
			require.Empty(t, p["failed"])
		}
	}
}

// Asked why such a point has no score, explain says so, with the value that is shown.
func TestFlaggedPointsAreExplained(t *testing.T) {
	w := newWorld(t, ranged("CPUUtilization", 60))
	burn := w.burn()
	q := quickServer()
	for at, v := range points(measure(w.frames(around(burn), q), "value")[0]) {
		if v <= 60 || math.IsNaN(v) {
			continue
		}
		status, e := w.post("explain", fields{"query": q, "time": iso(at), "labels": fields{}})
		require.Equal(t, 200, status, "%v", e)
		require.Equal(t, v, e["value"])
		require.Equal(t, "quality", e["skipped"])
		require.Nil(t, e["score"])
		return
	}
	require.Fail(t, "nothing burns")
}

// One member of a split that lies outside of its range takes its bucket with it: a sum without it would be a drop that is none.
func TestAFlaggedMemberMakesNoDrop(t *testing.T) {
	for stat, upper := range map[string]float64{"Sum": 300, "Average": 60} {
		t.Run(stat, func(t *testing.T) {
			plain, w := newWorld(t), newWorld(t, ranged("CPUUtilization", upper))
			burn := w.burn()
			q := cpu(fields{
				"accounts": []string{"production"}, "regions": []string{"us-east-1"}, "statistic": stat,
				"detector": fields{"name": "seasonal_robust", "split": []string{"account"}},
			})
			without, with := plain.frames(around(burn), q), w.frames(around(burn), q)
			require.Equal(t, points(measure(without, "value")[0]), points(measure(with, "value")[0]), "every point is shown")
			flagged := map[time.Time]bool{}
			for _, f := range plain.frames(around(burn), server(fields{"statistic": stat, "score": false, "band": false})) {
				for at, v := range points(f) {
					flagged[at] = v > upper
				}
			}
			n := 0
			for at, v := range points(measure(with, "anomaly_score")[0]) {
				if flagged[at] {
					n++
					require.True(t, math.IsNaN(v), "%v has a member that is not trusted", at)
				}
			}
			require.Greater(t, n, 5)
			require.Positive(t, measure(with, "value")[0].Meta.Custom.(frames.Meta).Flagged)
		})
	}
}

// A rule of the administrator is held to wherever something is scored: its other metric is read as well, and paid for.
func TestRulesOfTheAdministrator(t *testing.T) {
	plain, w := newWorld(t), newWorld(t, ruled("NetworkIn", "CPUUtilization")) // bytes are far more than percent
	q := server(fields{"metric": "NetworkIn", "detector": fields{"name": "seasonal_robust"}})
	r := w.lastDays(0.5)
	answer := w.frames(r, q)
	require.Equal(t, 2*usage(plain.frames(r, q)).MetricsAsked, usage(answer).MetricsAsked)
	value := measure(answer, "value")[0]
	n := 0
	for at, v := range points(value) {
		if !math.IsNaN(v) && at.Before(w.now().Add(-time.Hour)) {
			n++
		}
	}
	require.GreaterOrEqual(t, value.Meta.Custom.(frames.Meta).Flagged, n)
	for at, v := range points(measure(answer, "anomaly_score")[0]) {
		require.True(t, math.IsNaN(v) || at.After(w.now().Add(-time.Hour)), "of %v nothing was learnt", at)
	}
	require.Equal(t, 1, usage(newWorld(t, ruled("NetworkIn", "CPUUtilization")).frames(r, server(fields{"metric": "NetworkIn", "score": false, "band": false}))).MetricsAsked, "nothing is scored")

	// Where the other metric cannot be read nothing is held to the rule, and that is said.
	w = newWorld(t, ruled("NetworkIn", "Nothing"))
	require.Contains(t, strings.Join(noticeTexts(w.frames(r, q)), "\n"), "Average of Nothing, which a rule of the data source's quality names, has no data")
	require.NotEmpty(t, measure(w.frames(r, q), "anomaly_score"))

	_, err := NewFactory("").NewInstance(grafana(), settingsOf(w.sim, w.url, set("quality", fields{"rule": nil})))
	require.NoError(t, err)
	bad := newInstance(t, w.now, t.TempDir(), settingsOf(w.sim, w.url, set("quality", fields{"rule": nil})))
	require.ErrorContains(t, bad.ready(context.Background()), `"quality.rule"`)
}

// Built-in rules are looked at in queries of kind quality.
func TestQualityFrames(t *testing.T) {
	w := newWorld(t)
	q := fields{"version": 1, "kind": "quality", "namespace": "AWS/Lambda", "metric": "Errors", "statistic": "Sum", "dimensions": fields{"FunctionName": []string{"*"}}}
	answer := w.frames(w.lastDays(1), q)
	require.Zero(t, len(answer)%6)
	require.Equal(t, 2*len(answer)/6, usage(answer).MetricsAsked, "with the invocations of each function")
	for n, name := range []string{"quality", "quality_format", "quality_missing", "quality_range", "quality_duplicate", "quality_logic"} {
		require.Equal(t, name, answer[n].Fields[1].Name)
		for _, v := range points(answer[n]) {
			require.False(t, v != 0 && !math.IsNaN(v), "the simulator makes no fault")
		}
	}
	require.ErrorContains(t, w.ask(w.lastDays(1), q, "FromAlert").Error, `"output"`)
	q["output"] = "quality"
	alert := w.ask(w.lastDays(5.0/24/60), q, "FromAlert")
	require.NoError(t, alert.Error)
	require.GreaterOrEqual(t, alert.Frames[0].Rows(), leastBuckets)
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied, Account: "staging"}}}))
	w.pass(10 * time.Minute)
	q["accounts"] = []string{"*"}
	q["namespace"], q["metric"], q["dimensions"], q["statistic"] = "AWS/EC2", "CPUUtilization", fields{"InstanceId": []string{"*"}}, "Average"
	require.ErrorContains(t, w.ask(w.lastDays(1), q, "FromAlert").Error, "account staging")
	require.NotEmpty(t, w.frames(w.lastDays(1), q))
}

// A flag at a time does not depend on the range.
func TestQualityDoesNotDependOnTheRange(t *testing.T) {
	w := newWorld(t, ranged("CPUUtilization", 60))
	w.frames(w.lastDays(20), quick(nil))
	burn := w.burn()
	w.overwrite(burn.Start, burn.End, func(v float64) float64 { return v })
	q := checkedServer(nil)
	reference := map[string]map[time.Time]float64{}
	for _, f := range w.frames(w.lastDays(20), q) {
		reference[f.Fields[1].Name] = points(f)
	}
	rapid.Check(t, func(rt *rapid.T) {
		from := time.Duration(rapid.IntRange(30, 20*24*60).Draw(rt, "from")) * time.Minute
		to := time.Duration(rapid.IntRange(0, int(from/time.Minute)-20).Draw(rt, "to")) * time.Minute
		for _, f := range w.frames(backend.TimeRange{From: w.now().Add(-from), To: w.now().Add(-to)}, q) {
			for at, v := range points(f) {
				require.InDelta(rt, reference[f.Fields[1].Name][at], v, 0, "NaN is NaN")
			}
		}
	})
}

// Only what is of a metric has a score to ask about.
func TestOtherKindsCannotBeExplained(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"explain", "influencers", "zones/refined"} {
		status, answer := w.post(path, fields{"query": checkedServer(nil), "time": iso(w.burn().Start), "from": iso(w.burn().Start), "to": iso(w.now())})
		require.Equal(t, 400, status)
		require.Contains(t, answer["error"], `"query.kind"`)
	}
}

// tampering is AWS with an answer that is odd: in each series one bucket twice, and one value that is none.
type tampering struct{ history.Fetcher }

func (f tampering) Fetch(ctx context.Context, scope cloudwatch.Scope, w series.Window, keys []series.Key) ([]cloudwatch.Outcome, cloudwatch.Usage) {
	outcomes, used := f.Fetcher.Fetch(ctx, scope, w, keys)
	for n := range outcomes {
		o := &outcomes[n]
		for back, check := range map[int]series.Check{20: series.DuplicateCheck, 30: series.FormatCheck} {
			at := len(o.Series.Values) - back
			if at < 0 {
				continue
			}
			o.Flags = o.Flags.Mark(len(o.Series.Values), at, check)
			o.Oddities = append(o.Oddities, cloudwatch.Oddity{At: o.Series.Window.Time(at), Check: check, Detail: "the value is odd"})
		}
	}
	return outcomes, used
}

// What is odd in AWS's answer is a notice of the query that met it, and is remembered for queries of kind quality, also after a restart.
func TestOddAnswersAreRemembered(t *testing.T) {
	w := newWorld(t)
	odd := w.instance.odd
	odd.fetcher = tampering{odd.fetcher}
	w.instance.reader = history.NewReader(w.instance.store, odd, w.now)
	r := w.lastDays(1)
	answer := w.frames(r, server(fields{"score": false, "band": false}))
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "account production (us-east-1): 2 points of AWS's answer were odd: of Average of CPUUtilization, the value is odd at 2026-")
	require.Empty(t, noticeTexts(w.frames(r, server(fields{"score": false, "band": false}))), "what is stored is not odd again")
	w.end()
	w.restart(nil)
	for name, back := range map[string]int{"quality_duplicate": 20, "quality_format": 30, "quality_range": 0} {
		f := one(t, measure(w.frames(r, checkedServer(nil)), name), data.Labels{"InstanceId": burning})
		newest := f.At(0, f.Rows()-1).(time.Time)
		for at, v := range points(f) {
			want := 0.0
			if back > 0 && at.Equal(newest.Add(-time.Duration(back-1)*5*time.Minute)) {
				want = 1
			}
			require.Equal(t, want, v, "%s at %v", name, at)
		}
	}
	body := fields{"query": server(nil), "from": iso(r.From), "to": iso(r.To)}
	raw, _ := w.zone("raw", body)
	found := map[string]int{}
	for _, all := range raw {
		for _, p := range all {
			found[fmt.Sprint(p["odd"])]++
		}
	}
	require.Equal(t, 1, found["[duplicate]"])
	require.Equal(t, 1, found["[format]"])
	trusted, _ := w.zone("trusted", body)
	for k := range raw {
		for n, p := range raw[k] {
			require.Equal(t, p["odd"], trusted[k][n]["failed"])
			if fmt.Sprint(p["odd"]) != "[]" {
				require.NotNil(t, p["value"])
				require.Nil(t, trusted[k][n]["value"], "what was odd is not learnt from")
			}
		}
	}
	scored := w.frames(r, server(fields{"detector": fields{"name": "seasonal_robust"}}))
	require.Equal(t, 2, measure(scored, "value")[0].Meta.Custom.(frames.Meta).Flagged)
	scores := points(measure(scored, "anomaly_score")[0])
	null := 0
	for _, v := range scores {
		if math.IsNaN(v) {
			null++
		}
	}
	require.Equal(t, 2, null, "it is shown, and has no score")
}

// A rule that is built in costs nothing where its other metric is read as a column: there it is held to.
func TestBuiltInRulesHoldBetweenColumns(t *testing.T) {
	w := newWorld(t)
	check := func(q fields) ([]check, []query.Column) {
		raw, err := json.Marshal(q)
		require.NoError(t, err)
		parsed, err := query.Parse("A", raw)
		require.NoError(t, err)
		return w.instance.checks(plan{query: parsed})
	}
	q := fields{"version": 1, "namespace": "AWS/Lambda", "metric": "Errors", "statistic": "Sum", "dimensions": fields{"FunctionName": []string{"*"}}}
	none, others := check(q)
	require.Empty(t, none)
	require.Empty(t, others)
	q["detector"] = fields{"name": "random_cut_forest", "columns": []fields{{"metric": "Invocations", "statistic": "Sum"}}}
	held, others := check(q)
	require.Len(t, held, 2, "of the metric and of its column")
	require.Empty(t, others, "nothing more is read")
	require.Equal(t, []int{0, 1, 1, 0}, []int{held[0].left, held[0].than, held[1].left, held[1].than})
}

// A rule on quality fires: what it looks at ends with the newest bucket of which the check could be made, also over five minutes.
func TestQualityIsAlertedOnInTime(t *testing.T) {
	w := newWorld(t, ruled("NetworkIn", "CPUUtilization"))
	for output, want := range map[string]float64{"quality_logic": 1, "quality": 1, "quality_missing": 0, "quality_range": 0} {
		for _, minutes := range []float64{5, 60} {
			answer := w.ask(w.lastDays(minutes/60/24), checkedServer(fields{"metric": "NetworkIn", "output": output}), "FromAlert")
			require.NoError(t, answer.Error)
			f := answer.Frames[0]
			require.GreaterOrEqual(t, f.Rows(), leastBuckets)
			last := f.At(1, f.Rows()-1).(*float64)
			require.NotNil(t, last, "%s over %v minutes", output, minutes)
			require.Equal(t, want, *last)
		}
	}
	shown := measure(w.frames(w.lastDays(1.0/24), checkedServer(fields{"metric": "NetworkIn"})), "quality_logic")[0]
	require.Nil(t, shown.At(1, shown.Rows()-1).(*float64), "a check that was not made is not passed")
	require.Equal(t, 1.0, *shown.At(1, 0).(*float64))
}

// Flags are kept by bucket, across rows, and one answer does not wipe out what another one had.
func TestOdditiesAreKeptByBucket(t *testing.T) {
	w := newWorld(t)
	o := w.instance.odd
	key := series.Key{AccountID: "1", Namespace: "N", Metric: "M", Stat: "Sum", Period: time.Minute}
	window := series.Window{Start: series.Floor(worldStart, oddSpan*time.Minute).Add(-10 * time.Minute), Period: time.Minute}
	window.End = window.Start.Add(20 * time.Minute)
	ctx := context.Background()
	none, err := o.flags(ctx, key, window)
	require.NoError(t, err)
	require.Nil(t, none)
	first := series.Flags(nil).Mark(20, 9, series.FormatCheck).Mark(20, 10, series.DuplicateCheck)
	require.NoError(t, o.keep(ctx, series.New(key, window), first))
	require.NoError(t, o.keep(ctx, series.New(key, window), series.Flags(nil).Mark(20, 10, series.RangeCheck)))
	got, err := o.flags(ctx, key, window)
	require.NoError(t, err)
	require.Equal(t, first.Mark(20, 10, series.RangeCheck), got)
	part := series.Window{Start: window.Time(10), End: window.Time(12), Period: time.Minute}
	got, err = o.flags(ctx, key, part)
	require.NoError(t, err)
	require.Equal(t, 2, got.Count(0))
	require.Zero(t, got.Count(1))
}
