package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// understand replaces the masks in a query. One that was not made here, as after a restart, is found among what AWS lists.
func (i *Instance) understand(ctx context.Context, raw []byte) ([]byte, error) {
	m := i.guard.masker
	understood, unknown, err := m.Understand(raw, "")
	if err != nil || len(unknown) == 0 {
		return orRaw(understood, raw, err), nil // no JSON: whoever parses it says so
	}
	var where struct {
		Accounts  []string `json:"accounts"`
		Regions   []string `json:"regions"`
		Namespace string   `json:"namespace"`
	}
	_ = json.Unmarshal(understood, &where) // what does not fit is refused by whoever parses it, and narrows nothing here
	i.learnValues(ctx, where.Accounts, where.Regions, where.Namespace)
	if understood, unknown, err = m.Understand(raw, ""); len(unknown) > 0 {
		return nil, &query.FieldError{Field: "privacy", Reason: notUnderstood(unknown)}
	}
	return orRaw(understood, raw, err), nil
}

func orRaw(understood, raw []byte, err error) []byte {
	if err != nil {
		return raw
	}
	return understood
}

func notUnderstood(masks []string) string {
	return fmt.Sprintf("the mask %s stands for nothing that AWS lists now in these accounts and regions, or for two values: choose it again",
		strings.Join(masks, ", "))
}

// understandResource replaces the masks in the parameters and the body of a resource call, and says under which key its answer stands.
func (i *Instance) understandResource(ctx context.Context, req *backend.CallResourceRequest, v view) (*backend.CallResourceRequest, string, error) {
	u, err := url.Parse(req.URL)
	if err != nil || i.guard.masker == nil {
		return req, "", nil
	}
	parameters := u.Query()
	if err := i.understandParameters(ctx, parameters, v); err != nil {
		return nil, "", err
	}
	asked := *req
	u.RawQuery = parameters.Encode()
	asked.URL = u.String()
	if len(req.Body) > 0 {
		if asked.Body, err = i.understandQuestion(ctx, req.Body); err != nil {
			return nil, "", err
		}
		v.scope.Asked(asked.Body)
	}
	key := strings.Trim(req.Path, "/")
	if key == "dimension-values" {
		key = query.DimensionLabel(parameters.Get("key"))
	}
	return &asked, key, nil
}

// understandParameters replaces the masks in parameters: names as they are, and objects in JSON.
func (i *Instance) understandParameters(ctx context.Context, parameters url.Values, v view) error {
	for _, values := range parameters {
		for n, value := range values {
			if !strings.HasPrefix(value, "{") {
				continue
			}
			understood, err := i.understandQuestion(ctx, []byte(value))
			if err != nil {
				return err
			}
			v.scope.Asked(understood)
			values[n] = strings.TrimSpace(string(understood))
		}
	}
	unknown := i.meant(parameters)
	if len(unknown) > 0 {
		i.learnValues(ctx, parameters["account"], parameters["region"], parameters.Get("namespace"))
		unknown = i.meant(parameters)
	}
	if len(unknown) > 0 {
		return &query.FieldError{Field: "privacy", Reason: notUnderstood(unknown)}
	}
	return nil
}

// meant replaces the masks in parameters, and returns those that are not known.
func (i *Instance) meant(parameters url.Values) (unknown []string) {
	for name, values := range parameters {
		for n, value := range values {
			original, missing := i.guard.masker.Meant(name, value)
			if missing {
				unknown = append(unknown, value)
			}
			values[n] = original
		}
	}
	return unknown
}

// understandQuestion is understand of a body, whose query says where its masks are listed.
func (i *Instance) understandQuestion(ctx context.Context, raw []byte) ([]byte, error) {
	var body struct {
		Query json.RawMessage `json:"query"`
	}
	if json.Unmarshal(raw, &body) == nil && len(body.Query) > 0 {
		if _, err := i.understand(ctx, body.Query); err != nil {
			return nil, err
		}
	}
	return i.understand(ctx, raw)
}

// learnValues takes note of what AWS lists in a part of the accounts. What cannot be listed stays unknown.
func (i *Instance) learnValues(ctx context.Context, names, regions []string, namespace string) {
	if i.ready(ctx) != nil {
		return
	}
	if _, unknown := i.guard.masker.Meant("namespace", namespace); unknown {
		namespace = ""
	}
	all, _, _ := i.metrics(ctx, url.Values{"account": names, "region": regions, "namespace": {namespace}})
	for _, m := range all {
		i.guard.learn(m)
	}
}

func (g guard) learn(m cloudwatch.Metric) {
	g.masker.Learn("namespace", m.Namespace)
	g.masker.Learn("metric", m.Name)
	for _, d := range m.Dimensions {
		g.masker.Learn(query.DimensionLabel(d.Name), d.Value)
	}
}

// listener is a client whose lists are learnt: an error may name what an answer never showed.
type listener struct {
	cloudwatch.API
	guard guard
}

func (g guard) watch(api cloudwatch.API) cloudwatch.API {
	if g.masker == nil {
		return api
	}
	return listener{api, g}
}

func (w listener) ListMetrics(
	ctx context.Context, in *awscloudwatch.ListMetricsInput, options ...func(*awscloudwatch.Options),
) (*awscloudwatch.ListMetricsOutput, error) {
	out, err := w.API.ListMetrics(ctx, in, options...)
	if err != nil {
		return out, err
	}
	for _, m := range out.Metrics {
		seen := cloudwatch.Metric{Namespace: aws.ToString(m.Namespace), Name: aws.ToString(m.MetricName)}
		for _, d := range m.Dimensions {
			seen.Dimensions = append(seen.Dimensions, series.Dimension{Name: aws.ToString(d.Name), Value: aws.ToString(d.Value)})
		}
		w.guard.learn(seen)
	}
	return out, nil
}
