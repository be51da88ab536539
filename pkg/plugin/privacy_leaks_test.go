package plugin

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

// quiet are the settings of tests that make instances anew for each question.
func quiet() edit { return set("collector", fields{"enabled": false}) }

// anew is the data source as after a restart: it knows what its settings name and what its cache holds.
func (w *world) anew(edits ...edit) {
	w.t.Helper()
	w.instance.Dispose()
	w.instance = newInstance(w.t, w.now, w.cacheDir, w.withKey(privacyKey, edits...))
}

// stands says that a value stands somewhere as a word of its own.
func stands(said, value string) bool {
	return regexp.MustCompile(`(^|[^A-Za-z0-9])` + regexp.QuoteMeta(value) + `($|[^A-Za-z0-9])`).MatchString(said)
}

// Aliases that are words or of two letters are as hidden as others, whatever is asked of a process that has seen nothing yet while its log of
// anomalies is full.
func TestShortNamesDoNotLeaveAfterARestart(t *testing.T) {
	aliases := []string{"hr", "payments", "qa"}
	edits := []edit{private("everyone", "account", "account_id", "InstanceId"), quiet()}
	for n, alias := range aliases {
		edits = append(edits, account(n, "alias", alias))
	}
	edits = append(edits, account(1, "roleArn", "arn:aws:iam::222222222222:role/Payments-prod"))
	w := newMasked(t, 1, edits...)
	instances := newWorld(t).list("dimension-values?namespace=AWS%2FEC2&key=InstanceId")
	_, scored := role("Admin").asks(w, quick(fields{"accounts": aliases[:1]}))
	require.NoError(t, scored.Error)
	_, table := role("Admin").asks(w, fields{"version": 1, "kind": "events"})
	require.NoError(t, table.Error)

	for name, said := range role("Viewer").everything(w, aliases, instances, func() { w.anew(edits...) }) {
		for _, value := range slices.Concat(aliases, instances, []string{"Payments-prod", "vigia-reader"}) {
			require.False(t, stands(said, value), "the answer to %s holds %s: %s", name, value, said)
		}
		for _, a := range w.sim.Accounts() {
			require.NotContains(t, said, a.ID, "the answer to %s", name)
		}
	}
}

// The same of everything that can be hidden, by a process that has seen nothing before each question.
func TestAnythingHiddenStaysHiddenAfterARestart(t *testing.T) {
	labels := []string{"account", "account_id", "region", "namespace", "metric", "asked_by", "InstanceId"}
	edits := []edit{private("everyone", labels...), quiet(), account(1, "externalId", "wrong")}
	w := newMasked(t, 1, edits...)
	instances := newWorld(t).list("dimension-values?namespace=AWS%2FEC2&key=InstanceId")
	_, scored := role("Admin").asks(w, quick(fields{"accounts": []string{"production"}}))
	require.NoError(t, scored.Error)
	secrets := slices.Concat(instances, []string{"production", "staging", "us-east-1", "eu-west-1", "CPUUtilization", "AWS/EC2", "vigia-reader"})
	for _, a := range w.sim.Accounts() {
		secrets = append(secrets, a.ID)
	}
	for name, said := range role("Viewer").everything(w, []string{"production", "staging"}, instances, func() { w.anew(edits...) }) {
		for _, value := range secrets {
			require.NotContains(t, said, value, "the answer to %s", name)
		}
	}
}

// The table of events shows masks, also where nothing but the log names the series.
func TestEventsAreMaskedAfterARestart(t *testing.T) {
	edits := []edit{private("everyone", "account", "account_id", "InstanceId"), quiet()}
	w := newMasked(t, 1, edits...)
	burn := w.burn()
	raw, err := json.Marshal(quickServer())
	require.NoError(t, err)
	_, found := role("Admin").calls(w, "zones/refined?"+url.Values{"query": {string(raw)}, "from": {iso(burn.Start)}, "to": {iso(burn.End)}}.Encode(), nil)
	require.Contains(t, found, `"points"`)
	mask := w.instance.guard.masker.Mask("InstanceId", burn.Dimensions["InstanceId"])
	w.anew(edits...)
	answer := w.ask(w.lastDays(60), fields{"version": 1, "kind": "events"})
	require.NoError(t, answer.Error)
	dimensions, _ := answer.Frames[0].FieldByName("dimensions")
	require.Positive(t, dimensions.Len())
	for n := range dimensions.Len() {
		require.Equal(t, "InstanceId="+mask, dimensions.At(n))
	}
}

