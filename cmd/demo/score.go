package main

import (
	"maps"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

const (
	critical  = 75.0             // a score from here on is an event
	mergeGap  = 30 * time.Minute // events with a shorter pause are one
	lateness  = 15 * time.Minute // an incident may be found this long after its end
	aftermath = 3 * time.Hour    // what an incident leaves behind is no false alarm
)

// event is a run of critical scores of one series.
type event struct {
	series           *oneSeries
	start, end, peak time.Time // end is the last critical point
	score            float64   // at the peak
	direction        float64
	actual, expected float64
	hasExpected      bool
}

// events lists the critical events of all series by start.
func events(all []*oneSeries) []event {
	var found []event
	for _, s := range all {
		found = append(found, seriesEvents(s)...)
	}
	slices.SortStableFunc(found, func(a, b event) int { return a.start.Compare(b.start) })
	return found
}

func seriesEvents(s *oneSeries) []event {
	var found []event
	for _, point := range s.measures["anomaly_score"] {
		if point.value < critical {
			continue
		}
		if n := len(found); n == 0 || point.at.Sub(found[n-1].end) > mergeGap {
			found = append(found, event{series: s, start: point.at})
		}
		last := &found[len(found)-1]
		last.end = point.at
		if point.value > last.score {
			last.peakAt(point)
		}
	}
	return found
}

func (e *event) peakAt(point sample) {
	e.peak, e.score = point.at, point.value
	e.direction, _ = e.series.at("direction", point.at)
	e.actual, _ = e.series.at("value", point.at)
	e.expected, e.hasExpected = e.series.at("expected", point.at)
}

// verdict is what became of one labelled incident.
type verdict struct {
	incident awssim.Incident
	found    bool
	at       time.Time // of the first critical point that counts
	by       string    // the series that gave it
	best     float64   // the highest score that would have counted
}

// judge compares the scores with the labels. An incident is found by a critical score of its metric from its start until shortly
// after its end, or of a related metric from the precursor's start to its end. outside are the events that no incident explains.
func judge(all []*oneSeries, found []event, incidents []awssim.Incident) (verdicts []verdict, outside []event) {
	for _, incident := range incidents {
		verdicts = append(verdicts, judgeIncident(all, incident))
	}
	for _, e := range found {
		explained := slices.ContainsFunc(incidents, func(i awssim.Incident) bool { return explains(i, e) })
		if !explained {
			outside = append(outside, e)
		}
	}
	return verdicts, outside
}

func judgeIncident(all []*oneSeries, incident awssim.Incident) verdict {
	v := verdict{incident: incident}
	for _, s := range all {
		from, to, concerned := searchWindow(incident, s.labels)
		if !concerned {
			continue
		}
		for _, point := range s.measures["anomaly_score"] {
			if point.at.Before(from) || point.at.After(to) {
				continue
			}
			v.best = max(v.best, point.value)
			if point.value >= critical && (!v.found || point.at.Before(v.at)) {
				v.found, v.at, v.by = true, point.at, s.name()
			}
		}
	}
	return v
}

// searchWindow is when a score of the series counts as finding the incident.
func searchWindow(incident awssim.Incident, labels data.Labels) (from, to time.Time, concerned bool) {
	if sameMetric(target(incident), labels) {
		return incident.Start, incident.End.Add(lateness), true
	}
	if related(incident, labels) {
		return firstSign(incident), incident.End, true
	}
	return from, to, false
}

// explains says whether an event belongs to the incident: on one of its metrics, from its first sign until its aftermath ends.
func explains(incident awssim.Incident, e event) bool {
	concerned := sameMetric(target(incident), e.series.labels) || related(incident, e.series.labels)
	return concerned && !e.end.Before(firstSign(incident)) && !e.start.After(incident.End.Add(aftermath))
}

func firstSign(incident awssim.Incident) time.Time {
	if incident.PrecursorStart.IsZero() {
		return incident.Start
	}
	return incident.PrecursorStart
}

func target(i awssim.Incident) awssim.MetricRef {
	return awssim.MetricRef{AccountID: i.AccountID, Region: i.Region, Namespace: i.Namespace, Metric: i.Metric, Dimensions: i.Dimensions}
}

func related(incident awssim.Incident, labels data.Labels) bool {
	return slices.ContainsFunc(incident.Related, func(ref awssim.MetricRef) bool { return sameMetric(ref, labels) })
}

func sameMetric(ref awssim.MetricRef, labels data.Labels) bool {
	dimensions := maps.Clone(labels)
	maps.DeleteFunc(dimensions, func(name, _ string) bool { return slices.Contains(fixedLabels, name) })
	return labels["account_id"] == ref.AccountID && labels["region"] == ref.Region && labels["namespace"] == ref.Namespace &&
		labels["metric"] == ref.Metric && maps.Equal(dimensions, data.Labels(ref.Dimensions))
}
