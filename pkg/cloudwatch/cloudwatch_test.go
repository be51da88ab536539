package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

var (
	at    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	scope = Scope{AccountID: "111111111111", Region: "us-east-1"}
)

// fake answers the number of seconds since the epoch, in pages of pageSize points a metric.
type fake struct {
	mutex    sync.Mutex
	calls    []int // queries in each call
	pageSize int
	partial  map[string]int // by metric: how many answers are partial before one is complete
	silent   string         // this metric's results have no status
	refuses  func(metric string) bool
	err      error
	listed   []types.Metric
	lists    int
}

func (f *fake) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls = append(f.calls, len(in.MetricDataQueries))
	if f.err != nil {
		return nil, f.err
	}
	for _, q := range in.MetricDataQueries {
		if name := *q.MetricStat.Metric.MetricName; f.refuses != nil && f.refuses(name) {
			return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: "metric " + name + " is invalid"}
		}
	}
	out := &cloudwatch.GetMetricDataOutput{}
	offset := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &offset)
	}
	for _, q := range in.MetricDataQueries {
		r := types.MetricDataResult{Id: q.Id, StatusCode: types.StatusCodeComplete}
		period := time.Duration(*q.MetricStat.Period) * time.Second
		t := in.StartTime.Add(time.Duration(offset) * period)
		for n := 0; t.Before(*in.EndTime) && (f.pageSize == 0 || n < f.pageSize); n++ {
			r.Timestamps, r.Values = append(r.Timestamps, t), append(r.Values, float64(t.Unix()))
			t = t.Add(period)
		}
		if t.Before(*in.EndTime) {
			r.StatusCode = types.StatusCodePartialData
			out.NextToken = aws.String(fmt.Sprint(offset + f.pageSize))
		}
		if name := *q.MetricStat.Metric.MetricName; f.partial[name] > 0 {
			f.partial[name]--
			r.StatusCode, r.Values, r.Timestamps = types.StatusCodeInternalError, r.Values[:1], r.Timestamps[:1]
		}
		if *q.MetricStat.Metric.MetricName == f.silent {
			r.StatusCode = ""
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
	}
	return out, nil
}

func (f *fake) ListMetrics(_ context.Context, in *cloudwatch.ListMetricsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.lists++
	if f.err != nil {
		return nil, f.err
	}
	from := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &from)
	}
	to := min(from+2, len(f.listed))
	out := &cloudwatch.ListMetricsOutput{Metrics: f.listed[from:to]}
	if to < len(f.listed) {
		out.NextToken = aws.String(fmt.Sprint(to))
	}
	return out, nil
}

func fetcher(f *fake) (*Fetcher, *[]Call) {
	var mutex sync.Mutex
	calls := &[]Call{}
	return &Fetcher{
		Clients: func(context.Context, Scope) (API, error) { return f, nil },
		Ledger: func(c Call) {
			mutex.Lock()
			defer mutex.Unlock()
			*calls = append(*calls, c)
		},
		Clock: func() time.Time { return at },
	}, calls
}

func keys(n int, period time.Duration) []series.Key {
	out := make([]series.Key, n)
	for i := range out {
		out[i] = series.Key{AccountID: scope.AccountID, Region: scope.Region, Namespace: "N", Metric: fmt.Sprint("m", i), Stat: "Average", Period: period}
	}
	return out
}

func last(d, period time.Duration) series.Window {
	return series.Window{Start: at.Add(-d), End: at, Period: period}
}

func requireComplete(t *testing.T, outcomes []Outcome) {
	t.Helper()
	for _, o := range outcomes {
		require.NoError(t, o.Err)
		for i, v := range o.Series.Values {
			require.Equal(t, float64(o.Series.Window.Time(i).Unix()), v)
		}
	}
}

// A batch fits one page: 100,800 points or 500 metrics, whichever comes first.
func TestBatchesFitOnePage(t *testing.T) {
	for _, c := range []struct {
		window series.Window
		count  int
		calls  int
	}{
		{last(time.Hour, 5*time.Minute), 1200, 3},
		{last(28*24*time.Hour, 5*time.Minute), 25, 3},          // 8,064 points: 12 a page
		{last(15*24*time.Hour, time.Minute), 9, 3},             // 21,600 points: 4 a page
		{last(455*24*time.Hour, time.Hour), 1, 1},              // one alone
		{series.Window{Start: at, End: at, Period: 1e9}, 0, 0}, // nothing asked, nothing called
	} {
		f := &fake{}
		ft, calls := fetcher(f)
		outcomes, usage := ft.Fetch(context.Background(), scope, c.window, keys(c.count, c.window.Period))
		requireComplete(t, outcomes)
		require.Len(t, f.calls, c.calls)
		require.Equal(t, c.calls, usage.Requests)
		require.Equal(t, c.count, usage.MetricsAsked)
		require.InDelta(t, float64(c.count)*0.01/1000, usage.CostUSD, 1e-12)
		require.Len(t, *calls, c.calls, "every call is in the ledger")
	}
}

