package cloudwatch

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// point is one entry of AWS's two lists.
type point struct {
	at    time.Time
	value float64
}

// taken is the outcome of an answer in which these points come, a page each, for the last hour in buckets of five minutes.
func taken(pages ...[]point) Outcome {
	out := []Outcome{{Series: series.New(series.Key{}, last(time.Hour, 5*time.Minute))}}
	for _, page := range pages {
		r := types.MetricDataResult{Id: aws.String("q0"), StatusCode: types.StatusCodeComplete}
		for _, p := range page {
			r.Timestamps, r.Values = append(r.Timestamps, p.at), append(r.Values, p.value)
		}
		take(&cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{r}}, out)
	}
	return out[0]
}

func bucket(i int) time.Time { return at.Add(time.Duration(i)*5*time.Minute - time.Hour) }

func TestOddPointsAreSaid(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		pages  [][]point
		check  series.Check
		bucket int // which is flagged; -1: none
		detail string
		want   float64 // what bucket 3 holds
	}{
		"no number":        {[][]point{{{bucket(3), nan}}}, series.FormatCheck, 3, "NaN", nan},
		"infinite":         {[][]point{{{bucket(3), math.Inf(-1)}}}, series.FormatCheck, 3, "-Inf", nan},
		"number, then not": {[][]point{{{bucket(3), 7}, {bucket(3), nan}}}, series.FormatCheck, 3, "NaN", 7},
		"off the grid":     {[][]point{{{bucket(3), 7}, {bucket(3).Add(time.Minute), 9}}}, series.FormatCheck, 3, "off the grid of 5m0s", 7},
		"off by less":      {[][]point{{{bucket(3).Add(time.Millisecond), 9}}}, series.FormatCheck, 3, "off the grid", nan},
		"before":           {[][]point{{{bucket(-1), 9}}}, series.FormatCheck, -1, "outside", nan},
		"after":            {[][]point{{{bucket(12), 9}}}, series.FormatCheck, -1, "outside", nan},
		"long ago":         {[][]point{{{time.Time{}, 9}}}, series.FormatCheck, -1, "outside", nan},
		"twice alike":      {[][]point{{{bucket(3), 7}, {bucket(3), 7}}}, series.DuplicateCheck, 3, "7 came twice", 7},
		"twice":            {[][]point{{{bucket(3), 7}, {bucket(3), 9}}}, series.DuplicateCheck, 3, "9 came after 7", 9},
		"on two pages":     {[][]point{{{bucket(3), 7}}, {{bucket(3), 9}}}, series.DuplicateCheck, 3, "9 came after 7", 9},
		"too large":        {[][]point{{{bucket(3), 2e100}}}, series.RangeCheck, 3, "2e+100 is beyond 1e+100", 2e100},
		"too low":          {[][]point{{{bucket(3), -2e100}}}, series.RangeCheck, 3, "beyond", -2e100},
	} {
		t.Run(name, func(t *testing.T) {
			o := taken(c.pages...)
			require.Len(t, o.Oddities, 1)
			require.Zero(t, o.MoreOddities)
			lastPage := c.pages[len(c.pages)-1]
			require.Equal(t, lastPage[len(lastPage)-1].at, o.Oddities[0].At)
			require.Equal(t, c.check, o.Oddities[0].Check)
			require.Contains(t, o.Oddities[0].Detail, c.detail)
			require.InDelta(t, c.want, o.Series.Values[3], 0, "NaN is NaN")
			for i := range o.Series.Values {
				want := 0
				if i == c.bucket {
					want = 1
				}
				require.Equal(t, want, o.Flags.Count(i))
			}
			require.Equal(t, c.bucket >= 0, o.Flags.Has(c.bucket, c.check))
		})
	}
}

func TestListsOfUnequalLengthAreSaid(t *testing.T) {
	out := []Outcome{{Series: series.New(series.Key{}, last(time.Hour, 5*time.Minute))}}
	points := take(&cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{
		{Id: aws.String("q0"), Timestamps: []time.Time{bucket(0), bucket(1)}, Values: []float64{5}},
	}}, out)
	require.Equal(t, 1, points)
	require.Equal(t, 5.0, out[0].Series.Values[0], "what belongs together is taken")
	require.Equal(t, []Oddity{{Check: series.FormatCheck, Detail: "2 timestamps came with 1 values"}}, out[0].Oddities)
	require.Nil(t, out[0].Flags, "which bucket is at fault cannot be told")
}

// A few oddities are told and the rest are counted; every bucket is flagged, and what contradicts comes before what is only repeated.
func TestOdditiesAreBounded(t *testing.T) {
	var page []point
	for i := range 12 {
		page = append(page, point{bucket(i), 7}, point{bucket(i), 7})
	}
	page = append(page, point{bucket(5), 9}, point{bucket(6), math.Inf(1)})
	o := taken(page)
	require.Len(t, o.Oddities, maxOddities)
	require.Equal(t, 14-maxOddities, o.MoreOddities)
	require.Equal(t, "9 came after 7", o.Oddities[maxOddities-2].Detail)
	require.Equal(t, "the value is +Inf", o.Oddities[maxOddities-1].Detail)
	for i := range 12 {
		require.True(t, o.Flags.Has(i, series.DuplicateCheck))
	}
	require.Equal(t, 2, o.Flags.Count(6))
}

