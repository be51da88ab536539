package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// zone is one stage of what is known of a series.
type zone string

const (
	rawZone     zone = "raw"     // points as they are stored
	trustedZone zone = "trusted" // what is learnt from: values that pass the checks of the administrator
	refinedZone zone = "refined" // what is made of it
)

var zones = []zone{rawZone, trustedZone, refinedZone}

const (
	// maxZonePoints bounds a page of a zone, whose default is pageOfPoints.
	maxZonePoints = 100_000
	pageOfPoints  = 10_000
)

// zonePage is one page of a zone.
type zonePage struct {
	Series []zoneSeries `json:"series"`
	Next   string       `json:"next"` // for the field "after" of the same question; empty: this is the last page
}

type zoneSeries struct {
	Labels data.Labels `json:"labels"`
	Points []any       `json:"points"`
}

// The points of each zone, by the start of their bucket. Numbers that there are not are null.
type (
	rawPoint struct {
		Time    time.Time `json:"time"`
		Value   *float64  `json:"value"`
		Final   bool      `json:"final"`   // it will not change any more
		Missing bool      `json:"missing"` // AWS had nothing
		Unasked bool      `json:"unasked"` // AWS was never asked: the budget is spent, it could not be reached, or it no longer keeps it
		Odd     []string  `json:"odd"`     // checks that AWS's answer for it failed: format, range, duplicate
	}
	trustedPoint struct {
		Time    time.Time `json:"time"`
		Value   *float64  `json:"value"`
		Unasked bool      `json:"unasked"`
		Failed  []string  `json:"failed"` // checks that it fails
	}
	refinedPoint struct {
		Time      time.Time `json:"time"`
		Expected  *float64  `json:"expected"`
		Lower     *float64  `json:"lower"`
		Upper     *float64  `json:"upper"`
		Score     *float64  `json:"score"`
		Direction *float64  `json:"direction"`
		Event     *float64  `json:"event"`
	}
)

// asking serves a question whose parts are parameters: query and labels in JSON, the others as they are.
func (i *Instance) asking(answer func(context.Context, question) (any, []accounts.Failure, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i.resource(func(ctx context.Context, p url.Values) (body any, failures []accounts.Failure, err error) {
			asked := question{Query: json.RawMessage(p.Get("query")), From: p.Get("from"), To: p.Get("to"), After: p.Get("after")}
			if text := p.Get("labels"); text != "" {
				if err := json.Unmarshal([]byte(text), &asked.Labels); err != nil {
					return nil, nil, &query.FieldError{Field: "labels", Reason: fmt.Sprintf("is no object of labels in JSON: %v", err)}
				}
			}
			if text := p.Get("limit"); text != "" {
				if asked.Limit, err = strconv.Atoi(text); err != nil {
					return nil, nil, &query.FieldError{Field: "limit", Reason: fmt.Sprintf("%q is no whole number", text)}
				}
			}
			defer i.keep()
			defer caught(&err)
			return answer(ctx, asked)
		})(w, r)
	}
}

// zone answers a page of a zone. A page reads, of what the query chooses, the series that it shows, as a query would: raw the range alone,
// the others what is learnt from as well.
func (i *Instance) zone(z zone) func(context.Context, question) (any, []accounts.Failure, error) {
	return func(ctx context.Context, asked question) (any, []accounts.Failure, error) {
		ctx = lookedBy(ctx, httpadapter.UserFromContext(ctx), false)
		q, err := asked.parse()
		if err != nil {
			return nil, nil, err
		}
		w, err := between(q, asked)
		if err != nil {
			return nil, nil, err
		}
		limit, err := asked.limit()
		if err != nil {
			return nil, nil, err
		}
		marks := i.bookmarks(z, asked)
		before, unread := marks.read(asked.After)
		w.End = i.exportEnd(q, w, before)
		marks.end = w.End
		p, err := i.plan(ctx, z.of(q), w)
		if err != nil {
			return nil, nil, err
		}
		if p.cut != "" { // an export in which something lacks is none
			return nil, nil, &query.FieldError{Field: "query", Reason: p.cut}
		}
		if unread != nil {
			return nil, nil, unread
		}
		units, from, err := marks.resume(i.inOrder(p.labelled(asked.Labels)), before)
		if err != nil {
			return nil, nil, err
		}
		return i.page(ctx, z, p, units, from, limit, marks)
	}
}

