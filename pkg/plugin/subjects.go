package plugin

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// subject is one unit as it was read: what is shown of it, and what is analysed.
type subject struct {
	shown   frames.Series
	request analysis.Request // without a range
	blind   bool             // a column, or a part of the past, is missing: there is no score
	way     uint64           // of looking, as the log of anomalies tells it apart
	first   int              // of the plan's keys: the first of its members
	partial bool             // something of it could not be read: what it has may be told otherwise once it can
	choice  string           // of what is joined or compared: how, and what the query chose it from; else empty
	since   time.Time        // until then AWS no longer keeps what the cache does not hold; zero: it holds everything
}

// assemble makes the units of what was read. One of which nothing could be read is left out: a failure says so.
func assemble(p plan, r reading) ([]subject, error) {
	a := assembly{plan: p, reading: r, way: wayOf(p.query.Detector), compared: map[int][][]series.Series{}}
	var out []subject
	for _, u := range p.units {
		if !slices.ContainsFunc(u.members, func(k int) bool { return !r.lost(k, p.window) }) {
			continue
		}
		s, err := a.subject(u)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// assembly puts units together.
type assembly struct {
	plan
	reading  reading
	way      uint64
	compared map[int][][]series.Series // by the first of a group of peers: the columns of each
}

func (a *assembly) subject(u unit) (subject, error) {
	s := subject{first: u.members[0], blind: slices.ContainsFunc(u.members, a.reading.blind) || slices.ContainsFunc(a.depends(u), a.reading.unlearnt)}
	s.request.Detector, s.request.Calendars, s.way = detectorOf(a.query.Detector), a.calendars, a.way
	own, lost, err := a.joinTrusted(u, a.reading.results, a.reading.trusted, a.query.Detector.Join)
	if err != nil {
		return s, err
	}
	s.request.Untrusted = append(s.request.Untrusted, lost)
	s.request.Series = own
	for c, column := range a.columns() {
		joined, lost, err := a.joinTrusted(u, a.reading.all[(c+1)*len(a.keys):(c+2)*len(a.keys)], a.reading.columns[c], column.Join)
		if err != nil {
			return s, err
		}
		s.request.Untrusted = append(s.request.Untrusted, lost)
		s.request.Columns = append(s.request.Columns, joined)
	}
	if u.peers != nil && a.analysed() {
		if s.request.Columns, err = a.against(u); err != nil {
			return s, err
		}
	}
	if a.reading.limits != nil {
		limits, err := a.join(u, a.reading.limits, a.query.Threshold.Metric.Join)
		if err != nil {
			return s, err
		}
		s.request.Threshold.Series, s.request.Threshold.Share = &limits, a.query.Threshold.Percent/100
	}
	s.request.Threshold.Value = a.query.Threshold.Value
	s.request.Forecast, s.request.Decompose = a.forecaster(), a.query.WantsDecomposition()
	s.request.FinalUntil, s.request.WholeUntil = a.settled(u)
	s.partial, s.since = a.gaps(u)
	switch {
	case u.joined:
		s.choice = bySplit + a.choice
	case u.peers != nil:
		s.choice = byPeers + a.choice
	}
	s.shown = frames.Series{Account: u.labels["account"], Observed: own.Slice(a.window), Flagged: a.flagged(u)}
	if s.shown.Flagged > 0 { // kept and shown, though nothing is learnt from it
		observed, err := a.join(u, a.reading.results, a.query.Detector.Join)
		if err != nil {
			return s, err
		}
		s.shown.Observed = observed.Slice(a.window)
	}
	if u.joined {
		s.shown.Labels, s.shown.Members = u.labels, len(u.members)
	}
	return s, nil
}

// join makes one series of a unit's members; of a unit without a join it is the only one.
func (a *assembly) join(u unit, results []history.Result, f query.Function) (series.Series, error) {
	if !u.joined {
		return results[u.members[0]].Series, nil
	}
	members := make([]series.Series, len(u.members))
	for n, k := range u.members {
		members[n] = results[k].Series
	}
	return analysis.Join(a.joinedKey(u, members[0].Key), members, analysis.Function(f))
}

// joinTrusted joins what is learnt from. A bucket of which a member has an observation that is not trusted is missing: a sum without it would
// be a drop that is none. lost are these buckets; nil: none.
func (a *assembly) joinTrusted(u unit, observed, trusted []history.Result, f query.Function) (joined series.Series, lost []bool, err error) {
	if joined, err = a.join(u, trusted, f); err != nil {
		return joined, nil, err
	}
	for _, k := range u.members {
		is, was := trusted[k].Series, observed[k].Series
		if len(is.Values) == 0 || &is.Values[0] == &was.Values[0] {
			continue // nothing was taken out
		}
		for n, v := range is.Values {
			at := joined.Window.Index(is.Window.Time(n))
			if !math.IsNaN(v) || math.IsNaN(was.Values[n]) || at < 0 || at >= len(joined.Values) {
				continue
			}
			if lost == nil {
				lost = make([]bool, len(joined.Values))
			}
			joined.Values[at], lost[at] = math.NaN(), true
		}
	}
	return joined, lost, nil
}

// joinedKey identifies what a split has joined, by the labels that the members share and by what the query chose from. Members may come
// and go: what they were is seen in the values.
func (a *assembly) joinedKey(u unit, member series.Key) series.Key {
	k := series.Key{
		Source: bySplit + a.choice, AccountID: u.labels["account_id"], Region: u.labels["region"],
		Namespace: member.Namespace, Metric: member.Metric, Stat: member.Stat, Period: member.Period,
	}
	for _, name := range a.query.Detector.Split {
		if value, ok := u.labels[name]; ok {
			k.Dimensions = append(k.Dimensions, series.Dimension{Name: name, Value: value})
		}
	}
	k.Dimensions = series.SortDimensions(k.Dimensions)
	return k
}

// against returns the columns of a unit that is compared with its peers.
func (a *assembly) against(u unit) ([]series.Series, error) {
	group := u.peers[0]
	if _, done := a.compared[group]; !done {
		members := make([]series.Series, len(u.peers))
		for n, k := range u.peers {
			members[n] = a.reading.trusted[k].Series
		}
		columns, err := analysis.Peers(members)
		if err != nil {
			return nil, err
		}
		for n := range columns {
			for c := range columns[n] {
				columns[n][c].Key.Source = byPeers + a.choice // another query compares with others
			}
		}
		a.compared[group] = columns
	}
	return a.compared[group][slices.Index(u.peers, u.members[0])], nil
}

// depends are those of the plan's keys that a unit depends on.
func (a *assembly) depends(u unit) []int { return slices.Concat(u.members, u.peers) }

// settled is until when a unit is final and whole: as far as everything is that it depends on.
func (a *assembly) settled(u unit) (final, whole time.Time) {
	first := a.reading.trusted[u.members[0]]
	final, whole = first.FinalUntil, first.WholeUntil
	for _, k := range a.depends(u) {
		for _, results := range append([][]history.Result{a.reading.trusted}, a.reading.columns...) {
			final, whole = earlier(final, results[k].FinalUntil), earlier(whole, results[k].WholeUntil)
		}
	}
	return final, whole
}

// gaps says what is missing of all that a unit depends on: that something could not be read, and until when AWS no longer keeps it.
func (a *assembly) gaps(u unit) (partial bool, since time.Time) {
	n := len(a.keys)
	for metric := range len(a.reading.all) / max(n, 1) {
		for _, k := range a.depends(u) {
			r := a.reading.all[metric*n+k]
			partial = partial || r.Err != nil
			if !r.Unkept.Empty() && r.Unkept.End.After(since) {
				since = r.Unkept.End
			}
		}
	}
	return partial, since
}

// flagged is how many observations of a unit, in the range, fail a check.
func (a *assembly) flagged(u unit) (n int) {
	if a.reading.flagged == nil {
		return 0
	}
	for _, k := range u.members {
		n += a.reading.flagged[k]
	}
	return n
}

// detectorOf is a query's detector as analysis takes it.
func detectorOf(d query.Detector) analysis.Detector {
	out := analysis.Detector{Name: d.Name, Parameters: d.Parameters, Direction: d.Direction.Sign(), EventScore: d.EventScore}
	for _, r := range d.Rules {
		out.Rules = append(out.Rules, analysis.Rule(r))
	}
	return out
}

// forecaster is the query's forecaster as analysis takes it; without a horizon where nothing is to be forecast.
func (p plan) forecaster() analysis.Forecaster {
	f := p.query.Forecaster
	out := analysis.Forecaster{Name: f.Name, Calendars: p.recurring}
	if p.query.WantsForecast() {
		out.Horizon = p.query.Horizon
	}
	for _, percent := range f.Levels {
		out.Levels = append(out.Levels, float64(percent)/100)
	}
	return out
}

// unscored is the error of series that have no score because their detector cannot be had; nil where all of them have.
func unscored(subjects []subject) error {
	var first error
	n := 0
	for _, s := range subjects {
		err := s.shown.Analysis.Err
		if err == nil {
			continue
		}
		if n++; first == nil {
			first = fmt.Errorf("%s: %w", frames.NameOf(s.shown), err)
		}
	}
	if n > 1 {
		return fmt.Errorf("%d series have no score, the first of them %w", n, first)
	}
	return first
}
