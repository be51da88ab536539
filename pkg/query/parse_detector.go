package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// detectorModel is the detector's JSON as it is written.
type detectorModel struct {
	Name       string                     `json:"name"`
	Parameters map[string]json.RawMessage `json:"parameters"`
	Function   string                     `json:"function"`
	Direction  string                     `json:"direction"`
	Split      []string                   `json:"split"`
	Columns    []json.RawMessage          `json:"columns"`
	Rules      []json.RawMessage          `json:"rules"`
	Calendars  []string                   `json:"calendars"` // nil: absent
	EventScore *float64                   `json:"eventScore"`

	columns []columnModel
	rules   []ruleModel
}

type columnModel struct {
	Metric    string `json:"metric"`
	Statistic string `json:"statistic"`
}

type ruleModel struct {
	SkipWithin        *float64 `json:"skipWithin"`
	SkipWithinPercent *float64 `json:"skipWithinPercent"`
	OnlyAbove         *float64 `json:"onlyAbove"`
	OnlyBelow         *float64 `json:"onlyBelow"`
}

var (
	detectorFields = []string{"name", "parameters", "function", "direction", "split", "columns", "rules", "calendars", "eventScore"}
	columnFields   = []string{"metric", "statistic"}
	ruleFields     = []string{"skipWithin", "skipWithinPercent", "onlyAbove", "onlyBelow"}
)

// read decodes the field "detector", which may be absent, and gives a notice for each unknown field.
func (m *detectorModel) read(raw json.RawMessage) ([]string, error) {
	notices, err := readObject("detector", raw, detectorFields, m)
	if err != nil {
		return nil, err
	}
	var more []string
	if m.columns, more, err = readObjects[columnModel]("detector.columns", m.Columns, columnFields); err != nil {
		return nil, err
	}
	notices = append(notices, more...)
	m.rules, more, err = readObjects[ruleModel]("detector.rules", m.Rules, ruleFields)
	return append(notices, more...), err
}

func readObjects[T any](path string, raw []json.RawMessage, known []string) ([]T, []string, error) {
	var notices []string
	out := make([]T, len(raw))
	for i := range raw {
		unknown, err := readObject(fmt.Sprintf("%s[%d]", path, i), raw[i], known, &out[i])
		if err != nil {
			return nil, nil, err
		}
		notices = append(notices, unknown...)
	}
	return out, notices, nil
}

// readObject decodes an object, nothing and null as an empty one.
func readObject(path string, raw json.RawMessage, known []string, into any) ([]string, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var fields map[string]json.RawMessage
	if err := readJSON(path, raw, &fields); err != nil {
		return nil, err
	}
	return unknownFields(path+".", fields, known), decodeFields(path+".", fields, known, into)
}

func readJSON(path string, raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	var typeError *json.UnmarshalTypeError
	if errors.As(err, &typeError) {
		return misfit(path, typeError)
	}
	return err
}

