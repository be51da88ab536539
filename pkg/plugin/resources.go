package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"golang.org/x/sync/errgroup"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// callResource is CallResource for those who may see everything.
func (i *Instance) callResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	defer i.use()()
	return i.resources.CallResource(askedByResource(ctx, req), req, sender)
}

// noticeHeader names accounts that failed while others answered.
const noticeHeader = "X-Vigia-Notice"

func (i *Instance) newResources() backend.CallResourceHandler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /accounts", i.resource(func(context.Context, url.Values) (any, []accounts.Failure, error) {
		return i.listAccounts(), nil, nil
	}))
	mux.HandleFunc("GET /account-health", i.resource(func(ctx context.Context, p url.Values) (any, []accounts.Failure, error) {
		a, err := i.directory.Find(p.Get("account"))
		if err != nil && a.ID == "" {
			return nil, nil, err
		}
		return i.probe(ctx, a), nil, nil
	}))
	mux.HandleFunc("GET /regions", i.resource(func(_ context.Context, p url.Values) (any, []accounts.Failure, error) {
		targets, failures, err := i.directory.Select(orAll(p["account"]), []string{"*"})
		if err == nil && len(targets) == 0 {
			err = whole(failures, "")
		}
		return distinct(targets, func(t accounts.Target) string { return t.Region }), failures, err
	}))
	mux.HandleFunc("GET /namespaces", i.listing(func(m cloudwatch.Metric, _ url.Values) []string { return []string{m.Namespace} }))
	mux.HandleFunc("GET /metrics", i.listing(func(m cloudwatch.Metric, _ url.Values) []string { return []string{m.Name} }, "namespace"))
	mux.HandleFunc("GET /dimension-keys", i.listing(func(m cloudwatch.Metric, _ url.Values) []string {
		var names []string
		for _, d := range m.Dimensions {
			names = append(names, d.Name)
		}
		return names
	}, "namespace"))
	mux.HandleFunc("GET /dimension-values", i.listing(func(m cloudwatch.Metric, p url.Values) []string {
		for _, d := range m.Dimensions {
			if d.Name == p.Get("key") {
				return []string{d.Value}
			}
		}
		return nil
	}, "namespace", "key"))
	mux.HandleFunc("GET /detectors", i.resource(func(context.Context, url.Values) (any, []accounts.Failure, error) {
		body, err := detectors()
		return body, nil, err
	}))
	mux.HandleFunc("GET /forecasters", i.resource(func(context.Context, url.Values) (any, []accounts.Failure, error) {
		return query.Forecasters(), nil, nil
	}))
	mux.HandleFunc("GET /collector", i.resource(i.describeCollector))
	mux.HandleFunc("POST /explain", i.answering(i.explain))
	mux.HandleFunc("POST /influencers", i.answering(i.influence))
	mux.HandleFunc("GET /events", i.resource(i.listEvents))
	for _, z := range zones {
		mux.HandleFunc("POST /zones/"+string(z), i.answering(i.zone(z)))
		mux.HandleFunc("GET /zones/"+string(z), i.asking(i.zone(z)))
	}
	return httpadapter.New(mux)
}

// detectors is the catalogue, made once.
var detectors = sync.OnceValues(func() (json.RawMessage, error) {
	return json.Marshal(query.Detectors())
})

// resource wraps an answer in JSON, and an error in words.
func (i *Instance) resource(answer func(context.Context, url.Values) (any, []accounts.Failure, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := i.ready(r.Context()); err != nil {
			respond(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
			return
		}
		body, failures, err := answer(r.Context(), r.URL.Query())
		if err != nil {
			respond(w, statusOf(err), map[string]string{"error": err.Error()})
			return
		}
		if len(failures) > 0 {
			w.Header().Set(noticeHeader, oneLine(whole(failures, "").Error()))
		}
		respond(w, http.StatusOK, body)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		backend.Logger.Warn("a resource answer was not delivered", "error", err)
	}
}

// listedAccount is an account as the editors see it; what only an administrator needs stays out.
type listedAccount struct {
	ID        string            `json:"id"`
	Alias     string            `json:"alias"`
	RoleARN   string            `json:"roleArn"`
	Regions   []string          `json:"regions"`
	Labels    map[string]string `json:"labels"`
	Simulated bool              `json:"simulated"`
}

func (i *Instance) listAccounts() []listedAccount {
	out := []listedAccount{}
	for _, a := range i.directory.Accounts() {
		listed := listedAccount{ID: a.ID, Alias: a.Alias, RoleARN: a.RoleARN, Regions: a.Regions, Labels: map[string]string{}, Simulated: i.simulated}
		maps.Copy(listed.Labels, a.Labels)
		out = append(out, listed)
	}
	return out
}

// listing serves the distinct values that pick finds in the metrics of the chosen accounts and regions.
func (i *Instance) listing(pick func(cloudwatch.Metric, url.Values) []string, required ...string) http.HandlerFunc {
	return i.resource(func(ctx context.Context, p url.Values) (any, []accounts.Failure, error) {
		for _, name := range required {
			if p.Get(name) == "" {
				return nil, nil, fmt.Errorf("parameter %q is missing", name)
			}
		}
		metrics, failures, err := i.metrics(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		var values []string
		for _, m := range metrics {
			values = append(values, pick(m, p)...)
		}
		return distinct(values, func(s string) string { return s }), failures, nil
	})
}

// metrics lists the metrics of every chosen target. It fails only where all of them do.
func (i *Instance) metrics(ctx context.Context, p url.Values) ([]cloudwatch.Metric, []accounts.Failure, error) {
	targets, failures, err := i.directory.Select(orAll(p["account"]), orAll(p["region"]))
	if err != nil {
		return nil, nil, err
	}
	listed := make([][]cloudwatch.Metric, len(targets))
	errs := make([]error, len(targets))
	var group errgroup.Group
	for n, t := range targets {
		group.Go(func() error {
			listed[n], errs[n] = i.catalog.Metrics(ctx, i.scope(t), p.Get("namespace"), p.Get("metric"))
			return nil
		})
	}
	_ = group.Wait()
	var all []cloudwatch.Metric
	answered := false
	for n, t := range targets {
		if errs[n] != nil {
			failures = append(failures, accounts.Failure{Account: t.Account.Alias, Region: t.Region, Err: accounts.Explain(errs[n])})
		}
		answered = answered || errs[n] == nil || len(listed[n]) > 0
		all = append(all, listed[n]...)
	}
	if !answered {
		return nil, nil, whole(failures, "")
	}
	return all, failures, nil
}

func orAll(values []string) []string {
	kept := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	if len(kept) == 0 {
		return []string{"*"}
	}
	return kept
}

// distinct returns the different names, sorted; never nil, so that JSON says [].
func distinct[T any](values []T, name func(T) string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, name(v))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
