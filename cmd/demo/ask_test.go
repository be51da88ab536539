package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// fakeSource answers every valid query with one series of its metric, critical now, and counts what it is asked.
type fakeSource struct {
	asked  int
	alerts int
	broken string // the metric whose query fails
}

func (f *fakeSource) Query(_ context.Context, r request) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	for _, one := range r.queries {
		q, err := query.Parse(one.refID, one.json)
		if err != nil {
			return nil, err
		}
		if f.broken != "" && q.Metric == f.broken {
			response.Responses[one.refID] = backend.DataResponse{Error: fmt.Errorf("account data: denied")}
			continue
		}
		f.asked++
		if r.alert {
			f.alerts++
		}
		response.Responses[one.refID] = backend.DataResponse{Frames: f.frames(q, r.to)}
	}
	return response, nil
}

func (f *fakeSource) frames(q query.Query, now time.Time) data.Frames {
	labels := data.Labels{"account_id": "333333333333", "account": "data", "region": "us-east-1", "namespace": q.Namespace, "metric": q.Metric, "stat": q.Statistic}
	var frames data.Frames
	for _, measure := range q.Measures {
		frames = append(frames, withUsage(data.NewFrame("", data.NewField("time", nil, []time.Time{now}),
			data.NewField(string(measure), labels, []*float64{num(80)})), float64(f.asked)))
	}
	return frames
}

func (f *fakeSource) Resource(_ context.Context, path string, _ url.Values) (int, []byte, error) {
	body := map[string]string{
		"accounts":       `[{"id":"333333333333","alias":"data","roleArn":"arn:aws:iam::333333333333:role/vigia-reader","regions":["us-east-1"]}]`,
		"account-health": `{"ok":false,"message":"access denied"}`,
		"namespaces":     `["AWS/SQS","Replay"]`,
		"metrics":        `["cpu","network"]`,
	}[path]
	if body == "" {
		return http.StatusNotFound, nil, nil
	}
	return http.StatusOK, []byte(body), nil
}