func TestPagesAreFollowed(t *testing.T) {
	f := &fake{pageSize: 100}
	ft, calls := fetcher(f)
	outcomes, usage := ft.Fetch(context.Background(), scope, last(24*time.Hour, 5*time.Minute), keys(3, 5*time.Minute))
	requireComplete(t, outcomes)
	require.Equal(t, 3, usage.Requests)
	require.Equal(t, 288*3, (*calls)[0].Datapoints+(*calls)[1].Datapoints+(*calls)[2].Datapoints)
}

func TestPartialAnswerIsAskedForAgain(t *testing.T) {
	f := &fake{partial: map[string]int{"m1": 1}}
	ft, _ := fetcher(f)
	outcomes, usage := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), keys(3, 5*time.Minute))
	requireComplete(t, outcomes)
	require.Equal(t, []int{3, 1}, f.calls)
	require.Equal(t, 4, usage.MetricsAsked)
}

// A metric that stays partial is an error of its own: its missing points say nothing.
func TestPartialForeverIsAnError(t *testing.T) {
	f := &fake{partial: map[string]int{"m1": 9}}
	ft, _ := fetcher(f)
	outcomes, _ := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), keys(3, 5*time.Minute))
	require.NoError(t, outcomes[0].Err)
	require.ErrorContains(t, outcomes[1].Err, "InternalError")
	require.NoError(t, outcomes[2].Err)
}

// AWS charges for answers: a call that failed is in the ledger, and costs nothing.
func TestFailedCallFailsItsBatchAndIsInTheLedger(t *testing.T) {
	f := &fake{err: errors.New("no network")}
	ft, calls := fetcher(f)
	outcomes, usage := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), keys(2, 5*time.Minute))
	require.ErrorContains(t, outcomes[0].Err, "no network")
	require.ErrorContains(t, outcomes[1].Err, "no network")
	require.Equal(t, []int{2}, f.calls, "what is wrong with the network is wrong with all: nothing is asked in parts")
	require.Equal(t, []Call{{At: at, Scope: scope, Operation: "GetMetricData", Metrics: 2, Err: "no network"}}, *calls)
	require.Equal(t, Usage{Requests: 1, MetricsAsked: 2}, usage)
}

// What AWS denies or throttles is of the whole request: it is not asked for in parts.
func TestOnlyRefusalsAreTakenApart(t *testing.T) {
	for _, code := range []string{"AccessDenied", "Throttling", "InternalServiceFault"} {
		f := &fake{err: &smithy.GenericAPIError{Code: code}}
		ft, _ := fetcher(f)
		outcomes, _ := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), keys(2, 5*time.Minute))
		require.ErrorContains(t, outcomes[1].Err, code)
		require.Equal(t, []int{2}, f.calls)
	}
}

// Who has gone asks for nothing more.
func TestACancelledFetchSendsNothing(t *testing.T) {
	f := &fake{}
	ft, calls := fetcher(f)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	outcomes, usage := ft.Fetch(ctx, scope, last(time.Hour, 5*time.Minute), keys(1200, 5*time.Minute))
	for _, o := range outcomes {
		require.ErrorIs(t, o.Err, context.Canceled)
	}
	require.Empty(t, f.calls)
	require.Empty(t, *calls)
	require.Zero(t, usage)
}

// A result without a status says nothing of what it lacks: it is asked for again, and one that never has a status is an error.
func TestAnAnswerWithoutAStatusIsPartial(t *testing.T) {
	f := &fake{silent: "m1"}
	ft, _ := fetcher(f)
	outcomes, _ := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), keys(2, 5*time.Minute))
	require.NoError(t, outcomes[0].Err)
	require.ErrorContains(t, outcomes[1].Err, "CloudWatch answered no status")
	require.Equal(t, []int{2, 1}, f.calls)
}

