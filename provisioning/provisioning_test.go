package provisioning_test

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/provisioning"
)

var environment = map[string]string{
	"VIGIA_AWS_ENDPOINT":    "http://127.0.0.1:4599",
	"VIGIA_WEBHOOK_URL":     "http://127.0.0.1:4600/hook",
	"GF_PATHS_PROVISIONING": "provisioning",
}

func lookup(name string) string { return environment[name] }

// folder is the provisioning folder in memory, so that a test can spoil a file.
func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, dir := range []string{"plugins", "datasources", "dashboards", "alerting"} {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, entry := range entries {
			name := path.Join(dir, entry.Name())
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			files[name] = &fstest.MapFile{Data: content}
		}
	}
	return files
}

func TestFilesAreReadStrictlyAndEveryReferenceResolves(t *testing.T) {
	files, err := provisioning.Load(folder(t), lookup)
	require.NoError(t, err)
	require.NoError(t, files.Check())

	require.Len(t, files.Apps, 1)
	require.Len(t, files.DataSources, 2)
	require.Len(t, files.Dashboards, 3)
	require.Len(t, files.ContactPoints, 1)
	require.Len(t, files.Policies, 1)
	http, simulated := files.DataSources[0], files.DataSources[1]
	require.Equal(t, environment["VIGIA_AWS_ENDPOINT"], http.JSONData.STSEndpoint)
	require.Equal(t, environment["VIGIA_AWS_ENDPOINT"], http.JSONData.CloudWatchEndpoint)
	require.False(t, http.JSONData.Simulated)
	require.True(t, simulated.JSONData.Simulated)
	require.Empty(t, simulated.SecureJSONData)
	require.Equal(t, http.JSONData.Accounts, simulated.JSONData.Accounts)
	require.Len(t, http.JSONData.Accounts, 3)
	require.Equal(t, http.JSONData.Calendars, simulated.JSONData.Calendars)
	require.Len(t, http.JSONData.Calendars, 1)
}

func TestRulesAlertOnScoresForecastQualityAndCost(t *testing.T) {
	files, err := provisioning.Load(folder(t), lookup)
	require.NoError(t, err)
	outputs := map[any]int{}
	for _, group := range files.Groups {
		for _, rule := range group.Rules {
			for _, step := range rule.Data {
				outputs[step.Model["output"]]++
			}
		}
	}
	require.Equal(t, 5, outputs["anomaly_score"])
	require.Equal(t, 1, outputs["direction"])
	require.Equal(t, 1, outputs["hours_to_threshold"])
	require.Equal(t, 1, outputs["quality"])
	require.Equal(t, 1, outputs["cost_usd"])
}

// A rule and the panel that it links to are about the same: a score by the same detector, the same checks, the same costs.
func TestRulesAskAsTheirPanels(t *testing.T) {
	files, err := provisioning.Load(folder(t), lookup)
	require.NoError(t, err)
	type panel struct {
		dashboard string
		id        int
	}
	asked := map[panel]map[string]any{}
	for _, dashboard := range files.Dashboards {
		for _, p := range dashboard.AllPanels() {
			for _, target := range p.Targets {
				asked[panel{dashboard.UID, p.ID}] = target
			}
		}
	}
	for _, group := range files.Groups {
		for _, rule := range group.Rules {
			target := asked[panel{rule.DashboardUID, rule.PanelID}]
			for _, field := range []string{"kind", "namespace", "metric", "statistic", "detector"} {
				require.Equal(t, target[field], rule.Data[0].Model[field], "%s: %s", rule.UID, field)
			}
		}
	}
}