// Nobody has a mask translated by putting it where it is no name of its label.
func TestMasksAreTranslatedForNobody(t *testing.T) {
	aliases := []string{"hr", "staging", "production"}
	w := newMasked(t, 1, private("everyone", "account", "account_id", "InstanceId"), quiet(),
		account(0, "alias", aliases[0]), account(2, "alias", aliases[2]))
	m := w.instance.guard.masker
	viewer := role("Viewer")
	for _, secret := range []struct{ label, value string }{
		{"account", "hr"}, {"account", "production"}, {"account_id", w.sim.Accounts()[2].ID}, {"InstanceId", "i-0a1b2c3d4e5f60001"},
	} {
		m.Learn(secret.label, secret.value)
		mask := m.Mask(secret.label, secret.value)
		for _, text := range []string{mask, "x " + mask, "x" + mask + "x", "9" + mask} {
			for name, q := range foreign(text) {
				said, _ := viewer.asks(w, q)
				require.False(t, stands(said, secret.value), "%s of %q: %s", name, text, said)
				if len(secret.value) > 2 {
					require.NotContains(t, said, secret.value, "%s of %q", name, text)
				}
			}
			for _, path := range []string{
				"account-health?account=", "regions?account=", "namespaces?region=", "metrics?namespace=", "dimension-keys?namespace=AWS%2FEC2&metric=",
				"dimension-values?namespace=AWS%2FEC2&key=", "events?from=", "events?kind=", "events?limit=", "events?metric=", "zones/raw?limit=", "zones/raw?labels=",
			} {
				_, said := viewer.calls(w, path+url.QueryEscape(text+"z"), nil)
				require.False(t, stands(said, secret.value), "%s of %q: %s", path, text, said)
			}
		}
	}
}

// foreign are questions that have a text wherever one may stand, but where it is the name of an account or an instance.
func foreign(text string) map[string]fields {
	of := func(more fields) fields {
		q := cpu(fields{
			"accounts": []string{"staging"}, "regions": []string{"us-east-1"}, "dimensions": fields{"InstanceId": []string{"i-0b1b2c3d4e5f60001"}},
			"score": false, "band": false,
		})
		maps.Copy(q, more)
		return q
	}
	all := map[string]fields{
		"accounts": of(fields{"accounts": []string{"staging", text + "z"}}), "regions": of(fields{"regions": []string{"us-east-1", text}}),
		"dimension": of(fields{"dimensions": fields{"Other": []string{text}}}), "dimension's name": of(fields{"dimensions": fields{text: []string{"*"}}}),
		"rollUp": of(fields{"rollUp": []string{text}}), "detector.name": of(fields{"detector": fields{"name": text}}),
		"detector.split":     of(fields{"score": true, "detector": fields{"split": []string{text}}}),
		"detector.calendars": of(fields{"score": true, "detector": fields{"calendars": []string{text}}}),
		"detector.columns": of(fields{"score": true, "detector": fields{
			"name": "random_cut_forest", "columns": []fields{{"metric": text, "statistic": "Sum"}},
		}}),
		"thresholdMetric": of(fields{"forecast": true, "thresholdMetric": fields{"metric": text, "statistic": "Average"}}),
		"costs":           {"version": 1, "kind": "costs", "by": []string{"account", text}, "legend": text},
		"events":          {"version": 1, "kind": "events", "namespace": text, "accounts": []string{"staging"}},
		"an old query":    {"metricName": text, "namespace": text, "region": text, "accountId": text + "z", "dimensions": fields{"Other": text}},
	}
	for _, field := range []string{"namespace", "metric", "statistic", "period", "horizon", "output", "legend", "kind", "version", "queryType"} {
		all[field] = of(fields{field: text})
	}
	return all
}

