package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// question is the body of explain, influencers and zones.
type question struct {
	Query  json.RawMessage `json:"query"`
	Time   string          `json:"time"` // of explain
	From   string          `json:"from"` // of influencers and zones
	To     string          `json:"to"`
	Labels data.Labels     `json:"labels"` // of the series asked about, as many as needed
	Limit  int             `json:"limit"`  // of zones: points of a page
	After  string          `json:"after"`  // of zones: where the page before ended
}

// parse reads the query asked about. A roll-up is asked about its series.
func (q question) parse() (query.Query, error) {
	if len(q.Query) == 0 {
		return query.Query{}, &query.FieldError{Field: "query", Reason: "is missing"}
	}
	parsed, err := query.Parse("", q.Query)
	if err == nil && parsed.Kind != query.KindMetric {
		err = &query.FieldError{Field: "query.kind", Reason: fmt.Sprintf("a query of kind %s has no scores to ask about: use %s", parsed.Kind, query.KindMetric)}
	}
	return parsed, err
}

func (q question) at(field, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, &query.FieldError{Field: field, Reason: fmt.Sprintf("%q is no time such as 2026-11-22T12:00:00Z", text)}
	}
	return t, nil
}

// maxBody bounds what is posted; a query of very many dimension values fits.
const maxBody = 4 << 20

// answering serves a posted question.
func (i *Instance) answering(answer func(context.Context, question) (any, []accounts.Failure, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked question
		unreadable := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&asked)
		i.resource(func(ctx context.Context, _ url.Values) (body any, failures []accounts.Failure, err error) {
			if unreadable != nil {
				return nil, nil, &query.FieldError{Field: "body", Reason: fmt.Sprintf("is no question in JSON: %v", unreadable)}
			}
			defer i.keep()
			defer caught(&err)
			return answer(ctx, asked)
		})(w, r)
	}
}

// ours is an error that neither the question nor AWS is to blame for.
type ours struct{ error }

func (e ours) Unwrap() error { return e.error }

// statusOf is the HTTP status of a resource's error: what was asked is wrong, unless it says otherwise.
func statusOf(err error) int {
	var own ours
	switch {
	case errors.As(err, &own):
		return http.StatusInternalServerError
	case backend.IsDownstreamError(err):
		return http.StatusBadGateway
	}
	return http.StatusBadRequest
}
