package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// The simulated hour: a dashboard that two people look at, and an alert rule.
const (
	costPanels  = 3
	costSeries  = 100 // of each panel, and of the rule: those of the first panel
	costViewers = 2
	costRange   = 24 * time.Hour
	costRefresh = 30 * time.Second
	costHour    = time.Hour

	panelPeriod = time.Minute
	ruleEvery   = time.Minute
	rulePeriod  = 5 * time.Minute // what a query that chooses none has
	ruleRange   = 10 * time.Minute
)

// costStart is where the hour begins, some seconds into a minute.
var costStart = time.Date(2026, 11, 22, 12, 0, 7, 0, time.UTC)

// hourOf is what an hour asked of AWS.
type hourOf struct {
	panels, rule int // metrics asked for them
	refreshes    int // of a panel, by a viewer
	evaluations  int
	saved        int // metrics that the cache answered
	stalest      time.Duration
}

func (h hourOf) asked() int { return h.panels + h.rule }

// times is how many times more so many metrics are.
func (h hourOf) times(metrics int) float64 { return float64(metrics) / float64(h.asked()) }

// bill is what an hour comes to, with the cache and without.
type bill struct {
	cached, fine, fresh hourOf // as it is; with the rule at the panels' period; with every panel as fresh as can be
	// Without a cache each refresh asks for every metric: once, if the requests are cut to a page; or in one request a panel, as Grafana's own
	// CloudWatch data source asks, of which each page is a request that counts every metric again.
	once, paged int
}

func runCost(_ options, out io.Writer) error {
	b, err := measureCost()
	if err != nil {
		return err
	}
	return b.report(out)
}

func measureCost() (b bill, err error) {
	if b.cached, err = simulateHour(costHour, rulePeriod, true); err != nil {
		return b, err
	}
	if b.fine, err = simulateHour(costHour, panelPeriod, true); err != nil {
		return b, err
	}
	if b.fresh, err = simulateHour(costHour, rulePeriod, false); err != nil {
		return b, err
	}
	once, paged, err := uncached()
	rule := b.cached.evaluations * costSeries
	b.once, b.paged = b.cached.refreshes*once+rule, b.cached.refreshes*paged+rule
	return b, err
}

func (b bill) report(out io.Writer) error {
	fmt.Fprintf(out, "%d panels of %d series over %s at %s, refreshed every %s by %d viewers; a rule over %d of them each %s; one hour from an empty cache\n\n",
		costPanels, costSeries, costRange, panelPeriod, costRefresh, costViewers, costSeries, ruleEvery)
	t := newTable(out)
	t.row("", "panels", "rule", "metrics asked", "USD", "USD a month")
	line := func(name string, asked, rule int) {
		t.row(name, strconv.Itoa(asked-rule), strconv.Itoa(rule), strconv.Itoa(asked), number(price(asked), 4), number(price(asked)*24*30, 0))
	}
	rule := b.cached.evaluations * costSeries
	line("no cache, a request a panel, page by page, as Grafana's own source", b.paged, rule)
	line("no cache, each metric once a refresh", b.once, rule)
	line("cache", b.cached.asked(), b.cached.rule)
	line("cache, the rule at "+panelPeriod.String()+" too", b.fine.asked(), b.fine.rule)
	line("cache, every panel as fresh as can be", b.fresh.asked(), b.fresh.rule)
	t.gap()
	t.row("times less than without a cache", "page by page", "each metric once", "newest point late by at most")
	for _, c := range []struct {
		name string
		hourOf
	}{{"cache", b.cached}, {"cache, the rule at " + panelPeriod.String() + " too", b.fine}, {"cache, every panel as fresh as can be", b.fresh}} {
		t.row(c.name, number(c.times(b.paged), 1), number(c.times(b.once), 1), c.stalest.String())
	}
	if err := t.close(); err != nil {
		return err
	}
	figure(out, "metrics_asked_with_cache", float64(b.cached.asked()), "metrics")
	figure(out, "metrics_asked_without_cache", float64(b.paged), "metrics")
	figure(out, "metrics_asked_without_cache_once", float64(b.once), "metrics")
	figure(out, "metrics_saved", float64(b.cached.saved), "metrics")
	figure(out, "cost_usd_with_cache", price(b.cached.asked()), "USD")
	figure(out, "cost_usd_without_cache", price(b.paged), "USD")
	figure(out, "cost_ratio_once", b.cached.times(b.once), "times")
	figure(out, "cost_ratio_fresh", b.fresh.times(b.paged), "times")
	figure(out, "cost_ratio", b.cached.times(b.paged), "times")
	return nil
}

