package plugin

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
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
	// maxEvents bounds the table of a query, and a page of the resource, whose default is pageOfEvents.
	maxEvents    = 1_000
	pageOfEvents = 100
	// longestEpoch bounds how long before its events an anomaly begins; see analysis.Journal.
	longestEpoch = 91 * 24 * time.Hour
)

// chosen says which events are asked for.
type chosen struct {
	log        *eventLog
	targets    map[string]bool // account and region
	everywhere bool            // also what is joined over accounts and regions
	query      query.Query     // namespace, metric, dimensions: where they say something
	from, to   time.Time       // of the events; a zero one is no bound
	kinds      []string        // none: every one
}

// choose fails where none of the accounts or regions is known.
func (i *Instance) choose(q query.Query) (chosen, []accounts.Failure, error) {
	targets, failures, err := i.directory.Select(q.Accounts, q.Regions)
	if err == nil && len(targets) == 0 {
		err = whole(failures, "")
	}
	c := chosen{log: i.events, query: q, targets: map[string]bool{}}
	c.everywhere = slices.Contains(q.Accounts, query.All) && slices.Contains(q.Regions, query.All)
	for _, t := range targets {
		c.targets[t.Account.ID+" "+t.Region] = true
	}
	return c, failures, err
}

func (c chosen) holds(e store.Event) bool {
	k := e.Series
	if !c.log.owns(e) || !c.within(e.At) && !(e.Kind == store.EventRevised && c.within(e.Start)) {
		return false
	}
	if len(c.kinds) > 0 && !slices.Contains(c.kinds, e.Kind) {
		return false
	}
	if across := k.AccountID == "" || k.Region == ""; across && !c.everywhere || !across && !c.targets[k.AccountID+" "+k.Region] {
		return false
	}
	if c.query.Namespace != "" && c.query.Namespace != k.Namespace || c.query.Metric != "" && c.query.Metric != k.Metric {
		return false
	}
	for name, values := range c.query.Dimensions {
		at := slices.IndexFunc(k.Dimensions, func(d series.Dimension) bool { return d.Name == name })
		if at < 0 || !slices.Contains(values, query.All) && !slices.Contains(values, k.Dimensions[at].Value) {
			return false
		}
	}
	return true
}

func (c chosen) within(t time.Time) bool {
	return (c.from.IsZero() || !t.Before(c.from)) && (c.to.IsZero() || t.Before(c.to))
}

// filters are what the store can do of it. It knows when an anomaly begins, which is before its events: not long before, but of revisions.
func (c chosen) filters() []store.EventFilter {
	if c.from.IsZero() {
		return []store.EventFilter{{To: c.to}}
	}
	return []store.EventFilter{
		{From: c.from.Add(-longestEpoch), To: c.to, Kinds: []string{store.EventOpened, store.EventChanged, store.EventClosed}},
		{To: c.to, Kinds: []string{store.EventRevised}},
	}
}

// runEvents answers a query of query.KindEvents: a table of what became of anomalies, the newest first, as far as it still holds.
func (i *Instance) runEvents(ctx context.Context, q query.Query, r backend.TimeRange) (data.Frames, error) {
	if !r.To.After(r.From) {
		return nil, backend.DownstreamError(&query.FieldError{Field: "timeRange", Reason: fmt.Sprintf("the range is empty or reversed: from %s to %s",
			r.From.UTC().Format(time.RFC3339), r.To.UTC().Format(time.RFC3339))})
	}
	c, failures, err := i.choose(q)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	c.from, c.to = r.From, r.To
	force := i.events.inForce()
	events, all, err := c.newest(ctx, force, maxEvents)
	if err != nil {
		return nil, err
	}
	rows := make([]frames.Event, len(events))
	for n, e := range events {
		rows[n] = frames.Event{
			At: e.At, Kind: e.Kind, Labels: i.labelsOf(e.Series), Score: e.Score, Value: e.Value, Expected: e.Expected, Direction: e.Direction,
			Start: e.Start, Until: e.Until, Spec: specText(e),
		}
	}
	said := i.notices(plan{query: q}, failures, reading{}, 1, nil)
	if all > len(events) {
		said = append(said, data.Notice{Severity: data.NoticeSeverityWarning, Text: fmt.Sprintf(
			"shown %d of %d events, the newest: the limit of %d events a table (maxEvents); "+
				"choose a shorter range, or the fields \"accounts\", \"namespace\" or \"metric\"", len(events), all, maxEvents)})
	}
	if text := force.notice(); text != "" {
		said = append(said, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return attach(data.Frames{frames.BuildEvents(rows, all, frames.Options{Query: q, Simulated: i.simulated})}, said), nil
}

// specText names a way of looking, as the resource and the table give it.
func specText(e store.Event) string { return strconv.FormatUint(e.Spec, 16) }

// newest are the last events of those chosen that still hold, by their time, and how many there are in all.
func (c chosen) newest(ctx context.Context, force *inForce, limit int) (events []store.Event, all int, err error) {
	err = c.log.each(ctx, 0, store.EventFilter{Kinds: []string{store.EventRevised}, To: c.to}, func(e store.Event) bool {
		force.revised[anomalyOf(e)] = e.Seq
		return true
	})
	if err != nil {
		return nil, 0, err
	}
	newestFirst := func(a, b store.Event) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq)) }
	for _, f := range c.filters() {
		err = c.log.each(ctx, 0, f, func(e store.Event) bool {
			if !c.holds(e) || !force.holds(e) {
				return true
			}
			all++
			if events = append(events, e); len(events) >= 2*limit {
				slices.SortFunc(events, newestFirst)
				events = events[:limit]
			}
			return true
		})
		if err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(events, newestFirst)
	return events[:min(limit, len(events))], all, nil
}

