package plugin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const (
	// maxBuckets bounds the range of one query, in periods: more than a year of minutes.
	maxBuckets = 600_000
	// lateRange is how recent the end of a range must be to be taken for "until now".
	lateRange = time.Hour
	// leastBuckets is how many complete buckets a range until now holds at least, so that one late point is not "no data".
	leastBuckets = 3
)

// QueryData answers each query of the request by itself: one that fails leaves the others alone.
func (i *Instance) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	defer i.use()()
	response := backend.NewQueryDataResponse()
	alert := fromAlert(req.Headers)
	var (
		mutex sync.Mutex
		group errgroup.Group
	)
	for _, q := range req.Queries {
		group.Go(func() error {
			answer := survive(func() backend.DataResponse { return i.answer(ctx, q, alert) })
			mutex.Lock()
			defer mutex.Unlock()
			response.Responses[q.RefID] = answer
			return nil
		})
	}
	return response, group.Wait()
}

func fromAlert(headers map[string]string) bool {
	for name, value := range headers {
		if strings.EqualFold(strings.TrimPrefix(name, "http_"), backend.FromAlertHeaderName) && value == "true" {
			return true
		}
	}
	return false
}

// answer runs one query. What AWS or the user caused is a downstream error; what we caused is not.
func (i *Instance) answer(ctx context.Context, dq backend.DataQuery, alert bool) backend.DataResponse {
	if err := i.ready(ctx); err != nil {
		return backend.ErrorResponseWithErrorSource(backend.DownstreamError(err))
	}
	answer, err := i.run(ctx, dq, alert)
	if err == nil {
		return backend.DataResponse{Frames: answer}
	}
	failed := backend.ErrorResponseWithErrorSource(err)
	var field *query.FieldError
	if errors.As(err, &field) {
		failed.Status = backend.StatusBadRequest
	}
	return failed
}

// run is the thread of a query: parse, which accounts, which series, read, analyse, frames.
func (i *Instance) run(ctx context.Context, dq backend.DataQuery, alert bool) (data.Frames, error) {
	q, err := query.Parse(dq.RefID, dq.JSON)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	if alert {
		if err := q.Alertable(); err != nil {
			return nil, backend.DownstreamError(err)
		}
	}
	window, err := i.window(q, dq.TimeRange)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	targets, failures, err := i.directory.Select(q.Accounts, q.Regions)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	keys, failed, err := i.expand(ctx, q, targets)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	failures = append(failures, failed...)
	keys, cut := limit(keys, window)
	if alert && (len(failures) > 0 || cut != "") {
		return nil, backend.DownstreamError(whole(failures, cut))
	}
	read, err := i.read(ctx, q, keys, window)
	if err != nil {
		return nil, err
	}
	failures = firstOfEach(append(failures, read.failures...))
	if alert && len(failures) > 0 || len(failures) > 0 && len(read.shown) == 0 {
		return nil, backend.DownstreamError(whole(failures, ""))
	}
	if read.unkept == len(keys) && len(keys) > 0 {
		return nil, backend.DownstreamError(tooOld(q, window))
	}
	shown, err := i.analyse(q, window, read.shown)
	if err != nil {
		return nil, err
	}
	answer := frames.Build(shown, frames.Options{Query: q, Simulated: i.simulated, Usage: usageOf(read.usage)})
	return attach(answer, i.notices(q, window, failures, cut, read)), nil
}

