package plugin

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// Each test here is one invariant of the design, seen from Grafana's side.

// 1. A score or a band at a time does not depend on the range, or on who asked before; nor does where an anomaly begins.
func TestInvariantScoreDoesNotDependOnWhoLooks(t *testing.T) {
	w := newWorld(t)
	two := fields{"InstanceId": []string{"i-0a1b2c3d4e5f60001", "i-0d1b2c3d4e5f60001"}}
	for name, q := range map[string]fields{
		"each series": auto(fields{"dimensions": two, "events": true, "raw": true}),
		"split":       auto(fields{"detector": fields{"split": []string{"region"}}, "events": true}),
		"peers":       cpu(fields{"detector": fields{"name": "peers"}, "events": true}),
		"roll-up":     auto(fields{"rollUp": []string{"account"}, "events": true}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.dependsOnNoRange(t, q)
		})
	}
}

func (w *world) dependsOnNoRange(t *testing.T, q fields) {
	reference := map[string]map[time.Time]float64{}
	for _, f := range w.frames(w.lastDays(9), q) {
		reference[identity(f)] = points(f)
	}
	rapid.Check(t, func(rt *rapid.T) {
		from := time.Duration(rapid.IntRange(30, 8*24*60).Draw(rt, "from")) * time.Minute
		to := time.Duration(rapid.IntRange(0, int(from/time.Minute)-20).Draw(rt, "to")) * time.Minute
		for _, f := range w.frames(backend.TimeRange{From: w.now().Add(-from), To: w.now().Add(-to)}, q) {
			require.Positive(rt, f.Fields[0].Len())
			for at, got := range points(f) {
				want, ok := reference[identity(f)][at]
				require.True(rt, ok, "%v", at)
				require.Equal(rt, math.Float64bits(want), math.Float64bits(got), "%s at %v: %v and %v", f.Name, at, want, got)
			}
		}
	})
}

// 2. Two reads with no new data give identical frames; a cold instance gives the same as a warm one.
func TestInvariantSameDataSameFrames(t *testing.T) {
	w := newWorld(t)
	q := auto(fields{"forecast": true, "threshold": 95, "events": true, "raw": true})
	first := content(t, w.frames(w.lastDays(2), q))
	require.Equal(t, first, content(t, w.frames(w.lastDays(2), q)))
	other := newWorld(t)
	require.True(t, first == content(t, other.frames(other.lastDays(2), q)), "another instance without a cache")
}

// 3. A failing account never hides another: a dashboard gets the rest and a notice, an alert rule an error that names the account.
func TestInvariantPartialFailure(t *testing.T) {
	w := newWorld(t, account(1, "externalId", "wrong"))
	answer := w.frames(w.lastDays(1), quick(nil))
	seen := map[string]bool{}
	for _, f := range answer {
		seen[f.Fields[1].Labels["account"]] = true
	}
	require.Equal(t, map[string]bool{"production": true, "data": true}, seen)
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "account staging (us-east-1): fields \"roleArn\" and \"externalId\"")

	for _, more := range []fields{{"output": "anomaly_score"}, {"output": "anomaly_event"}, {"rollUp": []string{"account"}}, {"output": "anomaly_score", "detector": fields{"name": "peers"}}} {
		alert := w.ask(w.lastDays(1), quick(more), "FromAlert")
		require.ErrorContains(t, alert.Error, "account staging")
		require.Equal(t, backend.ErrorSourceDownstream, alert.ErrorSource)
	}
	require.NoError(t, w.ask(w.lastDays(1), quick(fields{"output": "anomaly_score", "accounts": []string{"production"}}), "FromAlert").Error)
}

// 3. The same where the account fails only once data are asked for, and where the account's own settings are wrong.
func TestInvariantPartialFailureLater(t *testing.T) {
	w := newWorld(t, account(2, "roleArn", "not an arn"))
	w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied, Account: "staging", Operation: "GetMetricData"}}})
	answer := w.frames(w.lastDays(1), quick(nil))
	notices := strings.Join(noticeTexts(answer), "\n")
	require.Contains(t, notices, "account staging")
	require.Contains(t, notices, "account data: field \"roleArn\"")
	for _, f := range answer {
		require.Equal(t, "production", f.Fields[1].Labels["account"])
	}
}

// 3. What is stored of an account is shown while it fails, beside the notice; an alert rule still fails.
func TestInvariantStoredDataOutliveTheFailure(t *testing.T) {
	w := newWorld(t)
	before := len(w.frames(w.lastDays(1), quick(nil)))
	w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied, Account: "staging"}}})
	w.pass(10 * time.Minute)
	answer := w.frames(w.lastDays(1), quick(nil))
	require.Len(t, answer, before)
	require.Len(t, noticeTexts(answer), 1, "one notice, although listing and reading both failed")
	require.Contains(t, noticeTexts(answer)[0], "account staging")
	alert := w.ask(w.lastDays(1), quick(fields{"output": "anomaly_score"}), "FromAlert")
	require.ErrorContains(t, alert.Error, "account staging")
}

