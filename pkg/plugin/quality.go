package plugin

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// quality is what the administrator says of observations, as package series takes it.
type quality struct {
	accounts.Quality
	relations []series.Relation
}

func qualityOf(q accounts.Quality) quality {
	out := quality{Quality: q}
	for _, r := range q.Rules {
		out.relations = append(out.relations, series.Relation{Namespace: r.Namespace, Lesser: series.Measured(r.Lesser), Greater: series.Measured(r.Greater)})
	}
	return out
}

// check is a rule between two of the metrics that a plan reads, by their place: 0 is the query's own, then come those beside it.
type check struct {
	rule       series.Rule
	left, than int
}

// checks are the rules that a plan looks at, and the metrics that are read for them alone. What is learnt from is held to the rules of
// the administrator, and to those that are built in between the metric and its columns; others of these would cost further metrics and are
// looked at in queries of kind quality.
func (i *Instance) checks(p plan) (checks []check, others []query.Column) {
	every := p.query.Kind == query.KindQuality
	if !every && !p.analysed() {
		return nil, nil
	}
	held := append([]query.Column{{Metric: p.query.Metric, Statistic: p.query.Statistic}}, p.columns()...)
	known := append([]query.Column{held[0]}, p.beside()...)
	read := len(known)
	for left, c := range held {
		rules := series.Rules(i.quality.relations, p.query.Namespace, c.Metric, c.Statistic)
		for _, rule := range series.RulesOf(p.query.Namespace, c.Metric, c.Statistic) {
			if every || slices.ContainsFunc(held, func(c query.Column) bool { return c.Metric == rule.Than.Metric && c.Statistic == rule.Than.Statistic }) {
				rules = append(rules, rule)
			}
		}
		for _, rule := range rules {
			than := slices.IndexFunc(known, func(c query.Column) bool { return c.Metric == rule.Than.Metric && c.Statistic == rule.Than.Statistic })
			if than < 0 {
				than = len(known)
				known = append(known, query.Column{Metric: rule.Than.Metric, Statistic: rule.Than.Statistic})
			}
			checks = append(checks, check{rule: rule, left: left, than: than})
		}
	}
	return checks, known[read:]
}

// against are the counterparts of a metric of a plan, of one of its keys, in what was read of all metrics.
func (p plan) against(metric, key int, all []history.Result) []series.Counterpart {
	var others []series.Counterpart
	for _, c := range p.checks {
		if c.left == metric {
			others = append(others, series.Counterpart{Rule: c.rule, Series: all[c.than*len(p.keys)+key].Series})
		}
	}
	return others
}

// trust makes what is learnt from of what was read: observations that fail a check, or were odd in AWS's answer, are missing there. It is
// final as far as what it is compared with is.
func (i *Instance) trust(ctx context.Context, p plan, all []history.Result, out *reading) error {
	out.trusted = out.results
	if !p.analysed() {
		return nil
	}
	n := len(p.keys)
	out.flagged = make([]int, n)
	for metric, c := range append([]query.Column{{Metric: p.query.Metric, Statistic: p.query.Statistic}}, p.columns()...) {
		lower, upper := i.quality.Range(p.query.Namespace, c.Metric, c.Statistic)
		unchecked := math.IsInf(lower, -1) && math.IsInf(upper, 1) && !slices.ContainsFunc(p.checks, func(c check) bool { return c.left == metric })
		trusted := slices.Clone(all[metric*n : (metric+1)*n])
		for k := range trusted {
			r := &trusted[k]
			flags, err := i.odd.flags(context.WithoutCancel(ctx), r.Series.Key, r.Series.Window)
			if err != nil {
				return fmt.Errorf("what was odd in answers of AWS for metric %s: %w", r.Series.Key.Metric, err)
			}
			if !unchecked {
				found, err := p.flags(r.Series, metric, k, all, lower, upper)
				if err != nil {
					return err
				}
				flags = flags.Or(found)
				r.FinalUntil = p.judgedUntil(metric, k, all)
			}
			if metric == 0 {
				out.flagged[k] = flagged(r.Series, flags, p.window)
			}
			r.Series.Values = flags.Trusted(r.Series.Values)
		}
		if metric == 0 {
			out.trusted = trusted
		} else {
			out.columns[metric-1] = trusted
		}
	}
	return nil
}

// flags are the checks that a metric of a plan fails in own, a part of what was read of one of its keys.
func (p plan) flags(own series.Series, metric, key int, all []history.Result, lower, upper float64) (series.Flags, error) {
	return series.CheckAll(own, p.judgedUntil(metric, key, all), lower, upper, p.against(metric, key, all))
}

// judgedUntil is where buckets begin that may still pass a check that they fail, or fail one that they pass: as far as a metric of a plan, of
// one of its keys, and what it is compared with are final.
func (p plan) judgedUntil(metric, key int, all []history.Result) time.Time {
	until := all[metric*len(p.keys)+key].FinalUntil
	for _, c := range p.checks {
		if c.left == metric {
			until = earlier(until, all[c.than*len(p.keys)+key].FinalUntil)
		}
	}
	return until
}

