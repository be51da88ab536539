package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// costPeriod is the shortest period of costs: what the ledger counts savings by.
	costPeriod = time.Hour
	// maxCostBuckets bounds the points of a frame of costs: two months of hours. A longer range is shown by the day, unless a query says
	// otherwise.
	maxCostBuckets = 62 * 24
	// byAsker is the label of who asked.
	byAsker = "asked_by"
	// unknownAsker is the label of who is not known.
	unknownAsker = "unknown"
)

// runCosts answers a query of query.KindCosts: what the ledger says of the data source's own accounts, a point for each hour of the range,
// in UTC, the running one included; or for each period, where that is longer. Savings are written once a
// minute (Reader's Usage.MetricsSaved says what they are). Chosen accounts and regions for which nothing was asked cost 0, and so does who asked
// in the day before the range and not in it: a rule is not without data because an hour is young.
func (i *Instance) runCosts(ctx context.Context, q query.Query, r backend.TimeRange, alert bool) (data.Frames, error) {
	w, err := i.costWindow(q, r)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	targets, failures, err := i.directory.Select(q.Accounts, q.Regions)
	if err == nil && (len(targets) == 0 || alert && len(failures) > 0) {
		err = whole(failures, "")
	}
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	i.putSavings(keepTimeout, savingsPause)
	b := newBill(q, w, targets)
	buckets, err := i.store.CostsBy(ctx, w)
	if err != nil {
		return nil, err
	}
	before, err := i.costsBefore(ctx, q, w)
	if err != nil {
		return nil, err
	}
	for n, entries := range buckets {
		b.add(n, i.guard.askers(entries))
	}
	silent := len(b.sums) == 0
	b.fill(i.guard.askers(before), targets)
	shown, cut := b.groups()
	if alert && cut != "" {
		return nil, backend.DownstreamError(whole(nil, cut))
	}
	said := i.notices(plan{query: q, cut: cut}, failures, reading{}, 1, nil)
	if silent {
		said = append(said, data.Notice{Severity: data.NoticeSeverityInfo, Text: "nothing was asked of AWS in this range"})
	}
	return attach(frames.BuildCosts(shown, w, frames.Options{Query: q, Simulated: i.simulated}), said), nil
}

// costsBefore are the entries of the day before a window, where it matters who asked.
func (i *Instance) costsBefore(ctx context.Context, q query.Query, w series.Window) ([]store.Cost, error) {
	if !slices.Contains(q.By, byAsker) {
		return nil, nil
	}
	return i.store.Costs(ctx, w.Start.Add(-24*time.Hour), w.Start)
}

// costWindow is the range in whole periods of an hour or more, up to the running one.
func (i *Instance) costWindow(q query.Query, r backend.TimeRange) (series.Window, error) {
	period := max(q.Period, costPeriod)
	if period == costPeriod && r.To.Sub(r.From) > (maxCostBuckets-1)*costPeriod {
		period = 24 * time.Hour
	}
	w := series.Align(r.From, r.To, period)
	if running := series.Floor(i.clock(), period).Add(period); w.End.After(running) {
		w.End = running
	}
	switch {
	case period%costPeriod != 0:
		return w, &query.FieldError{Field: "period", Reason: fmt.Sprintf("%s is not in whole hours, by which costs are counted", period)}
	case !r.To.After(r.From) || w.Empty():
		return w, &query.FieldError{Field: "timeRange", Reason: "the range is empty, reversed or in the future"}
	case w.Len() > maxCostBuckets:
		return w, &query.FieldError{Field: "timeRange", Reason: fmt.Sprintf("the range has %d periods of %s, and %d can be shown; choose a longer period",
			w.Len(), period, maxCostBuckets)}
	}
	return w, nil
}

// bill gathers entries of the ledger by the labels of a query.
type bill struct {
	query   query.Query
	buckets int
	aliases map[string]string // of the accounts to show, by id
	at      map[string]int    // of sums, by their labels
	sums    []frames.Cost
}

func newBill(q query.Query, w series.Window, targets []accounts.Target) *bill {
	b := &bill{query: q, buckets: w.Len(), aliases: map[string]string{}, at: map[string]int{}}
	for _, t := range targets {
		b.aliases[t.Account.ID] = t.Account.Alias
	}
	return b
}

// add puts the entries of one bucket where they belong. Those of other data sources' accounts, which may share the ledger, are not ours to
// show.
func (b *bill) add(bucket int, entries []store.Cost) {
	for _, e := range entries {
		if !b.shows(e) {
			continue
		}
		values := b.of(e)
		values[query.CostUSD][bucket] += e.CostUSD
		values[query.MetricsAsked][bucket] += float64(e.Metrics)
		values[query.MetricsSaved][bucket] += float64(e.MetricsSaved)
		values[query.Calls][bucket] += float64(e.Calls)
		values[query.CallsFailed][bucket] += float64(e.Failed)
	}
}

func (b *bill) shows(e store.Cost) bool {
	_, ours := b.aliases[e.AccountID]
	return ours && (slices.Contains(b.query.Regions, query.All) || slices.Contains(b.query.Regions, e.Region))
}

// fill adds the groups that cost nothing in the window, as far as there is room: those of the entries before it, and those of the chosen
// accounts and regions. What nobody ever asked for has no label of who asked.
func (b *bill) fill(before []store.Cost, targets []accounts.Target) {
	for _, e := range before {
		if len(b.sums) < maxSeries && b.shows(e) {
			b.of(e)
		}
	}
	if slices.Contains(b.query.By, byAsker) {
		if len(b.sums) > 0 {
			return
		}
		b.query.By = slices.DeleteFunc(slices.Clone(b.query.By), func(label string) bool { return label == byAsker })
	}
	for _, t := range targets {
		if len(b.sums) < maxSeries {
			b.of(store.Cost{AccountID: t.Account.ID, Region: t.Region})
		}
	}
}

// of is where the entry is counted.
func (b *bill) of(e store.Cost) map[query.Measure][]float64 {
	labels := data.Labels{}
	for _, name := range b.query.By {
		switch name {
		case "account":
			labels["account"], labels["account_id"] = b.aliases[e.AccountID], e.AccountID
		case "region":
			labels["region"] = e.Region
		case byAsker:
			labels[byAsker] = cmp.Or(e.AskedBy, unknownAsker)
		}
	}
	key := labels.String()
	n, known := b.at[key]
	if !known {
		n = len(b.sums)
		b.at[key] = n
		b.sums = append(b.sums, frames.Cost{Labels: labels, Values: map[query.Measure][]float64{}})
		for _, m := range query.CostMeasures {
			b.sums[n].Values[m] = make([]float64, b.buckets)
		}
	}
	return b.sums[n].Values
}

// groups are the sums in the order of their labels; beyond the limit the least expensive are left out, which is said.
func (b *bill) groups() (shown []frames.Cost, cut string) {
	shown = b.sums
	if len(shown) > maxSeries {
		cut = fmt.Sprintf("shown %d of %d groups, those that cost most: the limit of %d series a query (maxSeries); choose fewer labels in the field \"by\"",
			maxSeries, len(shown), maxSeries)
		slices.SortStableFunc(shown, func(x, y frames.Cost) int {
			return cmp.Compare(sum(y.Values[query.CostUSD]), sum(x.Values[query.CostUSD]))
		})
		shown = shown[:maxSeries]
	}
	slices.SortFunc(shown, func(x, y frames.Cost) int { return cmp.Compare(x.Labels.String(), y.Labels.String()) })
	return shown, cut
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
