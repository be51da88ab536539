package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// report is everything that the demo found out, ready to be written.
type report struct {
	dashboard     string // its title
	span          time.Duration
	accounts      []accountLine
	first, second refresh
	rules         []ruleLine
	events        []event
	outside       []event
	verdicts      []verdict
	leaks         []foretold
	replay        []event // of real data, which has no labels
	replaySeries  int
	elapsed       time.Duration
}

type accountLine struct {
	alias, id, role string
	regions         []string
	healthy         bool
	health          string
}

type ruleLine struct {
	title  string
	firing []number // one per series that fires
	quiet  int      // series that do not
}

// write writes the report for people, then the figures for machines.
func (r report) write(p page) {
	r.writeAccounts(p)
	r.writeRefreshes(p)
	r.writeEvents(p)
	r.writeThresholds(p)
	r.writeLeaks(p)
	r.writeRules(p)
	r.writeVerdicts(p)
	r.writeFigures(p)
}

func (r report) writeAccounts(p page) {
	p.heading("Accounts")
	var rows [][]cell
	for _, a := range r.accounts {
		health := text(a.health).in(green)
		if !a.healthy {
			health = text(a.health).in(red)
		}
		rows = append(rows, []cell{text(a.alias), text(a.id), text(a.role), text(strings.Join(a.regions, " ")), health})
	}
	p.table([]string{"ALIAS", "ACCOUNT", "ROLE", "REGIONS", "HEALTH"}, rows)
}

func (r report) writeRefreshes(p page) {
	p.heading("Dashboard %q, the last %s, opened twice", r.dashboard, days(r.span))
	row := func(name string, r refresh) []cell {
		return []cell{text(name), right(fmt.Sprint(r.queries)), right(fmt.Sprint(r.usage.Series)), right(fmt.Sprint(r.usage.Requests)),
			right(fmt.Sprint(r.usage.MetricsAsked)), right(fmt.Sprintf("$%.5f", r.usage.EstimatedCostUSD)),
			right(fmt.Sprint(r.usage.CacheHits)), right(fmt.Sprintf("%.1f s", r.duration.Seconds()))}
	}
	p.table([]string{"REFRESH", "QUERIES", "SERIES", "REQUESTS", "METRICS ASKED", "EST. COST", "CACHE HITS", "TIME"},
		[][]cell{row("first", r.first), row("second", r.second)})
	for _, notice := range r.first.notices {
		p.line("%s", p.paint("notice: "+notice, yellow))
	}
}

func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 && d > 24*time.Hour {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return span(d)
}

func (r report) writeEvents(p page) {
	p.heading("Anomalies: %d events with a score of %.0f or more (times are UTC)", len(r.events), critical)
	if len(r.events) == 0 {
		return
	}
	var rows [][]cell
	for _, e := range r.events {
		rows = append(rows, eventRow(e))
	}
	p.table([]string{"FROM", "LASTED", "ACCOUNT", "REGION", "SERIES", "SCORE", "DIRECTION", "ACTUAL", "EXPECTED"}, rows)
}

func eventRow(e event) []cell {
	direction := "-"
	if e.direction > 0 {
		direction = "high"
	} else if e.direction < 0 {
		direction = "low"
	}
	expected := "-"
	if e.hasExpected {
		expected = short(e.expected)
	}
	return []cell{text(clock(e.start)), right(span(e.end.Sub(e.start) + e.series.period)), text(e.series.labels["account"]), text(e.series.labels["region"]),
		text(e.series.name()), right(fmt.Sprintf("%.0f", e.score)).in(red), text(direction), right(short(e.actual)), right(expected)}
}

// writeThresholds lists the series that will cross their threshold.
func (r report) writeThresholds(p page) {
	var rows [][]cell
	for _, s := range r.first.series {
		hours, ok := last(s, "hours_to_threshold")
		if !ok {
			continue
		}
		now, _ := last(s, "value")
		rows = append(rows, []cell{text(s.labels["account"]), text(s.labels["region"]), text(s.name()), right(short(now)),
			right(fmt.Sprintf("%.1f", hours)).in(yellow), text(between(s.early, s.late))})
	}
	p.heading("Hours to threshold")
	if len(rows) == 0 {
		p.line("No series will cross its threshold within the horizon.")
		return
	}
	p.table([]string{"ACCOUNT", "REGION", "SERIES", "NOW", "HOURS", "EARLY AND LATE"}, rows)
}