// Each mistake is one that Grafana takes without a word, or that shows only when a rule is evaluated.
func TestMistakesAreRefused(t *testing.T) {
	const rules, dashboard = "alerting/rules.yaml", "dashboards/vigia.json"
	for name, mistake := range map[string]struct{ file, from, to, says string }{
		"wrongly cased key of a data source":   {"datasources/vigia.yaml", "jsonData:", "jsondata:", "field jsondata not found"},
		"unknown key of an account":            {"datasources/vigia.yaml", "externalId:", "externalID:", "field externalID not found"},
		"role of another account":              {"datasources/vigia.yaml", "iam::111111111111:", "iam::444444444444:", "is not of account 111111111111"},
		"misspelt key of a calendar":           {"datasources/vigia.yaml", "windows:", "widows:", "field widows not found"},
		"calendar of no moment":                {"datasources/vigia.yaml", "2025-11-28T00:00:00", "2025-11-31T00:00:00", `field "calendars[0].windows[0].from"`},
		"day that no month has":                {"datasources/vigia.yaml", "# holidays:", "monthly: [{days: [15, 32], to: \"12:00\"}] #", `field "calendars[0].monthly[0].days[1]": 32`},
		"calendar that is quiet perhaps":       {"datasources/vigia.yaml", "# holidays:", "quiet: perhaps #", "perhaps"},
		"wall clock that YAML takes for UTC":   {"datasources/vigia.yaml", `"2025-11-28T00:00:00"`, "2025-11-28 00:00:00", "2025-11-28 00:00:00 without quotes"},
		"calendar in no zone":                  {"datasources/vigia.yaml", "America/New_York", "America/Gotham", `field "calendars[0].timezone"`},
		"rule that follows no calendar":        {rules, "detector: {direction: high}", "detector: {calendars: [cyber-monday]}", `"cyber-monday" is no calendar of this data source, which has black-friday`},
		"panel that follows no calendar":       {dashboard, `"direction": "high"`, `"calendars": ["cyber-monday"]`, `panel 4: query B: detector.calendars`},
		"unknown key of a detector":            {dashboard, `"direction": "high"`, `"side": "high"`, `field "detector.side" is unknown`},
		"direction that is none":               {rules, "detector: {direction: high}", "detector: {direction: up}", `field "detector.direction": "up"`},
		"budget that lets nothing through":     {"datasources/vigia.yaml", "timezone:", "dailyBudgetUSD: 0\n      timezone:", `field "dailyBudgetUSD": 0 is no amount above 0`},
		"masked label that is none":            {"datasources/vigia.yaml", "timezone:", "privacy: {labels: [account, stat]}\n      timezone:", `field "privacy.labels[1]": stat cannot be masked`},
		"alias of a label that is not masked":  {"datasources/vigia.yaml", "timezone:", "privacy: {aliases: {account: {production: A}}}\n      timezone:", `field "privacy.aliases.account"`},
		"masks for nobody there is":            {"datasources/vigia.yaml", "timezone:", "privacy: {for: admins}\n      timezone:", `field "privacy.for": use everyone or viewers`},
		"masks without a key":                  {"datasources/vigia.yaml", "timezone:", "privacy: {labels: [account]}\n      timezone:", `field "privacyKey"`},
		"staleness that is no duration":        {"datasources/vigia.yaml", "timezone:", "cache: {maxStaleness: soon}\n      timezone:", `field "cache.maxStaleness": "soon"`},
		"watched series that are none":         {"datasources/vigia.yaml", "timezone:", "collector: {watch: [{namespace: AWS/EC2}]}\n      timezone:", `collector.watch[0]: field "metric"`},
		"rate that lets nothing through":       {"datasources/vigia.yaml", "timezone:", "collector: {metricsPerMinute: 0}\n      timezone:", `field "collector.metricsPerMinute"`},
		"kind of query that is none":           {"dashboards/costs.json", `"kind": "costs"`, `"kind": "cost"`, `"cost" is no kind of query`},
		"costs by nothing there is":            {"dashboards/costs.json", `"by": ["asked_by"]`, `"by": ["rule"]`, `field "by[0]"`},
		"rule on a table of events":            {rules, "kind: quality", "kind: events", "alert"},
		"measure of another kind":              {rules, "output: cost_usd", "output: quality", `"quality" is no measure of kind costs`},
		"two data sources with one uid":        {"datasources/vigia.yaml", "uid: vigia-simulated", "uid: vigia", `uid "vigia" stands twice`},
		"wrong plugin id of the app":           {"plugins/app.yaml", "vigia-cloudwatch-app", "vigia-app", `app type "vigia-app"`},
		"unknown key of the app":               {"plugins/app.yaml", "disabled:", "enabled:", "field enabled not found"},
		"unknown key of a provider":            {"dashboards/dashboards.yaml", "allowUiUpdates", "allowUIUpdates", "field allowUIUpdates not found"},
		"wrongly cased key of the dashboard":   {dashboard, `"gridPos"`, `"gridpos"`, "field gridpos not found"},
		"dashboard that is no JSON":            {dashboard, `"uid": "vigia-overview",`, `uid: vigia-overview,`, "is no JSON"},
		"unknown key of a query":               {dashboard, `"statistic"`, `"stat"`, `field "stat" is unknown`},
		"unresolved data source of a panel":    {dashboard, `"uid": "vigia"`, `"uid": "vigja"`, `no data source has uid "vigja"`},
		"unresolved variable of a query":       {dashboard, `"name": "account"`, `"name": "accounts"`, "$account: no variable"},
		"unknown panel":                        {dashboard, `"vigia-cloudwatch-panel"`, `"vigia-panel"`, `type "vigia-panel"`},
		"unknown kind of a variable":           {dashboard, `"kind": "regions"`, `"kind": "region"`, `kind "region"`},
		"unresolved data source of a rule":     {rules, "datasourceUid: vigia", "datasourceUid: cloudwatch", `no data source has uid "cloudwatch"`},
		"snake case in a rule":                 {rules, "noDataState: OK", "no_data_state: OK", "field no_data_state not found"},
		"camel case time range misspelt":       {rules, "relativeTimeRange:", "relativeTimerange:", "field relativeTimerange not found"},
		"unresolved folder":                    {rules, "folder: Vigia", "folder: Lookout", `folder "Lookout"`},
		"unresolved panel of a rule":           {rules, "panelId: 10", "panelId: 1000", "has a panel 1000"},
		"unresolved dashboard of a rule":       {rules, "dashboardUid: vigia-overview", "dashboardUid: vigia", `no dashboard "vigia"`},
		"expression of a step that is missing": {rules, "type: reduce, expression: A,", "type: reduce, expression: X,", `refers to "X"`},
		"threshold on itself":                  {rules, "type: threshold, expression: B,", "type: threshold, expression: C,", `refers to "C"`},
		"math on a step that is missing":       {rules, "$B >= 75 && $C", "$B >= 75 && $F", `refers to "F"`},
		"condition that is missing":            {rules, "condition: C", "condition: Z", `condition "Z" is no step`},
		"step that leads nowhere":              {rules, `"$B >= 75 && $C < 0"`, `"$B >= 75"`, "step C leads nowhere"},
		"model under another refId":            {rules, "model: {refId: B,", "model: {refId: A,", "model.refId is A"},
		"reduce that fires on nulls":           {rules, "mode: dropNN", "mode: \"\"", "instead of dropNN"},
		"unknown key of an expression":         {rules, "reducer: max", "reduce: max", "field reduce not found"},
		"rule with every measure":              {rules, "output: anomaly_score", "output: \"\"", "an alert rule needs one measure"},
		"rule with a dashboard variable":       {rules, `accounts: ["*"]`, `accounts: [$account]`, "the variable $account was not replaced"},
		"unknown state":                        {rules, "execErrState: Error", "execErrState: Fail", `execErrState "Fail"`},
		"uid that Grafana refuses":             {rules, "uid: vigia-queue", "uid: vigia queue", "the uid needs"},
		"two rules with one uid":               {rules, "uid: vigia-queue", "uid: vigia-processor", "stands twice"},
		"interval off the scheduler's grid":    {rules, "interval: 1m", "interval: 15s", "no multiple of 10s"},
		"label that Grafana would expand":      {rules, "severity: critical", "severity: $level", "$level is not set"},
		"unknown key of a contact point":       {"alerting/contactpoints.yaml", "disableResolveMessage", "disable_resolve_message", "field disable_resolve_message not found"},
		"webhook address that is not set":      {"alerting/contactpoints.yaml", "url: $VIGIA_WEBHOOK_URL", "url: $VIGIA_WEBHOOK", "$VIGIA_WEBHOOK is not set"},
		"webhook without an address":           {"alerting/contactpoints.yaml", "url: $VIGIA_WEBHOOK_URL", "url: \"\"", "no webhook with a url"},
		"camel case in a policy":               {"alerting/policies.yaml", "group_by:", "groupBy:", "field groupBy not found"},
		"unresolved contact point":             {"alerting/policies.yaml", "receiver: vigia-webhook", "receiver: pager", `no contact point is named "pager"`},
	} {
		t.Run(name, func(t *testing.T) {
			files := folder(t)
			before := string(files[mistake.file].Data)
			require.Contains(t, before, mistake.from, "the mistake no longer fits the file")
			files[mistake.file].Data = []byte(strings.Replace(before, mistake.from, mistake.to, 1))
			loaded, err := provisioning.Load(files, lookup)
			if err == nil {
				err = loaded.Check()
			}
			require.ErrorContains(t, err, mistake.says)
		})
	}
}