// window is the range on the period's grid. One that ends about now ends at the newest complete bucket, because CloudWatch is late, and
// holds at least a few of them: an alert rule that looks five minutes back must not flap.
func (i *Instance) window(q query.Query, r backend.TimeRange) (series.Window, error) {
	if !r.To.After(r.From) {
		return series.Window{}, &query.FieldError{Field: "timeRange", Reason: fmt.Sprintf("the range is empty or reversed: from %s to %s", r.From.UTC().Format(time.RFC3339), r.To.UTC().Format(time.RFC3339))}
	}
	now := i.clock()
	w := series.Align(r.From, r.To, q.Period)
	settled := history.Settled(q.Namespace, q.Period, now)
	if w.End.After(settled) && now.Sub(r.To) < lateRange {
		w.End = settled
		w.Start = series.Floor(minTime(w.Start, settled.Add(-leastBuckets*q.Period)), q.Period)
	}
	if w.Len() > maxBuckets {
		return series.Window{}, &query.FieldError{Field: "period", Reason: fmt.Sprintf("the range holds %d periods of %s, more than the limit of %d (maxBuckets); choose a longer period or a shorter range", w.Len(), q.Period, maxBuckets)}
	}
	return w, nil
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// reading is what came back of a query's series.
type reading struct {
	shown    []history.Result
	failures []accounts.Failure
	usage    history.Usage
	unkept   int // series of which AWS no longer keeps anything in the range
	partly   int // series of which AWS no longer keeps the older part
}

func (i *Instance) read(ctx context.Context, q query.Query, keys []series.Key, w series.Window) (reading, error) {
	asked := w
	if q.WantsScore() || q.WantsForecast() {
		asked = analysis.Training(w)
	}
	results, usage, err := i.reader.Read(ctx, keys, asked)
	if err != nil {
		return reading{}, err
	}
	out := reading{usage: usage}
	for n, r := range results {
		if r.Err != nil {
			out.failures = append(out.failures, accounts.Failure{Account: i.alias(keys[n]), Region: keys[n].Region, Err: accounts.Explain(r.Err)})
			if !observed(r.Series.Slice(w)) {
				continue
			}
			// What is stored is shown beside the failure.
		}
		switch gone := r.Unkept.Intersect(w); {
		case !gone.Empty() && gone.Len() == w.Len():
			out.unkept++
		case !gone.Empty():
			out.partly++
		}
		out.shown = append(out.shown, r)
	}
	return out, nil
}

func observed(s series.Series) bool {
	return slices.ContainsFunc(s.Values, func(v float64) bool { return !math.IsNaN(v) })
}

// firstOfEach keeps one failure for each account and region, which stands for all its series: what may not be listed cannot be read either.
func firstOfEach(failures []accounts.Failure) []accounts.Failure {
	type place struct{ account, region string }
	seen := map[place]bool{}
	return slices.DeleteFunc(failures, func(f accounts.Failure) bool {
		at := place{f.Account, f.Region}
		again := seen[at]
		seen[at] = true
		return again
	})
}

func (i *Instance) alias(k series.Key) string {
	for _, a := range i.directory.Accounts() {
		if a.ID == k.AccountID {
			return a.Alias
		}
	}
	return k.AccountID
}

// analyse scores and forecasts on every core.
func (i *Instance) analyse(q query.Query, w series.Window, results []history.Result) ([]frames.Series, error) {
	out := make([]frames.Series, len(results))
	horizon := time.Duration(0)
	if q.WantsForecast() {
		horizon = q.Horizon
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n, r := range results {
		group.Go(func() (err error) {
			defer caught(&err)
			out[n] = frames.Series{Account: i.alias(r.Series.Key), Observed: r.Series.Slice(w)}
			if q.WantsScore() || horizon > 0 {
				out[n].Analysis = i.engine.Analyse(analysis.Request{
					Series: r.Series, FinalUntil: r.FinalUntil, WholeUntil: r.WholeUntil, Range: w, Horizon: horizon, Threshold: q.Threshold,
				})
			}
			return nil
		})
	}
	return out, group.Wait()
}

func usageOf(u history.Usage) frames.Usage {
	return frames.Usage{Series: u.Series, Requests: u.Requests, MetricsAsked: u.MetricsAsked, EstimatedCostUSD: u.CostUSD, CacheHits: u.CacheHits, RevisedPoints: u.Revised}
}
