package plugin

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// explanation says why a bucket of a series has its score. Numbers that there are not are null.
type explanation struct {
	Time      time.Time          `json:"time"`
	Labels    data.Labels        `json:"labels"`
	Value     *float64           `json:"value"`
	Expected  *float64           `json:"expected"`
	Lower     *float64           `json:"lower"`
	Upper     *float64           `json:"upper"`
	Score     *float64           `json:"score"`
	Direction int8               `json:"direction"`
	Event     *float64           `json:"event"`
	Skipped   string             `json:"skipped"`
	Channels  []channel          `json:"channels"` // the one that spoke first
	Columns   []attribution      `json:"columns"`  // of forests: the query's metric first
	Raw       *float64           `json:"raw"`
	Strength  *float64           `json:"strength"`
	Kinesis   map[string]kinesis `json:"kinesis,omitempty"` // columns as RANDOM_CUT_FOREST_WITH_EXPLANATION gives them
}

type channel struct {
	Name      string   `json:"name"`
	Score     *float64 `json:"score"`
	Direction int8     `json:"direction"`
}

type attribution struct {
	Name        string  `json:"name"`
	Direction   string  `json:"direction"`
	Strength    float64 `json:"strength"`
	Attribution float64 `json:"attribution"` // high and low together; their sum over the columns is the raw score
	High        float64 `json:"high"`
	Low         float64 `json:"low"`
}

type kinesis struct {
	Direction string `json:"DIRECTION"`
	Strength  string `json:"STRENGTH"`
	Score     string `json:"ATTRIBUTION_SCORE"`
}

// explain answers why one bucket of one series has its score.
func (i *Instance) explain(ctx context.Context, asked question) (any, []accounts.Failure, error) {
	q, err := asked.parse()
	if err != nil {
		return nil, nil, err
	}
	t, err := asked.at("time", asked.Time)
	if err != nil {
		return nil, nil, err
	}
	w := series.Align(t, t.Add(1), q.Period)
	if w.End.After(history.Settled(q.Namespace, q.Period, i.clock())) {
		return nil, nil, &query.FieldError{Field: "time", Reason: fmt.Sprintf("the bucket at %s is not complete yet", t.Format(time.RFC3339))}
	}
	if !q.WantsScore() {
		q.Measures = append(q.Measures, query.Score) // which is what is explained
	}
	p, err := i.plan(ctx, q, w)
	if err != nil {
		return nil, nil, err
	}
	u, err := p.one(asked.Labels)
	if err != nil {
		return nil, nil, err
	}
	p = p.only([]unit{u})
	read, subject, err := i.readOne(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	e, err := i.engine.Explain(subject.request, t)
	if err != nil {
		return nil, nil, ours{err}
	}
	if subject.shown.Flagged > 0 { // the detector has not seen it
		e.Value = subject.shown.Observed.Values[0]
		if math.IsNaN(e.Score) {
			e.Skipped = "quality"
		}
	}
	return explained(e, u.labels, columnNames(q)), firstOfEach(slices.Concat(p.failures, read.failures)), nil
}

// one is the unit that has all of the labels.
func (p plan) one(labels data.Labels) (unit, error) {
	found := p.labelled(labels)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && len(p.failures) > 0:
		return unit{}, backend.DownstreamError(whole(p.failures, p.cut))
	case len(found) == 0:
		reason := fmt.Sprintf("none of the %d series of this query has the labels {%s}", len(p.units), labels)
		if p.cut != "" {
			reason += " (" + p.cut + ")"
		}
		return unit{}, &query.FieldError{Field: "labels", Reason: reason}
	}
	return unit{}, &query.FieldError{Field: "labels", Reason: fmt.Sprintf("%d series have the labels {%s}, among them {%s} and {%s}: give more labels", len(found), labels, found[0].labels, found[1].labels)}
}

// readOne reads the one unit of a plan.
func (i *Instance) readOne(ctx context.Context, p plan) (reading, subject, error) {
	read, err := i.read(ctx, p)
	if err != nil {
		return read, subject{}, ours{err}
	}
	all, err := assemble(p, read)
	if err != nil {
		return read, subject{}, ours{err}
	}
	read.failures = slices.Concat(read.failures, i.withheldFrom(p, read))
	if len(all) == 0 || all[0].blind {
		return read, subject{}, backend.DownstreamError(whole(read.failures, ""))
	}
	return read, all[0], nil
}

func explained(e analysis.Explanation, labels data.Labels, names []string) explanation {
	out := explanation{
		Time: e.Time.UTC(), Labels: labels, Value: finite(e.Value), Expected: finite(e.Expected), Lower: finite(e.Lower), Upper: finite(e.Upper),
		Score: finite(e.Score), Direction: e.Direction, Event: finite(e.Event), Skipped: e.Skipped, Raw: finite(e.Raw), Strength: finite(e.Strength),
		Channels: []channel{}, Columns: []attribution{},
	}
	for _, c := range e.Channels {
		out.Channels = append(out.Channels, channel{Name: c.Name, Score: finite(analysis.ScoreOf(c.Rarity)), Direction: c.Direction})
	}
	for _, c := range e.Explanation.Columns {
		if c.Column < 0 || c.Column >= len(names) {
			continue
		}
		a := attribution{
			Name: names[c.Column], Direction: "HIGH", Strength: orZero(c.Strength), Attribution: orZero(c.High + c.Low), High: orZero(c.High), Low: orZero(c.Low),
		}
		if c.Direction < 0 || c.Direction == 0 && c.Low > c.High {
			a.Direction = "LOW"
		}
		out.Columns = append(out.Columns, a)
		if out.Kinesis == nil {
			out.Kinesis = map[string]kinesis{}
		}
		out.Kinesis[a.Name] = kinesis{Direction: a.Direction, Strength: twoDecimals(a.Strength), Score: twoDecimals(a.Attribution)}
	}
	return out
}

func twoDecimals(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func orZero(v float64) float64 {
	if finite(v) == nil {
		return 0
	}
	return v
}

// columnNames are those of the query's metric and of its further columns: the metric, and its statistic where two share a metric.
func columnNames(q query.Query) []string {
	columns := append([]query.Column{{Metric: q.Metric, Statistic: q.Statistic}}, q.Detector.Columns...)
	names := make([]string, len(columns))
	for n, c := range columns {
		names[n] = c.Metric
		if slices.ContainsFunc(columns, func(other query.Column) bool { return other.Metric == c.Metric && other.Statistic != c.Statistic }) {
			names[n] += " " + c.Statistic
		}
	}
	return names
}