// fakeLabels serves one incident of the last hours and one that began before the range.
func fakeLabels(t *testing.T) string {
	t.Helper()
	now := time.Now()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		current := awssim.Incident{
			Kind: "queue-growth", AccountID: "333333333333", Region: "us-east-1", Namespace: "AWS/SQS",
			Metric: "ApproximateNumberOfMessagesVisible", Start: now.Add(-time.Hour), End: now.Add(time.Hour),
		}
		old := current
		old.Start = now.Add(-8 * 24 * time.Hour)
		_ = json.NewEncoder(w).Encode([]awssim.Incident{old, current})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestEveryProvisionedQuestionIsAsked(t *testing.T) {
	files, err := loadProvisioning("../../provisioning", environment("http://127.0.0.1:1", "http://127.0.0.1:2", "provisioning"))
	require.NoError(t, err)
	f := &fakeSource{}
	r, err := ask(t.Context(), f, files, fakeLabels(t))
	require.NoError(t, err)

	overview, err := files.Dashboard(provisioning.OverviewUID)
	require.NoError(t, err)
	targets := 0
	for _, panel := range overview.AllPanels() {
		targets += len(panel.Targets)
	}
	require.Equal(t, targets, r.first.queries)
	require.Equal(t, targets, r.second.queries)
	require.Equal(t, 9, f.alerts, "eight rules, one of which asks for two measures")
	require.Equal(t, []accountLine{{"data", "333333333333", "vigia-reader", []string{"us-east-1"}, false, "access denied"}}, r.accounts)
	require.Len(t, r.rules, 8)
	require.Equal(t, 7*24*time.Hour, r.span.Round(time.Second))
	require.Len(t, r.verdicts, 1, "what began before the range is not judged")
	require.True(t, r.verdicts[0].found)
	require.Equal(t, 2, r.replaySeries)
	require.Len(t, r.replay, 2)
	for _, e := range r.outside {
		require.NotEqual(t, replayNamespace, e.series.labels["namespace"])
	}
}

func TestFailingPanelIsNamed(t *testing.T) {
	files, err := loadProvisioning("../../provisioning", environment("http://127.0.0.1:1", "http://127.0.0.1:2", "provisioning"))
	require.NoError(t, err)
	_, err = ask(t.Context(), &fakeSource{broken: "PaymentLatency"}, files, fakeLabels(t))
	require.EqualError(t, err, "Payment latency: query A: account data: denied")
}

// The dashboard covers every metric that the simulator publishes, so that no incident can hide from it.
func TestDashboardCoversTheSimulator(t *testing.T) {
	simulator, err := awssim.New(awssim.Config{Seed: 1, Anchor: noon})
	require.NoError(t, err)
	files, err := loadProvisioning("../../provisioning", environment("http://127.0.0.1:1", "http://127.0.0.1:2", "provisioning"))
	require.NoError(t, err)
	overview, err := files.Dashboard(provisioning.OverviewUID)
	require.NoError(t, err)
	requests, err := panelRequests(overview, noon)
	require.NoError(t, err)
	covered := map[string]bool{}
	for _, r := range requests {
		for _, one := range r.queries {
			q, err := query.Parse(one.refID, one.json)
			require.NoError(t, err)
			require.Equal(t, []string{query.All}, q.Accounts, "variables stand at their defaults")
			covered[q.Namespace+" "+q.Metric] = true
		}
	}
	for _, ref := range append(incidentMetrics(simulator), "AWS/EC2 NetworkIn", "AWS/EC2 StatusCheckFailed", "AWS/RDS CPUUtilization",
		"AWS/RDS FreeStorageSpace", "AWS/Lambda Invocations", "AWS/Lambda Errors", "AWS/Lambda Duration", "AWS/SQS NumberOfMessagesSent",
		"AWS/ApplicationELB RequestCount") {
		require.True(t, covered[ref], ref)
	}
}

func incidentMetrics(simulator *awssim.Simulator) []string {
	var names []string
	for _, incident := range simulator.Incidents(noon.Add(-30*24*time.Hour), noon.Add(30*24*time.Hour)) {
		names = append(names, incident.Namespace+" "+incident.Metric)
		for _, ref := range incident.Related {
			names = append(names, ref.Namespace+" "+ref.Metric)
		}
	}
	return names
}

func TestGrafanaTimes(t *testing.T) {
	for text, want := range map[string]time.Time{
		"now": noon, "now-7d": noon.Add(-7 * 24 * time.Hour), "now+12h": noon.Add(12 * time.Hour), "now-90m": noon.Add(-90 * time.Minute),
	} {
		got, err := grafanaTime(text, noon)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "yesterday", "now*2", "now-", "now/d"} {
		_, err := grafanaTime(text, noon)
		require.Error(t, err, text)
	}
}

func TestRuleIsAskedForItsRangeUntilNow(t *testing.T) {
	requests, err := ruleRequests(provisionedRule(t, "vigia-orders-low"), noon)
	require.NoError(t, err)
	require.Len(t, requests, 2)
	for _, r := range requests {
		require.True(t, r.alert)
		require.Equal(t, noon.Add(-time.Hour), r.from)
		require.Equal(t, noon, r.to)
	}
}

func TestProvisioningThatIsBrokenStopsTheDemo(t *testing.T) {
	_, err := loadProvisioning(t.TempDir(), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWebhookPrintsEachAlert(t *testing.T) {
	var out tail // safe for concurrent use
	hook, err := listenForAlerts(&out)
	require.NoError(t, err)
	defer hook.close()
	response, err := http.Post(hook.url, "application/json", strings.NewReader(`{"alerts":[{"status":"firing","annotations":{"summary":"data us-east-1: queue"}}]}`))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, "webhook: firing: data us-east-1: queue", out.String())
	response, err = http.Post(hook.url, "application/json", strings.NewReader(`nonsense`))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
}
