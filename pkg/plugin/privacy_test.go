package plugin

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
)

const privacyKey = "the key of masks, 32 characters!"

// private names labels to mask.
func private(audience string, labels ...string) edit {
	return set("privacy", fields{"labels": labels, "for": audience})
}

// newMasked is a world whose data source has the key of masks.
func newMasked(t testing.TB, seed uint64, edits ...edit) *world {
	t.Helper()
	w := newWorldOf(t, seed, worldStart)
	w.instance = newInstance(t, w.now, w.cacheDir, w.withKey(privacyKey, edits...))
	return w
}

func (w *world) withKey(key string, edits ...edit) backend.DataSourceInstanceSettings {
	s := settingsOf(w.sim, w.url, edits...)
	s.UID = "masked"
	s.DecryptedSecureJSONData["privacyKey"] = key
	return s
}

// role is a user of Grafana who may do so much; "" is nobody.
type role string

func (r role) plugin() backend.PluginContext {
	if r == "" {
		return backend.PluginContext{}
	}
	return backend.PluginContext{User: &backend.User{Login: "someone", Role: string(r)}}
}

// asks sends a query and returns its answer, also as all that leaves of it.
func (r role) asks(w *world, q fields, headers ...string) (string, backend.DataResponse) {
	w.t.Helper()
	raw, err := json.Marshal(q)
	require.NoError(w.t, err)
	request := &backend.QueryDataRequest{
		PluginContext: r.plugin(), Headers: map[string]string{}, Queries: []backend.DataQuery{{RefID: "A", JSON: raw, TimeRange: w.lastDays(0.2)}},
	}
	for _, h := range headers {
		request.Headers[h] = "true"
	}
	response, err := w.instance.QueryData(grafana(), request)
	require.NoError(w.t, err)
	answer := response.Responses["A"]
	said, err := json.Marshal(answer.Frames)
	require.NoError(w.t, err)
	return fmt.Sprintf("%s %v", said, answer.Error), answer
}

// calls asks a resource and returns the status, and the headers in a line before the body.
func (r role) calls(w *world, path string, body any) (status int, said string) {
	w.t.Helper()
	u, err := url.Parse(path)
	require.NoError(w.t, err)
	request := &backend.CallResourceRequest{PluginContext: r.plugin(), Method: http.MethodGet, Path: u.Path, URL: path}
	if body != nil {
		request.Method = http.MethodPost
		request.Body, err = json.Marshal(body)
		require.NoError(w.t, err)
	}
	parts := 0
	err = w.instance.CallResource(grafana(), request, backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
		parts++
		status, said = part.Status, fmt.Sprintf("%v\n%s", part.Headers, part.Body)
		return nil
	}))
	require.NoError(w.t, err)
	require.Equal(w.t, 1, parts)
	return status, said
}

func (r role) lists(w *world, path string) []string {
	w.t.Helper()
	status, said := r.calls(w, path, nil)
	require.Equal(w.t, 200, status, said)
	var names []string
	_, body, _ := strings.Cut(said, "\n")
	require.NoError(w.t, json.Unmarshal([]byte(body), &names), said)
	return names
}

func (r role) health(w *world) string {
	w.t.Helper()
	result, err := w.instance.CheckHealth(grafana(), &backend.CheckHealthRequest{PluginContext: r.plugin()})
	require.NoError(w.t, err)
	return result.Message + string(result.JSONDetails)
}

