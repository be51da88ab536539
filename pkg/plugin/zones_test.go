package plugin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// zone asks for all pages of a zone and returns the points of each series by its name, and how many pages there were.
func (w *world) zone(name string, body fields) (points map[string][]map[string]any, pages int) {
	w.t.Helper()
	points = map[string][]map[string]any{}
	for after := ""; pages == 0 || after != ""; pages++ {
		body["after"] = after
		status, answer := w.post("zones/"+name, body)
		require.Equal(w.t, 200, status, "%v", answer)
		n := 0
		for _, raw := range answer["series"].([]any) {
			s := raw.(map[string]any)
			id := fmt.Sprint(s["labels"])
			for _, p := range s["points"].([]any) {
				points[id] = append(points[id], p.(map[string]any))
				n++
			}
		}
		if limit, ok := body["limit"].(int); ok {
			require.LessOrEqual(w.t, n, limit)
		}
		after = answer["next"].(string)
	}
	return points, pages
}

func (w *world) lastHours(hours int) fields {
	return fields{"from": iso(w.now().Add(-time.Duration(hours) * time.Hour)), "to": iso(w.now())}
}

// Pages of any length hold the same points, in the same order, and nothing twice.
func TestZonesPageByPage(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"raw", "trusted", "refined"} {
		t.Run(name, func(t *testing.T) {
			body := w.lastHours(5)
			body["query"] = quick(nil)
			whole, pages := w.zone(name, body)
			require.Equal(t, 1, pages)
			require.Greater(t, len(whole), 6)
			for _, all := range whole {
				require.Greater(t, len(all), 50)
			}
			for _, limit := range []int{300, 100, 61, 40} {
				body["limit"] = limit
				got, pages := w.zone(name, body)
				require.Equal(t, whole, got, "pages of %d", limit)
				require.Greater(t, pages, 1)
			}
		})
	}
}

// A zone says what the frames of the same query say.
func TestZonesSayWhatFramesSay(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	body := fields{"query": server(fields{"detector": fields{"name": "seasonal_robust"}}), "from": iso(burn.Start), "to": iso(burn.End)}
	answer := w.frames(backend.TimeRange{From: burn.Start, To: burn.End}, server(fields{"detector": fields{"name": "seasonal_robust"}, "events": true}))
	want := func(measured string, p map[string]any) {
		at, err := time.Parse(time.RFC3339, p["time"].(string))
		require.NoError(t, err)
		field := map[string]string{"anomaly_score": "score", "anomaly_event": "event"}[measured]
		if field == "" {
			field = measured
		}
		v, ok := points(measure(answer, measured)[0])[at]
		require.True(t, ok)
		if math.IsNaN(v) {
			require.Nil(t, p[field])
			return
		}
		require.Equal(t, v, p[field])
	}
	n := 0
	raw, _ := w.zone("raw", body)
	trusted, _ := w.zone("trusted", body)
	refined, _ := w.zone("refined", body)
	for id := range raw {
		for _, p := range raw[id] {
			want("value", p)
			require.Equal(t, true, p["final"])
			require.Equal(t, p["value"] == nil, p["missing"])
			require.Empty(t, p["odd"])
			n++
		}
		for _, p := range trusted[id] {
			want("value", p)
			n++
		}
		for _, p := range refined[id] {
			for _, measured := range []string{"expected", "lower", "upper", "anomaly_score", "direction", "anomaly_event"} {
				want(measured, p)
			}
			n++
		}
	}
	require.GreaterOrEqual(t, n, 3*10)

	// A split is one refined series, of several raw ones.
	body["query"] = cpu(fields{"detector": fields{"name": "seasonal_robust", "split": []string{"account"}}})
	split, _ := w.zone("refined", body)
	parts, _ := w.zone("raw", body)
	require.Len(t, split, 3)
	require.Greater(t, len(parts), 3)
	body["labels"] = fields{"account": "staging"}
	split, _ = w.zone("refined", body)
	require.Len(t, split, 1)
}

