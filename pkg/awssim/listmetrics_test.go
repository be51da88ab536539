package awssim

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

func listed(t *testing.T, cw *cloudwatch.Client, in *cloudwatch.ListMetricsInput) []types.Metric {
	t.Helper()
	var all []types.Metric
	pages := cloudwatch.NewListMetricsPaginator(cw, in)
	for pages.HasMorePages() {
		out, err := pages.NextPage(context.Background())
		require.NoError(t, err)
		all = append(all, out.Metrics...)
	}
	return all
}

func TestListMetricsFilters(t *testing.T) {
	s, _ := newFixed(t)
	cw := overHTTP(t, s).cloudWatch(t, s, production, usEast1)
	dimension := func(name, value string) []types.DimensionFilter {
		f := types.DimensionFilter{Name: aws.String(name)}
		if value != "" {
			f.Value = aws.String(value)
		}
		return []types.DimensionFilter{f}
	}
	for name, c := range map[string]struct {
		in   cloudwatch.ListMetricsInput
		want int
	}{
		"namespace":                 {cloudwatch.ListMetricsInput{Namespace: aws.String(nsALB)}, 4},
		"metric":                    {cloudwatch.ListMetricsInput{MetricName: aws.String("CPUUtilization")}, 5},
		"both":                      {cloudwatch.ListMetricsInput{Namespace: aws.String(nsRDS), MetricName: aws.String("CPUUtilization")}, 1},
		"dimension name":            {cloudwatch.ListMetricsInput{Dimensions: dimension("FunctionName", "")}, 6},
		"dimension value":           {cloudwatch.ListMetricsInput{Dimensions: dimension("FunctionName", "image-resizer")}, 3},
		"unknown value":             {cloudwatch.ListMetricsInput{Dimensions: dimension("FunctionName", "image")}, 0},
		"unknown namespace":         {cloudwatch.ListMetricsInput{Namespace: aws.String("aws/ec2")}, 0},
		"recently active":           {cloudwatch.ListMetricsInput{Namespace: aws.String(nsEC2), RecentlyActive: types.RecentlyActivePt3h}, 9},
		"ended in the last 2 weeks": {cloudwatch.ListMetricsInput{Namespace: aws.String(nsEC2)}, 12},
	} {
		t.Run(name, func(t *testing.T) { require.Len(t, listed(t, cw, &c.in), c.want) })
	}
	_, err := cw.ListMetrics(context.Background(), &cloudwatch.ListMetricsInput{RecentlyActive: "PT5H"})
	requireCode(t, err, "ValidationError")
	_, err = cw.ListMetrics(context.Background(), &cloudwatch.ListMetricsInput{NextToken: aws.String("x")})
	var invalid *types.InvalidParameterValueException
	require.ErrorAs(t, err, &invalid)
}

func TestSilentMetricsLeaveTheListAndKeepTheirData(t *testing.T) {
	s, clock := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	ended := MetricRef{
		Namespace: nsEC2, Metric: "CPUUtilization", Dimensions: map[string]string{"InstanceId": "i-0a1b2c3d4e5f60000"},
	}
	in := &cloudwatch.ListMetricsInput{Dimensions: []types.DimensionFilter{{Name: aws.String("InstanceId"), Value: aws.String("i-0a1b2c3d4e5f60000")}}}
	require.Len(t, listed(t, cw, in), 3)
	clock.Advance(9 * 24 * time.Hour)
	cw = inProcess(s).cloudWatch(t, s, production, usEast1)
	require.Empty(t, listed(t, cw, in), "silent for 15 days")
	out, err := cw.GetMetricData(context.Background(), ask(testAnchor.Add(-7*24*time.Hour), testAnchor, query("a", ended, "Average", 5*time.Minute)))
	require.NoError(t, err)
	require.Len(t, out.MetricDataResults[0].Values, 288, "six days of silence, one of data")
}

func TestListMetricsPages(t *testing.T) {
	files := fstest.MapFS{}
	for i := range 1100 {
		files[fmt.Sprintf("series%04d.csv", i)] = &fstest.MapFile{Data: []byte("2014-02-14 14:30:00,1\n")}
	}
	s := newSimulator(t, Config{Replay: files})
	for _, l := range []link{inProcess(s), overHTTP(t, s)} {
		cw := l.cloudWatch(t, s, data, usEast1)
		out, err := cw.ListMetrics(context.Background(), &cloudwatch.ListMetricsInput{Namespace: aws.String(nsReplay)})
		require.NoError(t, err)
		require.Len(t, out.Metrics, 500)
		all := listed(t, cw, &cloudwatch.ListMetricsInput{Namespace: aws.String(nsReplay)})
		require.Len(t, all, 1100)
		for i, m := range all {
			require.Equal(t, fmt.Sprintf("series%04d", i), *m.MetricName)
		}
	}
}

func TestCatalogueSize(t *testing.T) {
	s, _ := newFixed(t)
	total := 0
	for _, a := range s.Accounts() {
		for _, region := range a.Regions {
			total += len(listed(t, inProcess(s).cloudWatch(t, s, a.Alias, region), &cloudwatch.ListMetricsInput{RecentlyActive: types.RecentlyActivePt3h}))
		}
	}
	require.InDelta(t, 60, total, 5)
}
