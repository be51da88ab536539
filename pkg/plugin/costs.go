package plugin

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// runCosts answers a query of query.KindCosts.
func (i *Instance) runCosts(_ context.Context, _ query.Query, _ backend.TimeRange, _ bool) (data.Frames, error) {
	return nil, &query.FieldError{Field: "kind", Reason: "costs cannot be asked for yet"}
}
