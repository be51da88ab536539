package plugin

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// burning is the server whose processor burns, in the account production.
const burning = "i-0a1b2c3d4e5f60001"

// burn is the incident at that server.
func (w *world) burn() awssim.Incident {
	w.t.Helper()
	for _, i := range w.sim.Incidents(w.now().Add(-6*24*time.Hour), w.now()) {
		if i.Kind == "cpu-burn" && i.Dimensions["InstanceId"] == burning {
			return i
		}
	}
	require.Fail(w.t, "no server burns")
	return awssim.Incident{}
}

// around is the range of an incident and some hours before and after.
func around(i awssim.Incident) backend.TimeRange {
	return backend.TimeRange{From: i.Start.Add(-3 * time.Hour), To: i.End.Add(3 * time.Hour)}
}

func one(t testing.TB, all data.Frames, labels data.Labels) *data.Frame {
	t.Helper()
	var found data.Frames
	for _, f := range all {
		if f.Fields[1].Labels.Contains(labels) {
			found = append(found, f)
		}
	}
	require.Len(t, found, 1, "%v", labels)
	return found[0]
}

// highest is the highest value of a frame in a stretch of time, NaN where all are null.
func highest(f *data.Frame, from, to time.Time) float64 {
	most := math.NaN()
	for at, v := range points(f) {
		if !at.Before(from) && at.Before(to) && !(v <= most) && !math.IsNaN(v) {
			most = v
		}
	}
	return most
}

func detector(more fields) fields { return fields{"detector": more, "output": "anomaly_score"} }

// server is a query of the burning server alone.
func server(more fields) fields {
	q := cpu(more)
	q["accounts"], q["dimensions"] = []string{"production"}, fields{"InstanceId": []string{burning}}
	return q
}

func TestEveryDetectorScores(t *testing.T) {
	w := newWorld(t)
	for _, definition := range query.Detectors() {
		t.Run(definition.Name, func(t *testing.T) {
			parameters := fields{}
			if definition.Name == "random_cut_forest" {
				parameters["numberOfTrees"] = 20
			}
			more := detector(fields{"name": definition.Name, "parameters": parameters})
			q := server(more)
			if definition.Name == "peers" {
				q = cpu(more)
			}
			f := one(t, w.frames(around(w.burn()), q), data.Labels{"InstanceId": burning})
			known := 0
			for _, v := range points(f) {
				if !math.IsNaN(v) {
					require.GreaterOrEqual(t, v, 0.0)
					require.LessOrEqual(t, v, 100.0)
					known++
				}
			}
			require.Equal(t, f.Fields[0].Len(), known)
		})
	}
}

func TestSplitJoinsSeries(t *testing.T) {
	w := newWorld(t)
	each := w.frames(w.lastDays(1), cpu(fields{"output": "value", "statistic": "Maximum"}))
	split := fields{"name": "seasonal_robust", "split": []string{"account"}}
	joined := w.frames(w.lastDays(1), cpu(fields{"output": "value", "statistic": "Maximum", "detector": split}))
	require.Len(t, joined, 3)
	for _, f := range joined {
		labels := f.Fields[1].Labels
		require.Equal(t, data.Labels{"account": labels["account"], "account_id": labels["account_id"], "namespace": "AWS/EC2", "metric": "CPUUtilization", "stat": "Maximum"}, labels)
		want := map[time.Time]float64{}
		members := 0
		for _, m := range each {
			if m.Fields[1].Labels["account"] != labels["account"] {
				continue
			}
			members++
			for at, v := range points(m) {
				if have, ok := want[at]; !ok || !(v <= have) && !math.IsNaN(v) {
					want[at] = v
				}
			}
		}
		require.Equal(t, members, f.Meta.Custom.(frames.Meta).Members)
		got := points(f)
		require.Len(t, got, len(want))
		for at, v := range want {
			require.Equal(t, math.Float64bits(v), math.Float64bits(got[at]), "%v", at)
		}
	}
	alert := w.ask(w.lastDays(0.01), cpu(fields{"output": "anomaly_score", "detector": split}), "FromAlert")
	require.NoError(t, alert.Error)
	require.Len(t, alert.Frames, 3)
}

// What cannot be read of a joined series hides neither it nor others; on a dashboard it is said, an alert rule fails.
func TestSplitWithAFailedMember(t *testing.T) {
	w := newWorld(t, account(1, "externalId", "wrong"))
	q := quick(fields{"output": "anomaly_score", "detector": fields{"split": []string{"region"}}})
	answer := w.frames(w.lastDays(1), q)
	require.Len(t, answer, 2)
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "account staging")
	require.ErrorContains(t, w.ask(w.lastDays(1), q, "FromAlert").Error, "account staging")
}

