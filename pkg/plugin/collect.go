package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"net/url"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// collectEach is how often the collector looks for what is due.
	collectEach = 10 * time.Second
	// shownRuns of the log are shown, of the newest searchedRuns, which data sources that share a cache write together.
	shownRuns    = 20
	searchedRuns = 1000
)

// ticker gives the collector its rounds until it is stopped.
type ticker func() (ticks <-chan time.Time, stop func())

func systemTicker() (<-chan time.Time, func()) {
	t := time.NewTicker(collectEach)
	return t.C, t.Stop
}

// watchedQuery is an entry of the watch list.
type watchedQuery struct {
	query query.Query
	lazy  bool
}

// watchList reads the entries of the settings as queries are read.
func watchList(c accounts.Collector) ([]watchedQuery, error) {
	var list []watchedQuery
	for n, entry := range c.Watch {
		path := fmt.Sprintf("collector.watch[%d]", n)
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(entry.Query, &fields); err != nil {
			return nil, fmt.Errorf("field %q: %w", path, err)
		}
		fields["version"] = json.RawMessage(fmt.Sprint(query.Version))
		raw, err := json.Marshal(fields)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", path, err)
		}
		q, err := query.Parse("", raw)
		var field *query.FieldError
		if errors.As(err, &field) {
			return nil, &query.FieldError{Field: path + "." + field.Field, Reason: field.Reason}
		}
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", path, err)
		}
		list = append(list, watchedQuery{q, entry.Lazy})
	}
	return list, nil
}

// collector keeps an instance's series warm, and scores what it keeps.
type collector struct {
	*history.Collector
	looks *looks
}

// beginCollecting starts the collector, which ends with the instance. Like a call it holds the cache until it has ended.
func (i *Instance) beginCollecting(ctx context.Context, f *Factory, s accounts.Collector) {
	if !s.Enabled {
		return
	}
	ctx, stop := context.WithCancel(cloudwatch.WithAsker(ctx, cloudwatch.Collector))
	i.mutex.Lock()
	gone := i.gone
	i.stopCollector = stop
	i.mutex.Unlock()
	if gone {
		stop()
		return
	}
	trouble := func(err error) { i.guard.log().warn("the collector has trouble", "error", err) }
	collected := make(chan struct{}, 1)
	i.collector = &collector{looks: newLooks(i.watched, i.clock()), Collector: history.NewCollector(history.Collecting{
		Reader: i.reader, Runs: runLog{i.store, i.uid}, Clock: i.clock, WarmFor: s.WarmFor, MetricsPerMinute: s.MetricsPerMinute,
		Watch: i.listWatched, Training: analysis.Training, Seed: maphash.String(maphash.MakeSeed(), i.uid),
		Explain: func(k series.Key, err error) error { return i.failure(k, accounts.Explain(err)) },
		Trouble: trouble,
		Collected: func() {
			select {
			case collected <- struct{}{}:
			default: // what is kept is being scored
			}
		},
	})}
	ticks, stopTicks := f.ticks()
	i.behind(ctx, func() { i.collector.Run(ctx, ticks) }, stopTicks)
	i.behind(ctx, func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-collected:
			}
			i.maintain() // points come without queries too
			if err := i.scoreKept(ctx); err != nil {
				trouble(err)
			}
		}
	}, func() {})
}

// behind runs what goes on as long as the context, beside the calls: again, where it panicked.
func (i *Instance) behind(ctx context.Context, work, end func()) {
	done := i.use()
	go func() {
		defer done()
		defer end()
		for ctx.Err() == nil {
			var err error
			func() {
				defer caught(&err)
				work()
			}()
		}
	}()
}

// keepWarm has the collector keep what a dashboard or Explore has read, and score it where they do. Rules keep themselves warm: each asks for
// what is new, and the price is the same whenever that is.
func (i *Instance) keepWarm(p plan, r reading) {
	if i.collector == nil {
		return
	}
	w := p.window
	if p.analysed() {
		w = analysis.Training(w)
	}
	i.collector.Warm(p.asked(), w, i.reader.Patience(p.window), func(n int) bool { return r.all[n].Err != nil })
	now, warmFor := i.clock(), i.collector.WarmFor
	if len(r.results) == 0 || warmFor <= 0 || !p.query.WantsScore() || !history.AboutNow(p.query.Namespace, p.window, now) {
		return
	}
	told := now
	for _, result := range r.trusted {
		told = earlier(told, result.FinalUntil)
	}
	i.collector.looks.follow(p.query, now, told, now.Add(warmFor))
}

