package query

import (
	"fmt"
	"slices"
	"time"
)

// Version is the newest version of the query JSON that this package reads.
const Version = 1

// MaxHorizon bounds the forecast, in time; MaxHorizonSteps bounds it in buckets.
const (
	MaxHorizon      = 30 * 24 * time.Hour
	MaxHorizonSteps = 8640
)

// DefaultPeriod is the period of "auto". It does not follow the dashboard's range or resolution, because a score must not: the
// same point at another period is another series.
const DefaultPeriod = 5 * time.Minute

// All stands for every account, region or dimension value.
const All = "*"

// Measure names one field of the answer.
type Measure string

// The measures, by the field names of the frame contract.
const (
	Value            Measure = "value"
	Expected         Measure = "expected"
	Lower            Measure = "lower"
	Upper            Measure = "upper"
	Score            Measure = "anomaly_score"
	Direction        Measure = "direction"
	Event            Measure = "anomaly_event"
	Raw              Measure = "raw_score"
	Forecast         Measure = "forecast"
	ForecastLower    Measure = "forecast_lower"
	ForecastUpper    Measure = "forecast_upper"
	HoursToThreshold Measure = "hours_to_threshold"
	MaxInHorizon     Measure = "max_in_horizon"
)

// Measures lists every measure in the order of the frames.
var Measures = []Measure{Value, Expected, Lower, Upper, Score, Direction, Event, Raw, Forecast, ForecastLower, ForecastUpper, HoursToThreshold, MaxInHorizon}

// Query is one validated query: defaults are filled in and every field is within its limits.
type Query struct {
	RefID      string
	Accounts   []string            // ids or aliases, or All
	Regions    []string            // or All: the regions of each account
	Namespace  string              // e.g. AWS/EC2
	Metric     string              // e.g. CPUUtilization
	Statistic  string              // e.g. Average, p99
	Dimensions map[string][]string // each key: its values, or All; empty: the metric without dimensions
	Period     time.Duration
	Measures   []Measure // in the order of Measures; at least one
	Horizon    time.Duration
	Threshold  *float64
	Detector   Detector
	RollUp     []string // labels, each of whose values has one score over all series that share it; empty: no roll-up
	Legend     string
	Notices    []string // what was understood otherwise than it was written, for people
}

// Wants says whether the query asks for any of the measures.
func (q Query) Wants(measures ...Measure) bool {
	return slices.ContainsFunc(measures, func(m Measure) bool { return slices.Contains(q.Measures, m) })
}

// WantsScore says whether the answer needs a detector.
func (q Query) WantsScore() bool {
	return q.Wants(Expected, Lower, Upper, Score, Direction, Event, Raw)
}

// WantsForecast says whether the answer needs a forecaster.
func (q Query) WantsForecast() bool {
	return q.Wants(Forecast, ForecastLower, ForecastUpper, HoursToThreshold, MaxInHorizon)
}

// Alertable fails unless an alert rule can be given the answer: exactly one measure, because server-side expressions know a series by
// its labels alone, and none that lies in the future, because a rule looks at the newest point.
func (q Query) Alertable() error {
	if len(q.Measures) != 1 {
		return fieldError("output", "an alert rule needs one measure: choose one of %v", q.Measures)
	}
	if q.Wants(Forecast, ForecastLower, ForecastUpper) {
		return fieldError("output", "%s lies in the future; alert on %s or %s", q.Measures[0], HoursToThreshold, MaxInHorizon)
	}
	return nil
}

// FieldError is bad input: it names the field of the query JSON.
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string { return fmt.Sprintf("field %q: %s", e.Field, e.Reason) }

func fieldError(field, format string, args ...any) error {
	return &FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
