package awssim

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

// webCPU is a metric of production in us-east-1 whose every minute has data.
func webCPU(s *Simulator) MetricRef { return s.plans[0].target.ref() }

func query(id string, ref MetricRef, stat string, period time.Duration) types.MetricDataQuery {
	return types.MetricDataQuery{
		Id:         aws.String(id),
		MetricStat: &types.MetricStat{Metric: sdkMetric(ref), Stat: aws.String(stat), Period: aws.Int32(int32(period / time.Second))},
	}
}

func ask(start, end time.Time, queries ...types.MetricDataQuery) *cloudwatch.GetMetricDataInput {
	return &cloudwatch.GetMetricDataInput{StartTime: aws.Time(start), EndTime: aws.Time(end), MetricDataQueries: queries}
}

func TestGetMetricDataOrderAndBounds(t *testing.T) {
	s, clock := newFixed(t)
	clock.Advance(time.Hour)
	start, end := testAnchor.Add(-2*time.Hour), testAnchor
	for _, l := range []link{inProcess(s), overHTTP(t, s)} {
		cw := l.cloudWatch(t, s, production, usEast1)
		in := ask(start, end, query("a", webCPU(s), "Average", 5*time.Minute))
		newest, err := cw.GetMetricData(context.Background(), in)
		require.NoError(t, err)
		r := newest.MetricDataResults[0]
		require.Equal(t, types.StatusCodeComplete, r.StatusCode)
		require.Equal(t, "CPUUtilization", *r.Label)
		require.Len(t, r.Values, 24)
		require.Equal(t, end.Add(-5*time.Minute), r.Timestamps[0].UTC(), "the end is exclusive, the newest comes first")
		require.Equal(t, start, r.Timestamps[23].UTC(), "the start is inclusive")

		in.ScanBy = types.ScanByTimestampAscending
		oldest, err := cw.GetMetricData(context.Background(), in)
		require.NoError(t, err)
		for i, v := range oldest.MetricDataResults[0].Values {
			require.Equal(t, r.Values[23-i], v)
			require.Equal(t, r.Timestamps[23-i], oldest.MetricDataResults[0].Timestamps[i])
		}
	}
}

func TestGetMetricDataPages(t *testing.T) {
	s, clock := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	start := testAnchor.Add(-50 * time.Minute)
	in := ask(start, testAnchor,
		query("a", webCPU(s), "Average", time.Minute), query("b", webCPU(s), "Maximum", 5*time.Minute), query("c", webCPU(s), "p90", time.Minute))
	whole, err := cw.GetMetricData(context.Background(), in)
	require.NoError(t, err)
	require.Nil(t, whole.NextToken)

	in.MaxDatapoints = aws.Int32(17)
	first, err := cw.GetMetricData(context.Background(), in)
	require.NoError(t, err)
	require.Equal(t, types.StatusCodePartialData, first.MetricDataResults[0].StatusCode)
	require.Len(t, first.MetricDataResults[0].Values, 17)
	require.Equal(t, types.StatusCodePartialData, first.MetricDataResults[1].StatusCode)
	require.Empty(t, first.MetricDataResults[1].Values)

	gathered := map[string][]float64{}
	status := map[string]types.StatusCode{}
	pages := cloudwatch.NewGetMetricDataPaginator(cw, in)
	n := 0
	for ; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(context.Background())
		require.NoError(t, err)
		for _, r := range out.MetricDataResults {
			gathered[*r.Id] = append(gathered[*r.Id], r.Values...)
			status[*r.Id] = r.StatusCode
		}
		clock.Advance(time.Minute) // points that arrive meanwhile neither shift nor repeat others
	}
	require.Greater(t, n, 3)
	for _, r := range whole.MetricDataResults {
		require.Equal(t, r.Values, gathered[*r.Id])
		require.Equal(t, types.StatusCodeComplete, status[*r.Id])
	}

	in.NextToken = first.NextToken
	in.StartTime = aws.Time(start.Add(-time.Hour))
	_, err = cw.GetMetricData(context.Background(), in)
	var invalid *types.InvalidNextToken
	require.ErrorAs(t, err, &invalid, "a token belongs to its request")
	in.NextToken = aws.String("nonsense")
	_, err = cw.GetMetricData(context.Background(), in)
	require.ErrorAs(t, err, &invalid)
}