// Reading a zone asks AWS for what a query asks for, once: raw for the range alone.
func TestZonesFetchWhatAQueryFetches(t *testing.T) {
	asked := func(w *world) int { return w.sim.Counts().Of("", "GetMetricData").Metrics }
	w := newWorld(t)
	body := w.lastHours(5)
	body["query"], body["limit"] = quick(nil), 100
	raw, _ := w.zone("raw", body)
	require.Equal(t, len(raw), asked(w), "each series once, over all pages")
	w.zone("raw", body)
	require.Equal(t, len(raw), asked(w))
	w.zone("refined", body)
	after := asked(w)
	w.frames(w.lastDays(0.2), quick(nil))
	w.zone("trusted", body)
	require.Equal(t, after, asked(w), "the query finds what the zone has read")
	require.NotEmpty(t, w.log(), "a zone that scores writes events as a query does")
}

// The same question by GET.
func TestZonesByGet(t *testing.T) {
	w := newWorld(t)
	body := w.lastHours(2)
	body["query"], body["labels"] = server(nil), fields{"InstanceId": burning}
	_, want := w.post("zones/raw", body)
	q, err := json.Marshal(body["query"])
	require.NoError(t, err)
	p := url.Values{"query": {string(q)}, "from": {body["from"].(string)}, "to": {body["to"].(string)}, "labels": {`{"InstanceId":"` + burning + `"}`}, "limit": {"5000"}}
	status, got, _ := w.resource("zones/raw?" + p.Encode())
	require.Equal(t, 200, status, got)
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(got), &answer))
	require.Equal(t, want, answer)
	for name, value := range map[string]string{"limit": "many", "labels": "[", "query": "", "from": "now"} {
		bad := url.Values{}
		for k, v := range p {
			bad[k] = v
		}
		bad.Set(name, value)
		status, got, _ := w.resource("zones/raw?" + bad.Encode())
		require.Equal(t, 400, status, name)
		require.Contains(t, got, `field \"`+name)
	}
}

// A token holds nothing that can be read, is the same each time and is believed for its own question alone.
func TestTokensOfPages(t *testing.T) {
	w := newWorld(t)
	body := w.lastHours(5)
	body["query"], body["limit"] = quick(nil), 10
	_, answer := w.post("zones/raw", body)
	token := answer["next"].(string)
	_, answer = w.post("zones/raw", body)
	require.Equal(t, token, answer["next"])
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for _, secret := range []string{"production", "us-east-1", "i-0a", w.sim.Accounts()[0].ID} {
		require.NotContains(t, string(decoded), secret)
	}
	decoded[3] ^= 1
	again := func(more fields) fields {
		out := fields{"after": token}
		for k, v := range body {
			out[k] = v
		}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	status, _ := w.post("zones/raw", again(fields{"limit": 20}))
	require.Equal(t, 200, status, "a page of another length of the same question")
	w.end()
	w.restart(nil)
	status, _ = w.post("zones/raw", again(nil))
	require.Equal(t, 200, status, "after a restart")
	for name, c := range map[string]struct {
		zone string
		body fields
		says string
	}{
		"another zone":    {"trusted", again(nil), "after"},
		"another query":   {"raw", again(fields{"query": quick(fields{"statistic": "Maximum"})}), "after"},
		"another range":   {"raw", again(fields{"from": iso(w.now().Add(-time.Hour))}), "after"},
		"other labels":    {"raw", again(fields{"labels": fields{"account": "staging"}}), "after"},
		"a changed token": {"raw", again(fields{"after": base64.RawURLEncoding.EncodeToString(decoded)}), "after"},
		"no token":        {"raw", again(fields{"after": "????"}), "after"},
		"too many points": {"raw", again(fields{"limit": maxZonePoints + 1}), "100000"},
		"fewer than one":  {"raw", again(fields{"limit": -1}), "limit"},
		"another kind":    {"raw", again(fields{"query": fields{"version": 1, "kind": "costs"}}), "query.kind"},
		"too many series": {"raw", again(fields{"query": quick(fields{"accounts": []string{"staging"}, "dimensions": fields{"InstanceId": manyIDs()}})}), "maxSeries"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := w.post("zones/"+c.zone, c.body)
			require.Equal(t, 400, status, "%v", answer)
			require.Contains(t, answer["error"], c.says)
		})
	}
}