func (m detectorModel) refuseVariables() error {
	checks := []error{
		refuseVariable("detector.name", m.Name), refuseVariable("detector.function", m.Function),
		refuseVariable("detector.direction", m.Direction), refuseVariable("detector.split", m.Split...),
		refuseVariable("detector.calendars", m.Calendars...),
	}
	for name, raw := range m.Parameters {
		// A variable stands in a text, which is no number anyway; the reason is the better one.
		checks = append(checks, refuseVariable("detector.parameters."+name, strings.Trim(string(raw), `"`)))
	}
	for i, c := range m.columns {
		path := fmt.Sprintf("detector.columns[%d].", i)
		checks = append(checks, refuseVariable(path+"metric", c.Metric), refuseVariable(path+"statistic", c.Statistic))
	}
	return firstError(checks)
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// validate fills in the query's detector, and its statistic where the function decides it. What it decides against what is written is
// a notice.
func (m detectorModel) validate(q *Query) ([]string, error) {
	d := &q.Detector
	var err error
	if d.Function, d.Direction, err = m.function(); err != nil {
		return nil, err
	}
	notices := m.decide(q)
	definition, err := detect.Lookup(d.Name)
	if err != nil {
		return nil, fieldError("detector.name", "%v", err)
	}
	d.Name = definition.Name
	if d.Name == detect.RareZero && d.Direction == High {
		return nil, fieldError("detector.direction", "high leaves nothing to score: %s speaks where less comes than should", d.Name)
	}
	if d.Parameters, err = m.parameters(definition); err != nil {
		return nil, err
	}
	if d.Split, err = labels("detector.split", m.Split, splitLabels(q.Dimensions)); err != nil {
		return nil, err
	}
	if len(d.Split) > 0 && !d.Peers() {
		if d.Join, err = joinOf("detector.split", q.Statistic); err != nil {
			return nil, err
		}
	}
	if d.Columns, err = m.validColumns(definition, q); err != nil {
		return nil, err
	}
	if d.Rules, err = m.validRules(); err != nil {
		return nil, err
	}
	if d.Calendars, err = calendarNames("detector.calendars", m.Calendars); err != nil {
		return nil, err
	}
	if d.EventScore, err = m.eventScore(); err != nil {
		return nil, err
	}
	return notices, m.fits(*d)
}

// fits fails where what is each by itself within its limits is too much together. Defaults are not.
func (m detectorModel) fits(d Detector) error {
	if len(m.Parameters)+len(d.Columns) == 0 {
		return nil
	}
	_, err := detect.New(detect.Spec{Name: d.Name, BucketsPerDay: 1, Columns: len(d.Columns), Parameters: d.Parameters})
	if err != nil {
		return fieldError("detector.parameters", "%v", err)
	}
	return nil
}

func (m detectorModel) eventScore() (float64, error) {
	if m.EventScore == nil {
		return detect.DefaultEventScore, nil
	}
	if s := *m.EventScore; !(s > 0 && s <= 100) {
		return 0, fieldError("detector.eventScore", "%v is no score from which an anomaly begins: it must be above 0 and at most 100", s)
	}
	return *m.EventScore, nil
}

// function reads the function and the direction. Elastic's spellings name both at once: low_count, high_mean.
func (m detectorModel) function() (Function, Side, error) {
	side, name := Both, m.Function
	for _, s := range []Side{Low, High} {
		if rest, ok := strings.CutPrefix(m.Function, string(s)+"_"); ok {
			side, name = s, rest
		}
	}
	function := Function(name)
	if name == "avg" {
		function = Mean
	}
	if _, known := functionStatistics[function]; !known && m.Function != "" {
		return "", "", fieldError("detector.function", "%q is no function: use count, mean, min, max, sum or rare_zero, with low_ or high_ before it for one direction", m.Function)
	}
	switch written := Side(m.Direction); written {
	case "", Both:
		return function, side, nil
	case Low, High:
		if side != Both && side != written {
			return "", "", fieldError("detector.direction", "%q contradicts the function %s", written, m.Function)
		}
		return function, written, nil
	default:
		return "", "", fieldError("detector.direction", "%q is no direction: use low, high or both", m.Direction)
	}
}

// decide lets the function choose the statistic and the detector. The editor leaves the default statistic standing beside a function, so
// only another one is worth a word.
func (m detectorModel) decide(q *Query) []string {
	d := &q.Detector
	d.Name = m.Name
	if d.Function == None {
		return nil
	}
	var notices []string
	statistic := functionStatistics[d.Function]
	if q.Statistic != statistic && q.Statistic != defaultStatistic {
		notices = append(notices, fmt.Sprintf("field %q: %s was not used, because the function %s takes %s", "statistic", q.Statistic, m.Function, statistic))
	}
	q.Statistic = statistic
	if d.Function != RareZero {
		return notices
	}
	if m.Name != "" && m.Name != detect.Auto && m.Name != detect.RareZero {
		notices = append(notices, fmt.Sprintf("field %q: %s was not used, because the function %s is a detector itself", "detector.name", m.Name, m.Function))
	}
	d.Name = detect.RareZero
	return notices
}

func (m detectorModel) parameters(d detect.Definition) (map[string]float64, error) {
	out := map[string]float64{}
	for _, p := range d.Parameters {
		out[p.Name] = p.Default
	}
	for _, name := range slices.Sorted(maps.Keys(m.Parameters)) {
		field := "detector.parameters." + name
		value, given, err := number(field, m.Parameters[name], isSwitch(d, name))
		if err != nil {
			return nil, err
		}
		if !given {
			value = out[name]
		}
		if err := d.CheckParameter(name, value); err != nil {
			return nil, fieldError(field, "%v", err)
		}
		out[name] = value
	}
	return out, nil
}

func isSwitch(d detect.Definition, name string) bool {
	return slices.ContainsFunc(d.Parameters, func(p detect.Parameter) bool { return p.Name == name && p.Whole && p.Min == 0 && p.Max == 1 })
}

// number reads a number, of a switch also true and false. null is not given.
func number(field string, raw json.RawMessage, isSwitch bool) (value float64, given bool, err error) {
	switch text := string(raw); {
	case text == "null":
		return 0, false, nil
	case isSwitch && text == "true":
		return 1, true, nil
	case isSwitch && text == "false":
		return 0, true, nil
	}
	return value, true, readJSON(field, raw, &value)
}

func (m detectorModel) validColumns(d detect.Definition, q *Query) ([]Column, error) {
	if len(m.columns) > d.MaxColumns {
		return nil, fieldError("detector.columns", "detector %s looks at %d further metrics at most, not at %d", d.Name, d.MaxColumns, len(m.columns))
	}
	seen := map[columnModel]bool{{q.Metric, q.Statistic}: true}
	var out []Column
	for i, c := range m.columns {
		path := fmt.Sprintf("detector.columns[%d]", i)
		if strings.TrimSpace(c.Metric) == "" {
			return nil, fieldError(path+".metric", "is missing")
		}
		if c.Statistic == "" {
			c.Statistic = defaultStatistic
		}
		if err := checkStatistic(path+".statistic", c.Statistic); err != nil {
			return nil, err
		}
		if seen[c] {
			return nil, fieldError(path, "%s of %s is looked at already", c.Statistic, c.Metric)
		}
		seen[c] = true
		column := Column{Metric: c.Metric, Statistic: c.Statistic}
		if len(q.Detector.Split) > 0 {
			var err error
			if column.Join, err = joinOf(path+".statistic", c.Statistic); err != nil {
				return nil, err
			}
		}
		out = append(out, column)
	}
	return out, nil
}

func joinOf(field, statistic string) (Function, error) {
	join, ok := statisticJoins[statistic]
	if !ok {
		return None, fieldError(field, "%s of several series cannot be joined to one by detector.split: use Average, Sum, Minimum, Maximum or SampleCount", statistic)
	}
	return join, nil
}

func (m detectorModel) validRules() ([]Rule, error) {
	var out []Rule
	var above, below *float64 // the tightest of all rules
	for i, r := range m.rules {
		path := fmt.Sprintf("detector.rules[%d]", i)
		if r == (ruleModel{}) {
			return nil, fieldError(path, "sets no limit: use %s", strings.Join(ruleFields, ", "))
		}
		for _, within := range []struct {
			name  string
			value *float64
		}{{"skipWithin", r.SkipWithin}, {"skipWithinPercent", r.SkipWithinPercent}} {
			if within.value != nil && *within.value < 0 {
				return nil, fieldError(path+"."+within.name, "%v is negative", *within.value)
			}
		}
		if r.OnlyAbove != nil && (above == nil || *r.OnlyAbove > *above) {
			above = r.OnlyAbove
		}
		if r.OnlyBelow != nil && (below == nil || *r.OnlyBelow < *below) {
			below = r.OnlyBelow
		}
		if above != nil && below != nil && *above >= *below {
			return nil, fieldError(path, "nothing is left to score: no value is above %v and below %v", *above, *below)
		}
		out = append(out, Rule(r))
	}
	return out, nil
}

// calendarNames reads the names of calendars; whether they exist is asked where the data source's are known. Absent is every one.
func calendarNames(field string, written []string) ([]string, error) {
	if written == nil {
		return []string{All}, nil
	}
	names := []string{}
	for i, name := range written {
		if name = strings.TrimSpace(name); name == "" {
			return nil, fieldError(fmt.Sprintf("%s[%d]", field, i), "is empty")
		}
		if name == All {
			return []string{All}, nil
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}