func TestPageHoldsAtMostThePublishedLimit(t *testing.T) {
	s, _ := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	in := ask(testAnchor.Add(-14*24*time.Hour), testAnchor.Add(-time.Hour))
	for i := range 6 {
		in.MetricDataQueries = append(in.MetricDataQueries, query(fmt.Sprintf("m%d", i), webCPU(s), "Sum", time.Minute))
	}
	out, err := cw.GetMetricData(context.Background(), in)
	require.NoError(t, err)
	points := 0
	for _, r := range out.MetricDataResults {
		points += len(r.Values)
	}
	require.Equal(t, 100_800, points)
	require.NotNil(t, out.NextToken)
}

func TestRetentionByAgeOfStart(t *testing.T) {
	const day = 24 * time.Hour
	s, _ := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	for _, c := range []struct {
		period, age time.Duration
		kept        bool
	}{
		{10 * time.Second, 3 * time.Hour, true}, {10 * time.Second, 3*time.Hour + time.Minute, false},
		{time.Minute, 15 * day, true}, {time.Minute, 15*day + time.Minute, false}, {4 * time.Minute, 16 * day, false},
		{5 * time.Minute, 63 * day, true}, {5 * time.Minute, 63*day + time.Minute, false}, {59 * time.Minute, 64 * day, false},
		{time.Hour, 455 * day, true}, {time.Hour, 455*day + time.Minute, false}, {24 * time.Hour, 456 * day, false},
	} {
		start := testAnchor.Add(-c.age)
		out, err := cw.GetMetricData(context.Background(), ask(start, start.Add(2*time.Hour), query("a", webCPU(s), "Average", c.period)))
		require.NoError(t, err)
		require.Equal(t, types.StatusCodeComplete, out.MetricDataResults[0].StatusCode)
		require.Equal(t, c.kept, len(out.MetricDataResults[0].Values) > 0, "%s at an age of %s", c.period, c.age)
	}
}

func TestStartIsRoundedByAge(t *testing.T) {
	const day = 24 * time.Hour
	s, _ := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	for age, grid := range map[time.Duration]time.Duration{day: time.Minute, 20 * day: 5 * time.Minute, 100 * day: time.Hour} {
		start := testAnchor.Add(-age).Add(17*time.Minute + 42*time.Second)
		out, err := cw.GetMetricData(context.Background(), ask(start, start.Add(5*time.Hour), query("a", webCPU(s), "Average", time.Hour)))
		require.NoError(t, err)
		stamps := out.MetricDataResults[0].Timestamps
		require.Equal(t, start.Truncate(grid), stamps[len(stamps)-1].UTC())
	}
}

