package awssim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Incident is one labelled incident: the truth that a detector can be judged by.
type Incident struct {
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`    // cpu-burn, 5xx-burst, latency-creep, connection-leak, queue-growth, silent-drop
	Account    string            `json:"account"` // alias
	AccountID  string            `json:"accountId"`
	Region     string            `json:"region"`
	Namespace  string            `json:"namespace"`
	Metric     string            `json:"metric"`
	Dimensions map[string]string `json:"dimensions"`
	Start      time.Time         `json:"start"`
	End        time.Time         `json:"end"`       // exclusive
	Direction  string            `json:"direction"` // up or down
	// An announced incident has a precursor: another metric that moves from PrecursorStart on, before Start.
	Announced      bool       `json:"announced"`
	PrecursorStart time.Time  `json:"precursorStart,omitzero"`
	Precursor      *MetricRef `json:"precursor,omitempty"`
	// Related metrics move with the incident, the precursor among them: what is found in them from PrecursorStart (or Start) to End
	// is part of the incident and no false alarm.
	Related     []MetricRef `json:"related,omitempty"`
	Description string      `json:"description"`
}

// recurrence is after how many minutes the whole list of incidents comes again: 9 days and 7 hours, so that over time every
// incident meets every hour of the day and every day of the week.
const recurrence = 9*minutesPerDay + 7*60

// connectionLimit is max_connections of the simulated databases.
const connectionLimit = 1000

// plan is one incident relative to the anchor, in minutes.
type plan struct {
	kind           string
	target         *metric
	from, until    int64
	direction      string
	precursor      *metric
	precursorStart int64
	related        []*metric
	description    string
}

const hour = 60

func plans(k cast) []plan {
	return []plan{
		{
			kind: "cpu-burn", target: k.webCPU, from: -5 * minutesPerDay, until: -5*minutesPerDay + 50, direction: "up",
			description: "a runaway process takes the whole processor of one web server for 50 minutes",
		}, {
			kind: "latency-creep", target: k.stagingALB.responseTime, from: -3 * minutesPerDay, until: -3*minutesPerDay + 3*hour, direction: "up",
			description: "a release with a slow query: response time climbs for 3 hours to four times its level, then the release is rolled back",
		}, {
			kind: "queue-growth", target: k.ingestQueue.visible, from: -2 * minutesPerDay, until: -2*minutesPerDay + 2*hour, direction: "up",
			precursor: k.ingestQueue.age, precursorStart: -2*minutesPerDay - 45,
			description: "consumers slow down, then stop: the queue grows for 90 minutes and drains within 30; the age of the oldest message climbs first",
		}, {
			kind: "silent-drop", target: k.americasOrders.orders, from: -36 * hour, until: -35 * hour, direction: "down",
			related:     []*metric{k.americasOrders.payment},
			description: "a broken payment form: orders fall to 15 % for an hour while nothing reports an error",
		}, {
			kind: "connection-leak", target: k.orderDB, from: -27 * hour, until: 9 * hour, direction: "up",
			description: "a connection leak: on top of the daily rhythm the connections climb towards the limit of 1000, then the pool is restarted",
		}, {
			kind: "5xx-burst", target: k.storefront.errors, from: -30, until: 30, direction: "up",
			precursor: k.storefront.responseTime, precursorStart: -75, related: []*metric{k.storefront.successes},
			description: "a failing dependency: one request in ten fails for an hour; response time creeps up 45 minutes before",
		},
	}
}

// disturb gives the metrics of the cast the effects of the incidents. The offsets are those of plans.
func (k cast) disturb(incidents []plan) {
	for _, p := range incidents {
		p.target.disturb(effect{p.from, p.until, shapes[p.kind]})
		if p.precursor != nil {
			p.precursor.disturb(effect{p.precursorStart, p.until, precursorShapes[p.kind]})
		}
	}
}

var shapes = map[string]shape{
	"cpu-burn": func(level, x float64, _ levelAt) float64 {
		return level + (95-level)*edges(x, 0.06)
	},
	"latency-creep": func(level, x float64, _ levelAt) float64 { return level * (1 + 3*x) },
	"queue-growth": func(level, x float64, _ levelAt) float64 {
		return level + 9000*upThenDown(x, 0.75)
	},
	"silent-drop": func(level, _ float64, _ levelAt) float64 { return level * 0.15 },
	"connection-leak": func(level, x float64, at levelAt) float64 {
		return level + (connectionLimit-at(1))*x
	},
	// The level of the errors is their share of the requests.
	"5xx-burst": func(level, x float64, _ levelAt) float64 { return level + 0.1*edges(x, 0.08) },
}

var precursorShapes = map[string]shape{
	"queue-growth": func(level, x float64, _ levelAt) float64 {
		return level + 1500*upThenDown(x, 0.82)
	},
	"5xx-burst": func(level, x float64, _ levelAt) float64 { return level * (1 + 1.6*min(1, x/0.6)) },
}

// edges is 1 in the middle and rises and falls within the given share of the time.
func edges(x, share float64) float64 { return smoothstep(x/share) * smoothstep((1-x)/share) }

// upThenDown climbs to 1 at the turn and falls back to 0.
func upThenDown(x, turn float64) float64 {
	if x < turn {
		return x / turn
	}
	return (1 - x) / (1 - turn)
}

// Incidents returns every incident that overlaps [from, to), ordered by start. The list of six around the anchor
// repeats every 9 days and 7 hours, before and after.
func (s *Simulator) Incidents(from, to time.Time) []Incident {
	var out []Incident
	for _, p := range s.plans {
		base := s.catalogue.anchor
		first := floorDiv(floorDiv(from.Unix(), 60)-base-p.until, recurrence)
		for n := first; ; n++ {
			shift := base + n*recurrence
			start, end := minuteTime(shift+p.from), minuteTime(shift+p.until)
			if !start.Before(to) {
				break
			}
			if end.After(from) {
				out = append(out, s.incident(p, shift))
			}
		}
	}
	slices.SortFunc(out, func(a, b Incident) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

func (s *Simulator) incident(p plan, shift int64) Incident {
	ref, start := p.target.ref(), minuteTime(shift+p.from)
	inc := Incident{
		ID:   fmt.Sprintf("%s-%s", p.kind, start.Format("20060102T1504Z")),
		Kind: p.kind, Account: s.alias(ref.AccountID), AccountID: ref.AccountID, Region: ref.Region,
		Namespace: ref.Namespace, Metric: ref.Metric, Dimensions: ref.Dimensions,
		Start: start, End: minuteTime(shift + p.until), Direction: p.direction, Description: p.description,
	}
	if p.precursor != nil {
		precursor := p.precursor.ref()
		inc.Announced, inc.Precursor, inc.PrecursorStart = true, &precursor, minuteTime(shift+p.precursorStart)
		inc.Related = append(inc.Related, p.precursor.ref())
	}
	for _, m := range p.related {
		inc.Related = append(inc.Related, m.ref())
	}
	return inc
}

func (s *Simulator) alias(accountID string) string {
	for _, a := range s.accounts {
		if a.ID == accountID {
			return a.Alias
		}
	}
	return ""
}

func minuteTime(minute int64) time.Time { return time.Unix(minute*60, 0).UTC() }