// A sum of which a part is missing for some time is not a sum that has dropped.
func TestAMissingPartIsNoDrop(t *testing.T) {
	w := newWorld(t)
	q := fields{"version": 1, "namespace": "AWS/ApplicationELB", "metric": "RequestCount", "dimensions": fields{"LoadBalancer": []string{"*"}},
		"output": "anomaly_score", "detector": fields{"name": "seasonal_robust", "function": "sum", "split": []string{"metric"}}}
	require.Len(t, w.frames(w.lastDays(0.5), q), 1)
	outage := w.now()
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied, Account: "production"}}}))
	w.pass(50 * time.Minute)
	f := w.frames(w.lastDays(0.1), q)[0]
	require.True(t, math.IsNaN(highest(f, outage, w.now())), "the rest is far too low, and not whole")
	require.NoError(t, w.sim.SetFaults(awssim.Faults{}))
	w.pass(time.Minute)
	require.False(t, math.IsNaN(highest(w.frames(w.lastDays(0.1), q)[0], outage, w.now())))
}

func TestColumnsAreReadOnceAndCounted(t *testing.T) {
	w := newWorld(t)
	more := detector(fields{"name": "random_cut_forest", "parameters": fields{"numberOfTrees": 10}, "columns": []fields{{"metric": "NetworkIn", "statistic": "Sum"}}})
	q := server(more)
	before := w.sim.Counts().Of("", "GetMetricData").Metrics
	answer := w.frames(w.lastDays(0.5), q)
	require.Len(t, answer, 1)
	require.Equal(t, 2, usage(answer).Series)
	require.Equal(t, 2, usage(answer).MetricsAsked)
	w.frames(w.lastDays(0.4), q)
	require.Equal(t, 2, w.sim.Counts().Of("", "GetMetricData").Metrics-before)

	q["output"] = "value"
	require.Equal(t, 1, usage(w.frames(w.lastDays(0.5), q)).Series, "what is not scored needs no column")
	q["output"], more["detector"].(fields)["columns"] = "anomaly_score", []fields{{"metric": "NetworkUp"}}
	require.Contains(t, strings.Join(noticeTexts(w.frames(w.lastDays(0.1), q)), "\n"), "column Average of NetworkUp has no data")
}

func TestColumnsCountAgainstTheLimit(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for n := range 300 {
		ids = append(ids, fmt.Sprintf("i-%d", n))
	}
	q := cpu(fields{"accounts": []string{"staging"}, "dimensions": fields{"InstanceId": ids}, "output": "anomaly_score",
		"detector": fields{"name": "random_cut_forest", "parameters": fields{"numberOfTrees": 10}, "columns": []fields{{"metric": "NetworkIn"}}}})
	answer := w.frames(w.lastDays(0.1), q)
	require.Len(t, answer, maxSeries/2)
	require.Contains(t, noticeTexts(answer)[0], "shown 250 of 300 series: the limit of 500 series a query (maxSeries), of which each takes 2 with its columns")
}

// The second half of an answer comes in part only, which are the columns.
func TestAColumnThatCannotBeReadIsNamed(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.PartialData, Operation: "GetMetricData"}}}))
	q := server(fields{"detector": fields{"name": "random_cut_forest", "columns": []fields{{"metric": "NetworkIn", "statistic": "Sum"}}}})
	answer := w.frames(w.lastDays(0.5), q)
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "account production (us-east-1): column Sum of NetworkIn: ")
	require.Positive(t, measure(answer, "value")[0].Fields[0].Len(), "the value is known")
	require.Zero(t, measure(answer, "anomaly_score")[0].Fields[0].Len(), "and there is no score without the column")
	q["output"] = "anomaly_score"
	require.ErrorContains(t, w.ask(w.lastDays(0.5), q, "FromAlert").Error, "column Sum of NetworkIn")
}

// One server burns while those of other accounts and regions go on as ever.
func TestPeersFindTheOddOneOut(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	answer := w.frames(around(burn), cpu(detector(fields{"name": "peers"})))
	odd := highest(one(t, answer, data.Labels{"InstanceId": burning}), burn.Start, burn.End)
	require.GreaterOrEqual(t, odd, 50.0)
	accounts := map[string]bool{}
	for _, f := range answer {
		accounts[f.Fields[1].Labels["account"]] = true
		if f.Fields[1].Labels["InstanceId"] != burning {
			require.False(t, highest(f, burn.Start, burn.End) >= odd, f.Name)
		}
	}
	require.Len(t, accounts, 3)

	split := w.frames(around(burn), cpu(detector(fields{"name": "peers", "split": []string{"account"}})))
	require.Len(t, split, len(answer), "peers are not joined")
	require.Contains(t, strings.Join(noticeTexts(split), "\n"), "at least three others")
	require.True(t, math.IsNaN(highest(one(t, split, data.Labels{"account": "data"}), burn.Start, burn.End)))
}