// everything is whatever a data source can be asked: each answer by its question. What is given runs before each of them.
func (r role) everything(w *world, aliases, instances []string, before ...func()) map[string]string {
	fresh := func() {
		for _, f := range before {
			f()
		}
	}
	fresh()
	plain := fields{"score": false, "band": false}
	with := func(more fields) fields {
		q := cpu(plain)
		maps.Copy(q, more)
		return q
	}
	said := map[string]string{"health": r.health(w)}
	for name, q := range map[string]fields{
		"every series":       with(nil),
		"by alias and value": with(fields{"accounts": []string{aliases[0]}, "dimensions": fields{"InstanceId": instances[:1]}}),
		"of a denied role":   with(fields{"accounts": []string{aliases[1]}}),
		"unknown account":    with(fields{"accounts": []string{"nobody"}}),
		"unknown region":     with(fields{"accounts": aliases[:1], "regions": []string{"mars-north-1"}}),
		"legend":             with(fields{"legend": "{{account}} of {{InstanceId}} in {{region}}"}),
		"glued legend":       with(fields{"legend": "9{{account_id}}0{{account}}{{region}}{{InstanceId}}x"}),
		"scored":             cpu(fields{"accounts": aliases[:1], "dimensions": fields{"InstanceId": instances[:1]}, "detector": fields{"name": "ewma"}}),
		"split":              cpu(fields{"accounts": aliases[:1], "detector": fields{"name": "ewma", "split": []string{"account", "InstanceId"}}, "output": "anomaly_score"}),
		"roll-up":            cpu(fields{"accounts": aliases[:1], "detector": fields{"name": "ewma"}, "rollUp": []string{"account"}}),
		"quality":            {"version": 1, "kind": "quality", "namespace": "AWS/EC2", "metric": "CPUUtilization", "dimensions": fields{"InstanceId": []string{"*"}}},
		"costs":              {"version": 1, "kind": "costs", "by": []string{"account", "region", "asked_by"}, "period": "1h"},
		"events":             {"version": 1, "kind": "events"},
		"a mistake":          with(fields{"dimensions": fields{"InstanceId": []string{"$" + "var"}}, "period": "7s"}),
	} {
		fresh()
		said[name], _ = r.asks(w, q)
		fresh()
		said[name+" alerted on"], _ = r.asks(w, q, "FromAlert")
	}
	account := url.QueryEscape(aliases[0])
	listed := "?account=" + account + "&namespace=AWS%2FEC2"
	for _, path := range []string{
		"accounts", "account-health?account=" + account, "account-health?account=" + url.QueryEscape(aliases[1]), "account-health?account=nobody",
		"regions", "regions?account=" + account, "namespaces", "metrics" + listed, "dimension-keys" + listed, "dimension-values" + listed + "&key=InstanceId",
		"dimension-values?namespace=AWS%2FEC2&key=InstanceId", "detectors", "forecasters", "events", "nothing",
	} {
		fresh()
		_, said[path] = r.calls(w, path, nil)
	}
	q := cpu(fields{"accounts": aliases[:1], "detector": fields{"name": "ewma"}})
	hours := w.lastHours(1)
	for path, body := range map[string]fields{
		"explain":       {"query": q, "time": hours["from"], "labels": fields{"InstanceId": instances[0], "account": aliases[0]}},
		"explain two":   {"query": q, "time": hours["from"]},
		"explain none":  {"query": q, "time": hours["from"], "labels": fields{"InstanceId": "i-none"}},
		"influencers":   {"query": q, "from": hours["from"], "to": hours["to"]},
		"zones/raw":     {"query": q, "from": hours["from"], "to": hours["to"]},
		"zones/trusted": {"query": q, "from": hours["from"], "to": hours["to"], "labels": fields{"InstanceId": instances[0]}},
		"zones/refined": {"query": q, "from": hours["from"], "to": hours["to"]},
	} {
		fresh()
		_, said["post "+path] = r.calls(w, strings.Fields(path)[0], body)
	}
	return said
}

// No answer holds what is masked, whatever the accounts are called, in whichever way the question names them.
func TestNothingMaskedLeaves(t *testing.T) {
	word, blank, odd := rapid.StringMatching(`[a-z]{10,14}`), rapid.StringMatching(`[A-Z][a-z]{3} [a-z0-9]{6}`), rapid.StringMatching(`[a-z]{4}"[<>&]é[a-z]{6}`)
	for seed := range 2 {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			plain := newWorldOf(t, uint64(seed), worldStart)
			instances := plain.list("dimension-values?namespace=AWS%2FEC2&key=InstanceId")
			require.NotEmpty(t, instances)
			aliases := []string{odd.Example(seed), word.Example(seed), blank.Example(seed)}
			if seed == 1 {
				aliases[0], aliases[2] = aliases[2], aliases[0]
			}
			denied := plain.sim.Accounts()[1].ID
			w := newMasked(t, uint64(seed), private("everyone", "account", "account_id", "InstanceId", "team"),
				account(0, "alias", aliases[0]), account(1, "alias", aliases[1]), account(2, "alias", aliases[2]),
				account(0, "labels", fields{"team": "the-secret-team"}),
				account(1, "roleArn", "arn:aws:iam::"+denied+":role/of-"+regexp.MustCompile(`\W`).ReplaceAllString(aliases[1], "")))
			secrets := slices.Concat(aliases, instances, []string{"the-secret-team", privacyKey, awssim.SecretAccessKey, awssim.AccessKeyID})
			for _, a := range w.sim.Accounts() {
				secrets = append(secrets, a.ID)
			}
			answers := role("Admin").everything(w, aliases, instances)
			for _, name := range []string{
				"health", "every series", "scored", "split", "roll-up", "quality", "costs", "accounts", "namespaces", "of a denied role",
				"post explain", "post explain two", "post zones/raw", "post zones/trusted", "post zones/refined",
			} {
				require.Contains(t, answers[name], "acct-", "the answer to %s names accounts", name)
			}
			require.Contains(t, answers["post influencers"], `"value":"instanceid-`)
			for name, said := range answers {
				for _, secret := range secrets {
					quoted, err := json.Marshal(secret)
					require.NoError(t, err)
					for _, spelling := range []string{secret, string(quoted[1 : len(quoted)-1]), strconv.Quote(secret)} {
						require.NotContains(t, said, spelling, "the answer to %s", name)
					}
				}
			}
		})
	}
}