// 4. Nothing is cut silently.
func TestInvariantCutsAreSaid(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for n := range 10_000 {
		ids = append(ids, "i-"+string(rune('a'+n%26))+time.Duration(n).String())
	}
	q := cpu(fields{"accounts": []string{"staging"}, "dimensions": fields{"InstanceId": ids}, "score": false, "band": false})
	answer := w.frames(w.lastDays(0.1), q)
	require.Len(t, answer, maxSeries)
	require.Contains(t, noticeTexts(answer)[0], "shown 500 of 10000 series")
	require.Contains(t, noticeTexts(answer)[0], "maxSeries")
	require.Contains(t, noticeTexts(answer)[0], `"dimensions"`)
	require.ErrorContains(t, w.ask(w.lastDays(0.1), q, "FromAlert").Error, "shown 500 of 10000 series")
}

// 5. AWS is asked for a metric at most once per period, however many look, and never for what is final.
func TestInvariantAskedOncePerPeriod(t *testing.T) {
	w := newWorld(t)
	asked := func() int { return w.sim.Counts().Of("", "GetMetricData").Metrics }
	var wait sync.WaitGroup
	for n := range 24 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			q := quick(nil)
			if n%2 == 0 {
				q = quick(fields{"output": "anomaly_score"})
			}
			if answer := w.ask(w.lastDays(1+float64(n%3)/10), q); answer.Error != nil {
				t.Errorf("query %d: %v", n, answer.Error)
			}
		}()
	}
	wait.Wait()
	series := usage(w.frames(w.lastDays(1), quick(nil))).Series
	require.Equal(t, series, asked(), "one ask for each series")

	for range 5 { // two viewers and an alert rule, within the hour of a session
		w.pass(10 * time.Minute)
		before := asked()
		for range 2 {
			w.frames(w.lastDays(1), quick(nil))
			require.NoError(t, w.ask(w.lastDays(0.01), quick(fields{"output": "anomaly_score"}), "FromAlert").Error)
		}
		require.Equal(t, series, asked()-before)
	}
}

// 6. A damaged cache is set aside, a new one begun, and health says so.
func TestInvariantDamagedCache(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/vigia-cloudwatch.db", bytes.Repeat([]byte("garbage"), 1000), 0o600))
	w.instance = newInstance(t, w.now, dir, settingsOf(w.sim, w.url))
	require.NotEmpty(t, w.frames(w.lastDays(1), quick(nil)))
	health, err := w.instance.CheckHealth(grafana(), nil)
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusOk, health.Status, health.Message)
	require.Contains(t, health.Message, "A damaged cache was set aside as "+dir+"/vigia-cloudwatch.db")
}

// 7. Every AWS call is in the ledger, with its price.
func TestInvariantLedger(t *testing.T) {
	w := newWorld(t)
	w.frames(w.lastDays(1), quick(nil))
	w.pass(10 * time.Minute)
	w.frames(w.lastDays(3), quick(nil))
	spent, err := w.instance.store.Spending(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, spent, 3)
	for _, s := range spent {
		data, every := w.sim.Counts().Of(s.AccountID, "GetMetricData"), w.sim.Counts().Of(s.AccountID, "")
		require.Equal(t, every.Calls, s.Calls, s.AccountID)
		require.Greater(t, every.Calls, data.Calls+1, "STS and ListMetrics as well")
		require.Equal(t, data.Metrics, s.Metrics)
		require.InDelta(t, float64(data.Metrics)/100_000, s.CostUSD, 1e-12)
	}
}

// 8. No secret in a frame, an error, a health report, a resource or the store.
func TestInvariantNoSecrets(t *testing.T) {
	w := newWorld(t, account(1, "externalId", "wrong-but-telling"))
	var said []string
	for _, q := range []fields{quick(nil), cpu(fields{"statistic": "nonsense"}), quick(fields{"accounts": []string{"staging"}})} {
		answer := w.ask(w.lastDays(1), q)
		raw, err := json.Marshal(answer)
		require.NoError(t, err)
		said = append(said, string(raw))
	}
	health, err := w.instance.CheckHealth(grafana(), nil)
	require.NoError(t, err)
	said = append(said, health.Message, string(health.JSONDetails))
	for _, path := range []string{"accounts", "account-health?account=staging", "namespaces", "account-health?account=nobody"} {
		_, body, _ := w.resource(path)
		said = append(said, body)
	}
	for _, file := range []string{"", "-wal"} {
		content, err := os.ReadFile(w.cacheDir + "/vigia-cloudwatch.db" + file)
		require.NoError(t, err)
		said = append(said, string(content))
	}
	for _, text := range said {
		require.NotContains(t, text, awssim.SecretAccessKey)
		require.NotContains(t, text, "wrong-but-telling")
	}
}
