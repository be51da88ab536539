package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/privacy"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// understand replaces the masks in JSON that stands under a key. One that was not made here, as after a restart, is found among what AWS lists
// where the query asks.
func (i *Instance) understand(ctx context.Context, raw []byte, key string) ([]byte, error) {
	m := i.guard.masker
	understood, doubtful, err := m.Understand(raw, key)
	if err != nil || len(doubtful) == 0 {
		return orRaw(understood, raw, err), nil // no JSON: whoever parses it says so
	}
	type place struct {
		Accounts  []string `json:"accounts"`
		Regions   []string `json:"regions"`
		Namespace string   `json:"namespace"`
	}
	var where struct {
		place
		Query place `json:"query"` // of a question about a query
	}
	_ = json.Unmarshal(understood, &where) // what does not fit is refused by whoever parses it, and narrows nothing here
	if len(where.Query.Accounts) > 0 || where.Query.Namespace != "" {
		where.place = where.Query
	}
	i.learnValues(ctx, where.Accounts, where.Regions, where.Namespace)
	understood, doubtful, err = m.Understand(raw, key)
	if err := notUnderstood(doubtful); err != nil {
		return nil, err
	}
	return orRaw(understood, raw, err), nil
}

func orRaw(understood, raw []byte, err error) []byte {
	if err != nil {
		return raw
	}
	return understood
}

// notUnderstood refuses masks that are none. A name that merely holds what looks like one is a name.
func notUnderstood(doubtful map[string]privacy.Doubt) error {
	var masks []string
	for _, text := range slices.Sorted(maps.Keys(doubtful)) {
		if doubtful[text] == privacy.IsMask {
			masks = append(masks, text)
		}
	}
	if len(masks) == 0 {
		return nil
	}
	return &query.FieldError{Field: "privacy", Reason: fmt.Sprintf(
		"the mask %s stands for nothing that AWS lists now in these accounts and regions, or for two values: choose it again", strings.Join(masks, ", "))}
}

// understandResource replaces the masks in the parameters and the body of a resource call.
func (i *Instance) understandResource(ctx context.Context, req *backend.CallResourceRequest, v view) (*backend.CallResourceRequest, error) {
	u, err := url.Parse(req.URL)
	if err != nil {
		return nil, &query.FieldError{Field: "url", Reason: "is none"}
	}
	if u.Scheme != "" || u.Host != "" || path.Clean("/"+u.Path) != "/"+strings.TrimPrefix(u.Path, "/") {
		// The router would answer where the resource is, with the parameters as they were understood.
		return nil, &query.FieldError{Field: "url", Reason: "is no path of a resource"}
	}
	if i.guard.masker == nil {
		return req, nil
	}
	parameters := u.Query()
	if err := i.understandParameters(ctx, parameters, v); err != nil {
		return nil, err
	}
	asked := *req
	u.RawQuery = parameters.Encode()
	asked.URL = u.String()
	if len(req.Body) > 0 {
		if asked.Body, err = i.understand(ctx, req.Body, ""); err != nil {
			return nil, err
		}
		v.scope.Asked(asked.Body, "")
	}
	return &asked, nil
}

// answersUnder says where the answer of a resource would stand in an object, and under which key: the last part of its path, or the label whose
// values it lists.
func answersUnder(asked *backend.CallResourceRequest) (in, key string) {
	u, err := url.Parse(asked.URL)
	if err != nil {
		return "", ""
	}
	if key = strings.Trim(u.Path, "/"); key == "dimension-values" {
		return "labels", query.DimensionLabel(u.Query().Get("key"))
	}
	return "", key
}

// understandParameters replaces the masks in parameters: names as they are, and objects in JSON.
func (i *Instance) understandParameters(ctx context.Context, parameters url.Values, v view) error {
	for name, values := range parameters {
		for n, value := range values {
			if !strings.HasPrefix(value, "{") {
				continue
			}
			understood, err := i.understand(ctx, []byte(value), name)
			if err != nil {
				return err
			}
			v.scope.Asked(understood, name)
			values[n] = strings.TrimSpace(string(understood))
		}
	}
	if len(i.meant(parameters)) == 0 {
		return nil
	}
	i.learnValues(ctx, parameters["account"], parameters["region"], parameters.Get("namespace"))
	return notUnderstood(i.meant(parameters))
}

// meant replaces the masks in parameters, and returns what is in doubt.
func (i *Instance) meant(parameters url.Values) map[string]privacy.Doubt {
	doubtful := map[string]privacy.Doubt{}
	for name, values := range parameters {
		for n, value := range values {
			original, doubt := i.guard.masker.Meant(name, value)
			if doubt > privacy.Certain {
				doubtful[value] = doubt
			}
			values[n] = original
		}
	}
	return doubtful
}

// learnValues takes note of what AWS lists in a part of the accounts, and of how it is seen. What cannot be listed stays unknown.
func (i *Instance) learnValues(ctx context.Context, names, regions []string, namespace string) {
	if i.ready(ctx) != nil {
		return
	}
	if _, doubt := i.guard.masker.Meant("namespace", namespace); doubt > privacy.Certain {
		namespace = ""
	}
	all, _, _ := i.metrics(ctx, url.Values{"account": names, "region": regions, "namespace": {namespace}})
	for _, m := range all {
		i.guard.learn(m)
	}
	scope := i.guard.masker.Scope()
	for _, m := range all {
		eachLabel(m, func(label, value string) { scope.Label(label, value) })
	}
}

func (g guard) learn(m cloudwatch.Metric) { eachLabel(m, g.masker.Learn) }

// eachLabel gives the labels of what AWS lists.
func eachLabel(m cloudwatch.Metric, do func(label, value string)) {
	do("namespace", m.Namespace)
	do("metric", m.Name)
	for _, d := range m.Dimensions {
		do(query.DimensionLabel(d.Name), d.Value)
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