// labelsOf are the labels of a series in the log: what a split has joined has those that its members share.
func (i *Instance) labelsOf(k series.Key) data.Labels {
	if !i.events.joined(k) {
		return frames.LabelsOf(frames.Series{Account: i.alias(k), Observed: series.Series{Key: k}})
	}
	labels := data.Labels{"namespace": k.Namespace, "metric": k.Metric, "stat": k.Stat}
	for _, d := range k.Dimensions {
		labels[d.Name] = d.Value
	}
	if k.AccountID != "" {
		labels["account_id"], labels["account"] = k.AccountID, i.alias(k)
	}
	if k.Region != "" {
		labels["region"] = k.Region
	}
	return labels
}

// listedEvent is an event as the resource "events" gives it. Numbers that there are not are null.
type listedEvent struct {
	Seq       int64       `json:"seq"`
	Time      time.Time   `json:"time"` // of the bucket that shows it; of a revision: when it was found
	Kind      string      `json:"kind"`
	Labels    data.Labels `json:"labels"`
	Spec      string      `json:"spec"` // tells apart who looked at the series otherwise
	Score     *float64    `json:"score"`
	Direction int         `json:"direction"`
	Value     *float64    `json:"value"`
	Expected  *float64    `json:"expected"`
	Start     time.Time   `json:"start"`
	End       *time.Time  `json:"end"`
}

// eventsPage is one page of the log, in the order in which it was written.
type eventsPage struct {
	Events []listedEvent `json:"events"`
	Next   int64         `json:"next"` // to be asked for after, now or later
	More   bool          `json:"more"` // there are more already
}

// listEvents serves the log page by page, in the order in which it was written.
func (i *Instance) listEvents(ctx context.Context, p url.Values) (any, []accounts.Failure, error) {
	c, failures, err := i.choose(query.Query{
		Accounts: orAll(p["account"]), Regions: orAll(p["region"]), Namespace: p.Get("namespace"), Metric: p.Get("metric"),
	})
	if err != nil {
		return nil, nil, err
	}
	after, limit, err := c.page(p)
	if err != nil {
		return nil, nil, err
	}
	page := eventsPage{Events: []listedEvent{}, Next: after}
	err = c.log.each(ctx, after, store.EventFilter{Kinds: c.kinds, To: c.to}, func(e store.Event) bool {
		if page.More = len(page.Events) == limit && c.holds(e); page.More {
			return false
		}
		page.Next = e.Seq
		if c.holds(e) {
			page.Events = append(page.Events, i.listed(e))
		}
		return true
	})
	if err != nil {
		return nil, nil, ours{err}
	}
	return page, failures, nil
}

// page reads the parameters of a page, and which events it holds.
func (c *chosen) page(p url.Values) (after int64, limit int, err error) {
	for name, at := range map[string]*time.Time{"from": &c.from, "to": &c.to} {
		if text := p.Get(name); text != "" {
			if *at, err = (question{}).at(name, text); err != nil {
				return 0, 0, err
			}
		}
	}
	c.kinds = p["kind"]
	for _, kind := range c.kinds {
		if !slices.Contains(eventKinds, kind) {
			return 0, 0, &query.FieldError{Field: "kind", Reason: fmt.Sprintf("%q is none of %v", kind, eventKinds)}
		}
	}
	number := func(name string, otherwise, least, most int64) int64 {
		text := p.Get(name)
		if text == "" || err != nil {
			return otherwise
		}
		n, wrong := strconv.ParseInt(text, 10, 64)
		if wrong != nil || n < least || n > most {
			err = &query.FieldError{Field: name, Reason: fmt.Sprintf("%q is no whole number from %d to %d", text, least, most)}
		}
		return n
	}
	after = number("after", 0, 0, 1<<53)
	limit = int(number("limit", pageOfEvents, 1, maxEvents))
	return after, limit, err
}

var eventKinds = []string{store.EventOpened, store.EventChanged, store.EventClosed, store.EventRevised}

func (i *Instance) listed(e store.Event) listedEvent {
	out := listedEvent{
		Seq: e.Seq, Time: e.At.UTC(), Kind: e.Kind, Labels: i.labelsOf(e.Series),
		Spec: specText(e), Score: finite(e.Score), Direction: e.Direction, Value: finite(e.Value), Expected: finite(e.Expected),
		Start: e.Start.UTC(),
	}
	if !e.Until.IsZero() {
		end := e.Until.UTC()
		out.End = &end
	}
	return out
}
