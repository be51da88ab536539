package plugin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// influencers is who carries the worst bucket of a range.
type influencers struct {
	Score       *float64    `json:"score"`
	Time        *time.Time  `json:"time"` // of the worst bucket; null where none has a score
	Influencers []influence `json:"influencers"`
}

type influence struct {
	Label  string   `json:"label"`
	Value  string   `json:"value"`
	Score  *float64 `json:"score"`
	Share  float64  `json:"share"`
	Series int      `json:"series"`
}

// influence answers who carries the worst bucket of a range, of all series that have the labels.
func (i *Instance) influence(ctx context.Context, asked question) (any, []accounts.Failure, error) {
	q, err := asked.parse()
	if err != nil {
		return nil, nil, err
	}
	w, err := between(q, asked)
	if err != nil {
		return nil, nil, err
	}
	// What is rolled up is the score of each series, whatever else the query shows.
	q.Measures = []query.Measure{query.Score}
	p, err := i.plan(ctx, q, w)
	if err != nil {
		return nil, nil, err
	}
	p = p.only(p.labelled(asked.Labels))
	read, err := i.read(ctx, p)
	if err != nil {
		return nil, nil, ours{err}
	}
	subjects, err := assemble(p, read)
	if err != nil {
		return nil, nil, ours{err}
	}
	failures := firstOfEach(slices.Concat(p.failures, read.failures, i.withheldFrom(p, read)))
	subjects = slices.DeleteFunc(subjects, func(s subject) bool { return s.blind })
	if len(subjects) == 0 && len(failures) > 0 {
		return nil, nil, backend.DownstreamError(whole(failures, ""))
	}
	if err := i.analyse(p, w, subjects); err != nil {
		return nil, nil, ours{err}
	}
	if err := unscored(subjects); err != nil {
		return nil, nil, ours{err}
	}
	return influenced(subjects, w), failures, nil
}

// between is the range asked about.
func between(q query.Query, asked question) (series.Window, error) {
	from, err := asked.at("from", asked.From)
	if err != nil {
		return series.Window{}, err
	}
	to, err := asked.at("to", asked.To)
	if err != nil {
		return series.Window{}, err
	}
	if !to.After(from) {
		return series.Window{}, &query.FieldError{Field: "to", Reason: fmt.Sprintf("%s is not after %s", asked.To, asked.From)}
	}
	return bounded(series.Align(from, to, q.Period))
}

func influenced(subjects []subject, w series.Window) influencers {
	members := make([]analysis.Member, len(subjects))
	for n, s := range subjects {
		labels := data.Labels{}
		for name, value := range frames.LabelsOf(s.shown) {
			if name != "account_id" { // which tells the same accounts apart as their names do
				labels[name] = value
			}
		}
		members[n] = analysis.Member{Labels: labels, Result: s.shown.Analysis}
	}
	found := analysis.Influencers(members, nil, w)
	out := influencers{Score: finite(found.Score), Influencers: []influence{}}
	if !found.Time.IsZero() {
		at := found.Time.UTC()
		out.Time = &at
	}
	for _, f := range found.Influencers {
		out.Influencers = append(out.Influencers, influence{Label: f.Label, Value: f.Value, Score: finite(f.Score), Share: orZero(f.Share), Series: f.Series})
	}
	return out
}