// Of a data source that masks nothing, neither an answer nor the cache holds a secret of its settings either.
func TestNoAnswerHoldsASecret(t *testing.T) {
	w := newMasked(t, 1, set("privacy", nil), account(1, "roleArn", "arn:aws:iam::222222222222:role/other"))
	instances := w.list("dimension-values?namespace=AWS%2FEC2&key=InstanceId")
	for name, said := range role("Admin").everything(w, []string{"production", "staging"}, instances) {
		for _, secret := range []string{privacyKey, awssim.SecretAccessKey, awssim.AccessKeyID} {
			require.NotContains(t, said, secret, "the answer to %s", name)
		}
	}
	files, err := os.ReadDir(w.cacheDir)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(w.cacheDir, file.Name()))
		require.NoError(t, err)
		for _, secret := range []string{privacyKey, awssim.SecretAccessKey} {
			require.NotContains(t, string(content), secret, file.Name())
		}
	}
	require.Equal(t, "the key *** is wrong", w.instance.guard.view(false).prose("the key "+awssim.SecretAccessKey+" is wrong"))
}

// A masked answer is the answer, by another name: the same series with the same points, told apart, and rolled up alike.
func TestMasksChangeNamesAlone(t *testing.T) {
	w := newMasked(t, 1, private("viewers", "account", "account_id", "InstanceId"))
	m := w.instance.guard.masker
	for name, q := range map[string]fields{
		"each":    cpu(fields{"detector": fields{"name": "ewma"}}),
		"split":   cpu(fields{"detector": fields{"name": "ewma", "split": []string{"account"}}}),
		"roll-up": cpu(fields{"detector": fields{"name": "ewma"}, "rollUp": []string{"account"}}),
	} {
		t.Run(name, func(t *testing.T) {
			_, plain := role("Editor").asks(w, q)
			_, masked := role("Viewer").asks(w, q)
			require.NoError(t, plain.Error)
			require.NoError(t, masked.Error)
			require.Len(t, masked.Frames, len(plain.Frames))
			seen, displayed := map[string]*data.Frame{}, map[string]bool{}
			for _, f := range masked.Frames {
				seen[identity(f)] = f
				displayed[f.Fields[1].Config.DisplayNameFromDS] = true
			}
			require.Len(t, seen, len(plain.Frames))
			for _, f := range plain.Frames {
				want := data.Labels{}
				for label, value := range f.Fields[1].Labels {
					want[label] = m.Mask(label, value)
				}
				hidden := seen[fmt.Sprint(want, f.Fields[1].Name)]
				require.NotNil(t, hidden, want)
				require.Equal(t, fmt.Sprint(points(f)), fmt.Sprint(points(hidden)), "null is null")
				require.Contains(t, hidden.Fields[1].Config.DisplayNameFromDS, want["account"])
			}
			require.Len(t, displayed, len(plain.Frames), "display names are unique")
			for _, f := range masked.Frames {
				if below, ok := f.Fields[1].Config.Custom["fillBelowTo"]; ok {
					require.True(t, displayed[below.(string)], "the band's lower edge is found by its name")
				}
			}
		})
	}
}

func TestWhoSeesMasks(t *testing.T) {
	viewers := newMasked(t, 1, private("viewers", "account"))
	everyone := newMasked(t, 1, private("everyone", "account"))
	q := cpu(fields{"score": false, "band": false})
	for _, c := range []struct {
		w      *world
		role   role
		alert  []string
		masked bool
	}{
		{viewers, "Admin", nil, false}, {viewers, "Editor", nil, false}, {viewers, "Viewer", nil, true}, {viewers, "None", nil, true}, {viewers, "", nil, true},
		{viewers, "Admin", []string{"FromAlert"}, true}, // a notification goes to anybody
		{everyone, "Admin", nil, true}, {everyone, "Viewer", nil, true}, {everyone, "Admin", []string{"FromAlert"}, true},
	} {
		asked := q
		if c.alert != nil {
			asked = cpu(fields{"output": "value"})
		}
		_, answer := c.role.asks(c.w, asked, c.alert...)
		require.NoError(t, answer.Error)
		require.Equal(t, c.masked, answer.Frames[0].Fields[1].Labels["account"] != "production", "%+v", c.role)
		if c.alert == nil {
			_, listed := c.role.calls(c.w, "accounts", nil)
			require.Equal(t, c.masked, !strings.Contains(listed, `"alias":"production"`))
			require.Equal(t, c.masked, !strings.Contains(c.role.health(c.w), `"alias":"production"`))
		}
	}
}