// A legend says what was written, and no value that its places stand for.
func TestLegendsAreFilledWithMasks(t *testing.T) {
	w := newMasked(t, 1, private("everyone", "account", "account_id", "InstanceId"), quiet(), account(0, "alias", "prod-eu"))
	m := w.instance.guard.masker
	id := w.sim.Accounts()[0].ID
	for legend, want := range map[string]string{
		"9{{account_id}}":                      "9" + m.Mask("account_id", id),
		"{{account}}{{region}}":                m.Mask("account", "prod-eu") + "us-east-1",
		"prod-eu 222222222222 of {{account}}0": "prod-eu 222222222222 of " + m.Mask("account", "prod-eu") + "0", // whoever wrote it knows it
	} {
		_, answer := role("Viewer").asks(w, cpu(fields{
			"accounts": []string{"prod-eu"}, "regions": []string{"us-east-1"}, "score": false, "band": false, "legend": legend,
		}))
		require.NoError(t, answer.Error)
		require.Regexp(t, "^"+regexp.QuoteMeta(want), answer.Frames[0].Fields[1].Config.DisplayNameFromDS)
		require.Equal(t, answer.Frames[0].Fields[1].Config.DisplayNameFromDS, answer.Frames[0].Name)
	}
}

// Series and pages stand in the order of their masks: that of the values would tell which is which.
func TestOrderTellsNothing(t *testing.T) {
	w := newMasked(t, 1, private("viewers", "account", "account_id", "InstanceId"), quiet())
	q := cpu(fields{"accounts": []string{"production"}, "score": false, "band": false})
	_, answer := role("Viewer").asks(w, q)
	require.NoError(t, answer.Error)
	require.Greater(t, len(answer.Frames), 2)
	require.True(t, slices.IsSortedFunc(answer.Frames, func(a, b *data.Frame) int {
		return strings.Compare(a.Fields[1].Labels.String(), b.Fields[1].Labels.String())
	}))
	hours := w.lastHours(1)
	_, said := role("Viewer").calls(w, "zones/raw", fields{"query": q, "from": hours["from"], "to": hours["to"]})
	_, body, _ := strings.Cut(said, "\n")
	var page struct {
		Series []struct{ Labels data.Labels }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &page), said)
	var labels []string
	for _, s := range page.Series {
		labels = append(labels, s.Labels.String())
	}
	require.Greater(t, len(labels), 2)
	require.True(t, slices.IsSorted(labels), labels)
}

// Names in which a masked value stands are found again by what is seen of them.
func TestNamesThatHoldValuesAreUnderstood(t *testing.T) {
	edits := []edit{private("everyone", "account", "account_id"), quiet(), account(0, "alias", "i-0a1b2c3d4e5f")}
	w := newMasked(t, 1, edits...)
	viewer := role("Viewer")
	seen := viewer.lists(w, "dimension-values?namespace=AWS%2FEC2&key=InstanceId")
	at := slices.IndexFunc(seen, func(name string) bool { return strings.HasPrefix(name, "acct-") })
	require.GreaterOrEqual(t, at, 0, seen)
	q := cpu(fields{"accounts": []string{"*"}, "dimensions": fields{"InstanceId": []string{seen[at]}}, "output": "value"})
	for _, restarted := range []bool{false, true} {
		if restarted {
			w.anew(edits...)
		}
		_, answer := viewer.asks(w, q)
		require.NoError(t, answer.Error)
		require.Len(t, answer.Frames, 1)
		require.Equal(t, seen[at], answer.Frames[0].Fields[1].Labels["InstanceId"])
		require.Positive(t, answer.Frames[0].Rows())
	}
}

// A mistake in the settings is told without the names that they hide.
func TestSettingsMistakesHideNames(t *testing.T) {
	twice := []fields{{"namespace": "N", "metric": "SecretProject", "upper": 1}, {"namespace": "N", "metric": "SecretProject", "upper": 2}}
	w := newMasked(t, 1, private("everyone", "metric"), set("quality", fields{"ranges": twice}))
	said, answer := role("Viewer").asks(w, cpu(nil))
	require.ErrorContains(t, answer.Error, `"quality.ranges[1]`)
	_, listed := role("Viewer").calls(w, "accounts", nil)
	for _, text := range []string{said, role("Viewer").health(w), listed} {
		require.NotContains(t, text, "SecretProject")
	}
}

