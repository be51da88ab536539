package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// post asks as the panel does.
func (w *world) post(path string, body any) (status int, answer map[string]any) {
	w.t.Helper()
	raw, ok := body.([]byte)
	if !ok {
		var err error
		raw, err = json.Marshal(body)
		require.NoError(w.t, err)
	}
	err := w.instance.CallResource(grafana(), &backend.CallResourceRequest{PluginContext: role("Editor").plugin(), Method: http.MethodPost, Path: path, URL: path, Body: raw,
		Headers: map[string][]string{"Content-Type": {"application/json"}}},
		backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
			status = r.Status
			return json.Unmarshal(r.Body, &answer)
		}))
	require.NoError(w.t, err)
	return status, answer
}

// iso is the time as JavaScript's toISOString writes it.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func TestDetectorsAreListed(t *testing.T) {
	w := newWorld(t)
	status, body, _ := w.resource("detectors")
	require.Equal(t, 200, status)
	var listed []map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &listed))
	require.Equal(t, "auto", listed[0]["name"])
	for _, d := range listed {
		require.ElementsMatch(t, []string{"name", "title", "help", "maxColumns", "parameters"}, keysOf(d))
		require.IsType(t, []any{}, d["parameters"], "%v: a list, also where it is empty", d["name"])
		for _, p := range d["parameters"].([]any) {
			require.ElementsMatch(t, []string{"name", "title", "help", "default", "min", "max", "whole"}, keysOf(p.(map[string]any)))
		}
	}
}

func keysOf(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// The panel posts the query of the dashboard, the time of the point and every label of its series.
func TestExplainOfAnIncident(t *testing.T) {
	w := newWorld(t)
	for name, parameters := range map[string]fields{"auto": autoParameters(), "seasonal_robust": {}, "ewma": {}} {
		t.Run(name, func(t *testing.T) { w.explainsTheBurn(t, fields{"name": name, "parameters": parameters}) })
	}
}

func (w *world) explainsTheBurn(t *testing.T, detector fields) {
	burn := w.burn()
	q := cpu(fields{"refId": "A", "datasource": fields{"uid": "x", "type": ID}, "accounts": []string{"production"}, "detector": detector})
	answer := w.frames(around(burn), q)
	scores := one(t, measure(answer, "anomaly_score"), data.Labels{"InstanceId": burning})
	at, most := burn.Start, -1.0
	for t, v := range points(scores) {
		if v > most {
			at, most = t, v
		}
	}
	require.GreaterOrEqual(t, most, 50.0)
	status, e := w.post("explain", fields{"query": q, "time": iso(at), "labels": scores.Fields[1].Labels})
	require.Equal(t, 200, status, "%v", e)
	require.ElementsMatch(t, []string{"time", "labels", "value", "expected", "lower", "upper", "score", "direction", "event", "skipped", "channels", "columns", "raw", "strength"}, keysOf(e))
	labels := data.Labels{"InstanceId": burning}
	require.Equal(t, most, e["score"])
	require.Equal(t, points(one(t, measure(answer, "value"), labels))[at], e["value"])
	require.Equal(t, points(one(t, measure(answer, "expected"), labels))[at], e["expected"])
	require.Equal(t, 1.0, e["direction"])
	require.Equal(t, "", e["skipped"])
	require.Equal(t, iso(at)[:19], e["time"].(string)[:19])
	require.Equal(t, burning, e["labels"].(map[string]any)["InstanceId"])
	channels := e["channels"].([]any)
	require.NotEmpty(t, channels)
	first := channels[0].(map[string]any)
	require.NotEmpty(t, first["name"])
	require.NotNil(t, first["score"])

	// Few labels are enough where they choose one series, and what silenced the score is said.
	detector["direction"] = "low"
	status, e = w.post("explain", fields{"query": q, "time": iso(at), "labels": labels})
	require.Equal(t, 200, status, "%v", e)
	require.Equal(t, "direction", e["skipped"])
	require.Zero(t, e["score"])
}

// A forest says which column it was, in the words of Kinesis as well.
func TestExplainOfAForest(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	q := server(fields{"detector": fields{"name": "random_cut_forest", "parameters": fields{"numberOfTrees": 30},
		"columns": []fields{{"metric": "NetworkIn"}, {"metric": "CPUUtilization", "statistic": "Maximum"}}}})
	status, e := w.post("explain", fields{"query": q, "time": iso(burn.Start.Add(20 * time.Minute)), "labels": fields{}})
	require.Equal(t, 200, status, "%v", e)
	sum := 0.0
	named := e["kinesis"].(map[string]any)
	columns := e["columns"].([]any)
	require.Len(t, columns, 3)
	for n, name := range []string{"CPUUtilization Average", "NetworkIn", "CPUUtilization Maximum"} {
		c := columns[n].(map[string]any)
		require.Equal(t, name, c["name"])
		sum += c["attribution"].(float64)
		require.InDelta(t, c["attribution"], c["high"].(float64)+c["low"].(float64), 1e-9)
		require.Equal(t, map[string]any{
			"DIRECTION": c["direction"], "STRENGTH": fmt.Sprintf("%.2f", c["strength"]), "ATTRIBUTION_SCORE": fmt.Sprintf("%.2f", c["attribution"]),
		}, named[name])
	}
	require.InDelta(t, e["raw"], sum, 1e-6)
	require.Equal(t, "HIGH", columns[0].(map[string]any)["direction"])
}

// What is scored together is explained together: the answer is that of the frame.
func TestExplainOfSplitsAndPeers(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	at := burn.Start.Add(25 * time.Minute)
	for name, d := range map[string]fields{"split": {"name": "seasonal_robust", "split": []string{"account"}}, "peers": {"name": "peers"}} {
		t.Run(name, func(t *testing.T) {
			q := cpu(fields{"detector": d})
			answer := measure(w.frames(around(burn), q), "anomaly_score")
			for _, f := range answer {
				status, e := w.post("explain", fields{"query": q, "time": iso(at), "labels": f.Fields[1].Labels})
				require.Equal(t, 200, status, "%v", e)
				if want := points(f)[at]; math.IsNaN(want) {
					require.Nil(t, e["score"], "a server that is no more")
				} else {
					require.Equal(t, want, e["score"])
				}
			}
		})
	}
}

func TestBadQuestions(t *testing.T) {
	w := newWorld(t)
	q, at := cpu(nil), iso(w.burn().Start)
	for name, c := range map[string]struct {
		path string
		body any
		says string
	}{
		"no JSON":               {"explain", []byte("{"), `field "body"`},
		"too long":              {"explain", bytes.Repeat([]byte(" "), maxBody+1), `field "body"`},
		"no query":              {"explain", fields{"time": at}, `field "query"`},
		"query of text":         {"explain", fields{"query": "x", "time": at}, "not a JSON object"},
		"no time":               {"explain", fields{"query": q}, `field "time"`},
		"time of the future":    {"explain", fields{"query": q, "time": iso(w.now())}, `field "time"`},
		"several series":        {"explain", fields{"query": q, "time": at, "labels": fields{"account": "production"}}, `field "labels": `},
		"no such series":        {"explain", fields{"query": q, "time": at, "labels": fields{"account": "nobody"}}, `field "labels": none of the`},
		"unknown account":       {"explain", fields{"query": cpu(fields{"accounts": []string{"nobody"}}), "time": at}, `"accounts"`},
		"unknown calendar":      {"explain", fields{"query": cpu(fields{"detector": fields{"calendars": []string{"x"}}}), "time": at}, `"detector.calendars"`},
		"no from":               {"influencers", fields{"query": q, "to": at}, `field "from"`},
		"no to":                 {"influencers", fields{"query": q, "from": at}, `field "to"`},
		"reversed":              {"influencers", fields{"query": q, "from": at, "to": at}, `field "to"`},
		"range without end":     {"influencers", fields{"query": q, "from": "0001-01-01T00:00:00Z", "to": "9999-01-01T00:00:00Z"}, "maxBuckets"},
		"influencers' detector": {"influencers", fields{"query": cpu(fields{"detector": fields{"name": "x"}}), "from": at, "to": iso(w.now())}, `"detector.name"`},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := w.post(c.path, c.body)
			require.Equal(t, 400, status)
			require.Contains(t, answer["error"], c.says)
		})
	}
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied, Operation: "GetMetricData"}}}))
	for path, body := range map[string]fields{
		"explain":     {"query": server(nil), "time": at},
		"influencers": {"query": q, "from": at, "to": iso(w.now())},
	} {
		status, answer := w.post(path, body)
		require.Equal(t, http.StatusBadGateway, status, path)
		require.Contains(t, answer["error"], "account production", path)
	}
}

