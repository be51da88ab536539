package plugin

import (
	"context"
	"encoding/json"
	"math"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

func (w *world) resource(path string) (status int, body string, headers map[string][]string) {
	w.t.Helper()
	u, err := url.Parse(path)
	require.NoError(w.t, err)
	var got *backend.CallResourceResponse
	err = w.instance.CallResource(grafana(), &backend.CallResourceRequest{Method: "GET", Path: u.Path, URL: path},
		backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
			got = r
			return nil
		}))
	require.NoError(w.t, err)
	return got.Status, string(got.Body), got.Headers
}

func (w *world) list(path string) []string {
	w.t.Helper()
	_, body, _ := w.resource(path)
	var names []string
	require.NoError(w.t, json.Unmarshal([]byte(body), &names))
	return names
}

func TestBadInputIsAClearError(t *testing.T) {
	w := newWorld(t)
	week := w.lastDays(7)
	for name, c := range map[string]struct {
		q     fields
		r     backend.TimeRange
		says  []string
		alert bool
	}{
		"unknown account":      {q: cpu(fields{"accounts": []string{"nobody"}}), says: []string{`"accounts"`, `"nobody"`, "production, staging, data"}},
		"unknown region":       {q: cpu(fields{"regions": []string{"mars-north-1"}}), says: []string{`"regions"`, "mars-north-1", "eu-west-1"}},
		"region of another":    {q: cpu(fields{"accounts": []string{"staging"}, "regions": []string{"eu-west-1"}}), says: []string{`"regions"`, "staging"}},
		"empty range":          {q: cpu(nil), r: backend.TimeRange{From: worldStart, To: worldStart}, says: []string{`"timeRange"`, "empty or reversed"}},
		"reversed range":       {q: cpu(nil), r: backend.TimeRange{From: worldStart, To: worldStart.Add(-time.Hour)}, says: []string{`"timeRange"`}},
		"period off the grid":  {q: cpu(fields{"period": "7s"}), says: []string{`"period"`, "grid"}},
		"period too fine":      {q: cpu(fields{"period": "1m"}), r: backend.TimeRange{From: worldStart.Add(-90 * 24 * time.Hour), To: worldStart.Add(-80 * 24 * time.Hour)}, says: []string{`"period"`, "15 days"}},
		"range too long":       {q: cpu(fields{"period": "1s"}), r: backend.TimeRange{From: time.Unix(0, 0), To: worldStart}, says: []string{`"period"`, "maxBuckets"}},
		"unknown statistic":    {q: cpu(fields{"statistic": "Median"}), says: []string{`"statistic"`}},
		"unresolved variable":  {q: cpu(fields{"accounts": []string{"$account"}, "output": "value"}), alert: true, says: []string{`"accounts"`, "$account"}},
		"alert on two":         {q: cpu(nil), alert: true, says: []string{`"output"`}},
		"alert on the future":  {q: cpu(fields{"output": "forecast"}), alert: true, says: []string{`"output"`, "max_in_horizon"}},
		"newer query":          {q: cpu(fields{"version": 7}), says: []string{`"version"`}},
		"namespace is missing": {q: cpu(fields{"namespace": ""}), says: []string{`"namespace"`}},
	} {
		t.Run(name, func(t *testing.T) {
			r := week
			if !c.r.From.IsZero() {
				r = c.r
			}
			var headers []string
			if c.alert {
				headers = []string{"FromAlert"}
			}
			answer := w.ask(r, c.q, headers...)
			for _, part := range c.says {
				require.ErrorContains(t, answer.Error, part)
			}
			require.Equal(t, backend.ErrorSourceDownstream, answer.ErrorSource)
			require.Empty(t, answer.Frames)
		})
	}
}

func TestQueryThatIsNoObject(t *testing.T) {
	w := newWorld(t)
	response, err := w.instance.QueryData(grafana(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
		{RefID: "A", JSON: []byte(`[]`), TimeRange: w.lastDays(1)}, {RefID: "B", JSON: nil, TimeRange: w.lastDays(1)},
	}})
	require.NoError(t, err)
	require.ErrorContains(t, response.Responses["A"].Error, "query A")
	require.ErrorContains(t, response.Responses["B"].Error, "query B")
}

func TestNoAccount(t *testing.T) {
	w := newWorld(t, set("accounts", []any{}))
	require.ErrorContains(t, w.ask(w.lastDays(1), cpu(nil)).Error, "has no account")
	health, err := w.instance.CheckHealth(grafana(), nil)
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusError, health.Status)
	require.Contains(t, health.Message, "has no account")
}

