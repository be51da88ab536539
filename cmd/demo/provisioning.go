package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"

	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// sourceUID is the provisioned data source that speaks HTTP with the simulator.
const sourceUID = "vigia"

// loadProvisioning reads and checks the folder; environment goes before the variables of this process.
func loadProvisioning(folder string, environment map[string]string) (provisioning.Files, error) {
	lookup := func(name string) string {
		if value, ok := environment[name]; ok {
			return value
		}
		return os.Getenv(name)
	}
	files, err := provisioning.Load(os.DirFS(folder), lookup)
	if err == nil {
		err = files.Check()
	}
	if err != nil {
		return files, fmt.Errorf("%s: %w", folder, err)
	}
	return files, nil
}

func findSource(files provisioning.Files, uid string) (provisioning.DataSource, error) {
	for _, source := range files.DataSources {
		if source.UID == uid {
			return source, nil
		}
	}
	return provisioning.DataSource{}, fmt.Errorf("no data source is provisioned with uid %q", uid)
}

// panelRequests are the dashboard's queries as the front end sends them now: one request a panel, variables replaced.
func panelRequests(dashboard provisioning.Dashboard, now time.Time) ([]request, error) {
	from, err := grafanaTime(dashboard.Time.From, now)
	if err != nil {
		return nil, err
	}
	to, err := grafanaTime(dashboard.Time.To, now)
	if err != nil {
		return nil, err
	}
	var requests []request
	for _, panel := range dashboard.AllPanels() {
		if len(panel.Targets) == 0 {
			continue
		}
		r := request{title: panel.Title, from: from, to: to}
		for _, target := range panel.Targets {
			raw, err := dashboard.Resolve(target)
			if err != nil {
				return nil, fmt.Errorf("panel %q: %w", panel.Title, err)
			}
			r.queries = append(r.queries, oneQuery{refID: target["refId"].(string), json: raw})
		}
		requests = append(requests, r)
	}
	return requests, nil
}

// ruleRequests are the queries of a rule as the scheduler sends them now: one request for each range.
func ruleRequests(rule provisioning.Rule, now time.Time) ([]request, error) {
	var requests []request
	for _, step := range rule.Data {
		if step.IsExpression() {
			continue
		}
		raw, err := json.Marshal(step.Model)
		if err != nil {
			return nil, fmt.Errorf("rule %s: step %s: %w", rule.UID, step.RefID, err)
		}
		ago := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
		requests = append(requests, request{
			title: rule.Title, alert: true, queries: []oneQuery{{step.RefID, raw}},
			from: ago(step.RelativeTimeRange.From), to: ago(step.RelativeTimeRange.To),
		})
	}
	return requests, nil
}

// grafanaTime reads "now", "now-7d" and "now+12h".
func grafanaTime(text string, now time.Time) (time.Time, error) {
	offset, ok := strings.CutPrefix(text, "now")
	if !ok {
		return now, fmt.Errorf("time %q does not begin with now", text)
	}
	if offset == "" {
		return now, nil
	}
	span, err := gtime.ParseDuration(offset[1:])
	if err != nil || (offset[0] != '-' && offset[0] != '+') {
		return now, fmt.Errorf("time %q is neither now-<duration> nor now+<duration>", text)
	}
	if offset[0] == '-' {
		span = -span
	}
	return now.Add(span), nil
}
