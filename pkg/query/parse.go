package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// model is the query JSON as it is written by the editor and by YAML.
type model struct {
	Version    int                 `json:"version"`
	Kind       Kind                `json:"kind"`
	Accounts   []string            `json:"accounts"`
	Regions    []string            `json:"regions"`
	Namespace  string              `json:"namespace"`
	Metric     string              `json:"metric"`
	Statistic  string              `json:"statistic"`
	Dimensions map[string][]string `json:"dimensions"`
	Period     string              `json:"period"`
	Score      *bool               `json:"score"`
	Band       *bool               `json:"band"`
	Forecast   bool                `json:"forecast"`
	Horizon    string              `json:"horizon"`
	Threshold  *float64            `json:"threshold"`
	Quota      json.RawMessage     `json:"thresholdMetric"`
	Forecaster json.RawMessage     `json:"forecaster"`
	Decompose  bool                `json:"decompose"`
	Output     Measure             `json:"output"`
	Events     bool                `json:"events"`
	Raw        bool                `json:"raw"`
	Detector   json.RawMessage     `json:"detector"`
	RollUp     []string            `json:"rollUp"`
	Legend     string              `json:"legend"`
	By         []string            `json:"by"`

	detector   detectorModel
	forecaster forecasterModel
	quota      thresholdModel
}

// The fields that Grafana itself adds to every query.
var grafanaFields = []string{"refId", "datasource", "datasourceId", "hide", "key", "queryType", "intervalMs", "maxDataPoints", "timeRange", "editorMode"}

var ownFields = []string{"version", "kind", "accounts", "regions", "namespace", "metric", "statistic", "dimensions", "period", "score",
	"band", "forecast", "horizon", "threshold", "thresholdMetric", "forecaster", "decompose", "output", "events", "raw", "detector", "rollUp", "legend", "by"}

// Parse reads one query. Errors are *FieldError where a field is at fault.
func Parse(refID string, raw []byte) (Query, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return Query{}, fmt.Errorf("query %s is not a JSON object: %w", refID, err)
	}
	notices, err := migrate(fields)
	if err != nil {
		return Query{}, err
	}
	kind, unused, err := takeKind(fields)
	if err != nil {
		return Query{}, err
	}
	notices = slices.Concat(notices, unused, unknownFields("", fields, slices.Concat(ownFields, grafanaFields)))
	var m model
	if err := decodeFields("", fields, ownFields, &m); err != nil {
		return Query{}, err
	}
	m.Kind = kind
	unknown, err := m.readObjects()
	if err != nil {
		return Query{}, err
	}
	q, decided, err := m.validate()
	q.RefID, q.Notices = refID, slices.Concat(notices, unknown, decided)
	return q, err
}

// readObjects reads the fields that are objects, with a notice for each unknown field in them.
func (m *model) readObjects() ([]string, error) {
	notices, err := m.detector.read(m.Detector)
	if err != nil {
		return nil, err
	}
	more, err := readObject("forecaster", m.Forecaster, forecasterFields, &m.forecaster)
	if err != nil {
		return nil, err
	}
	notices = append(notices, more...)
	more, err = readObject("thresholdMetric", m.Quota, thresholdFields, &m.quota)
	return append(notices, more...), err
}