// exportEnd is where an export ends: at the newest bucket that was complete when its first page was asked for, so that all of its series end
// alike, however long it takes.
func (i *Instance) exportEnd(q query.Query, w series.Window, before bookmark) time.Time {
	if !before.end.IsZero() {
		return before.end
	}
	end := earlier(w.End, history.Settled(q.Namespace, q.Period, i.clock()))
	if end.Before(w.Start) {
		return w.Start
	}
	return end
}

// inOrder sorts units by their labels as they are masked: the order of the values would tell which mask is which.
func (i *Instance) inOrder(units []unit) []unit {
	type ordered struct {
		unit
		by string
	}
	sorted := make([]ordered, len(units))
	for n, u := range units {
		sorted[n] = ordered{u, i.guard.labels(u.labels).String()}
	}
	slices.SortFunc(sorted, func(a, b ordered) int { return cmp.Compare(a.by, b.by) })
	out := make([]unit, len(units))
	for n, u := range sorted {
		out[n] = u.unit
	}
	return out
}

// of is the query as a zone asks it. Raw and trusted are of the series as AWS has them.
func (z zone) of(q query.Query) query.Query {
	q.RollUp = nil
	q.Measures = []query.Measure{query.Score}
	if z != refinedZone {
		q.Detector.Split = nil
	}
	if z == rawZone {
		q.Measures = []query.Measure{query.Value}
	}
	return q
}

func (q question) limit() (int, error) {
	if q.Limit == 0 {
		return pageOfPoints, nil
	}
	if q.Limit < 1 || q.Limit > maxZonePoints {
		return 0, &query.FieldError{Field: "limit", Reason: fmt.Sprintf("%d is not from 1 to %d points (maxZonePoints)", q.Limit, maxZonePoints)}
	}
	return q.Limit, nil
}

// page reads as many of the units as fill a page, the first from a time on.
func (i *Instance) page(ctx context.Context, z zone, p plan, units []unit, from time.Time, limit int, marks bookmarks) (any, []accounts.Failure, error) {
	out := zonePage{Series: []zoneSeries{}}
	failures := p.failures
	left := limit
	for len(units) > 0 && left > 0 && !p.window.Empty() {
		if from.IsZero() {
			from = p.window.Start
		}
		buckets := series.Window{Start: from, End: p.window.End, Period: p.window.Period}.Len()
		take := min(len(units), 1+max(0, left-buckets)/max(1, p.window.Len()))
		found, failed, err := i.refine(ctx, z, p.only(units[:take]))
		if err != nil {
			return nil, nil, err
		}
		failures = append(failures, failed...)
		for n, u := range units[:take] {
			points, until := found[n].page(from, left)
			if len(points) > 0 {
				out.Series = append(out.Series, zoneSeries{Labels: u.labels, Points: points})
			}
			if left -= len(points); until.Before(found[n].until()) {
				out.Next = marks.at(u, until)
				return out, firstOfEach(failures), nil
			}
			from = p.window.Start
			if left == 0 && n+1 < len(units) {
				out.Next = marks.at(u, p.window.End)
				return out, firstOfEach(failures), nil
			}
		}
		units = units[take:]
	}
	if len(out.Series) == 0 && len(failures) > 0 {
		return nil, nil, backend.DownstreamError(whole(firstOfEach(failures), ""))
	}
	return out, firstOfEach(failures), nil
}

// refined are the points of one unit in a zone; of one that could not be read there are none.
type refined struct {
	window series.Window
	point  func(i int) any
}

func (r refined) until() time.Time { return r.window.End }

