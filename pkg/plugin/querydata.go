package plugin

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

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

// queryData is QueryData for those who may see everything.
func (i *Instance) queryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	defer i.use()()
	response := backend.NewQueryDataResponse()
	alert := fromAlert(req.Headers)
	ctx = lookedBy(i.askedByQuery(ctx, req), req.PluginContext.User, alert)
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
	defer i.keep()
	defer i.maintain()
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
	switch q.Kind {
	case query.KindQuality:
		return i.runQuality(ctx, q, dq.TimeRange, alert)
	case query.KindCosts:
		return i.runCosts(ctx, q, dq.TimeRange, alert)
	case query.KindEvents:
		return i.runEvents(ctx, q, dq.TimeRange)
	}
	window, err := i.window(q, dq.TimeRange)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	p, err := i.plan(ctx, q, window)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	if alert && (len(p.failures) > 0 || p.cut != "") {
		return nil, backend.DownstreamError(whole(p.failures, p.cut))
	}
	if !alert {
		ctx = history.WithPatience(ctx, history.Patience(window))
	}
	read, err := i.read(ctx, p)
	if err != nil {
		return nil, err
	}
	if !alert {
		i.keepWarm(p, read)
	}
	if err := read.withheld.stale(q.Period); alert && err != nil {
		return nil, backend.DownstreamError(err)
	}
	subjects, err := assemble(p, read)
	if err != nil {
		return nil, err
	}
	failures := firstOfEach(slices.Concat(p.failures, read.failures))
	if alert && len(failures) > 0 || len(failures) > 0 && len(subjects) == 0 {
		return nil, backend.DownstreamError(whole(failures, ""))
	}
	if read.unkept == len(p.keys) && len(p.keys) > 0 {
		return nil, backend.DownstreamError(tooOld(q, window))
	}
	if err := i.analyse(p, p.scored(), subjects); err != nil {
		return nil, err
	}
	i.writeDown(ctx, p, subjects)
	silent := unscored(subjects)
	if alert && silent != nil {
		return nil, silent
	}
	options := frames.Options{Query: q, Simulated: i.simulated, Usage: usageOf(read.usage)}
	said := i.notices(p, failures, read, len(subjects), silent)
	return attach(build(p, subjects, options), said), nil
}

// build makes the frames of the subjects, or of their roll-up.
func build(p plan, subjects []subject, o frames.Options) data.Frames {
	shown := make([]frames.Series, len(subjects))
	for n, s := range subjects {
		shown[n] = s.shown
		shown[n].Observed.Values = slices.Clone(s.shown.Observed.Values) // frames point into them, and would hold the weeks of training
	}
	if len(p.query.RollUp) == 0 {
		return frames.Build(shown, o)
	}
	groups := frames.Gather(shown, p.query.RollUp)
	for n := range groups {
		members := make([]analysis.Result, len(groups[n].Members))
		for m, k := range groups[n].Members {
			members[m] = shown[k].Analysis
		}
		whole := analysis.RollUp(members, p.window, p.query.Detector.EventScore)
		groups[n].Window, groups[n].Score, groups[n].Event = whole.Range, whole.Score, whole.Event
	}
	return frames.BuildGroups(groups, o)
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
		w.Start = series.Floor(earlier(w.Start, settled.Add(-leastBuckets*q.Period)), q.Period)
	}
	return bounded(w)
}

func bounded(w series.Window) (series.Window, error) {
	if w.Len() > maxBuckets {
		return series.Window{}, &query.FieldError{Field: "period", Reason: fmt.Sprintf("the range holds %d periods of %s, more than the limit of %d (maxBuckets); choose a longer period or a shorter range", w.Len(), w.Period, maxBuckets)}
	}
	return w, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// scored is what the members of the answer are scored in: of a roll-up more than it shows.
func (p plan) scored() series.Window {
	if len(p.query.RollUp) > 0 {
		return analysis.RollUpWindow(p.window)
	}
	return p.window
}

// analyse scores and forecasts in a window, on every core.
func (i *Instance) analyse(p plan, w series.Window, subjects []subject) error {
	if !p.analysed() {
		return nil
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n := range subjects {
		group.Go(func() (err error) {
			defer caught(&err)
			s := &subjects[n]
			if s.blind {
				return nil
			}
			r := s.request
			r.Range, r.Journal = w, true
			s.shown.Analysis = i.engine.Analyse(r)
			return nil
		})
	}
	return group.Wait()
}

func usageOf(u history.Usage) frames.Usage {
	return frames.Usage{Series: u.Series, Requests: u.Requests, MetricsAsked: u.MetricsAsked, MetricsSaved: u.MetricsSaved, EstimatedCostUSD: u.CostUSD, CacheHits: u.CacheHits, RevisedPoints: u.Revised}
}