// Whatever AWS writes: what is kept is a number of a bucket, what is lost or doubtful is said, and an answer in order has nothing odd.
func TestEveryPointIsKeptOrSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var page []point
		for range rapid.IntRange(0, 30).Draw(t, "points") {
			offset := rapid.SampledFrom([]time.Duration{0, 0, 0, 0, time.Second, time.Minute}).Draw(t, "offset")
			value := rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), 1e101})).Draw(t, "value")
			page = append(page, point{bucket(rapid.IntRange(-2, 14).Draw(t, "bucket")).Add(offset), value})
		}
		o := taken(page)
		kept := 0
		for _, v := range o.Series.Values {
			require.False(t, math.IsInf(v, 0))
			if !math.IsNaN(v) {
				kept++
			}
		}
		odd := len(o.Oddities) + o.MoreOddities
		require.LessOrEqual(t, len(o.Oddities), maxOddities)
		require.LessOrEqual(t, len(page), kept+odd)
		if odd == 0 {
			require.Nil(t, o.Flags)
			require.Equal(t, len(page), kept)
		}
	})
}

// An answer that is asked for again tells what is odd in the last one alone.
func TestOdditiesAreOfTheAnswerThatCounts(t *testing.T) {
	f := &odd{fake: fake{partial: map[string]int{"m0": 1}}}
	ft, _ := fetcher(nil)
	ft.Clients = func(context.Context, Scope) (API, error) { return f, nil }
	outcomes, _ := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), keys(1, 5*time.Minute))
	requireComplete(t, outcomes)
	require.Len(t, f.calls, 2)
	require.Len(t, outcomes[0].Oddities, 1)
}

// odd says the first point of each answer twice.
type odd struct{ fake }

func (f *odd) GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	out, err := f.fake.GetMetricData(ctx, in)
	for i, r := range out.MetricDataResults {
		out.MetricDataResults[i].Timestamps = append(r.Timestamps, r.Timestamps[0])
		out.MetricDataResults[i].Values = append(r.Values, r.Values[0])
	}
	return out, err
}

// Over the wire of the simulated AWS nothing is odd, and no built-in rule is broken: the statistics of a metric are in order, errors are
// invocations, and a target's answers are requests.
func TestSimulatedAnswersPassEveryCheck(t *testing.T) {
	sim, err := awssim.New(awssim.Config{Clock: func() time.Time { return at }, Sessions: time.Now})
	require.NoError(t, err)
	account := sim.Accounts()[0]
	w := last(2*24*time.Hour, 5*time.Minute)
	balancer, function := series.Dimension{Name: "LoadBalancer", Value: "app/storefront/50dc6c495c0c9188"}, series.Dimension{Name: "FunctionName", Value: "checkout-authorise"}
	var asked []series.Key
	for _, m := range []struct {
		namespace, metric string
		dimension         series.Dimension
		statistics        []string
	}{
		{"AWS/Lambda", "Duration", function, []string{"Minimum", "p1", "p50", "p90", "p99", "p99.9", "Maximum", "Average"}},
		{"AWS/Lambda", "Invocations", function, []string{"Sum"}},
		{"AWS/Lambda", "Errors", function, []string{"Sum"}},
		{"AWS/ApplicationELB", "RequestCount", balancer, []string{"Sum"}},
		{"AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", balancer, []string{"Sum"}},
	} {
		for _, statistic := range m.statistics {
			asked = append(asked, series.Key{
				AccountID: account.ID, RoleARN: account.RoleARN, Region: "us-east-1", Namespace: m.namespace, Metric: m.metric, Stat: statistic,
				Dimensions: []series.Dimension{m.dimension}, Period: w.Period,
			})
		}
	}
	ft, _ := fetcher(nil)
	ft.Clients = func(context.Context, Scope) (API, error) { return wire(sim.RoundTripper(), account), nil }
	outcomes, _ := ft.Fetch(context.Background(), ScopeOf(asked[0]), w, asked)

	read := map[string]series.Series{}
	for _, o := range outcomes {
		require.NoError(t, o.Err)
		require.Empty(t, o.Oddities, "%v", o.Series.Key)
		require.Nil(t, o.Flags)
		read[o.Series.Key.ID()] = o.Series
	}
	rules := 0
	for _, s := range read {
		for _, rule := range series.RulesOf(s.Key.Namespace, s.Key.Metric, s.Key.Stat) {
			other, ok := read[rule.CounterpartOf(s.Key).ID()]
			if !ok {
				continue
			}
			flags, err := series.CheckLogic(s, other, rule)
			require.NoError(t, err)
			require.Nil(t, flags, "%s %s %s %v", s.Key.Metric, s.Key.Stat, rule.Op, rule.Than)
			rules++
		}
	}
	require.Equal(t, 20, rules)
}