// The settings that the files have are those of the data source, which reads them by the same code; what is secret is in no error.
func TestPrivacyIsReadAsTheDataSourceDoes(t *testing.T) {
	check := func(privacy, secrets string) error {
		files := folder(t)
		yaml := strings.Replace(string(files["datasources/vigia.yaml"].Data), "timezone:", "privacy: "+privacy+"\n      timezone:", 1)
		files["datasources/vigia.yaml"].Data = []byte(strings.Replace(yaml, "secureJsonData:", "secureJsonData:\n      "+secrets, 1))
		loaded, err := provisioning.Load(files, lookup)
		require.NoError(t, err)
		return loaded.Check()
	}
	const key = "privacyKey: 0123456789abcdef"
	require.NoError(t, check("{labels: [account, InstanceId], aliases: {account: {production: A}}, for: viewers}", key))
	err := check("{labels: [account], aliases: {account: {production: not-production}}}", key)
	require.ErrorContains(t, err, `field "privacy.aliases.account"`)
	require.NotContains(t, err.Error(), "not-production")
	err = check("{labels: [account]}", "privacyKey: too-short")
	require.ErrorContains(t, err, `field "privacyKey"`)
	require.NotContains(t, err.Error(), "too-short")
}

func TestMissingFolderIsSaid(t *testing.T) {
	files := folder(t)
	maps.DeleteFunc(files, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, "alerting/") })
	_, err := provisioning.Load(files, lookup)
	require.ErrorContains(t, err, "alerting")
}

