package provisioning

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// The plugin's ids, which the files refer to.
const (
	AppID        = "vigia-cloudwatch-app"
	DataSourceID = "vigia-cloudwatch-datasource"
	PanelID      = "vigia-cloudwatch-panel"
)

// Check follows every reference between the files and reports all that lead nowhere, joined.
func (f Files) Check() error {
	c := checker{files: f}
	c.apps()
	c.dataSources()
	c.dashboards()
	c.ruleGroups()
	c.notifications()
	return errors.Join(c.failures...)
}

type checker struct {
	files    Files
	failures []error
}

func (c *checker) failf(format string, args ...any) {
	c.failures = append(c.failures, fmt.Errorf(format, args...))
}

// unique records name and fails when it is empty or was seen before.
func (c *checker) unique(seen map[string]bool, what, name string) {
	if name == "" {
		c.failf("%s is empty", what)
	}
	if seen[name] {
		c.failf("%s %q stands twice", what, name)
	}
	seen[name] = true
}

func (c *checker) apps() {
	for _, app := range c.files.Apps {
		if app.Type != AppID {
			c.failf("app type %q is not %s", app.Type, AppID)
		}
	}
}

var accountID = regexp.MustCompile(`^\d{12}$`)

func (c *checker) dataSources() {
	uids, defaults := map[string]bool{}, 0
	for _, ds := range c.files.DataSources {
		c.unique(uids, "data source uid", ds.UID)
		if ds.Type != DataSourceID {
			c.failf("data source %s: type %q is not %s", ds.UID, ds.Type, DataSourceID)
		}
		if ds.IsDefault {
			defaults++
		}
		if len(ds.JSONData.Accounts) == 0 {
			c.failf("data source %s has no account", ds.UID)
		}
		c.accounts(ds)
		c.settings(ds)
	}
	if defaults > 1 {
		c.failf("%d data sources are default", defaults)
	}
}

func (c *checker) accounts(ds DataSource) {
	aliases := map[string]bool{}
	for _, account := range ds.JSONData.Accounts {
		c.unique(aliases, "data source "+ds.UID+": account alias", account.Alias)
		if !accountID.MatchString(account.ID) {
			c.failf("data source %s: account %s: id %q has not twelve digits", ds.UID, account.Alias, account.ID)
		}
		if account.RoleARN != "" && !strings.Contains(account.RoleARN, ":iam::"+account.ID+":role/") {
			c.failf("data source %s: account %s: role %q is not of account %s", ds.UID, account.Alias, account.RoleARN, account.ID)
		}
	}
}

// settings holds the settings to the parser of the back end, as a data source that starts does: privacy, quality, the collector, the cache, the
// budget, calendars. Its errors name the field, and nothing that is to be hidden.
func (c *checker) settings(ds DataSource) {
	raw, err := json.Marshal(ds.JSONData)
	if err != nil {
		c.failf("data source %s: encode jsonData: %w", ds.UID, err)
		return
	}
	settings, err := accounts.ParseSettings(raw, ds.SecureJSONData)
	if err != nil {
		c.failf("data source %s: %w", ds.UID, err)
		return
	}
	for n, watched := range settings.Collector.Watch {
		where := fmt.Sprintf("data source %s: collector.watch[%d]", ds.UID, n)
		fields := map[string]json.RawMessage{}
		if err := json.Unmarshal(watched.Query, &fields); err != nil {
			c.failf("%s: %w", where, err)
			continue
		}
		fields["version"] = json.RawMessage(strconv.Itoa(query.Version))
		raw, err := json.Marshal(fields)
		if err != nil {
			c.failf("%s: %w", where, err)
			continue
		}
		c.query(where, "", raw)
	}
}

// calendars reads the calendars as the back end does.
func (ds DataSource) calendars() (calendar.Set, error) {
	zone, err := time.LoadLocation(ds.JSONData.Timezone)
	if err != nil {
		return nil, fmt.Errorf("timezone %q: %w", ds.JSONData.Timezone, err)
	}
	raw, err := json.Marshal(ds.JSONData.Calendars)
	if err != nil {
		return nil, fmt.Errorf("encode calendars: %w", err)
	}
	return calendar.Parse(raw, zone)
}

// follows checks that the calendars that a query names exist in its data source.
func (c *checker) follows(where string, q query.Query, uid string) {
	for _, ds := range c.files.DataSources {
		if ds.UID != uid {
			continue
		}
		set, err := ds.calendars()
		if err != nil {
			return // said of the data source
		}
		for field, names := range map[string][]string{"detector.calendars": q.Detector.Calendars, "forecaster.calendars": q.Forecaster.Calendars} {
			if _, err := set.Choose(names); err != nil {
				c.failf("%s: %s: %w", where, field, err)
			}
		}
	}
}

func (c *checker) dataSource(where string, ref *Ref) {
	if ref == nil {
		c.failf("%s names no data source", where)
		return
	}
	known := slices.ContainsFunc(c.files.DataSources, func(ds DataSource) bool { return ds.UID == ref.UID && ds.Type == ref.Type })
	if !known {
		c.failf("%s: no data source has uid %q and type %q", where, ref.UID, ref.Type)
	}
}