// What someone picks from a list of masks is what is asked: of the process that made the list, of another one, and in alert rules.
func TestMasksAreUnderstood(t *testing.T) {
	w := newMasked(t, 1, private("everyone", "account", "account_id", "InstanceId", "metric"))
	viewer := role("Viewer")
	accounts := viewer.lists(w, "dimension-values?namespace=AWS%2FEC2&key=InstanceId")
	require.Len(t, accounts, len(slices.Compact(accounts)))
	_, whole := viewer.asks(w, cpu(fields{"score": false, "band": false}))
	require.NoError(t, whole.Error)
	picked := whole.Frames[0].Fields[1].Labels
	q := fields{
		"version": 1, "accounts": []string{picked["account"]}, "regions": []string{picked["region"]}, "namespace": "AWS/EC2", "metric": picked["metric"],
		"dimensions": fields{"InstanceId": []string{picked["InstanceId"]}}, "output": "value",
	}
	ask := func(t *testing.T, headers ...string) {
		_, answer := viewer.asks(w, q, headers...)
		require.NoError(t, answer.Error)
		require.Len(t, answer.Frames, 1)
		require.Equal(t, picked, answer.Frames[0].Fields[1].Labels)
		require.Equal(t, fmt.Sprint(points(whole.Frames[0])), fmt.Sprint(points(answer.Frames[0])))
	}
	restart := func() {
		w.instance = newInstance(t, w.now, t.TempDir(), w.withKey(privacyKey, private("everyone", "InstanceId", "metric", "account_id", "account")))
	}
	t.Run("where they were made", func(t *testing.T) { ask(t) })
	t.Run("by another process", func(t *testing.T) {
		restart()
		ask(t)
	})
	t.Run("by an alert rule", func(t *testing.T) {
		restart()
		ask(t, "FromAlert")
	})
	t.Run("by the account's id", func(t *testing.T) {
		q["accounts"] = []string{picked["account_id"]}
		ask(t)
	})
	t.Run("as parameters", func(t *testing.T) {
		restart()
		narrowed := viewer.lists(w, "dimension-values?namespace=AWS%2FEC2&key=InstanceId&account="+picked["account"]+"&metric="+picked["metric"])
		require.Contains(t, narrowed, picked["InstanceId"])
		require.Less(t, len(narrowed), len(accounts))
		status, said := viewer.calls(w, "account-health?account="+picked["account"], nil)
		require.Equal(t, 200, status)
		require.Contains(t, said, `"ok":true`)
	})
	t.Run("in explanations and exports", func(t *testing.T) {
		restart()
		at := iso(w.now().Add(-2 * 3600e9))
		status, said := viewer.calls(w, "explain", fields{"query": q, "time": at, "labels": picked})
		require.Equal(t, 200, status, said)
		require.Contains(t, said, picked["InstanceId"])
		raw, err := json.Marshal(q)
		require.NoError(t, err)
		restart()
		status, said = viewer.calls(w, "zones/raw?"+url.Values{"query": {string(raw)}, "from": {at}, "to": {iso(w.now())}}.Encode(), nil)
		require.Equal(t, 200, status, said)
		require.Contains(t, said, picked["InstanceId"])
	})
	t.Run("unless they are another data source's", func(t *testing.T) {
		q["dimensions"] = fields{"InstanceId": []string{"instanceid-0000000000"}}
		_, answer := viewer.asks(w, q)
		require.ErrorContains(t, answer.Error, "instanceid-0000000000")
		require.Equal(t, backend.ErrorSourceDownstream, answer.ErrorSource)
		status, _ := viewer.calls(w, "dimension-values?namespace=AWS%2FEC2&key=InstanceId&metric=metric-0000000000", nil)
		require.Equal(t, http.StatusBadRequest, status)
	})
}