func TestOldQueryStillWorks(t *testing.T) {
	w := newWorld(t)
	answer := w.frames(w.lastDays(1), fields{
		"metricName": "CPUUtilization", "namespace": "AWS/RDS", "region": "us-east-1", "statistic": "Maximum",
		"dimensions": fields{"DBInstanceIdentifier": "*"}, "period": "300", "matchExact": true,
	})
	require.NotEmpty(t, measure(answer, "anomaly_score"))
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "older version")
}

// The contract of an alertable answer: one measure, no unfinished bucket, nothing in the future, a fresh point also for a short range.
func TestAlertAnswer(t *testing.T) {
	w := newWorld(t)
	for _, output := range []string{"value", "anomaly_score", "max_in_horizon", "hours_to_threshold"} {
		answer := w.ask(w.lastDays(5.0/24/60), quick(fields{"output": output, "threshold": 99}), "FromAlert")
		require.NoError(t, answer.Error)
		fresh := 0
		for _, f := range answer.Frames {
			require.Equal(t, output, f.Fields[1].Name)
			if f.Fields[0].Len() == 0 {
				continue // an instance that was terminated has no number of now
			}
			newest := f.Fields[0].At(f.Fields[0].Len() - 1).(time.Time)
			require.False(t, newest.Add(5*time.Minute).After(w.now()), "an unfinished or future bucket")
			require.Less(t, w.now().Sub(newest), 15*time.Minute)
			fresh++
		}
		require.GreaterOrEqual(t, fresh, 6, output)
	}
}

// Explicit dimensions over several accounts: only where the metric exists, or everywhere if it is listed nowhere.
func TestExplicitDimensionsOverManyAccounts(t *testing.T) {
	w := newWorld(t)
	named := func(id string) fields {
		return fields{"output": "value", "dimensions": fields{"InstanceId": []string{id}}}
	}
	answer := w.frames(w.lastDays(1), cpu(named("i-0a1b2c3d4e5f60001")))
	require.Len(t, answer, 1)
	require.Equal(t, "production", answer[0].Fields[1].Labels["account"])
	require.Len(t, w.frames(w.lastDays(1), cpu(named("i-unheard-of"))), 4, "three accounts, four regions")
}

func TestNoMetricMatches(t *testing.T) {
	w := newWorld(t)
	answer := w.frames(w.lastDays(1), cpu(fields{"metric": "CPUUtilisation"}))
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "no metric matches")
}

func TestHealthNamesEachAccount(t *testing.T) {
	w := newWorld(t, account(1, "externalId", "wrong"))
	health, err := w.instance.CheckHealth(grafana(), nil)
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusError, health.Status)
	require.Contains(t, health.Message, "2 of 3 accounts can be read")
	require.Contains(t, health.Message, "account staging")
	var details struct{ Accounts []accountHealth }
	require.NoError(t, json.Unmarshal(health.JSONDetails, &details))
	require.True(t, details.Accounts[0].OK)
	require.False(t, details.Accounts[1].OK)
}

func TestHealthOfACacheThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	instance := newInstance(t, w.now, t.TempDir()+"/absent", settingsOf(w.sim, "http://127.0.0.1:1"))
	health, err := instance.CheckHealth(grafana(), nil)
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusError, health.Status)
	require.Contains(t, health.Message, "cache_path")
	response, err := instance.QueryData(grafana(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(`{}`)}}})
	require.NoError(t, err)
	require.ErrorContains(t, response.Responses["A"].Error, "cannot be written")
}

// A cache that could not be opened is tried again: a first request that is cancelled, or a directory that comes later, leaves nothing dead.
func TestCacheIsOpenedLater(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir() + "/later"
	cancelled, cancel := context.WithCancel(grafana())
	cancel()
	f := NewFactory(dir)
	f.clock = w.now
	made, err := f.NewInstance(cancelled, settingsOf(w.sim, "http://127.0.0.1:1"))
	require.NoError(t, err)
	instance := made.(*Instance)
	require.ErrorContains(t, instance.ready(t.Context()), "cannot be written")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, instance.ready(t.Context()))
	instance.Dispose()
}

// An instance that is disposed of while a query runs lets go when the query ends.
func TestDisposeWaitsForQueries(t *testing.T) {
	w := newWorld(t)
	done := w.instance.use()
	w.instance.Dispose()
	require.NoError(t, w.instance.store.Check(t.Context()))
	done()
	closed := func() bool { return w.instance.store.Check(context.Background()) != nil }
	require.Eventually(t, closed, 10*time.Second, time.Millisecond, "once the collector has gone as well")
}

// A panic fails its query and nothing else.
func TestPanicIsAnError(t *testing.T) {
	answer := survive(func() backend.DataResponse { panic("a defect") })
	require.ErrorContains(t, answer.Error, "a defect")
}