// A path that the router would mend is refused: it would send the browser there with the names that masks stand for.
func TestUncleanPathsAreRefused(t *testing.T) {
	w := newMasked(t, 1, private("everyone", "account", "account_id"), account(0, "alias", "Acme Prod"))
	mask := url.QueryEscape(w.instance.guard.masker.Mask("account", "Acme Prod"))
	for _, path := range []string{"x/../regions", "./regions", "regions//", "x/%2e%2e/regions", "//host/regions", "x/../detectors"} {
		status, said := role("Viewer").calls(w, path+"?account="+mask, nil)
		require.Equal(t, 400, status, path)
		require.NotContains(t, said, "Acme")
		require.NotContains(t, said, "Location")
	}
	status, _ := role("Viewer").calls(w, "/regions?account="+mask, nil)
	require.Equal(t, 200, status)
}

// Roles and identities are names too.
func TestRolesAreHidden(t *testing.T) {
	w := newMasked(t, 1, private("viewers", "InstanceId"), account(1, "roleArn", "arn:aws:iam::222222222222:role/payments-prod-reader"))
	for _, path := range []string{"accounts", "account-health?account=production", "account-health?account=staging"} {
		_, seen := role("Editor").calls(w, path, nil)
		require.Contains(t, seen, "role/")
		_, seen = role("Viewer").calls(w, path, nil)
		require.NotContains(t, seen, "reader", path)
		require.Contains(t, seen, "/***", path)
	}
	require.NotContains(t, role("Viewer").health(w), "reader")
}

// Who asks stands in the ledger as a hash, where other data sources of the same accounts read it too. Whoever may see it here does.
func TestAskersAreHiddenFromOtherDataSources(t *testing.T) {
	w := newMasked(t, 1, quiet())
	by := fields{"version": 1, "kind": "costs", "by": []string{"asked_by"}}
	edits := []edit{private("viewers", "asked_by"), quiet()}
	seen := func(r role) map[string]bool {
		_, answer := r.asks(w, by)
		require.NoError(t, answer.Error)
		out := map[string]bool{}
		for _, f := range answer.Frames {
			out[f.Fields[1].Labels["asked_by"]] = true
		}
		return out
	}
	require.NoError(t, w.from(panel("7"), w.lastDays(0.1), plain(nil)).Error) // before it was hidden
	w.anew(edits...)
	require.NoError(t, w.from(panel("7"), w.lastDays(0.1), plain(fields{"metric": "NetworkIn"})).Error)
	require.NoError(t, w.from(panel("8"), w.lastDays(0.1), plain(fields{"metric": "NetworkOut"})).Error)
	require.True(t, seen("Editor")["panel shop/8"])
	require.True(t, seen("Editor")["panel shop/7"])
	mask := w.instance.guard.masker.Mask("asked_by", "panel shop/8")
	require.True(t, seen("Viewer")[mask])
	require.Len(t, seen("Viewer"), len(seen("Editor")), "before and after are one")

	other := settingsOf(w.sim, w.url, quiet())
	other.UID = "other"
	w.instance.Dispose()
	w.instance = newInstance(t, w.now, w.cacheDir, other)
	require.True(t, seen("Admin")[mask])
	require.False(t, seen("Admin")["panel shop/8"])
}

// A metric that is called as a word of ours changes no word of ours.
func TestMetricsDoNotRenameAnswers(t *testing.T) {
	w := newMasked(t, 1, private("everyone", "metric"), quiet())
	for _, name := range []string{"value", "events", "time", "points", "next"} {
		w.instance.guard.masker.Learn("metric", name)
	}
	_, said := role("Viewer").calls(w, "events", nil)
	require.Contains(t, said, `"events":[]`)
	_, said = role("Viewer").calls(w, "zones/raw", fields{"query": server(nil), "from": iso(w.now().Add(-20 * time.Minute)), "to": iso(w.now())})
	for _, key := range []string{`"points":[{`, `"value":`, `"time":"20`, `"next":`, `"metric":"metric-`} {
		require.Contains(t, said, key)
	}
	require.NotContains(t, said, fmt.Sprintf("%q", "CPUUtilization"))
}
