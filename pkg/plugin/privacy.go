package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/privacy"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// Everything that enters and leaves an instance passes here: masks in a question become what they stand for, and in an answer the values of
// the labels that the settings name become masks. What lies between knows nothing of it, so joins, splits and roll-ups go by the values.

// guard is what of an instance's answers must not be seen, and by whom.
type guard struct {
	masker  *privacy.Masker   // nil: no label is masked
	viewers bool              // those who may edit see everything
	secrets *strings.Replacer // nil: there are none
}

// leastSecret is how long a secret is at least that is looked for in texts; shorter ones open nothing.
const leastSecret = 8

func newGuard(p accounts.Privacy, secrets map[string]string) guard {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if secret := secrets[name]; len(secret) >= leastSecret {
			pairs = append(pairs, secret, privacy.Hidden)
		}
	}
	g := guard{
		masker:  privacy.New(privacy.Options{Key: []byte(p.Key), Labels: p.Labels, Aliases: p.Aliases, LabelOf: query.DimensionLabel}),
		viewers: p.For == accounts.ForViewers,
		secrets: strings.NewReplacer(pairs...),
	}
	for label, values := range p.Named {
		for _, value := range values {
			g.masker.Keep(label, value)
		}
	}
	return g
}

// clean has no secret of the settings in a text. Nothing of ours writes one into a text, but a text may be AWS's.
func (g guard) clean(text string) string {
	if g.secrets == nil {
		return text
	}
	return g.secrets.Replace(text)
}

// know takes note of what the settings name.
func (g guard) know(all []accounts.Account) {
	for _, a := range all {
		g.masker.Keep(privacy.Account, a.Alias)
		g.masker.Keep(privacy.AccountID, a.ID)
		for _, region := range a.Regions {
			g.masker.Keep("region", region)
		}
		for label, value := range a.Labels {
			g.masker.Keep(label, value)
		}
	}
}

// blinds says whether whoever asks sees masks. One who is not named may be anybody: a public dashboard, a report.
func (g guard) blinds(user *backend.User, alert bool) bool {
	if g.masker == nil {
		return false
	}
	return !g.viewers || alert || user == nil || user.Role != "Admin" && user.Role != "Editor"
}

// view is how one question is answered: what is hidden of it.
type view struct {
	guard
	scope *privacy.Scope  // of a masker that masks nothing where the asker may see everything
	all   *privacy.Masker // whatever the asker may see
}

func (g guard) view(blind bool) view {
	all := g.masker
	if !blind {
		g.masker = nil
	}
	return view{g, g.masker.Scope(), all}
}

func (v view) prose(text string) string {
	return v.scope.Text(v.clean(text), privacy.Prose)
}

// err is an error with nothing in it that is hidden: neither in its text nor in what it wraps.
func (v view) err(err error) error {
	if err == nil {
		return nil
	}
	text := v.prose(err.Error())
	if v.masker == nil && text == err.Error() {
		return err
	}
	hidden := errors.New(text)
	if backend.IsDownstreamError(err) {
		return backend.DownstreamError(hidden)
	}
	return hidden
}

// document hides what is in JSON that stands under a key of an object; what is no JSON is text.
func (v view) document(raw []byte, in, key string) []byte {
	clean := []byte(v.clean(string(raw)))
	hidden, err := v.scope.Document(clean, in, key)
	if err != nil {
		return []byte(v.scope.Text(string(clean), privacy.Prose))
	}
	return hidden
}

// QueryData answers each query of the request by itself: one that fails leaves the others alone.
func (i *Instance) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	defer i.use()()
	blind := i.guard.blinds(req.PluginContext.User, fromAlert(req.Headers))
	views := map[string]view{}
	refused := backend.Responses{}
	asked := *req
	asked.Queries = nil
	for _, q := range req.Queries {
		v := i.guard.view(blind)
		views[q.RefID] = v
		understood, err := i.understand(ctx, q.JSON, "")
		if err != nil {
			refused[q.RefID] = backend.ErrorResponseWithErrorSource(backend.DownstreamError(v.err(err)))
			continue
		}
		q.JSON = understood
		v.scope.Asked(understood, "")
		asked.Queries = append(asked.Queries, q)
	}
	response, err := i.queryData(ctx, &asked)
	if err != nil {
		return nil, i.guard.view(blind).err(err)
	}
	for refID, answer := range response.Responses {
		response.Responses[refID] = survive(func() backend.DataResponse { return views[refID].answer(answer) })
	}
	maps.Copy(response.Responses, refused)
	return response, nil
}

