package plugin

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// runEvents answers a query of query.KindEvents.
func (i *Instance) runEvents(_ context.Context, _ query.Query, _ backend.TimeRange) (data.Frames, error) {
	return nil, &query.FieldError{Field: "kind", Reason: "events cannot be asked for yet"}
}