// decodeFields reads the known fields of an object into a struct; the others are left to unknownFields, because encoding/json would take
// a wrongly cased one for the right one. path is where the object stands, with a dot at its end.
func decodeFields(path string, fields map[string]json.RawMessage, known []string, into any) error {
	own := map[string]json.RawMessage{}
	for _, name := range known {
		if raw, ok := fields[name]; ok {
			own[name] = raw
		}
	}
	raw, err := json.Marshal(own)
	if err != nil {
		return fmt.Errorf("read query: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		var typeError *json.UnmarshalTypeError
		if errors.As(err, &typeError) {
			field, _, _ := strings.Cut(typeError.Field, ".")
			return misfit(path+field, typeError)
		}
		return fmt.Errorf("read query: %w", err)
	}
	return nil
}

func misfit(field string, err *json.UnmarshalTypeError) error {
	return fieldError(field, "a JSON %s does not fit here", err.Value)
}

func unknownFields(path string, fields map[string]json.RawMessage, known []string) []string {
	var notices []string
	for name := range fields {
		if !slices.Contains(known, name) {
			notices = append(notices, fmt.Sprintf("field %q is unknown and was not used", path+name))
		}
	}
	slices.Sort(notices)
	return notices
}

// validate returns the query, and what was decided otherwise than it was written.
func (m model) validate() (Query, []string, error) {
	if err := m.refuseVariables(); err != nil {
		return Query{}, nil, err
	}
	for _, required := range []struct{ field, value string }{{"namespace", m.Namespace}, {"metric", m.Metric}} {
		if m.Kind.needsMetric() && strings.TrimSpace(required.value) == "" {
			return Query{}, nil, fieldError(required.field, "is missing")
		}
	}
	q := Query{
		Kind: m.Kind, Accounts: orAll(m.Accounts), Regions: orAll(m.Regions), Namespace: m.Namespace, Metric: m.Metric,
		Statistic: m.Statistic, Dimensions: map[string][]string{}, Legend: m.Legend,
	}
	if q.Statistic == "" {
		q.Statistic = defaultStatistic
	}
	if err := checkStatistic("statistic", q.Statistic); err != nil {
		return Query{}, nil, err
	}
	for name, values := range m.Dimensions {
		if name == "" {
			return Query{}, nil, fieldError("dimensions", "a dimension has no name")
		}
		q.Dimensions[name] = orAll(values)
	}
	var err error
	if q.Period, err = parsePeriod(m.Period); err != nil {
		return Query{}, nil, err
	}
	if q.Horizon, err = parseHorizon(m.Horizon, q.Period); err != nil {
		return Query{}, nil, err
	}
	notices, err := m.detector.validate(&q)
	if err != nil {
		return Query{}, nil, err
	}
	if q.Forecaster, err = m.forecaster.validate(); err != nil {
		return Query{}, nil, err
	}
	if q.Threshold, err = m.threshold(q); err != nil {
		return Query{}, nil, err
	}
	if q.RollUp, err = q.rollUp(m.RollUp); err != nil {
		return Query{}, nil, err
	}
	if q.By, err = m.costLabels(); err != nil {
		return Query{}, nil, err
	}
	if q.Measures, err = m.measures(q); err != nil || len(q.RollUp) == 0 {
		return q, notices, err
	}
	q.Measures, err = m.rolledUp()
	return q, append(notices, m.notRolledUp()...), err
}

// orAll drops empty entries; nothing left means All, as an untouched editor field does.
func orAll(values []string) []string {
	var kept []string
	for _, v := range values {
		if v = strings.TrimSpace(v); v == All {
			return []string{All}
		} else if v != "" && !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		return []string{All}
	}
	return kept
}

func (m model) measures(q Query) ([]Measure, error) {
	if m.Kind != KindMetric {
		return m.Kind.measures(m.Output)
	}
	if m.Output != "" {
		return q.output(m.Output)
	}
	chosen := []Measure{Value}
	if on(m.Band) {
		chosen = append(chosen, Expected, Lower, Upper)
	}
	if on(m.Score) {
		chosen = append(chosen, Score, Direction)
	}
	if m.Events {
		chosen = append(chosen, Event)
	}
	if m.Raw {
		chosen = append(chosen, Raw)
	}
	if m.Forecast {
		chosen = append(chosen, q.Forecaster.measures()...)
	}
	if m.Decompose {
		chosen = append(chosen, decomposed...)
	}
	if m.Forecast && q.Threshold.Set() {
		chosen = append(chosen, HoursToThreshold)
	}
	if m.Forecast {
		chosen = append(chosen, MaxInHorizon, MinInHorizon)
	}
	return chosen, nil
}

// output is the one measure that is asked for by name.
func (q Query) output(m Measure) ([]Measure, error) {
	if !slices.Contains(Measures, m) && !slices.Contains(q.Forecaster.measures(), m) {
		return nil, fieldError("output", "%q is no measure: choose one of %v", m, Measures)
	}
	if slices.Contains(ofThreshold, m) && !q.Threshold.Set() {
		return nil, fieldError("threshold", "%s needs a threshold or a thresholdMetric", m)
	}
	return []Measure{m}, nil
}

// on reads a switch that is on unless it was turned off.
func on(b *bool) bool { return b == nil || *b }

// variable matches Grafana's three spellings of a template variable.
var variable = regexp.MustCompile(`\$\w+|\$\{[^}]+\}|\[\[[^\]]+\]\]`)

// Names that AWS itself writes with a dollar: a version of Lambda, a stage and routes of API Gateway.
var dollarNames = []string{"$LATEST", "$default", "$connect", "$disconnect"}

// refuseVariables fails on a template variable. The front end replaces them, so one that arrives here comes from an alert rule or
// another caller without a dashboard. The value of a dimension may hold any character, so there only a whole value counts.
func (m model) refuseVariables() error {
	checks := []error{
		refuseVariable("accounts", m.Accounts...), refuseVariable("regions", m.Regions...), refuseVariable("namespace", m.Namespace),
		refuseVariable("metric", m.Metric), refuseVariable("statistic", m.Statistic), refuseVariable("period", m.Period),
		refuseVariable("horizon", m.Horizon), refuseVariable("output", string(m.Output)), refuseVariable("rollUp", m.RollUp...), refuseVariable("by", m.By...),
		m.detector.refuseVariables(), m.forecaster.refuseVariables(), m.quota.refuseVariables(),
	}
	for name, values := range m.Dimensions {
		checks = append(checks, refuseVariable("dimensions", name), refuseVariable("dimensions."+name, values...))
	}
	return firstError(checks)
}

func refuseVariable(field string, values ...string) error {
	for _, v := range values {
		found := variable.FindString(v)
		if found == "" || slices.Contains(dollarNames, v) || strings.HasPrefix(field, "dimensions.") && found != v {
			continue
		}
		return fieldError(field, "the variable %s was not replaced: alert rules and direct calls have no dashboard variables", found)
	}
	return nil
}

// defaultStatistic is CloudWatch's own default, and what the editor writes until another is chosen.
const defaultStatistic = "Average"

var extendedStatistic = regexp.MustCompile(`^(p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,10})?|100)$|^IQM$|^(PR|TM|WM|TC|TS)\([\d.%:]+\)$`)

func checkStatistic(field, s string) error {
	if slices.Contains([]string{"Average", "Sum", "Minimum", "Maximum", "SampleCount"}, s) || extendedStatistic.MatchString(s) {
		return nil
	}
	return fieldError(field, "%q is unknown: use Average, Sum, Minimum, Maximum, SampleCount or an extended statistic such as p99 or tm90", s)
}

// parsePeriod reads "auto", a duration ("5m", "1h", "1d") or a number of seconds, and holds it to CloudWatch's grid:
// 1, 5, 10, 20 or 30 seconds, or whole minutes up to a day.
func parsePeriod(s string) (time.Duration, error) {
	if s == "" || s == "auto" {
		return DefaultPeriod, nil
	}
	d, err := parseDuration(s)
	if err != nil {
		return 0, fieldError("period", "%q is neither auto nor a duration such as 1m, 5m or 1h", s)
	}
	subMinute := []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}
	if slices.Contains(subMinute, d) || (d >= time.Minute && d <= 24*time.Hour && d%time.Minute == 0) {
		return d, nil
	}
	return 0, fieldError("period", "%q is off CloudWatch's grid: use 1, 5, 10, 20 or 30 s, or whole minutes up to 1d", s)
}

// parseHorizon reads the length of the forecast: at least one bucket, at most MaxHorizon and MaxHorizonSteps.
func parseHorizon(s string, period time.Duration) (time.Duration, error) {
	limit := min(MaxHorizon, MaxHorizonSteps*period)
	if s == "" {
		return min(24*time.Hour, limit), nil
	}
	d, err := parseDuration(s)
	if err != nil || d <= 0 {
		return 0, fieldError("horizon", "%q is no duration such as 6h or 7d", s)
	}
	if d > limit {
		return 0, fieldError("horizon", "%q is longer than the limit of %s at a period of %s", s, limit, period)
	}
	return max(d, period), nil
}

// parseDuration reads Go durations, whole days ("7d"), and bare numbers as seconds.
func parseDuration(s string) (time.Duration, error) {
	if seconds, err := strconv.ParseInt(s, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}