func (v view) answer(answer backend.DataResponse) backend.DataResponse {
	answer.Error = v.err(answer.Error)
	v.frames(answer.Frames)
	return answer
}

// CheckHealth checks the cache and every account; the details carry each account's result.
func (i *Instance) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	defer i.use()()
	var user *backend.User
	if req != nil {
		user = req.PluginContext.User
	}
	v := i.guard.view(i.guard.blinds(user, false))
	result, err := i.checkHealth(ctx)
	if err != nil {
		return nil, v.err(err)
	}
	result.Message = v.prose(result.Message)
	if len(result.JSONDetails) > 0 {
		result.JSONDetails = v.document(result.JSONDetails, "", "")
	}
	return result, nil
}

// CallResource serves what the editors ask; see docs/architecture.md for paths and parameters.
func (i *Instance) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	defer i.use()()
	v := i.guard.view(i.guard.blinds(req.PluginContext.User, false))
	asked, err := i.understandResource(ctx, req, v)
	if err != nil {
		return sender.Send(refusal(v.err(err)))
	}
	if _, key := answersUnder(asked); key == "detectors" || key == "forecasters" { // the same for everybody, and long
		return i.callResource(ctx, asked, sender)
	}
	whole := &backend.CallResourceResponse{Status: http.StatusOK}
	err = i.callResource(ctx, asked, backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
		if whole.Headers == nil {
			whole.Status, whole.Headers = part.Status, part.Headers
		}
		whole.Body = append(whole.Body, part.Body...)
		return nil
	}))
	if err != nil {
		return v.err(err)
	}
	if err := v.resource(whole, asked); err != nil {
		return sender.Send(refusal(err))
	}
	return sender.Send(whole)
}

// resource hides what is in the answer of a resource: to what was asked, whose masks are understood.
func (v view) resource(answer *backend.CallResourceResponse, asked *backend.CallResourceRequest) (err error) {
	defer caught(&err)
	for name, values := range answer.Headers {
		for n := range values {
			if http.CanonicalHeaderKey(name) != "Content-Type" {
				values[n] = v.prose(values[n])
			}
		}
	}
	in, key := answersUnder(asked)
	answer.Body = v.document(answer.Body, in, key)
	return nil
}

func refusal(err error) *backend.CallResourceResponse {
	body, _ := json.Marshal(map[string]string{"error": err.Error()}) // of a text: it cannot fail
	return &backend.CallResourceResponse{
		Status: statusOf(err), Headers: map[string][]string{"Content-Type": {"application/json"}}, Body: body,
	}
}

// labelled are the values of a metric of the plugin's own, which every administrator of Grafana and whoever scrapes it sees.
func (g guard) labelled(accountID, region string) []string {
	return []string{g.masker.Mask(privacy.AccountID, accountID), g.masker.Mask("region", region)}
}

// asker is who asks, as the ledger knows it. Other data sources with the same accounts read the ledger: dashboards, panels and rules whose names
// nobody is to see here stand there as hashes.
func (g guard) asker(who string) string {
	for _, named := range []string{"panel ", "dashboard ", "rule "} {
		if strings.HasPrefix(who, named) {
			return g.masker.Hash(privacy.AskedBy, who)
		}
	}
	return who
}

// askers are entries of the ledger by who asked, as asker says it: those that were written before the settings hid it are one with the others.
func (g guard) askers(entries []store.Cost) []store.Cost {
	if !g.masker.Masks(privacy.AskedBy) {
		return entries
	}
	out := slices.Clone(entries)
	for n := range out {
		out[n].AskedBy = g.asker(out[n].AskedBy)
	}
	return out
}

// labels are labels as whoever sees masks sees them.
func (g guard) labels(labels data.Labels) data.Labels {
	out := make(data.Labels, len(labels))
	scope := g.masker.Scope()
	for name, value := range labels {
		out[name] = scope.Label(name, value)
	}
	return out
}