// A simulated data source lives through cancelled queries.
func TestSimulatedOutlivesCancelledQueries(t *testing.T) {
	w := newWorld(t)
	w.instance = newInstance(t, w.now, "", backend.DataSourceInstanceSettings{JSONData: []byte(`{"simulated":true}`)})
	raw, err := json.Marshal(quick(nil))
	require.NoError(t, err)
	for i := range 20 {
		ctx, cancel := context.WithTimeout(grafana(), time.Duration(i)*time.Millisecond)
		_, _ = w.instance.QueryData(ctx, &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: raw, TimeRange: w.lastDays(3)}}})
		cancel()
	}
	require.NotEmpty(t, w.frames(w.lastDays(1), quick(nil)))
}

func TestWrongSettingsAreSaid(t *testing.T) {
	w := newWorld(t, set("timezone", "Mars/Olympus"))
	health, err := w.instance.CheckHealth(grafana(), nil)
	require.NoError(t, err)
	require.Contains(t, health.Message, `"timezone"`)
}

// Whoever installs the plugin sees it work before any credential exists, and sees that it is simulated.
func TestSimulatedDataSource(t *testing.T) {
	w := newWorld(t)
	w.instance = newInstance(t, w.now, "", backend.DataSourceInstanceSettings{JSONData: []byte(`{"simulated":true}`)})
	answer := w.frames(w.lastDays(1), quick(nil))
	for _, f := range answer {
		raw, err := json.Marshal(f.Meta.Custom)
		require.NoError(t, err)
		require.Contains(t, string(raw), `"simulated":true`)
	}
	require.Contains(t, noticeTexts(answer), simulatedNotice)
	health, err := w.instance.CheckHealth(context.Background(), nil)
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusOk, health.Status, health.Message)
	require.Contains(t, health.Message, "Simulated")
	_, body, _ := w.resource("accounts")
	require.Equal(t, 3, strings.Count(body, `"simulated":true`))
}

func TestResources(t *testing.T) {
	w := newWorld(t, account(1, "externalId", "wrong"))
	for path, want := range map[string]string{
		"regions":                     `["eu-west-1","us-east-1"]`,
		"regions?account=data":        `["us-east-1"]`,
		"metrics?namespace=AWS%2FEC2": `["CPUUtilization","NetworkIn","StatusCheckFailed"]`,
		"dimension-keys?namespace=AWS%2FEC2&metric=CPUUtilization":                       `["InstanceId"]`,
		"dimension-values?namespace=AWS%2FRDS&key=DBInstanceIdentifier&account=data":     `["warehouse"]`,
		"dimension-values?namespace=AWS%2FRDS&key=Nothing&account=data&region=us-east-1": `[]`,
	} {
		status, body, _ := w.resource(path)
		require.Equal(t, 200, status, path)
		require.JSONEq(t, want, body, path)
	}
	_, body, headers := w.resource("namespaces")
	require.Contains(t, body, `"AWS/Lambda"`)
	require.Contains(t, headers[noticeHeader][0], "account staging")
	for _, path := range []string{"regions?account=nobody", "metrics", "namespaces?account=staging", "account-health?account=nobody"} {
		status, body, _ := w.resource(path)
		require.Equal(t, 400, status, path)
		require.Contains(t, body, `"error"`, path)
	}
	status, body, _ := w.resource("account-health?account=production")
	require.Equal(t, 200, status)
	require.Contains(t, body, `"ok":true`)
	require.Contains(t, body, `:assumed-role/vigia-reader"`)
	_, body, _ = w.resource("accounts")
	require.Contains(t, body, `{"id":"333333333333","alias":"data","roleArn":"arn:aws:iam::333333333333:role/vigia-reader","regions":["us-east-1"],"labels":{},"simulated":false}`)
}

// A query that meets faults gives what it would have given without them, and says what is missing.
func TestFaultsDoNotChangeTheAnswer(t *testing.T) {
	w := newWorld(t)
	want := map[string]map[time.Time]float64{}
	for _, f := range w.frames(w.lastDays(1), quick(nil)) {
		want[identity(f)] = points(f)
	}
	for _, kind := range []awssim.FaultKind{awssim.Throttling, awssim.ServerError, awssim.TruncatedBody, awssim.PartialData} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			other := newWorld(t)
			require.NoError(t, other.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: kind, Operation: "GetMetricData", EveryNth: 2}}}))
			answer := other.frames(other.lastDays(1), quick(nil))
			for _, f := range answer {
				got := points(f)
				require.Len(t, got, len(want[identity(f)]))
				for at, v := range want[identity(f)] {
					require.Equal(t, math.Float64bits(v), math.Float64bits(got[at]), "%s at %v", f.Name, at)
				}
			}
			if len(answer) < len(want) {
				require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "account ")
			}
		})
	}
}