func TestRulesCalendarsAndDirectionSilence(t *testing.T) {
	calendars := []any{
		map[string]any{"name": "release", "windows": []any{map[string]any{"from": "2026-11-17T11:30:00Z", "to": "2026-11-17T13:30:00Z"}}},
		map[string]any{"name": "other", "holidays": []any{"2026-01-01"}},
	}
	w := newWorld(t, set("calendars", calendars))
	burn := w.burn()
	ask := func(more fields) float64 {
		more["name"] = "seasonal_robust"
		return highest(w.frames(around(burn), server(detector(more)))[0], burn.Start, burn.End)
	}
	none := []string{}
	require.GreaterOrEqual(t, ask(fields{"calendars": none}), 75.0)
	require.GreaterOrEqual(t, ask(fields{"calendars": []string{"other"}}), 75.0)
	require.True(t, math.IsNaN(ask(fields{})), "absent: every calendar")
	require.True(t, math.IsNaN(ask(fields{"calendars": []string{"release"}})))
	require.GreaterOrEqual(t, ask(fields{"calendars": none, "direction": "high"}), 75.0)
	require.Less(t, ask(fields{"calendars": none, "direction": "low"}), 25.0)
	require.Zero(t, ask(fields{"calendars": none, "rules": []fields{{"onlyAbove": 100}}}))
	require.GreaterOrEqual(t, ask(fields{"calendars": none, "rules": []fields{{"onlyAbove": 60}}}), 75.0)

	bad := w.ask(around(burn), server(detector(fields{"calendars": []string{"nobody's"}})))
	require.ErrorContains(t, bad.Error, `field "detector.calendars": "nobody's" is no calendar of this data source, which has release, other`)
	require.Equal(t, backend.StatusBadRequest, bad.Status)
	require.Equal(t, backend.ErrorSourceDownstream, bad.ErrorSource)
}

// What an alert should be sent for: the score where an anomaly begins, 0 where it goes on.
func TestEventsAreWhereAnomaliesBegin(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	ask := func(eventScore float64) (begun []time.Time) {
		answer := w.frames(w.lastDays(7), server(fields{"events": true, "raw": true, "detector": fields{"name": "seasonal_robust", "eventScore": eventScore}}))
		scores := points(measure(answer, "anomaly_score")[0])
		hot := 0
		for at, event := range points(measure(answer, "anomaly_event")[0]) {
			score := scores[at]
			require.Equal(t, math.IsNaN(score), math.IsNaN(event))
			if inside := !at.Before(burn.Start) && at.Before(burn.End); inside && score >= eventScore {
				hot++
			}
			if event > 0 {
				require.Equal(t, score, event)
				if !at.Before(burn.Start) && at.Before(burn.End) {
					begun = append(begun, at)
				}
			}
		}
		require.Greater(t, hot, len(begun), "it goes on for longer than it begins")
		require.Len(t, measure(answer, "raw_score"), 1)
		return begun
	}
	begun := ask(25)
	require.NotEmpty(t, begun)
	for _, at := range begun {
		require.Less(t, at.Sub(burn.Start), 30*time.Minute)
	}
	require.LessOrEqual(t, len(ask(90)), len(begun))
}

func TestRollUp(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	q := cpu(fields{"rollUp": []string{"account"}, "events": true, "detector": fields{"name": "seasonal_robust"}})
	answer := w.frames(around(burn), q)
	require.Len(t, answer, 6, "three accounts, two measures")
	for _, f := range measure(answer, "anomaly_score") {
		labels, meta := f.Fields[1].Labels, f.Meta.Custom.(frames.Meta)
		require.Equal(t, []string{"account"}, meta.RollUp)
		require.Positive(t, meta.Members)
		require.Len(t, labels, 2, "account and its id")
		require.Equal(t, int(around(burn).To.Sub(around(burn).From)/(5*time.Minute)), f.Fields[0].Len(), "the whole range")
		require.Equal(t, labels["account"] == "production", highest(f, burn.Start, burn.End) >= 75, labels["account"])
	}
	q["output"] = "anomaly_event"
	alert := w.ask(w.lastDays(0.01), q, "FromAlert")
	require.NoError(t, alert.Error)
	require.Len(t, alert.Frames, 3)
}

func TestADetectorsErrorNamesItsField(t *testing.T) {
	w := newWorld(t)
	for says, d := range map[string]fields{
		`field "detector.name"`:               {"name": "magic"},
		`field "detector.parameters.trees"`:   {"name": "random_cut_forest", "parameters": fields{"trees": 1}},
		`field "detector.parameters": `:       {"name": "random_cut_forest", "parameters": fields{"numberOfTrees": 1000, "subSampleSize": 1000, "shingleSize": 30}},
		`field "detector.eventScore"`:         {"eventScore": 0},
		`field "detector.split[0]"`:           {"split": []string{"team"}},
		`field "detector.columns"`:            {"columns": []fields{{"metric": "NetworkIn"}}},
		`field "detector.rules[0].onlyAbove"`: {"rules": []fields{{"onlyAbove": "x"}}},
	} {
		answer := w.ask(w.lastDays(1), cpu(detector(d)))
		require.ErrorContains(t, answer.Error, says)
		require.Equal(t, backend.StatusBadRequest, answer.Status, says)
	}
}
