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
	Trend            Measure = "trend"
	SeasonDay        Measure = "season_day"
	SeasonWeek       Measure = "season_week"
	Remainder        Measure = "remainder"
	HoursToThreshold Measure = "hours_to_threshold"
	HoursEarly       Measure = "hours_to_threshold_early"
	HoursLate        Measure = "hours_to_threshold_late"
	MaxInHorizon     Measure = "max_in_horizon"
	MaxLower         Measure = "max_in_horizon_lower"
	MaxUpper         Measure = "max_in_horizon_upper"
	MinInHorizon     Measure = "min_in_horizon"
	MinLower         Measure = "min_in_horizon_lower"
	MinUpper         Measure = "min_in_horizon_upper"
)

// Measures lists every measure but the bands of further levels, in the order of the frames.
var Measures = []Measure{
	Value, Expected, Lower, Upper, Score, Direction, Event, Raw, Forecast, ForecastLower, ForecastUpper, Trend, SeasonDay, SeasonWeek, Remainder,
	HoursToThreshold, HoursEarly, HoursLate, MaxInHorizon, MaxLower, MaxUpper, MinInHorizon, MinLower, MinUpper,
}

// inFuture are the measures, beside the bands of further levels, that a forecast draws.
var inFuture = []Measure{Forecast, ForecastLower, ForecastUpper}

// decomposed are the measures of a decomposition.
var decomposed = []Measure{Trend, SeasonDay, SeasonWeek, Remainder}

// ofThreshold are the measures that need a threshold.
var ofThreshold = []Measure{HoursToThreshold, HoursEarly, HoursLate}

// ofNow are the numbers of now that a forecast makes.
var ofNow = append([]Measure{MaxInHorizon, MaxLower, MaxUpper, MinInHorizon, MinLower, MinUpper}, ofThreshold...)

// Query is one validated query: defaults are filled in and every field is within its limits.
type Query struct {
	RefID      string
	Kind       Kind                // of another than KindMetric, what the kind does not use has its default
	Accounts   []string            // ids or aliases, or All
	Regions    []string            // or All: the regions of each account
	Namespace  string              // e.g. AWS/EC2
	Metric     string              // e.g. CPUUtilization
	Statistic  string              // e.g. Average, p99
	Dimensions map[string][]string // each key: its values, or All; empty: the metric without dimensions
	Period     time.Duration
	Measures   []Measure // in the order of the kind's list; at least one, but none of KindEvents
	Horizon    time.Duration
	Threshold  Threshold
	Forecaster Forecaster
	Detector   Detector
	RollUp     []string // labels, each of whose values has one score over all series that share it; empty: no roll-up
	By         []string // labels by which costs are told apart, in the order of CostLabels; empty of other kinds
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
	return q.Wants(inFuture...) || q.Wants(ofNow...) || slices.ContainsFunc(q.Measures, isLevel)
}

// WantsDecomposition says whether the answer takes a series apart.
func (q Query) WantsDecomposition() bool { return q.Wants(decomposed...) }

// Alertable fails unless an alert rule can be given the answer: exactly one measure, because server-side expressions know a series by
// its labels alone, and none that lies in the future, because a rule looks at the newest point. What a decomposition says of a point
// changes with the points after it.
func (q Query) Alertable() error {
	if q.Kind == KindEvents {
		return fieldError("kind", "a table of events cannot be alerted on; alert on %s of a metric", Event)
	}
	if len(q.Measures) != 1 {
		return fieldError("output", "an alert rule needs one measure: choose one of %v", q.Measures)
	}
	switch m := q.Measures[0]; {
	case slices.Contains(inFuture, m) || isLevel(m):
		return fieldError("output", "%s lies in the future; alert on %s, %s or %s", m, HoursToThreshold, MaxInHorizon, MinInHorizon)
	case slices.Contains(decomposed, m):
		return fieldError("output", "%s of a point changes with the points after it; alert on %s", m, Score)
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
