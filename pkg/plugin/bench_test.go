package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// benchQuery asks for some 50 series over 7 days at 5 minutes, with score and band: every metric of the simulator's accounts that has the
// dimension, in one request of several queries, as a dashboard does.
func benchQuery(tb testing.TB, now time.Time) *backend.QueryDataRequest {
	request := &backend.QueryDataRequest{}
	for _, q := range []fields{
		cpu(nil),
		cpu(fields{"metric": "NetworkIn"}),
		{"version": 1, "namespace": "AWS/ApplicationELB", "metric": "RequestCount", "statistic": "Sum", "dimensions": fields{"LoadBalancer": []string{"*"}}},
		{"version": 1, "namespace": "AWS/ApplicationELB", "metric": "TargetResponseTime", "dimensions": fields{"LoadBalancer": []string{"*"}}},
		{"version": 1, "namespace": "AWS/RDS", "metric": "CPUUtilization", "dimensions": fields{"DBInstanceIdentifier": []string{"*"}}},
		{"version": 1, "namespace": "AWS/RDS", "metric": "DatabaseConnections", "dimensions": fields{"DBInstanceIdentifier": []string{"*"}}},
		{"version": 1, "namespace": "AWS/Lambda", "metric": "Invocations", "statistic": "Sum", "dimensions": fields{"FunctionName": []string{"*"}}},
		{"version": 1, "namespace": "AWS/Lambda", "metric": "Duration", "dimensions": fields{"FunctionName": []string{"*"}}},
		{"version": 1, "namespace": "AWS/SQS", "metric": "ApproximateNumberOfMessagesVisible", "dimensions": fields{"QueueName": []string{"*"}}},
		{"version": 1, "namespace": "AWS/SQS", "metric": "NumberOfMessagesSent", "statistic": "Sum", "dimensions": fields{"QueueName": []string{"*"}}},
		cpu(fields{"statistic": "Maximum"}),
		cpu(fields{"statistic": "p99"}),
	} {
		raw, err := json.Marshal(q)
		require.NoError(tb, err)
		request.Queries = append(request.Queries, backend.DataQuery{
			RefID: string(rune('A' + len(request.Queries))), JSON: raw,
			TimeRange: backend.TimeRange{From: now.Add(-7 * 24 * time.Hour), To: now},
		})
	}
	return request
}

// BenchmarkQuery times a dashboard of about 50 series over 7 days at 5 minutes, score and band, over HTTP to the simulator: cold, where four
// weeks of training are fetched and learnt as well; warm, a moment later; and by a new instance on the same cache, which learns nothing anew.
func BenchmarkQuery(b *testing.B) {
	now := func() time.Time { return worldStart }
	sim, err := awssim.New(awssim.Config{Clock: now, Sessions: time.Now})
	require.NoError(b, err)
	server := httptest.NewServer(sim)
	defer server.Close()
	ask := func(i *Instance) (series int) {
		response, err := i.QueryData(grafana(), benchQuery(b, now()))
		require.NoError(b, err)
		for _, answer := range response.Responses {
			require.NoError(b, answer.Error)
			series += usage(answer.Frames).Series
		}
		return series
	}
	openIn := func(dir string) *Instance {
		f := NewFactory(dir)
		f.clock = now
		instance, err := f.NewInstance(context.WithoutCancel(grafana()), settingsOf(sim, server.URL))
		require.NoError(b, err)
		return instance.(*Instance)
	}
	open := func() *Instance { return openIn(b.TempDir()) }
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			i := open()
			b.ReportMetric(float64(ask(i)), "series")
			i.Dispose()
		}
		each(b, "query_cold_ms")
	})
	b.Run("warm", func(b *testing.B) {
		i := open()
		defer i.Dispose()
		ask(i)
		for b.Loop() {
			b.ReportMetric(float64(ask(i)), "series")
		}
		each(b, "query_warm_ms")
	})
	b.Run("restarted", func(b *testing.B) {
		dir := b.TempDir()
		i := openIn(dir)
		ask(i)
		i.Dispose()
		for b.Loop() {
			i := openIn(dir)
			b.ReportMetric(float64(ask(i)), "series")
			i.Dispose()
		}
		each(b, "query_restarted_ms")
	})
}

// each prints the mean time of a round.
func each(b *testing.B, name string) {
	fmt.Printf("figure %s %.1f ms\n", name, float64(b.Elapsed().Microseconds())/1e3/float64(b.N))
}
