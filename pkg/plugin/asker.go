package plugin

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
)

// The headers by which Grafana says who asks. A dashboard's request has those of its panel; Explore's, and that of a dashboard that was
// never saved, has the data source's alone. Those of a rule come URL-encoded, beside FromAlert. Grafana puts "http_" before
// each of them but FromAlert.
const (
	dashboardHeader  = "X-Dashboard-Uid"
	panelHeader      = "X-Panel-Id"
	ruleHeader       = "X-Rule-Uid"
	datasourceHeader = "X-Datasource-Uid"
)

// identifier is what Grafana takes for a uid or the number of a panel. Whoever can send a query can send any header: nothing else gets into
// the ledger.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// header is the value of a request's header, in whatever case and with or without prefix; "" where it is none or no identifier.
func header(headers map[string]string, name string) string {
	for key, value := range headers {
		if !strings.EqualFold(strings.TrimPrefix(key, "http_"), name) {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil && identifier.MatchString(plain) {
			return plain
		}
	}
	return ""
}

// askerOf names who asks, for the ledger: "rule <uid>", "panel <dashboard uid>/<panel id>", "explore"; "" is unknown, as whoever calls
// Grafana's API by hand.
func askerOf(headers map[string]string, alert bool) string {
	rule, dashboard, panel := header(headers, ruleHeader), header(headers, dashboardHeader), header(headers, panelHeader)
	switch {
	case alert && rule == "":
		return "rule" // one that is being written
	case alert:
		return "rule " + rule
	case dashboard != "" && panel != "":
		return "panel " + dashboard + "/" + panel
	case dashboard != "":
		return "dashboard " + dashboard // its variables
	case header(headers, datasourceHeader) != "":
		return "explore"
	}
	return ""
}

// askedByQuery is the context of a request for data.
func (i *Instance) askedByQuery(ctx context.Context, req *backend.QueryDataRequest) context.Context {
	return cloudwatch.WithAsker(ctx, i.guard.asker(askerOf(req.Headers, fromAlert(req.Headers))))
}

// askedByResource is the context of a resource call: the editors list, the panel has a score explained. Its path is one of ours, or
// nothing is asked.
func askedByResource(ctx context.Context, req *backend.CallResourceRequest) context.Context {
	return cloudwatch.WithAsker(ctx, "resource "+strings.Trim(req.Path, "/"))
}