func price(metrics int) float64 { return float64(metrics) * cloudwatch.PricePerMetric }

// costWorld is the simulator, the cache before it and what both have counted.
type costWorld struct {
	*simulated
	reader *history.Reader
	hour   hourOf
}

// Allow and Saved make it the reader's meter.
func (w *costWorld) Allow(context.Context, int) (func(), error) { return func() {}, nil }

func (w *costWorld) Saved(_ context.Context, _ cloudwatch.Scope, metrics int) {
	w.hour.saved += metrics
}

// simulateHour lets an hour pass, or less. Viewers come at moments of their own; patient ones look at a picture that may be some pixels short.
func simulateHour(length, rule time.Duration, patient bool) (hourOf, error) {
	sim, err := newSimulated(costPanels * costSeries)
	if err != nil {
		return hourOf{}, err
	}
	cache, err := store.Open(context.Background(), "")
	if err != nil {
		return hourOf{}, err
	}
	defer cache.Close()
	w := &costWorld{simulated: sim}
	w.reader = history.NewReader(cache, w.fetcher(), w.clock).Metered(w)
	const tick = time.Second
	for at := time.Duration(0); at < length; at += tick {
		w.now = costStart.Add(at)
		for viewer := range costViewers {
			if at%costRefresh != time.Duration(viewer)*costRefresh/costViewers {
				continue
			}
			for panel := range costPanels {
				if err := w.panel(panel, patient); err != nil {
					return hourOf{}, err
				}
			}
		}
		if at%ruleEvery == 0 {
			if err := w.rule(rule); err != nil {
				return hourOf{}, err
			}
		}
	}
	return w.hour, nil
}

func (w *costWorld) panel(n int, patient bool) error {
	window := series.Align(w.now.Add(-costRange), w.now, panelPeriod)
	window.End = history.Settled(simulatedNamespace, panelPeriod, w.now)
	ctx := context.Background()
	if patient {
		ctx = history.WithPatience(ctx, history.Patience(window))
	}
	used, results, err := w.read(ctx, n, window)
	if err != nil {
		return err
	}
	for _, r := range results {
		w.hour.stalest = max(w.hour.stalest, window.End.Sub(r.AskedUntil))
	}
	w.hour.panels += used
	w.hour.refreshes++
	return nil
}

func (w *costWorld) rule(period time.Duration) error {
	window := series.Align(w.now.Add(-ruleRange), w.now, period)
	window.End = history.Settled(simulatedNamespace, period, w.now)
	used, _, err := w.read(context.Background(), 0, window)
	w.hour.rule += used
	w.hour.evaluations++
	return err
}

// read reads a panel's series and checks that each has all its points.
func (w *costWorld) read(ctx context.Context, panel int, window series.Window) (asked int, results []history.Result, err error) {
	keys := w.keys(panel*costSeries, costSeries, window.Period)
	results, used, err := w.reader.Read(ctx, keys, window)
	if err != nil {
		return 0, nil, err
	}
	for _, r := range results {
		if r.Err != nil {
			return 0, nil, r.Err
		}
		until := min(len(r.Series.Values), max(0, r.Series.Window.Index(r.AskedUntil)))
		for i, v := range r.Series.Values[:until] {
			if v != v {
				return 0, nil, fmt.Errorf("%s has no point at %s, read at %s", r.Series.Key.Metric, r.Series.Window.Time(i), w.now)
			}
		}
	}
	return used.MetricsAsked, results, nil
}

// uncached is what one refresh of one panel asks for without a cache: in requests that fit a page, and in one that takes as many pages as it
// takes.
func uncached() (once, paged int, err error) {
	sim, err := newSimulated(costSeries)
	if err != nil {
		return 0, 0, err
	}
	window := series.Align(sim.now.Add(-costRange), sim.now, panelPeriod)
	window.End = history.Settled(simulatedNamespace, panelPeriod, sim.now)
	keys := sim.keys(0, costSeries, panelPeriod)
	outcomes, used := sim.fetcher().Fetch(context.Background(), sim.scope, window, keys)
	for _, o := range outcomes {
		if o.Err != nil {
			return 0, 0, o.Err
		}
	}
	pages, err := sim.pages(window, keys)
	return used.MetricsAsked, pages * costSeries, err
}
