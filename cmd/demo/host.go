package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// queryer asks one data source as a Grafana does: the plugin's own process speaks gRPC, a running Grafana HTTP.
type queryer interface {
	// Query sends the queries together, as one panel or one rule does. A query that fails stands in the answer with its error.
	Query(ctx context.Context, r request) (*backend.QueryDataResponse, error)
	// Resource gets a path of the data source's own API, and gives its status and JSON.
	Resource(ctx context.Context, path string, parameters url.Values) (status int, body []byte, err error)
}

// request is the queries of one panel or one rule, with the range they are asked for.
type request struct {
	title    string
	queries  []oneQuery
	from, to time.Time
	alert    bool // an alert rule asks
}

type oneQuery struct {
	refID string
	json  []byte
}

// What Grafana sends with the query of a rule, whatever its range.
const (
	alertIntervalMS = 1000
	alertMaxPoints  = 43200
	panelMaxPoints  = 1000
)

// resolution is the interval and the number of points that Grafana sends with a query.
func (r request) resolution() (interval time.Duration, maxPoints int64) {
	if r.alert {
		return alertIntervalMS * time.Millisecond, alertMaxPoints
	}
	return r.to.Sub(r.from) / panelMaxPoints, panelMaxPoints
}

// getResource decodes a resource's answer.
func getResource(ctx context.Context, q queryer, path string, parameters url.Values, into any) error {
	status, body, err := q.Resource(ctx, path, parameters)
	if err != nil {
		return fmt.Errorf("resource %s: %w", path, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("resource %s: status %d: %s", path, status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("resource %s: %w", path, err)
	}
	return nil
}