func (c *checker) dashboards() {
	names, uids := map[string]bool{}, map[string]bool{}
	for _, provider := range c.files.Providers {
		c.unique(names, "dashboard provider", provider.Name)
		if provider.Type != "file" || provider.Options["path"] == "" {
			c.failf("dashboard provider %s: type is not file, or options.path is missing", provider.Name)
		}
	}
	for _, dashboard := range c.files.Dashboards {
		c.unique(uids, "dashboard uid", dashboard.UID)
		if dashboard.Title == "" {
			c.failf("dashboard %s has no title", dashboard.UID)
		}
		for _, variable := range dashboard.Templating.List {
			c.variable("dashboard "+dashboard.UID+": variable "+variable.Name, variable)
		}
		panelIDs := map[string]bool{}
		for _, panel := range dashboard.AllPanels() {
			c.unique(panelIDs, "dashboard "+dashboard.UID+": panel id", fmt.Sprint(panel.ID))
			c.panel(dashboard, panel)
		}
	}
}

// variableKinds are the lists that the data source gives to a variable: src/datasource/types.ts.
var variableKinds = []string{"accounts", "regions", "namespaces", "metrics", "dimension-keys", "dimension-values"}

func (c *checker) variable(where string, variable Variable) {
	c.dataSource(where, variable.DataSource)
	if !slices.Contains(variableKinds, variable.Query.Kind) {
		c.failf("%s: kind %q is not one of %v", where, variable.Query.Kind, variableKinds)
	}
}

var panelTypes = []string{"row", "text", "stat", "table", "timeseries", "alertlist", PanelID}

func (c *checker) panel(dashboard Dashboard, panel Panel) {
	where := fmt.Sprintf("dashboard %s: panel %d", dashboard.UID, panel.ID)
	if !slices.Contains(panelTypes, panel.Type) {
		c.failf("%s: type %q is not one of %v", where, panel.Type, panelTypes)
	}
	if len(panel.Targets) > 0 {
		c.dataSource(where, panel.DataSource)
	}
	refIDs := map[string]bool{}
	for _, target := range panel.Targets {
		refID, _ := target["refId"].(string)
		c.unique(refIDs, where+": refId", refID)
		at, ref := where+": query "+refID, targetDataSource(target)
		c.dataSource(at, ref)
		raw, err := dashboard.Resolve(target)
		if err != nil {
			c.failf("%s: %w", at, err)
			continue
		}
		if q := c.query(at, refID, raw); ref != nil {
			c.follows(at, q, ref.UID)
		}
	}
}

// query holds a query's JSON to the parser of the back end, which also names the keys that it would not use.
func (c *checker) query(where, refID string, raw []byte) query.Query {
	q, err := query.Parse(refID, raw)
	if err != nil {
		c.failf("%s: %w", where, err)
	}
	for _, notice := range q.Notices {
		c.failf("%s: %s", where, notice)
	}
	return q
}

func targetDataSource(target map[string]any) *Ref {
	fields, ok := target["datasource"].(map[string]any)
	if !ok {
		return nil
	}
	ref := &Ref{}
	ref.Type, _ = fields["type"].(string)
	ref.UID, _ = fields["uid"].(string)
	return ref
}

// AllPanels lists the panels and those inside collapsed rows.
func (d Dashboard) AllPanels() []Panel {
	var all []Panel
	for _, panel := range d.Panels {
		all = append(append(all, panel), panel.Panels...)
	}
	return all
}

var variableName = regexp.MustCompile(`\$\{?(\w+)\}?`)

// Resolve replaces the dashboard's variables in a query by their defaults, as the front end does before it sends one, and gives
// the query's JSON. A variable with an "all" value stands for that one.
func (d Dashboard) Resolve(target map[string]any) ([]byte, error) {
	raw, err := json.Marshal(target)
	if err != nil {
		return nil, fmt.Errorf("encode query: %w", err)
	}
	var unknown []string
	resolved := variableName.ReplaceAllStringFunc(string(raw), func(found string) string {
		name := variableName.FindStringSubmatch(found)[1]
		for _, v := range d.Templating.List {
			if v.Name == name && v.AllValue != "" {
				return v.AllValue
			}
		}
		unknown = append(unknown, found)
		return found
	})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s: no variable of this dashboard with an allValue", strings.Join(unknown, ", "))
	}
	return []byte(resolved), nil
}

func (c *checker) notifications() {
	uids, names := map[string]bool{}, map[string]bool{}
	for _, point := range c.files.ContactPoints {
		c.unique(names, "contact point", point.Name)
		for _, receiver := range point.Receivers {
			c.unique(uids, "receiver uid", receiver.UID)
			if receiver.Type != "webhook" || receiver.Settings.URL == "" {
				c.failf("contact point %s: receiver %s is no webhook with a url", point.Name, receiver.UID)
			}
		}
	}
	for _, policy := range c.files.Policies {
		c.route("policy", policy.Route, names)
	}
}

func (c *checker) route(where string, route Route, contactPoints map[string]bool) {
	if !contactPoints[route.Receiver] {
		c.failf("%s: no contact point is named %q", where, route.Receiver)
	}
	c.durations(where, route.GroupWait, route.GroupInterval, route.RepeatInterval)
	for i, child := range route.Routes {
		c.route(fmt.Sprintf("%s.routes[%d]", where, i), child, contactPoints)
	}
}

// durations checks the ones that are set.
func (c *checker) durations(where string, durations ...string) {
	for _, text := range durations {
		if text == "" {
			continue
		}
		if _, err := time.ParseDuration(text); err != nil {
			c.failf("%s: %w", where, err)
		}
	}
}
