package plugin

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// An account whose role is mistyped or missing is not read by the credentials of another: no alert rule is answered with its points.
func TestNoAccountIsReadByAnothersCredentials(t *testing.T) {
	q := plain(fields{
		"accounts": []string{"staging"}, "regions": []string{"us-east-1"}, "dimensions": fields{"InstanceId": []string{"i-0b1b2c3d4e5f60001"}}, "output": "value",
	})
	for name, c := range map[string]struct {
		change edit
		says   string
	}{
		"mistyped": {
			func(s map[string]any) {
				a := s["accounts"].([]any)[1].(map[string]any)
				a["role"] = a["roleArn"]
				delete(a, "roleArn")
			},
			`field "role": is unknown`,
		},
		"missing": {account(1, "roleArn", ""), `field "roleArn": is empty, and the data source's own credentials belong to account`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.change)
			answer := w.ask(w.lastDays(0.1), q, "FromAlert")
			require.ErrorContains(t, answer.Error, c.says)
			require.ErrorContains(t, answer.Error, "account staging")
			require.Empty(t, answer.Frames)
			require.Contains(t, role("Admin").health(w), c.says)
			all := w.ask(w.lastDays(0.1), plain(nil))
			require.NoError(t, all.Error, "the others are read")
			require.NotEmpty(t, all.Frames)
		})
	}
}

// An id that YAML made a number is an id.
func TestAccountIDsMayBeNumbers(t *testing.T) {
	w := newWorld(t, account(1, "id", 222222222222))
	require.Contains(t, role("Admin").health(w), "3 of 3 accounts can be read")
}
