package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// ask puts every provisioned question to the data source and gathers the report. simulator is the base URL of the simulated AWS.
func ask(ctx context.Context, q queryer, files provisioning.Files, simulator string) (report, error) {
	dashboard, err := files.Dashboard(provisioning.OverviewUID)
	if err != nil {
		return report{}, err
	}
	r := report{dashboard: dashboard.Title}
	if r.accounts, err = askAccounts(ctx, q); err != nil {
		return r, err
	}
	start := time.Now()
	if r.first, err = openDashboard(ctx, q, dashboard, "first refresh of the dashboard"); err != nil {
		return r, err
	}
	if r.second, err = openDashboard(ctx, q, dashboard, "second refresh of the dashboard"); err != nil {
		return r, err
	}
	if r.rules, err = askRules(ctx, q, files.Groups); err != nil {
		return r, err
	}
	return r, r.judge(ctx, q, dashboard, simulator, start)
}

// judge compares what was found in the first refresh, begun at start, with the labels, and reads the replayed series.
func (r *report) judge(ctx context.Context, q queryer, dashboard provisioning.Dashboard, simulator string, start time.Time) error {
	from, err := grafanaTime(dashboard.Time.From, start)
	if err != nil {
		return err
	}
	r.span = start.Sub(from)
	incidents, err := labelledIncidents(ctx, simulator, from, start)
	if err != nil {
		return err
	}
	r.events = events(r.first.series)
	r.verdicts, r.outside = judge(r.first.series, r.events, incidents)
	if r.leaks, err = askLeaks(ctx, q, simulator, start); err != nil {
		return err
	}
	replayed, err := askReplay(ctx, q, from, start)
	if err != nil {
		return err
	}
	r.replaySeries, r.replay = len(replayed.series), events(replayed.series)
	return nil
}

func askAccounts(ctx context.Context, q queryer) ([]accountLine, error) {
	var accounts []struct {
		ID, Alias, RoleARN string
		Regions            []string
	}
	if err := getResource(ctx, q, "accounts", nil, &accounts); err != nil {
		return nil, err
	}
	var lines []accountLine
	for _, account := range accounts {
		var health struct {
			OK      bool
			Message string
		}
		if err := getResource(ctx, q, "account-health", url.Values{"account": {account.ID}}, &health); err != nil {
			return nil, err
		}
		_, role, _ := strings.Cut(account.RoleARN, ":role/")
		message := health.Message
		if health.OK {
			message = "healthy" // the plugin names the session as well, which says nothing here
		}
		lines = append(lines, accountLine{account.Alias, account.ID, role, account.Regions, health.OK, message})
	}
	return lines, nil
}

func openDashboard(ctx context.Context, q queryer, dashboard provisioning.Dashboard, title string) (refresh, error) {
	start := time.Now()
	requests, err := panelRequests(dashboard, start)
	if err != nil {
		return refresh{}, err
	}
	r, err := askAll(ctx, q, title, requests)
	r.duration = time.Since(start)
	return r, err
}

// askAll sends the requests one after the other and gathers their series.
func askAll(ctx context.Context, q queryer, title string, requests []request) (refresh, error) {
	var r refresh
	done := progress.Count(title, len(requests))
	for _, request := range requests {
		answer, err := q.Query(ctx, request)
		if err == nil {
			err = r.add(answer)
		}
		if err != nil {
			return r, fmt.Errorf("%s: %w", request.title, err)
		}
		done()
	}
	return r, nil
}

func askRules(ctx context.Context, q queryer, groups []provisioning.RuleGroup) ([]ruleLine, error) {
	var lines []ruleLine
	for _, group := range groups {
		for _, rule := range group.Rules {
			line, err := askRule(ctx, q, rule)
			if err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func askRule(ctx context.Context, q queryer, rule provisioning.Rule) (ruleLine, error) {
	line := ruleLine{title: rule.Title}
	requests, err := ruleRequests(rule, time.Now())
	if err != nil {
		return line, err
	}
	answers := map[string][]*data.Frame{}
	for _, request := range requests {
		answer, err := q.Query(ctx, request)
		if err != nil {
			return line, fmt.Errorf("rule %s: %w", rule.UID, err)
		}
		for refID, one := range answer.Responses {
			if one.Error != nil {
				return line, fmt.Errorf("rule %s: query %s: %w", rule.UID, refID, one.Error)
			}
			answers[refID] = one.Frames
		}
	}
	numbers, err := evaluate(rule, answers)
	for _, n := range numbers {
		if n.value != 0 {
			line.firing = append(line.firing, n)
		} else {
			line.quiet++
		}
	}
	return line, err
}

const replayNamespace = "Replay"

// askReplay finds the replayed series as the query editor does, by the data source's lists, and asks for their scores.
func askReplay(ctx context.Context, q queryer, from, to time.Time) (refresh, error) {
	everywhere := url.Values{"account": {"*"}, "region": {"*"}}
	var namespaces, metrics []string
	if err := getResource(ctx, q, "namespaces", everywhere, &namespaces); err != nil {
		return refresh{}, err
	}
	if !slices.Contains(namespaces, replayNamespace) {
		return refresh{}, nil
	}
	everywhere.Set("namespace", replayNamespace)
	if err := getResource(ctx, q, "metrics", everywhere, &metrics); err != nil {
		return refresh{}, err
	}
	var requests []request
	for _, metric := range metrics {
		raw, err := json.Marshal(map[string]any{
			"refId": "A", "version": 1, "namespace": replayNamespace, "metric": metric, "dimensions": map[string][]string{"Series": {"*"}},
		})
		if err != nil {
			return refresh{}, fmt.Errorf("replay of %s: %w", metric, err)
		}
		requests = append(requests, request{title: "replay of " + metric, queries: []oneQuery{{"A", raw}}, from: from, to: to})
	}
	return askAll(ctx, q, "real CloudWatch series", requests)
}