// listWatched finds the series of the watch list.
func (i *Instance) listWatched(ctx context.Context) ([]history.Watch, error) {
	var all []history.Watch
	var problems []error
	for n, w := range i.watched {
		keys, err := i.watchedSeries(ctx, w.query)
		if err != nil {
			problems = append(problems, fmt.Errorf("collector.watch[%d]: %w", n, err))
		}
		if !w.lazy {
			keys = i.scoredSeries(w.query, keys)
		}
		all = append(all, history.Watch{Keys: keys, Lazy: w.lazy})
	}
	return all, errors.Join(problems...)
}

func (i *Instance) watchedSeries(ctx context.Context, q query.Query) ([]series.Key, error) {
	targets, failures, err := i.directory.Select(q.Accounts, q.Regions)
	if err != nil {
		return nil, err
	}
	keys, failed, err := i.expand(ctx, q, targets)
	return keys, errors.Join(whole(append(failures, failed...), ""), err)
}

// scoredSeries are the series with those of the metrics that the data source's quality holds them to: without them there is no score.
func (i *Instance) scoredSeries(q query.Query, keys []series.Key) []series.Key {
	p := plan{query: scoredBy(q), keys: keys}
	p.checks, p.others = i.checks(p)
	return p.asked()
}

// runLog is the log of one data source's runs in a cache that several share.
type runLog struct {
	store *store.Store
	uid   string
}

func (l runLog) AppendRun(ctx context.Context, r store.Run) error {
	r.Kind += " " + l.uid
	return l.store.AppendRun(ctx, r)
}

// newest are the data source's own runs, the newest first.
func (l runLog) newest(ctx context.Context) ([]store.Run, error) {
	all, err := l.store.Runs(ctx, searchedRuns)
	if err != nil {
		return nil, err
	}
	var own []store.Run
	for _, r := range all {
		kind, uid, _ := strings.Cut(r.Kind, " ")
		if uid == l.uid && len(own) < shownRuns {
			r.Kind = kind
			own = append(own, r)
		}
	}
	return own, nil
}

// collecting is the answer of the resource collector.
type collecting struct {
	Enabled          bool       `json:"enabled"`
	Running          bool       `json:"running"` // a round is under way
	Done             int        `json:"done"`    // series of the back-fill that is under way, or of the last one
	Total            int        `json:"total"`
	Warm             int        `json:"warm"`    // series that are kept
	Watched          int        `json:"watched"` // of which by the watch list
	Lazy             int        `json:"lazy"`    // of which only for history
	NextDue          *time.Time `json:"nextDue"`
	MetricsPerMinute int        `json:"metricsPerMinute"`
	EstimatedUSDADay float64    `json:"estimatedUSDPerDay"`
	Notes            []string   `json:"notes"`
	Runs             []run      `json:"runs"` // the newest first
}

type run struct {
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Kind    string    `json:"kind"`
	Series  int       `json:"series"`
	Asked   int       `json:"asked"` // metrics
	Points  int       `json:"points"`
	Revised int       `json:"revised"`
	Error   string    `json:"error"`
}

func (i *Instance) describeCollector(ctx context.Context, _ url.Values) (any, []accounts.Failure, error) {
	out := collecting{Notes: []string{}, Runs: []run{}}
	runs, err := runLog{i.store, i.uid}.newest(ctx)
	if err != nil {
		return nil, nil, ours{err}
	}
	for _, r := range runs {
		out.Runs = append(out.Runs, run{r.Started, r.Ended, r.Kind, r.Series, r.Asked, r.Fetched, r.Revised, r.Error})
	}
	if i.collector == nil {
		return out, nil, nil
	}
	s := i.collector.Status()
	out.Enabled, out.Running, out.Done, out.Total = true, s.Running, s.Done, s.Total
	out.Warm, out.Watched, out.Lazy = s.Warm, s.Watched, s.Lazy
	out.MetricsPerMinute, out.EstimatedUSDADay = i.collector.MetricsPerMinute, s.CostPerDayUSD
	if !s.Due.IsZero() {
		out.NextDue = &s.Due
	}
	if s.Note != nil {
		out.Notes = append(out.Notes, s.Note.Error())
	}
	if s.LeftOut > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("kept %d of %d series of the watch list: the limit of %d series a data source (history.Limit)", s.Watched, s.Watched+s.LeftOut, history.Limit))
	} else if s.Full {
		out.Notes = append(out.Notes, fmt.Sprintf("%d series are kept, which is the limit (history.Limit): others are fetched when they are looked at", s.Warm))
	}
	if i.collector.looks.full() {
		out.Notes = append(out.Notes, fmt.Sprintf("%d queries are scored while nobody looks, which is the limit (maxLooks): anomalies of others are written down when they are asked again", maxLooks))
	}
	return out, nil, nil
}
