package query

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
)

// Forecaster says how forecasts are made. Its defaults are filled in.
type Forecaster struct {
	Name      string   // of forecast.Catalogue
	Levels    []int    // of the bands, in percent, no two alike: the first makes forecast_lower and forecast_upper and what numbers of now go by
	Calendars []string // names, or All; empty: none
}

// Forecasters lists the forecasters that a query can name, the default first.
func Forecasters() []forecast.Definition { return forecast.Catalogue() }

// knownLevels are those that back-tests of a usual history can vouch for, the default first.
var knownLevels = []int{95, 80, 99}

// measures are those that a forecast draws.
func (f Forecaster) measures() []Measure {
	out := []Measure{Forecast}
	for i := range f.Levels {
		lower, upper := f.BandAt(i)
		out = append(out, lower, upper)
	}
	return out
}

// BandAt names the measures of the i-th level.
func (f Forecaster) BandAt(i int) (lower, upper Measure) {
	if i == 0 {
		return ForecastLower, ForecastUpper
	}
	return Measure(fmt.Sprintf("%s_%d", ForecastLower, f.Levels[i])), Measure(fmt.Sprintf("%s_%d", ForecastUpper, f.Levels[i]))
}

// isLevel says that a measure is an edge of the band of a further level.
func isLevel(m Measure) bool {
	return strings.HasPrefix(string(m), string(ForecastLower)+"_") || strings.HasPrefix(string(m), string(ForecastUpper)+"_")
}

// Threshold is what hours_to_threshold speaks of: a number, or the newest value of another metric.
type Threshold struct {
	Value   *float64 // nil: none
	Metric  *Column  // of the same namespace, account, region and dimensions; nil: none
	Percent float64  // of the metric's value
}

// Set says that there is a threshold.
func (t Threshold) Set() bool { return t.Value != nil || t.Metric != nil }

// maxPercent leaves room for what is counted by the second and compared with a sum over an hour.
const maxPercent = 1_000_000

// forecasterModel and thresholdModel are the JSON as it is written.
type forecasterModel struct {
	Name      string   `json:"name"`
	Levels    []int    `json:"levels"`
	Calendars []string `json:"calendars"` // nil: absent
}

type thresholdModel struct {
	Metric    string   `json:"metric"`
	Statistic string   `json:"statistic"`
	Percent   *float64 `json:"percent"`
}

var (
	forecasterFields = []string{"name", "levels", "calendars"}
	thresholdFields  = []string{"metric", "statistic", "percent"}
)

func (m forecasterModel) refuseVariables() error {
	return firstError([]error{refuseVariable("forecaster.name", m.Name), refuseVariable("forecaster.calendars", m.Calendars...)})
}

func (m thresholdModel) refuseVariables() error {
	return firstError([]error{refuseVariable("thresholdMetric.metric", m.Metric), refuseVariable("thresholdMetric.statistic", m.Statistic)})
}

func (m forecasterModel) validate() (Forecaster, error) {
	definition, err := forecast.Lookup(m.Name)
	if err != nil {
		return Forecaster{}, fieldError("forecaster.name", "%v", err)
	}
	f := Forecaster{Name: definition.Name}
	if f.Levels, err = levels(m.Levels); err != nil {
		return f, err
	}
	f.Calendars, err = calendarNames("forecaster.calendars", m.Calendars)
	return f, err
}

func levels(written []int) ([]int, error) {
	var out []int
	for i, l := range written {
		if !slices.Contains(knownLevels, l) {
			return nil, fieldError(fmt.Sprintf("forecaster.levels[%d]", i), "%d is no level of a band: use 80, 95 or 99 (percent)", l)
		}
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return knownLevels[:1], nil
	}
	return out, nil
}

// threshold reads the number or the metric that is the threshold.
func (m model) threshold(q Query) (Threshold, error) {
	if m.quota == (thresholdModel{}) {
		if m.Threshold != nil && (math.IsNaN(*m.Threshold) || math.IsInf(*m.Threshold, 0)) {
			return Threshold{}, fieldError("threshold", "is not a finite number")
		}
		return Threshold{Value: m.Threshold}, nil
	}
	if m.Threshold != nil {
		return Threshold{}, fieldError("thresholdMetric", "there is a threshold of %v already: give a number or a metric", *m.Threshold)
	}
	t := Threshold{Metric: &Column{Metric: m.quota.Metric, Statistic: m.quota.Statistic}, Percent: 100}
	if strings.TrimSpace(t.Metric.Metric) == "" {
		return t, fieldError("thresholdMetric.metric", "is missing")
	}
	if t.Metric.Statistic == "" {
		t.Metric.Statistic = defaultStatistic
	}
	if err := checkStatistic("thresholdMetric.statistic", t.Metric.Statistic); err != nil {
		return t, err
	}
	if p := m.quota.Percent; p != nil {
		if !(*p > 0 && *p <= maxPercent) {
			return t, fieldError("thresholdMetric.percent", "%v is no share of a threshold: it must be above 0 and at most %d", *p, maxPercent)
		}
		t.Percent = *p
	}
	if len(q.Detector.Split) > 0 && !q.Detector.Peers() {
		var err error
		if t.Metric.Join, err = joinOf("thresholdMetric.statistic", t.Metric.Statistic); err != nil {
			return t, err
		}
	}
	return t, nil
}