// AWS refuses a request for one series in it. The others come, the refused ones have AWS's reason, and all of it costs the answers alone.
func TestWhatAWSRefusesFailsAlone(t *testing.T) {
	f := &fake{refuses: func(name string) bool { return name == "m3" || name == "m77" }}
	ft, ledger := fetcher(f)
	asked := keys(100, 5*time.Minute)
	outcomes, usage := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), asked)
	for i, o := range outcomes {
		if f.refuses(asked[i].Metric) {
			require.ErrorContains(t, o.Err, "ValidationError")
			continue
		}
		requireComplete(t, []Outcome{o})
	}
	require.InDelta(t, 98*PricePerMetric, usage.CostUSD, 1e-12)
	require.LessOrEqual(t, len(*ledger), 1+2*2*7, "two for each half that holds one")
}

// Where everything is refused, as by a mistyped statistic, it is not asked for one by one.
func TestARefusalOfAllIsNotTakenApart(t *testing.T) {
	f := &fake{refuses: func(string) bool { return true }}
	ft, ledger := fetcher(f)
	outcomes, usage := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), keys(500, 5*time.Minute))
	for _, o := range outcomes {
		require.ErrorContains(t, o.Err, "ValidationError")
	}
	require.LessOrEqual(t, len(*ledger), 1+2*maxHalvings)
	require.Zero(t, usage.CostUSD)
}

func TestStatisticsOfOneMetricCountOnce(t *testing.T) {
	ks := keys(2, 5*time.Minute)
	ks = append(ks, ks[0])
	ks[2].Stat = "p99"
	ft, _ := fetcher(&fake{})
	_, usage := ft.Fetch(context.Background(), scope, last(time.Hour, 5*time.Minute), ks)
	require.Equal(t, 2, usage.MetricsAsked)
}

func TestNotANumberIsNoData(t *testing.T) {
	out := []Outcome{{Series: series.New(series.Key{}, last(15*time.Minute, 5*time.Minute))}}
	take(&cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{
		{Id: aws.String("q0"), Timestamps: []time.Time{at.Add(-5 * time.Minute), at, at.Add(-10 * time.Minute)}, Values: []float64{math.Inf(1), 3, 7}},
		{Id: aws.String("q99")}, {Id: aws.String("mine")}, {},
	}}, out)
	require.True(t, math.IsNaN(out[0].Series.Values[2]))
	require.Equal(t, 7.0, out[0].Series.Values[1])
}

// The rule of the API reference, by the age of the request's start. What lies near the edge is given up: AWS answers a request that begins too
// early with nothing, and its clock or ours may be wrong by some minutes, or by an hour where the shorter history does not matter.
func TestRetention(t *testing.T) {
	for period, want := range map[time.Duration]struct{ kept, slack time.Duration }{
		time.Second: {3 * time.Hour, 6 * time.Minute}, 30 * time.Second: {3 * time.Hour, 6 * time.Minute},
		time.Minute: {15 * day, 65 * time.Minute}, 3 * time.Minute: {15 * day, 65 * time.Minute},
		5 * time.Minute: {63 * day, 65 * time.Minute}, 10 * time.Minute: {63 * day, 65 * time.Minute},
		time.Hour: {455 * day, 65 * time.Minute}, 24 * time.Hour: {455 * day, day},
	} {
		require.Equal(t, want.kept, Retention(period), "%s", period)
		kept := Retained(last(500*day, period), at)
		require.Greater(t, kept.Start.Sub(at.Add(-want.kept)), want.slack, "%s", period)
		require.LessOrEqual(t, kept.Start.Sub(at.Add(-want.kept)), want.slack+period, "%s", period)
		require.Zero(t, kept.Start.Unix()%int64(period.Seconds()))
	}
	require.True(t, Retained(series.Window{Start: at.Add(-90 * day), End: at.Add(-80 * day), Period: time.Minute}, at).Empty())
}

func metric(name string, dims ...string) types.Metric {
	m := types.Metric{Namespace: aws.String("N"), MetricName: aws.String(name)}
	for i := 0; i < len(dims); i += 2 {
		m.Dimensions = append(m.Dimensions, types.Dimension{Name: aws.String(dims[i]), Value: aws.String(dims[i+1])})
	}
	return m
}

func catalog(f *fake, now *time.Time) *Catalog {
	return &Catalog{Clients: func(context.Context, Scope) (API, error) { return f, nil }, Ledger: func(Call) {}, Clock: func() time.Time { return *now }}
}

