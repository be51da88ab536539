package main

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// answer is a frame of a measure for one queue; nil is a null.
func answer(measure, queue string, values ...*float64) *data.Frame {
	var times []time.Time
	for i := range values {
		times = append(times, minutes(5*i))
	}
	labels := data.Labels{"account": "data", "region": "us-east-1", "metric": "Visible", "QueueName": queue}
	return data.NewFrame("", data.NewField("time", nil, times), data.NewField(measure, labels, values))
}

func num(v float64) *float64 { return &v }

func provisionedRule(t *testing.T, uid string) provisioning.Rule {
	t.Helper()
	files, err := loadProvisioning("../../provisioning", environment("http://127.0.0.1:1", "http://127.0.0.1:2", "provisioning"))
	require.NoError(t, err)
	for _, group := range files.Groups {
		for _, rule := range group.Rules {
			if rule.UID == uid {
				return rule
			}
		}
	}
	t.Fatalf("no rule %s", uid)
	return provisioning.Rule{}
}

// firing lists the queues that the rule fires for.
func firing(t *testing.T, rule provisioning.Rule, answers map[string][]*data.Frame) []string {
	t.Helper()
	numbers, err := evaluate(rule, answers)
	require.NoError(t, err)
	queues := []string{}
	for _, n := range numbers {
		if n.value != 0 {
			queues = append(queues, n.labels["QueueName"])
		}
	}
	return queues
}

func TestScoreRuleFiresOnTheHighestNumber(t *testing.T) {
	rule := provisionedRule(t, "vigia-queue")
	require.Equal(t, []string{"now", "over", "null last"}, firing(t, rule, map[string][]*data.Frame{"A": {
		answer("anomaly_score", "now", num(0), num(75)),
		answer("anomaly_score", "over", num(100), num(74.9)),
		answer("anomaly_score", "null last", num(90), nil),
		answer("anomaly_score", "learning", nil, nil),
	}}))
}

func TestLowIsBadRuleNeedsBothScoreAndDirection(t *testing.T) {
	rule := provisionedRule(t, "vigia-orders-low")
	require.Equal(t, []string{"low"}, firing(t, rule, map[string][]*data.Frame{
		"A": {answer("anomaly_score", "low", num(80)), answer("anomaly_score", "high", num(80)), answer("anomaly_score", "calm", num(10)), answer("anomaly_score", "alone", num(90))},
		"D": {answer("direction", "low", num(-1)), answer("direction", "high", num(1)), answer("direction", "calm", num(-1))},
	}))
}

func TestForecastRuleFiresWithinTwelveHours(t *testing.T) {
	rule := provisionedRule(t, "vigia-connections-limit")
	require.Equal(t, []string{"soon"}, firing(t, rule, map[string][]*data.Frame{"A": {
		answer("hours_to_threshold", "soon", num(11.9)), answer("hours_to_threshold", "later", num(12)), answer("hours_to_threshold", "never", nil),
	}}))
}

func TestMath(t *testing.T) {
	labels := data.Labels{"QueueName": "orders"}
	steps := map[string][]number{"B": {{labels, 6}}, "C": {{labels, -2}}}
	for expression, want := range map[string]float64{
		"$B + $C * 2": 2, "${B} / -$C": 3, "($B > 5 || $C > 5) && $C != 0": 1, "$B <= 5": 0, "$B - 6 == 0": 1, "$C < -3": 0,
	} {
		numbers, err := calculate(expression, steps)
		require.NoError(t, err, expression)
		require.Equal(t, []number{{labels, want}}, numbers, expression)
	}
	for _, expression := range []string{"abs($B)", "!$B", "$B +", `$B + "x"`} {
		_, err := calculate(expression, steps)
		require.Error(t, err, expression)
	}
}

func TestUnknownStepsAreErrors(t *testing.T) {
	for _, model := range []map[string]any{
		{"refId": "B", "type": "resample", "expression": "A"},
		{"refId": "B", "type": "reduce", "expression": "A", "reducer": "median", "settings": map[string]any{"mode": "dropNN"}},
		{"refId": "B", "type": "reduce", "reduser": "last"},
	} {
		rule := provisioning.Rule{UID: "r", Condition: "B", Data: []provisioning.RuleQuery{{RefID: "B", DataSourceUID: provisioning.ExpressionUID, Model: model}}}
		_, err := evaluate(rule, map[string][]*data.Frame{"A": {answer("value", "q", num(1))}})
		require.ErrorContains(t, err, "rule r: step B")
	}
}
