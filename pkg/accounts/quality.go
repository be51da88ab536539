package accounts

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// Quality is the field "quality" of a data source: what observations must be like, beside the rules that are built in. Each rule
// and range here is checked wherever a series is scored, and a rule's other series is read, and paid for, with it: who writes a rule wants
// nothing learnt from what breaks it. Built-in rules are checked in queries of kind quality alone.
type Quality struct {
	Rules  []QualityRule
	Ranges []QualityRange
}

// QualityRule says that in each bucket Lesser is at most Greater, which is of the same account, region, dimensions and period.
type QualityRule struct {
	Namespace       string
	Lesser, Greater Measured
}

// Measured is a statistic of a metric.
type Measured struct{ Metric, Statistic string }

// QualityRange is what a metric can be, in its own unit, whatever its statistic: not a SampleCount, which is in no unit of the metric.
type QualityRange struct {
	Namespace, Metric string
	Lower, Upper      float64 // Lower <= Upper; infinite where there is none
}

// Range is what a statistic of a metric can be; infinite where nothing is said.
func (q Quality) Range(namespace, metric, statistic string) (lower, upper float64) {
	for _, r := range q.Ranges {
		if r.Namespace == namespace && r.Metric == metric && statistic != "SampleCount" {
			return r.Lower, r.Upper
		}
	}
	return math.Inf(-1), math.Inf(1)
}

// The JSON as it is written.
type (
	qualityJSON struct {
		Rules  []json.RawMessage `json:"rules"`
		Ranges []json.RawMessage `json:"ranges"`
	}
	ruleJSON struct {
		Namespace string          `json:"namespace"`
		Metric    string          `json:"metric"`
		Statistic string          `json:"statistic"`
		Op        string          `json:"op"`
		Than      json.RawMessage `json:"than"`
	}
	thanJSON struct {
		Metric    string `json:"metric"`
		Statistic string `json:"statistic"`
	}
	rangeJSON struct {
		Namespace string   `json:"namespace"`
		Metric    string   `json:"metric"`
		Lower     *float64 `json:"lower"`
		Upper     *float64 `json:"upper"`
	}
)

// ParseQuality reads the field "quality" of jsonData; nothing and null are no rules. A mistake is one of the data source: a rule that is left
// out would let a model learn what it must not. Errors name the field, e.g. quality.rules[0].than.metric.
func ParseQuality(jsonData []byte) (Quality, error) {
	var settings struct {
		Quality json.RawMessage `json:"quality"`
	}
	if len(jsonData) > 0 {
		if err := json.Unmarshal(jsonData, &settings); err != nil {
			return Quality{}, fmt.Errorf("data source settings: %w", err)
		}
	}
	var written qualityJSON
	if err := decodeStrictly("quality", settings.Quality, &written, "rules", "ranges"); err != nil {
		return Quality{}, err
	}
	var (
		q   Quality
		err error
	)
	if q.Rules, err = parseEach("quality.rules", written.Rules, parseQualityRule); err != nil {
		return Quality{}, err
	}
	if q.Ranges, err = parseEach("quality.ranges", written.Ranges, parseQualityRange); err != nil {
		return Quality{}, err
	}
	if err := q.checkRepeated(); err != nil {
		return Quality{}, err
	}
	return q, nil
}

func parseEach[T any](path string, written []json.RawMessage, parse func(path string, raw json.RawMessage) (T, error)) ([]T, error) {
	var out []T
	for i, raw := range written {
		entry, err := parse(fmt.Sprintf("%s[%d]", path, i), raw)
		if err != nil {
			return nil, err
		}
		out = append(out, entry)
	}
	return out, nil
}