func TestGivenAliases(t *testing.T) {
	w := newMasked(t, 1, set("privacy", fields{"labels": []string{"alias"}, "aliases": fields{"account": fields{"production": "A"}}}))
	said, answer := role("Viewer").asks(w, cpu(fields{"accounts": []string{"A"}, "score": false, "band": false}))
	require.NoError(t, answer.Error)
	require.Equal(t, "A", answer.Frames[0].Fields[1].Labels["account"])
	require.True(t, strings.HasPrefix(answer.Frames[0].Fields[1].Config.DisplayNameFromDS, "A us-east-1"), said)
	_, listed := role("Viewer").calls(w, "accounts", nil)
	require.Contains(t, listed, `"alias":"A"`)
}

// Without its key nothing can be masked, so nothing is answered.
func TestNoKeyNoAnswer(t *testing.T) {
	w := newMasked(t, 1)
	for name, key := range map[string]string{"none": "", "short": "short"} {
		t.Run(name, func(t *testing.T) {
			w.instance = newInstance(t, w.now, t.TempDir(), w.withKey(key, private("viewers", "account")))
			said, answer := role("Admin").asks(w, cpu(nil))
			require.ErrorContains(t, answer.Error, `"privacyKey"`)
			require.Empty(t, answer.Frames)
			require.NotContains(t, said, "production")
			require.Contains(t, role("Admin").health(w), `"privacyKey"`)
			status, said := role("Admin").calls(w, "accounts", nil)
			require.Equal(t, http.StatusServiceUnavailable, status)
			require.NotContains(t, said, "production")
		})
	}
}

func TestLogsAndMetricsHoldMasks(t *testing.T) {
	w := newMasked(t, 1, private("viewers", "account", "account_id"))
	m := w.instance.guard.masker
	id := w.sim.Accounts()[0].ID
	require.Equal(t, []string{m.Mask("account_id", id), "us-east-1"}, w.instance.guard.labelled(id, "us-east-1"))
	hidden := w.instance.guard.log().hidden([]any{"account", "production", "error", fmt.Errorf("account production: %w", fmt.Errorf("of %s", id)), "n", 3})
	require.Equal(t, m.Mask("account", "production"), hidden[1])
	require.EqualError(t, hidden[3].(error), fmt.Sprintf("account %s: of %s", m.Mask("account", "production"), m.Mask("account_id", id)))
	require.Equal(t, 3, hidden[5])
	require.Equal(t, []any{"account", "production"}, discreet{}.hidden([]any{"account", "production"}))
}

// Cells and metadata of frames, as tables and other kinds of queries have them.
func TestCellsAndMetadataAreMasked(t *testing.T) {
	w := newMasked(t, 1, private("everyone", "account", "account_id", "InstanceId"))
	m := w.instance.guard.masker
	text := "production"
	shared := data.Labels{"account": "production"}
	table := data.NewFrame("production",
		data.NewField("account", shared, []string{"production", "staging"}),
		data.NewField("name", shared, []*string{&text, nil}),
		data.NewField("kind", nil, []string{"opened", "closed"}),
		data.NewField("labels", nil, []json.RawMessage{json.RawMessage(`{"InstanceId":"i-1"}`), json.RawMessage(`broken production`)}),
	)
	table.Fields[0].Config = &data.FieldConfig{Description: "of account production", Links: []data.DataLink{{Title: "account production", URL: "/d/x?var-account=production"}}}
	table.Meta = &data.FrameMeta{ExecutedQueryString: "of 111111111111", Custom: fields{"account": "production", "n": 1}}
	other := data.NewFrame("", data.NewField("value", nil, []float64{1}))
	other.Meta = &data.FrameMeta{Custom: frames.Meta{Measure: "value", Note: "account staging is late"}}
	v := w.instance.guard.view(true)
	v.frames(data.Frames{table, other})
	said, err := json.Marshal(data.Frames{table, other})
	require.NoError(t, err)
	for _, secret := range []string{"production", "staging", "111111111111", "i-1"} {
		require.NotContains(t, string(said), `"`+secret)
		require.NotContains(t, string(said), secret+`"`)
	}
	require.Equal(t, m.Mask("account", "staging"), table.Fields[0].At(1))
	require.Equal(t, m.Mask("account", "production"), table.Fields[1].Labels["account"])
	require.Equal(t, data.Labels{"account": "production"}, shared, "whose they are keeps them")
	require.Equal(t, "opened", table.Fields[2].At(0))
	require.Equal(t, "production", text)
	require.Equal(t, "account "+m.Mask("account", "staging")+" is late", other.Meta.Custom.(frames.Meta).Note)
}
