package provisioning

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

func (c *checker) ruleGroups() {
	uids := map[string]bool{}
	for _, group := range c.files.Groups {
		known := slices.ContainsFunc(c.files.Providers, func(p Provider) bool { return p.Folder == group.Folder })
		if !known {
			c.failf("rule group %s: no dashboard provider makes folder %q", group.Name, group.Folder)
		}
		interval, err := time.ParseDuration(group.Interval)
		if err != nil || interval <= 0 || interval%(10*time.Second) != 0 {
			c.failf("rule group %s: interval %q is no multiple of 10s", group.Name, group.Interval)
		}
		for _, rule := range group.Rules {
			c.unique(uids, "rule uid", rule.UID)
			c.rule(rule)
		}
	}
}

var (
	ruleUID         = regexp.MustCompile(`^[\w-]{1,40}$`)
	noDataStates    = []string{"Alerting", "NoData", "OK", "KeepLast"}
	execErrorStates = []string{"Alerting", "Error", "OK", "KeepLast"}
)

func (c *checker) rule(rule Rule) {
	where := "rule " + rule.UID
	if !ruleUID.MatchString(rule.UID) || rule.Title == "" {
		c.failf("%s: the uid needs 1 to 40 letters, digits, - or _, and the rule a title", where)
	}
	if !slices.Contains(noDataStates, rule.NoDataState) {
		c.failf("%s: noDataState %q is not one of %v", where, rule.NoDataState, noDataStates)
	}
	if !slices.Contains(execErrorStates, rule.ExecErrState) {
		c.failf("%s: execErrState %q is not one of %v", where, rule.ExecErrState, execErrorStates)
	}
	c.durations(where, rule.For, rule.KeepFiringFor)
	c.rulePanel(where, rule)
	c.chain(where, rule)
}

// rulePanel checks that the dashboard and panel that a rule links to exist.
func (c *checker) rulePanel(where string, rule Rule) {
	if rule.DashboardUID == "" {
		return
	}
	for _, dashboard := range c.files.Dashboards {
		hasPanel := slices.ContainsFunc(dashboard.AllPanels(), func(p Panel) bool { return p.ID == rule.PanelID })
		if dashboard.UID == rule.DashboardUID && hasPanel {
			return
		}
	}
	c.failf("%s: no dashboard %q has a panel %d", where, rule.DashboardUID, rule.PanelID)
}

// chain follows a rule's steps: each refers to earlier ones only, the condition exists, and no step is idle.
func (c *checker) chain(where string, rule Rule) {
	earlier, used := map[string]bool{}, map[string]bool{rule.Condition: true}
	for _, step := range rule.Data {
		at := where + ": step " + step.RefID
		if modelRef := step.Model["refId"]; modelRef != step.RefID {
			c.failf("%s: model.refId is %v", at, modelRef)
		}
		if !step.IsExpression() {
			c.ruleQuery(at, step)
		}
		for _, ref := range c.references(at, step) {
			if !earlier[ref] {
				c.failf("%s refers to %q, which is no earlier step", at, ref)
			}
			used[ref] = true
		}
		c.unique(earlier, where+": refId", step.RefID)
	}
	if !earlier[rule.Condition] {
		c.failf("%s: condition %q is no step", where, rule.Condition)
	}
	for _, step := range rule.Data {
		if !used[step.RefID] {
			c.failf("%s: step %s leads nowhere", where, step.RefID)
		}
	}
}

func (c *checker) ruleQuery(at string, step RuleQuery) {
	c.dataSource(at, &Ref{Type: DataSourceID, UID: step.DataSourceUID})
	if r := step.RelativeTimeRange; r.From <= r.To || r.To != 0 {
		c.failf("%s: relativeTimeRange from %d to %d does not end now", at, r.From, r.To)
	}
	raw, err := json.Marshal(step.Model)
	if err != nil {
		c.failf("%s: %w", at, err)
		return
	}
	q := c.query(at, step.RefID, raw)
	if err := q.Alertable(); err != nil {
		c.failf("%s: %w", at, err)
	}
	c.follows(at, q, step.DataSourceUID)
}

var mathReference = regexp.MustCompile(`\$\{?(\w+)\}?`)

// references lists the steps that an expression reads, and checks the rest of its model.
func (c *checker) references(at string, step RuleQuery) []string {
	if !step.IsExpression() {
		return nil
	}
	expression, err := step.Expression()
	if err != nil {
		c.failf("%s: %w", at, err)
		return nil
	}
	switch expression.Type {
	case "reduce":
		// Without dropNN one null makes the mean, sum, minimum or maximum NaN, and NaN fires.
		if expression.Settings.Mode != "dropNN" {
			c.failf("%s: settings.mode of a reduce is %q instead of dropNN", at, expression.Settings.Mode)
		}
	case "threshold":
		if len(expression.Conditions) != 1 || len(expression.Conditions[0].Evaluator.Params) == 0 {
			c.failf("%s: a threshold needs one condition with params", at)
		}
	case "math":
		var refs []string
		for _, match := range mathReference.FindAllStringSubmatch(expression.Expression, -1) {
			refs = append(refs, match[1])
		}
		return refs
	default:
		c.failf("%s: type %q is not reduce, threshold or math", at, expression.Type)
	}
	return []string{expression.Expression}
}

// Expression reads the model of a server-side expression.
func (q RuleQuery) Expression() (Expression, error) {
	var expression Expression
	if err := convert(q.Model, &expression); err != nil {
		return expression, fmt.Errorf("read expression: %w", err)
	}
	return expression, nil
}
