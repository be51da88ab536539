package awssim

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

// BenchmarkGetMetricData measures whole calls through AWS's client, signature and CBOR included. "cold" forgets the remembered days
// before each call.
func BenchmarkGetMetricData(b *testing.B) {
	for _, c := range []struct {
		name    string
		queries int
		stat    string
		period  time.Duration
		points  int
	}{
		{"500queries_200points_5m_Average", 500, "Average", 5 * time.Minute, 200},
		{"500queries_200points_1h_p99", 500, "p99", time.Hour, 200},
		{"12queries_28days_5m_Average", 12, "Average", 5 * time.Minute, 28 * 288},
	} {
		for _, cold := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s_cold=%t", c.name, cold), func(b *testing.B) {
				s, _ := newFixed(b)
				client := inProcess(s).cloudWatch(b, s, production, usEast1)
				in := benchInput(s, c.queries, c.stat, c.period, c.points)
				for b.Loop() {
					if cold {
						s.catalogue.cache.forget()
					}
					_, err := client.GetMetricData(context.Background(), in)
					require.NoError(b, err)
				}
			})
		}
	}
}

func benchInput(s *Simulator, queries int, stat string, period time.Duration, points int) *cloudwatch.GetMetricDataInput {
	shelf := s.catalogue.places[place{accountByAlias(s.accounts, production).ID, usEast1}]
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(testAnchor.Add(-time.Duration(points) * period)), EndTime: aws.Time(testAnchor),
	}
	for i := range queries {
		m := shelf.metrics[i%len(shelf.metrics)]
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{
			Id: aws.String(fmt.Sprintf("m%d", i)),
			MetricStat: &types.MetricStat{
				Metric: sdkMetric(m.ref()), Stat: aws.String(stat), Period: aws.Int32(int32(period / time.Second)),
			},
		})
	}
	return in
}

func (c *blockCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.blocks)
	c.order, c.next = c.order[:0], 0
}