func TestExpand(t *testing.T) {
	now := at
	f := &fake{listed: []types.Metric{
		metric("cpu", "Id", "b"), metric("cpu", "Id", "a"), metric("cpu", "Zone", "z", "Id", "a"), metric("cpu"), metric("cpu", "Id", "a"),
	}}
	c := catalog(f, &now)
	expand := func(dims map[string][]string) [][]series.Dimension {
		found, err := c.Expand(context.Background(), scope, "N", "cpu", dims)
		require.NoError(t, err)
		return found
	}
	id := func(v string) []series.Dimension { return []series.Dimension{{Name: "Id", Value: v}} }
	require.Equal(t, [][]series.Dimension{id("a"), id("b")}, expand(map[string][]string{"Id": {"*"}}), "exactly these dimensions, sorted, once")
	require.Equal(t, [][]series.Dimension{{{Name: "Id", Value: "a"}, {Name: "Zone", Value: "z"}}}, expand(map[string][]string{"Zone": {"*"}, "Id": {"a"}}))
	require.Empty(t, expand(map[string][]string{"Zone": {"*"}}))
	require.Equal(t, [][]series.Dimension{id("b")}, expand(map[string][]string{"Id": {"b", "x"}}), "only what exists")
	require.Equal(t, [][]series.Dimension{nil}, expand(nil))
}

func TestCombine(t *testing.T) {
	combine := func(dims map[string][]string) [][]series.Dimension {
		combined, err := Combine(dims)
		require.NoError(t, err)
		return combined
	}
	require.Equal(t, [][]series.Dimension{nil}, combine(nil))
	require.Equal(t, [][]series.Dimension{{{Name: "A", Value: "1"}, {Name: "B", Value: "x"}}, {{Name: "A", Value: "1"}, {Name: "B", Value: "y"}}},
		combine(map[string][]string{"B": {"x", "y"}, "A": {"1"}}))
	_, err := Combine(map[string][]string{"a": make([]string, 1000), "b": make([]string, 1000)})
	require.ErrorContains(t, err, "combinations")
}

func TestListingIsKeptAndAskedOnce(t *testing.T) {
	now := at
	f := &fake{listed: []types.Metric{metric("a"), metric("b"), metric("c")}}
	c := catalog(f, &now)
	var wait sync.WaitGroup
	for range 20 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			metrics, err := c.Metrics(context.Background(), scope, "N", "")
			if err != nil || len(metrics) != 3 {
				t.Errorf("%v %v", metrics, err)
			}
		}()
	}
	wait.Wait()
	require.Equal(t, 2, f.lists, "two pages, once")
	now = now.Add(catalogAge)
	_, err := c.Metrics(context.Background(), scope, "N", "")
	require.NoError(t, err)
	require.Equal(t, 4, f.lists)
}

// A clock that is set back makes no listing younger than it is: what came to exist since is found.
func TestListingsBeforeTheClockWasSetBackAreOld(t *testing.T) {
	now := at.Add(day)
	f := &fake{listed: []types.Metric{metric("a")}}
	c := catalog(f, &now)
	_, err := c.Metrics(context.Background(), scope, "N", "")
	require.NoError(t, err)
	now, f.listed = at, append(f.listed, metric("b"))
	metrics, err := c.Metrics(context.Background(), scope, "N", "")
	require.NoError(t, err)
	require.Len(t, metrics, 2)
	_, err = c.Metrics(context.Background(), scope, "N", "")
	require.NoError(t, err)
	require.Equal(t, 2, f.lists, "and kept again")
	now = at.Add(-day)
	_, err = c.Metrics(context.Background(), scope, "N", "other")
	require.NoError(t, err)
	require.Len(t, c.kept, 1, "what is old is forgotten")
}

// When AWS does not answer, the error comes with what was last known.
func TestLastListingComesWithTheError(t *testing.T) {
	now := at
	f := &fake{listed: []types.Metric{metric("cpu", "Id", "a")}}
	c := catalog(f, &now)
	every := map[string][]string{"Id": {"*"}}
	known, err := c.Expand(context.Background(), scope, "N", "cpu", every)
	require.NoError(t, err)
	now, f.err = now.Add(time.Hour), errors.New("denied")
	last, err := c.Expand(context.Background(), scope, "N", "cpu", every)
	require.ErrorContains(t, err, "denied")
	require.Equal(t, known, last)
	none, err := c.Expand(context.Background(), scope, "N", "other", every)
	require.Error(t, err)
	require.Empty(t, none)
}

func TestListingLimitIsSaid(t *testing.T) {
	now := at
	f := &fake{listed: []types.Metric{metric("a"), metric("b"), metric("c")}}
	c := catalog(f, &now)
	c.PageLimit = 1
	_, err := c.Metrics(context.Background(), scope, "N", "")
	require.ErrorContains(t, err, "list_metrics_page_limit")
}