func TestGetMetricDataValidation(t *testing.T) {
	s, _ := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	start, end := testAnchor.Add(-time.Hour), testAnchor
	good := query("a", webCPU(s), "Average", time.Minute)
	with := func(change func(*types.MetricDataQuery)) *cloudwatch.GetMetricDataInput {
		q := query("a", webCPU(s), "Average", time.Minute)
		change(&q)
		return ask(start, end, q)
	}
	many := make([]types.MetricDataQuery, 501)
	for i := range many {
		many[i] = query(fmt.Sprintf("m%d", i), webCPU(s), "Average", time.Minute)
	}
	for name, c := range map[string]struct {
		in   *cloudwatch.GetMetricDataInput
		code string
		says string
	}{
		"equal times":       {ask(end, end, good), "ValidationError", "StartTime must not equal parameter EndTime"},
		"reversed times":    {ask(end, start, good), "ValidationError", "StartTime must be less than"},
		"no queries":        {ask(start, end, []types.MetricDataQuery{}...), "MissingParameter", "MetricDataQueries"},
		"501 queries":       {ask(start, end, many...), "ValidationError", "must not have a size greater than 500"},
		"same id twice":     {ask(start, end, good, good), "ValidationError", "not unique"},
		"bad id":            {with(func(q *types.MetricDataQuery) { q.Id = aws.String("A-1") }), "ValidationError", "expected pattern"},
		"unknown statistic": {with(func(q *types.MetricDataQuery) { q.MetricStat.Stat = aws.String("Median") }), "ValidationError", "The value Median for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic"},
		"period 0":          {with(func(q *types.MetricDataQuery) { q.MetricStat.Period = aws.Int32(0) }), "ValidationError", "Period"},
		"period 90":         {with(func(q *types.MetricDataQuery) { q.MetricStat.Period = aws.Int32(90) }), "ValidationError", "multiple of 60"},
		"period below zero": {with(func(q *types.MetricDataQuery) { q.MetricStat.Period = aws.Int32(-60) }), "ValidationError", "Period"},
		"expression": {with(func(q *types.MetricDataQuery) {
			q.MetricStat, q.Expression = nil, aws.String("SUM(METRICS())")
		}), "ValidationError", "SUM(METRICS())"},
		"both":    {with(func(q *types.MetricDataQuery) { q.Expression = aws.String("a+1") }), "ValidationError", "mutually exclusive"},
		"neither": {with(func(q *types.MetricDataQuery) { q.MetricStat = nil }), "ValidationError", "must be specified"},
		"limit":   {&cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, MetricDataQueries: []types.MetricDataQuery{good}, MaxDatapoints: aws.Int32(100_801)}, "ValidationError", "MaxDatapoints"},
		"order":   {&cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, MetricDataQueries: []types.MetricDataQuery{good}, ScanBy: "Sideways"}, "ValidationError", "ScanBy"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cw.GetMetricData(context.Background(), c.in)
			require.Contains(t, requireCode(t, err, c.code).ErrorMessage(), c.says)
		})
	}
}

func TestQueriesWithoutData(t *testing.T) {
	s, _ := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	start, end := testAnchor.Add(-time.Hour), testAnchor
	unknown := webCPU(s)
	unknown.Dimensions = map[string]string{"InstanceId": "i-unknown"}
	hidden, wrongUnit, rightUnit, foreign := query("hidden", webCPU(s), "Average", time.Minute), query("wrong", webCPU(s), "Average", time.Minute),
		query("right", webCPU(s), "Average", time.Minute), query("foreign", webCPU(s), "Average", time.Minute)
	hidden.ReturnData = aws.Bool(false)
	wrongUnit.MetricStat.Unit, rightUnit.MetricStat.Unit = types.StandardUnitBytes, types.StandardUnitPercent
	foreign.AccountId = aws.String("222222222222")
	right := rightUnit
	right.Label = aws.String("my label")
	out, err := cw.GetMetricData(context.Background(), ask(start, end, hidden, query("unknown", unknown, "Average", time.Minute), wrongUnit, right, foreign))
	require.NoError(t, err)
	require.Len(t, out.MetricDataResults, 4)
	for i, id := range []string{"unknown", "wrong", "right", "foreign"} {
		require.Equal(t, id, *out.MetricDataResults[i].Id)
		require.Equal(t, id == "right", len(out.MetricDataResults[i].Values) > 0)
	}
	require.Equal(t, types.StatusCodeComplete, out.MetricDataResults[0].StatusCode)
	require.Equal(t, "my label", *out.MetricDataResults[2].Label)
	require.Equal(t, types.StatusCodeForbidden, out.MetricDataResults[3].StatusCode)
	require.Contains(t, *out.MetricDataResults[3].Messages[0].Value, "222222222222")
}