// flagged counts the observations in a window that fail a check.
func flagged(s series.Series, flags series.Flags, w series.Window) int {
	n := 0
	common := s.Window.Intersect(w)
	if flags == nil || common.Empty() {
		return 0
	}
	from := s.Window.Index(common.Start)
	for i := from; i < from+common.Len(); i++ {
		if flags.Count(i) > 0 && !math.IsNaN(s.Values[i]) {
			n++
		}
	}
	return n
}

// runQuality answers a query of query.KindQuality: which checks each bucket fails, those of the administrator and those that are built in.
func (i *Instance) runQuality(ctx context.Context, q query.Query, r backend.TimeRange, alert bool) (data.Frames, error) {
	window, err := i.window(q, r)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	if alert {
		window = i.judged(q, window)
	}
	p, err := i.plan(ctx, q, window)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	if alert && (len(p.failures) > 0 || p.cut != "") {
		return nil, backend.DownstreamError(whole(p.failures, p.cut))
	}
	read, err := i.read(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := read.withheld.stale(q.Period); alert && err != nil {
		return nil, backend.DownstreamError(err)
	}
	checked, err := i.checked(ctx, p, read)
	if err != nil {
		return nil, err
	}
	failures := firstOfEach(slices.Concat(p.failures, read.failures))
	if len(failures) > 0 && (alert || len(checked) == 0) {
		return nil, backend.DownstreamError(whole(failures, ""))
	}
	if read.unkept == len(p.keys) && len(p.keys) > 0 {
		return nil, backend.DownstreamError(tooOld(q, window))
	}
	options := frames.Options{Query: q, Simulated: i.simulated, Usage: usageOf(read.usage)}
	if alert {
		for n := range checked {
			checked[n] = checked[n].Judged(q.Measures[0])
		}
	}
	return attach(frames.BuildQuality(checked, options), i.notices(p, failures, read, len(checked), nil)), nil
}

// judged is the window of a rule that looks at a range until now: it holds at least a few buckets of which every check can be made, so that
// one over five minutes is not without data.
func (i *Instance) judged(q query.Query, w series.Window) series.Window {
	now := i.clock()
	if history.AboutNow(q.Namespace, w, now) {
		w.Start = earlier(w.Start, history.Final(q.Namespace, q.Period, now).Add(-leastBuckets*q.Period))
	}
	return w
}

// checked are the flags of a plan's series in its window.
func (i *Instance) checked(ctx context.Context, p plan, read reading) ([]frames.Checked, error) {
	var out []frames.Checked
	for k, key := range p.keys {
		if read.lost(k, p.window) {
			continue
		}
		lower, upper := i.quality.Range(key.Namespace, key.Metric, key.Stat)
		flags, err := p.flagsShown(k, read.all, lower, upper)
		if err != nil {
			return nil, err
		}
		odd, err := i.odd.flags(ctx, key, p.shown(read.results[k].Series))
		if err != nil {
			return nil, ours{fmt.Errorf("what was odd in answers of AWS for metric %s: %w", key.Metric, err)}
		}
		observed := read.results[k].Series.Slice(p.window)
		out = append(out, frames.Checked{
			Series: frames.Series{Account: i.alias(key), Observed: observed}, Flags: flags.Or(odd), Open: p.open(k, read.all, observed),
		})
	}
	return out, nil
}

// open are the checks that were not made of what is shown of a plan's own metric: of what may still change, and of what AWS was never asked
// for.
func (p plan) open(key int, all []history.Result, shown series.Series) series.Flags {
	ruled := slices.ContainsFunc(p.checks, func(c check) bool { return c.left == 0 })
	return series.Unchecked(shown, p.judgedUntil(0, key, all), ruled).Or(unasked(all[key], shown.Window))
}

// unasked marks the buckets of a window that AWS was never asked for, or no longer kept when it would have been.
func unasked(r history.Result, w series.Window) (flags series.Flags) {
	for _, gap := range append([]series.Window{r.Unkept}, r.Unasked...) {
		common := w.Intersect(gap)
		for n := range common.Len() {
			for _, c := range series.Checks {
				flags = flags.Mark(w.Len(), w.Index(common.Start)+n, c)
			}
		}
	}
	return flags
}

// shown is the part of a plan's window that a series has.
func (p plan) shown(s series.Series) series.Window { return s.Window.Intersect(p.window) }

// flagsShown are the flags of the query's own metric in the plan's window. Whether a bucket should have an observation is judged by what the
// epoch's detector sees, so that it does not depend on the range.
func (p plan) flagsShown(key int, all []history.Result, lower, upper float64) (series.Flags, error) {
	own := all[key].Series
	shown := p.shown(own)
	flags := make(series.Flags, shown.Len())
	for _, s := range analysis.Stretches(shown) {
		part := own.Slice(s.Read)
		found, err := p.flags(part, 0, key, all, lower, upper)
		if err != nil {
			return nil, err
		}
		if found == nil {
			continue
		}
		from := part.Window.Index(s.Shown.Start)
		copy(flags[shown.Index(s.Shown.Start):], found[from:from+s.Shown.Len()])
	}
	return flags, nil
}

// qualityWindow is what a query of kind quality reads for a window: whole epochs, so that what is missing does not depend on the range.
func qualityWindow(w series.Window) series.Window {
	all := analysis.Stretches(w)
	if len(all) == 0 {
		return w
	}
	return series.Window{Start: all[0].Read.Start, End: all[len(all)-1].Read.End, Period: w.Period}
}
