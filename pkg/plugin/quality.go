package plugin

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// runQuality answers a query of query.KindQuality.
func (i *Instance) runQuality(_ context.Context, _ query.Query, _ backend.TimeRange, _ bool) (data.Frames, error) {
	return nil, &query.FieldError{Field: "kind", Reason: "quality cannot be asked for yet"}
}