// between writes the uncertainty of a time to threshold; without its late end the far edge stays below the threshold.
func between(early, late *float64) string {
	switch {
	case early == nil:
		return "-"
	case late == nil:
		return fmt.Sprintf("%.1f or later", *early)
	}
	return fmt.Sprintf("%.1f and %.1f", *early, *late)
}

func last(s *oneSeries, measure string) (float64, bool) {
	points := s.measures[measure]
	if len(points) == 0 {
		return 0, false
	}
	return points[len(points)-1].value, true
}

func (r report) writeRules(p page) {
	p.heading("Alert rules, evaluated now")
	var rows [][]cell
	for _, rule := range r.rules {
		state := text("quiet").in(green)
		if len(rule.firing) > 0 {
			state = text("FIRES").in(red)
		}
		var who []string
		for _, n := range rule.firing {
			s := oneSeries{labels: n.labels}
			who = append(who, n.labels["account"]+" "+n.labels["region"]+" "+s.name())
		}
		total := len(rule.firing) + rule.quiet
		rows = append(rows, []cell{state, text(rule.title), right(fmt.Sprintf("%d of %d", len(rule.firing), total)), text(strings.Join(who, ", "))})
	}
	p.table([]string{"STATE", "RULE", "SERIES", "WHICH"}, rows)
}

func (r report) writeVerdicts(p page) {
	p.heading("Labelled incidents of the simulator in the last %s", days(r.span))
	var rows [][]cell
	for _, v := range r.verdicts {
		result := text(fmt.Sprintf("missed, best score %.0f", v.best)).in(red)
		if v.found {
			result = text("found " + delay(v) + " by " + v.by).in(green)
		}
		i := v.incident
		rows = append(rows, []cell{text(clock(i.Start)), right(span(i.End.Sub(i.Start))), text(i.Kind), text(i.Account), text(i.Metric), result})
	}
	p.table([]string{"START", "LASTS", "INCIDENT", "ACCOUNT", "METRIC", "RESULT"}, rows)
	for _, e := range r.outside {
		p.line("%s", p.paint(fmt.Sprintf("outside every incident: %s %s %s, score %.0f", clock(e.start), e.series.labels["account"], e.series.name(), e.score), yellow))
	}
	if r.replaySeries > 0 {
		p.line("Replay: %d series of real CloudWatch data with %d critical events. They have no labels of ours and count nowhere above. The latest:",
			r.replaySeries, len(r.replay))
		for _, e := range slices.Backward(r.replay[max(0, len(r.replay)-5):]) {
			p.line("  %s %s, score %.0f", clock(e.start), e.series.name(), e.score)
		}
	}
}

// delay says when an incident was found, relative to its start.
func delay(v verdict) string {
	d := v.at.Sub(v.incident.Start)
	switch {
	case d < 0:
		return span(-d) + " ahead"
	case d == 0:
		return "at once"
	}
	return "after " + span(d)
}

func (r report) writeFigures(p page) {
	found := 0
	for _, v := range r.verdicts {
		if v.found {
			found++
		}
	}
	fmt.Fprintf(p.out, "\nfigure demo_seconds %.0f s\n", r.elapsed.Seconds())
	fmt.Fprintf(p.out, "figure critical_events_outside %d events\n", len(r.outside))
	fmt.Fprintf(p.out, "figure incidents_found %d of %d\n", found, len(r.verdicts))
	if len(r.leaks) > 0 {
		fmt.Fprintf(p.out, "figure leak_hours_inside_band %d of %d\n", held(r.leaks), len(r.leaks))
	}
	fmt.Fprintf(p.out, "figure second_refresh_metrics_asked %d metrics\n", r.second.usage.MetricsAsked)
}