func manyIDs() []string {
	ids := make([]string, 600)
	for n := range ids {
		ids[n] = fmt.Sprintf("i-%d", n)
	}
	return ids
}

// What fails is an error where nothing is left, else it is named beside the rest.
func TestZonesWhereAnAccountFails(t *testing.T) {
	w := newWorld(t, account(1, "externalId", "wrong"))
	body := w.lastHours(2)
	body["query"] = quick(nil)
	points, _ := w.zone("raw", body)
	require.NotEmpty(t, points)
	require.NotContains(t, fmt.Sprint(slices.Collect(maps.Keys(points))), "staging")
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied, Operation: "GetMetricData"}}}))
	body["query"], body["after"] = server(fields{"metric": "NetworkIn"}), ""
	status, answer := w.post("zones/refined", body)
	require.Equal(t, 502, status)
	require.Contains(t, answer["error"], "production")
}

// However long an export takes, all of its series end where the first does.
func TestExportsEndAlike(t *testing.T) {
	w := newWorld(t)
	body := fields{"query": plain(nil), "from": iso(w.now().Add(-30 * time.Minute)), "to": iso(w.now().Add(30 * time.Minute)), "limit": 3}
	ends := map[string]string{}
	for after, pages := "", 0; pages == 0 || after != ""; pages++ {
		body["after"] = after
		status, page := w.post("zones/raw", body)
		require.Equal(t, 200, status, "%v", page)
		for _, raw := range page["series"].([]any) {
			s := raw.(map[string]any)
			points := s["points"].([]any)
			ends[fmt.Sprint(s["labels"])] = points[len(points)-1].(map[string]any)["time"].(string)
		}
		after = page["next"].(string)
		w.pass(2 * time.Minute)
	}
	require.Greater(t, len(ends), 6)
	require.Len(t, slices.Compact(slices.Sorted(maps.Values(ends))), 1)
	body["from"], body["after"] = iso(w.now().Add(10*time.Minute)), ""
	body["to"] = iso(w.now().Add(time.Hour))
	status, page := w.post("zones/raw", body)
	require.Equal(t, 200, status)
	require.Empty(t, page["series"], "of the future")
}

// Whatever is given for a token: no panic, and only what this data source has made for this question is believed.
func FuzzTokens(f *testing.F) {
	w := series.Align(worldStart, worldStart.Add(time.Hour), time.Minute)
	units := []unit{{labels: data.Labels{"a": "1"}}, {labels: data.Labels{"a": "2"}}}
	marks := bookmarks{key: []byte("key"), question: []byte("question"), end: w.End}
	good := marks.at(units[1], w.Time(7))
	f.Add(good)
	f.Add(marks.at(units[0], w.End))
	f.Add("")
	f.Add(strings.Repeat("A", 64))
	f.Fuzz(func(t *testing.T, token string) {
		var (
			left []unit
			at   time.Time
		)
		before, err := marks.read(token)
		if err == nil {
			left, at, err = marks.resume(units, before)
		}
		switch {
		case token == "":
			require.NoError(t, err)
			require.Len(t, left, 2)
		case token == good:
			require.Equal(t, w.End, before.end)
			require.Equal(t, w.Time(7), at)
			require.Equal(t, units[1:], left)
		case err == nil:
			require.Equal(t, token, marks.at(units[0], w.End))
			require.Equal(t, units[1:], left)
		default:
			require.ErrorContains(t, err, "after")
		}
	})
}
