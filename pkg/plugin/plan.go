package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// plan is a query whose series are known: what is to be read, and what of it is shown and scored as one.
type plan struct {
	query     query.Query
	window    series.Window // to show
	calendars calendar.Set  // in which nothing is scored and nothing learnt
	recurring calendar.Set  // whose effect a forecast expects again
	choice    string        // identifies what the series are chosen from
	keys      []series.Key  // of the query's metric; each further column has as many of its own
	checks    []check
	others    []query.Column // metrics that are read for the checks alone
	units     []unit
	failures  []accounts.Failure
	cut       string
}

// unit is what is shown and scored as one series.
type unit struct {
	labels  data.Labels
	members []int // of the plan's keys: one, or those that a split joins
	peers   []int // of the plan's keys: the group that the one is compared with, itself among them; nil: it is by itself
	joined  bool
}

// plan finds the series of a query. Its errors are mistakes in the query.
func (i *Instance) plan(ctx context.Context, q query.Query, w series.Window) (plan, error) {
	p := plan{query: q, window: w}
	var err error
	if p.calendars, err = i.calendars.Choose(q.Detector.Calendars); err != nil {
		return p, &query.FieldError{Field: "detector.calendars", Reason: err.Error()}
	}
	if p.recurring, err = i.calendars.Choose(q.Forecaster.Calendars); err != nil {
		return p, &query.FieldError{Field: "forecaster.calendars", Reason: err.Error()}
	}
	if len(p.recurring) > calendar.MaxMarked && q.WantsForecast() {
		return p, &query.FieldError{Field: "forecaster.calendars", Reason: fmt.Sprintf("%d calendars are chosen, and a forecast can tell %d apart (MaxMarked): name those that matter", len(p.recurring), calendar.MaxMarked)}
	}
	targets, failures, err := i.directory.Select(q.Accounts, q.Regions)
	if err == nil && len(targets) == 0 {
		err = whole(failures, "")
	}
	if err != nil {
		return p, err
	}
	keys, failed, err := i.expand(ctx, q, targets)
	if err != nil {
		return p, err
	}
	p.choice, p.failures = i.choice(q, targets), append(failures, failed...)
	p.checks, p.others = i.checks(p)
	p.keys, p.cut = limit(keys, w, 1+len(p.beside()))
	p.units = i.units(q.Detector, p.keys)
	return p, nil
}

// choice identifies the places and dimensions that a query chooses its series from, whichever there are.
func (i *Instance) choice(q query.Query, targets []accounts.Target) string {
	var b strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&b, "%q %q %q %q\n", i.directory.Source(t.Account), t.Account.ID, t.Account.RoleARN, t.Region)
	}
	for _, name := range slices.Sorted(maps.Keys(q.Dimensions)) {
		fmt.Fprintf(&b, "%q %q\n", name, q.Dimensions[name])
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:16])
}

// analysed says that there is something to score, to forecast or to take apart.
func (p plan) analysed() bool {
	return p.query.WantsScore() || p.query.WantsForecast() || p.query.WantsDecomposition()
}

// columns are the further metrics to read.
func (p plan) columns() []query.Column {
	if !p.analysed() {
		return nil
	}
	return p.query.Detector.Columns
}

// beside are the metrics that are read beside the query's own: the columns, the one that is a threshold, and those for checks alone.
func (p plan) beside() []query.Column {
	all := slices.Clone(p.columns())
	if p.limited() {
		all = append(all, *p.query.Threshold.Metric)
	}
	return append(all, p.others...)
}

// limited says that a metric is read that is a threshold.
func (p plan) limited() bool { return p.query.Threshold.Metric != nil && p.query.WantsForecast() }

// asked are the keys to read: of the query's metric, then those of each metric beside it, all in the order of the plan's keys.
func (p plan) asked() []series.Key {
	all := slices.Clone(p.keys)
	for _, c := range p.beside() {
		for _, k := range p.keys {
			k.Metric, k.Stat = c.Metric, c.Statistic
			all = append(all, k)
		}
	}
	return all
}

// units sorts series into what is shown and scored as one.
func (i *Instance) units(d query.Detector, keys []series.Key) []unit {
	all := make([]frames.Series, len(keys))
	for n, k := range keys {
		all[n] = frames.Series{Account: i.alias(k), Observed: series.Series{Key: k}}
	}
	groups := []frames.Group{}
	if len(d.Split) > 0 || d.Peers() {
		groups = frames.Gather(all, append([]string{"namespace", "metric", "stat"}, d.Split...))
	}
	if len(d.Split) > 0 && !d.Peers() {
		units := make([]unit, len(groups))
		for n, g := range groups {
			units[n] = unit{labels: g.Labels, members: g.Members, joined: true}
		}
		return units
	}
	units := make([]unit, len(all))
	for n := range all {
		units[n] = unit{labels: frames.LabelsOf(all[n]), members: []int{n}}
	}
	for _, g := range groups {
		for _, n := range g.Members {
			units[n].peers = g.Members
		}
	}
	return units
}

// labelled are the units that have all of the labels.
func (p plan) labelled(labels data.Labels) []unit {
	var found []unit
	for _, u := range p.units {
		if u.labels.Contains(labels) {
			found = append(found, u)
		}
	}
	return found
}

// only is the plan of some units: nothing is read that they do not need.
func (p plan) only(units []unit) plan {
	var keys []series.Key
	at := map[int]int{} // where a key has gone
	moved := func(all []int) []int {
		var out []int
		for _, from := range all {
			to, known := at[from]
			if !known {
				to = len(keys)
				at[from] = to
				keys = append(keys, p.keys[from])
			}
			out = append(out, to)
		}
		return out
	}
	out := make([]unit, len(units))
	for n, u := range units {
		out[n] = u
		out[n].members, out[n].peers = moved(u.members), moved(u.peers)
	}
	p.keys, p.units = keys, out
	return p
}

// notices says what a detector cannot do with these series.
func (p plan) notices() []string {
	const least = 4 // three others to compare with
	if !p.query.Detector.Peers() || !p.analysed() {
		return nil
	}
	few := 0
	for _, u := range p.units {
		if len(u.peers) < least {
			few++
		}
	}
	if few == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d series have no score: the detector peers compares a series with at least three others of its group at the same moment; "+
		"widen the fields \"accounts\", \"regions\" or \"dimensions\", or choose fewer labels in \"detector.split\"", few, len(p.units))}
}