func TestVariablesAreExpandedAsGrafanaDoes(t *testing.T) {
	for text, want := range map[string]string{
		"${VIGIA_AWS_ENDPOINT}/x": "http://127.0.0.1:4599/x",
		"costs $$5":               "costs $5",
		"$VIGIA_AWS_ENDPOINT":     "http://127.0.0.1:4599",
	} {
		expanded, err := provisioning.Expand(text, lookup)
		require.NoError(t, err)
		require.Equal(t, want, expanded)
	}
	_, err := provisioning.Expand("$UNSET", lookup)
	require.ErrorContains(t, err, "$UNSET is not set")
}

// Every variable that the files use is set where Grafana is started, or Grafana would put nothing in its place.
func TestComposeSetsEveryVariable(t *testing.T) {
	compose, err := os.ReadFile("../docker-compose.yaml")
	require.NoError(t, err)
	setByImage := []string{"GF_PATHS_PROVISIONING"}
	variable := regexp.MustCompile(`\$([A-Z][A-Z_]+)`)
	for name, file := range folder(t) {
		for _, match := range variable.FindAllStringSubmatch(string(file.Data), -1) {
			if !slices.Contains(setByImage, match[1]) {
				require.Contains(t, string(compose), match[1]+":", "used in %s", name)
			}
		}
	}
}
