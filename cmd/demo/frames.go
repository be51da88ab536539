package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Labels that every series has; what else a series carries is a dimension.
var fixedLabels = []string{"account_id", "account", "region", "namespace", "metric", "stat"}

// oneSeries is what the answers say of one series: its points by measure.
type oneSeries struct {
	labels   data.Labels
	measures map[string][]sample
	period   time.Duration
	early    *float64 // hours to the threshold by the near edge of the forecast's band
	late     *float64 // by the far edge
}

// sample is one point of a measure that is not null.
type sample struct {
	at    time.Time
	value float64
}

// name is the metric with its dimension values, without the account.
func (s *oneSeries) name() string {
	var values []string
	for _, key := range sortedKeys(s.labels) {
		repeats := s.labels[key] == s.labels["metric"] // a replayed file is called by its name in both places
		if !slices.Contains(fixedLabels, key) && !repeats {
			values = append(values, s.labels[key])
		}
	}
	return strings.TrimSpace(s.labels["metric"] + " " + strings.Join(values, " "))
}

// at is the measure's value at a time.
func (s *oneSeries) at(measure string, when time.Time) (float64, bool) {
	i, found := slices.BinarySearchFunc(s.measures[measure], when, func(p sample, t time.Time) int { return p.at.Compare(t) })
	if !found {
		return 0, false
	}
	return s.measures[measure][i].value, true
}

// usage is Meta.Custom.usage of the frame contract.
type usage struct {
	Series           int     `json:"series"`
	Requests         int     `json:"requests"`
	MetricsAsked     int     `json:"metricsAsked"`
	EstimatedCostUSD float64 `json:"estimatedCostUSD"`
	CacheHits        int     `json:"cacheHits"`
}

// refresh is what one round of questions gave: each series once, however many panels show it.
type refresh struct {
	series   []*oneSeries
	queries  int
	usage    usage // of all queries; Series counts each once
	notices  []string
	duration time.Duration
}

// add takes in the answer to one request. A failed query is an error that names it.
func (r *refresh) add(response *backend.QueryDataResponse) error {
	for _, refID := range sortedKeys(response.Responses) {
		answer := response.Responses[refID]
		if answer.Error != nil {
			return fmt.Errorf("query %s: %w", refID, answer.Error)
		}
		r.queries++
		if err := r.addUsage(answer.Frames); err != nil {
			return fmt.Errorf("query %s: %w", refID, err)
		}
		for _, frame := range answer.Frames {
			if err := r.addFrame(frame); err != nil {
				return fmt.Errorf("query %s: %w", refID, err)
			}
		}
	}
	r.usage.Series = len(r.series)
	return nil
}

// custom is what the demo reads of Meta.Custom.
type custom struct {
	Usage         usage    `json:"usage"`
	PeriodSeconds int      `json:"periodSeconds"`
	Early         *float64 `json:"early"`
	Late          *float64 `json:"late"`
}

func readCustom(frame *data.Frame) (custom, error) {
	var c custom
	if frame.Meta == nil || frame.Meta.Custom == nil {
		return c, nil
	}
	raw, err := json.Marshal(frame.Meta.Custom)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		return c, fmt.Errorf("read Meta.Custom: %w", err)
	}
	return c, nil
}

// addUsage reads the first frame: the usage of a query stands on each of its frames.
func (r *refresh) addUsage(frames data.Frames) error {
	if len(frames) == 0 {
		return nil
	}
	c, err := readCustom(frames[0])
	r.usage.Requests += c.Usage.Requests
	r.usage.MetricsAsked += c.Usage.MetricsAsked
	r.usage.EstimatedCostUSD += c.Usage.EstimatedCostUSD
	r.usage.CacheHits += c.Usage.CacheHits
	return err
}

func (r *refresh) addFrame(frame *data.Frame) error {
	if frame.Meta != nil {
		for _, notice := range frame.Meta.Notices {
			if !slices.Contains(r.notices, notice.Text) {
				r.notices = append(r.notices, notice.Text)
			}
		}
	}
	if len(frame.Fields) == 0 {
		return nil // a frame that carries notices alone
	}
	measure, labels, points, err := readFrame(frame)
	if err != nil {
		return err
	}
	s := r.find(labels)
	if len(s.measures[measure]) == 0 {
		s.measures[measure] = points
	}
	c, err := readCustom(frame)
	s.period = time.Duration(c.PeriodSeconds) * time.Second
	if measure == "hours_to_threshold" {
		s.early, s.late = c.Early, c.Late
	}
	return err
}

// find gives the series with these labels, new or known.
func (r *refresh) find(labels data.Labels) *oneSeries {
	for _, s := range r.series {
		if s.labels.Equals(labels) {
			return s
		}
	}
	s := &oneSeries{labels: labels, measures: map[string][]sample{}}
	r.series = append(r.series, s)
	return s
}

// readFrame reads one frame of the contract: a time and a nullable float64 named by its measure. Nulls are left out.
func readFrame(frame *data.Frame) (measure string, labels data.Labels, points []sample, err error) {
	if len(frame.Fields) != 2 || frame.Fields[0].Type() != data.FieldTypeTime || frame.Fields[1].Type() != data.FieldTypeNullableFloat64 {
		return "", nil, nil, fmt.Errorf("frame %q is not a time and a nullable number", frame.Name)
	}
	times, values := frame.Fields[0], frame.Fields[1]
	for i := range values.Len() {
		if value, ok := values.ConcreteAt(i); ok {
			points = append(points, sample{times.At(i).(time.Time), value.(float64)})
		}
	}
	return values.Name, values.Labels, points, nil
}

func sortedKeys[V any, M ~map[string]V](m M) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