func TestMetricsLiveInTheirAccountAndRegion(t *testing.T) {
	s, _ := newFixed(t)
	l := overHTTP(t, s)
	start, end := testAnchor.Add(-time.Hour), testAnchor
	in := ask(start, end, query("a", webCPU(s), "Average", time.Minute))
	for name, c := range map[string]struct {
		alias, region string
		data          bool
	}{
		"its own":              {production, usEast1, true},
		"another region":       {production, euWest1, false},
		"another account":      {staging, usEast1, false},
		"a region without any": {data, "ap-south-1", false},
	} {
		out, err := l.cloudWatch(t, s, c.alias, c.region).GetMetricData(context.Background(), in)
		require.NoError(t, err)
		require.Equal(t, c.data, len(out.MetricDataResults[0].Values) > 0, name)
	}
	seen := map[string]string{}
	for _, a := range s.Accounts() {
		for _, region := range a.Regions {
			out, err := l.cloudWatch(t, s, a.Alias, region).ListMetrics(context.Background(), nil)
			require.NoError(t, err)
			require.NotEmpty(t, out.Metrics)
			for _, m := range out.Metrics {
				key := fmt.Sprint(*m.Namespace, *m.MetricName, *m.Dimensions[0].Value, len(m.Dimensions), *m.Dimensions[len(m.Dimensions)-1].Value)
				require.Empty(t, seen[key], key)
				seen[key] = a.Alias + region
			}
		}
	}
	out, err := cloudwatch.NewFromConfig(l.config(usEast1, baseCredentials())).ListMetrics(context.Background(), nil)
	require.NoError(t, err)
	require.Empty(t, out.Metrics, "the management account has no metrics")
}

func TestSameSeedSameWorld(t *testing.T) {
	read := func(seed uint64, chunk time.Duration) []float64 {
		s := newSimulator(t, Config{Seed: seed, Anchor: testAnchor, Clock: func() time.Time { return testAnchor.Add(time.Hour) }})
		cw := inProcess(s).cloudWatch(t, s, production, usEast1)
		var values []float64
		for at := testAnchor.Add(-48 * time.Hour); at.Before(testAnchor); at = at.Add(chunk) {
			in := ask(at, at.Add(chunk), query("a", webCPU(s), "p90", 5*time.Minute))
			in.ScanBy = types.ScanByTimestampAscending
			out, err := cw.GetMetricData(context.Background(), in)
			require.NoError(t, err)
			values = append(values, out.MetricDataResults[0].Values...)
		}
		return values
	}
	whole := read(1, 48*time.Hour)
	require.Len(t, whole, 576)
	require.Equal(t, whole, read(0, time.Hour), "a value does not depend on the range that is asked, and seed 0 is 1")
	other := read(2, 48*time.Hour)
	different := 0
	for i := range whole {
		if math.Abs(whole[i]-other[i]) > 1e-9 {
			different++
		}
	}
	require.Greater(t, different, 570)
}

func TestCountsWhatWasAsked(t *testing.T) {
	s, _ := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	_, err := cw.GetMetricData(context.Background(), ask(testAnchor.Add(-time.Hour), testAnchor.Add(-10*time.Minute),
		query("a", webCPU(s), "Average", time.Minute), query("b", webCPU(s), "Sum", 5*time.Minute)))
	require.NoError(t, err)
	_, err = cw.GetMetricData(context.Background(), ask(testAnchor, testAnchor, query("a", webCPU(s), "Average", time.Minute)))
	require.Error(t, err)
	got := s.Counts().Of("111111111111", "GetMetricData")
	require.Equal(t, 2, got.Calls)
	require.Equal(t, 1, got.Errors)
	require.Equal(t, 2, got.Metrics)
	require.Equal(t, 60, got.Datapoints)
	require.Equal(t, 1, s.Counts().Of("111111111111", "AssumeRole").Calls)
	require.Zero(t, s.Counts().Of("222222222222", "").Calls)
}