// Of a roll-up the panel posts the query, narrowed or not, the bucket and the labels of the roll-up.
func TestInfluencersNameTheIncident(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	q := cpu(fields{"rollUp": []string{"namespace"}, "detector": fields{"name": "seasonal_robust"}})
	f := w.frames(around(burn), q)[0]
	at, most := burn.Start, -1.0
	for t, v := range points(f) {
		if v > most {
			at, most = t, v
		}
	}
	strongest := func(body fields) (float64, map[string]string) {
		status, answer := w.post("influencers", body)
		require.Equal(t, 200, status, "%v", answer)
		require.ElementsMatch(t, []string{"score", "time", "influencers"}, keysOf(answer))
		first := map[string]string{}
		last := math.Inf(1)
		for _, raw := range answer["influencers"].([]any) {
			i := raw.(map[string]any)
			require.ElementsMatch(t, []string{"label", "value", "score", "share", "series"}, keysOf(i))
			require.LessOrEqual(t, i["share"], last, "the strongest first")
			last = i["share"].(float64)
			if label := i["label"].(string); first[label] == "" {
				first[label] = i["value"].(string)
			}
		}
		worst, err := time.Parse(time.RFC3339, answer["time"].(string))
		require.NoError(t, err)
		require.Equal(t, most, points(f)[worst])
		return answer["score"].(float64), first
	}
	bucket := fields{"query": q, "from": iso(at), "to": iso(at.Add(5 * time.Minute)), "labels": f.Fields[1].Labels}
	score, first := strongest(bucket)
	require.Equal(t, most, score)
	require.Equal(t, map[string]string{"account": "production", "region": "us-east-1", "InstanceId": burning}, first)

	whole := fields{"query": q, "from": iso(burn.Start.Add(-time.Hour)), "to": iso(burn.End)}
	_, first = strongest(whole)
	require.Equal(t, "production", first["account"])

	// A roll-up by account is asked about by its label.
	bucket["labels"] = fields{"account": "production"}
	_, first = strongest(bucket)
	require.Equal(t, map[string]string{"region": "us-east-1", "InstanceId": burning}, first)

	bucket["labels"] = fields{"account": "nobody"}
	status, answer := w.post("influencers", bucket)
	require.Equal(t, 200, status)
	require.Equal(t, map[string]any{"score": nil, "time": nil, "influencers": []any{}}, answer)
}