// page is the points from a time on, as many as there is room for, and where they end.
func (r refined) page(from time.Time, room int) (points []any, until time.Time) {
	w := r.window.Intersect(series.Window{Start: from, End: r.window.End, Period: r.window.Period})
	if w.Empty() {
		return nil, r.window.End
	}
	first := r.window.Index(w.Start)
	n := min(w.Len(), room)
	for i := range n {
		points = append(points, r.point(first+i))
	}
	return points, w.Time(n)
}

// refine reads a plan and returns each unit's points in a zone.
func (i *Instance) refine(ctx context.Context, z zone, p plan) ([]refined, []accounts.Failure, error) {
	read, err := i.read(ctx, p)
	if err != nil {
		return nil, nil, ours{err}
	}
	out := make([]refined, len(p.units))
	failures := slices.Concat(read.failures, i.withheldFrom(p, read))
	if z == refinedZone {
		err = i.scores(ctx, p, read, out)
		return out, failures, err
	}
	for n, u := range p.units {
		k := u.members[0]
		if read.lost(k, p.window) {
			continue
		}
		if z == rawZone {
			out[n], err = i.rawPoints(ctx, p, read, k)
		} else {
			out[n], err = i.trustedPoints(ctx, p, read, k)
		}
		if err != nil {
			return nil, nil, ours{err}
		}
	}
	return out, failures, nil
}

func (i *Instance) rawPoints(ctx context.Context, p plan, read reading, key int) (refined, error) {
	r := read.results[key]
	s := r.Series.Slice(p.window)
	odd, err := i.odd.flags(ctx, p.keys[key], s.Window)
	gaps := unasked(r, s.Window)
	return refined{s.Window, func(n int) any {
		at, unasked := s.Window.Time(n), gaps.Count(n) > 0
		return rawPoint{
			Time: at, Value: finite(s.Values[n]), Final: !unasked && at.Before(r.FinalUntil), Missing: !unasked && math.IsNaN(s.Values[n]),
			Unasked: unasked, Odd: namesOf(odd, n),
		}
	}}, err
}

func (i *Instance) trustedPoints(ctx context.Context, p plan, read reading, key int) (refined, error) {
	k := p.keys[key]
	lower, upper := i.quality.Range(k.Namespace, k.Metric, k.Stat)
	flags, err := p.flagsShown(key, read.all, lower, upper)
	if err != nil {
		return refined{}, err
	}
	s := read.trusted[key].Series.Slice(p.window)
	odd, err := i.odd.flags(ctx, k, s.Window)
	flags = flags.Or(odd)
	gaps := unasked(read.results[key], s.Window)
	return refined{s.Window, func(n int) any {
		return trustedPoint{Time: s.Window.Time(n), Value: finite(s.Values[n]), Unasked: gaps.Count(n) > 0, Failed: namesOf(flags, n)}
	}}, err
}

// namesOf are the checks that a bucket fails.
func namesOf(flags series.Flags, i int) []string {
	names := []string{}
	for _, c := range series.Checks {
		if flags.Has(i, c) {
			names = append(names, string(c))
		}
	}
	return names
}

// scores fills in the refined points of each unit that can be scored.
func (i *Instance) scores(ctx context.Context, p plan, read reading, out []refined) error {
	subjects, err := assemble(p, read)
	if err != nil {
		return ours{err}
	}
	if err := i.analyse(p, p.window, subjects); err != nil {
		return ours{err}
	}
	if err := unscored(subjects); err != nil {
		return ours{err}
	}
	i.writeDown(ctx, p, subjects)
	for _, s := range subjects {
		a := s.shown.Analysis
		at := slices.IndexFunc(p.units, func(u unit) bool { return u.members[0] == s.first })
		out[at] = refined{a.Range, func(n int) any {
			return refinedPoint{
				Time: a.Range.Time(n), Expected: finite(a.Expected[n]), Lower: finite(a.Lower[n]), Upper: finite(a.Upper[n]),
				Score: finite(a.Score[n]), Direction: finite(a.Direction[n]), Event: finite(a.Event[n]),
			}
		}}
	}
	return nil
}