func parseQualityRule(path string, raw json.RawMessage) (QualityRule, error) {
	var written ruleJSON
	if err := decodeStrictly(path, raw, &written, "namespace", "metric", "statistic", "op", "than"); err != nil {
		return QualityRule{}, err
	}
	var than thanJSON
	if err := decodeStrictly(path+".than", written.Than, &than, "metric", "statistic"); err != nil {
		return QualityRule{}, err
	}
	r := QualityRule{
		Namespace: strings.TrimSpace(written.Namespace),
		Lesser:    Measured{strings.TrimSpace(written.Metric), strings.TrimSpace(written.Statistic)},
		Greater:   Measured{strings.TrimSpace(than.Metric), strings.TrimSpace(than.Statistic)},
	}
	if written.Op != "<=" {
		return r, fmt.Errorf("field %q: %q is no operator of a rule: use <=", path+".op", written.Op)
	}
	if r.Lesser == r.Greater {
		return r, fmt.Errorf("field %q: %s of %s is compared with itself", path+".than", r.Lesser.Statistic, r.Lesser.Metric)
	}
	return r, cmp.Or(checkName(path+".namespace", r.Namespace), r.Lesser.check(path), r.Greater.check(path+".than"))
}

func parseQualityRange(path string, raw json.RawMessage) (QualityRange, error) {
	var written rangeJSON
	if err := decodeStrictly(path, raw, &written, "namespace", "metric", "lower", "upper"); err != nil {
		return QualityRange{}, err
	}
	r := QualityRange{
		Namespace: strings.TrimSpace(written.Namespace), Metric: strings.TrimSpace(written.Metric), Lower: math.Inf(-1), Upper: math.Inf(1),
	}
	if written.Lower == nil && written.Upper == nil {
		return r, fmt.Errorf("field %q: sets no limit: give lower, upper or both", path)
	}
	if written.Lower != nil {
		r.Lower = *written.Lower
	}
	if written.Upper != nil {
		r.Upper = *written.Upper
	}
	if r.Lower > r.Upper {
		return r, fmt.Errorf("field %q: %v is below the lower limit of %v", path+".upper", r.Upper, r.Lower)
	}
	return r, cmp.Or(checkName(path+".namespace", r.Namespace), checkName(path+".metric", r.Metric))
}

// checkRepeated refuses what stands twice: of two ranges of a metric one would not hold.
func (q Quality) checkRepeated() error {
	for i, r := range q.Rules {
		if slices.Contains(q.Rules[:i], r) {
			return fmt.Errorf("field %q: the rule stands twice", fmt.Sprintf("quality.rules[%d]", i))
		}
	}
	for i, r := range q.Ranges {
		same := func(other QualityRange) bool { return other.Namespace == r.Namespace && other.Metric == r.Metric }
		if slices.ContainsFunc(q.Ranges[:i], same) {
			return fmt.Errorf("field %q: there is a range of %s already", fmt.Sprintf("quality.ranges[%d]", i), r.Metric)
		}
	}
	return nil
}

// statisticName is CloudWatch's spelling of a statistic.
var statisticName = regexp.MustCompile(`^(Average|Sum|Minimum|Maximum|SampleCount|IQM|(p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,10})?|100)|(PR|TM|WM|TC|TS)\([\d.%:]+\))$`)

func (m Measured) check(path string) error {
	if err := checkName(path+".metric", m.Metric); err != nil {
		return err
	}
	if !statisticName.MatchString(m.Statistic) {
		return fmt.Errorf("field %q: %q is unknown: use Average, Sum, Minimum, Maximum, SampleCount or an extended statistic such as p99",
			path+".statistic", m.Statistic)
	}
	return nil
}

func checkName(path, name string) error {
	if name == "" {
		return fmt.Errorf("field %q: is missing", path)
	}
	return nil
}

// decodeStrictly reads an object, of which absent and null are an empty one. Fields that are not known, wrongly cased ones among them, are
// refused.
func decodeStrictly(path string, raw json.RawMessage, into any, known ...string) error {
	if len(raw) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := explainType(path, json.Unmarshal(raw, &fields)); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("field %q: is unknown: use %s", path+"."+name, strings.Join(known, ", "))
		}
	}
	return explainType(path, json.Unmarshal(raw, into))
}

func explainType(path string, err error) error {
	var typeError *json.UnmarshalTypeError
	if !errors.As(err, &typeError) {
		return err
	}
	if typeError.Field != "" {
		path = strings.TrimPrefix(path+"."+typeError.Field, ".")
	}
	return fmt.Errorf("field %q: a JSON %s does not fit here", path, typeError.Value)
}
