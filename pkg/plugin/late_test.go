package plugin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The simulator's counts first come in part, its gauges late. Revisions are counted and shown, and what was scored on the way is
// what an instance scores that sees the points for the first time.
func TestLatePointsAreCountedAndScoredAnew(t *testing.T) {
	quick := fields{"name": "seasonal_robust"}
	for name, q := range map[string]fields{
		"counts": {"version": 1, "namespace": "AWS/ApplicationELB", "metric": "RequestCount", "statistic": "Sum", "dimensions": fields{"LoadBalancer": []string{"*"}}, "events": true, "detector": quick},
		"gauges": cpu(fields{"events": true, "detector": quick}),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.frames(w.lastDays(0.2), q)
			revised, logged := 0, 0
			for n := range 24 {
				w.pass(5 * time.Minute)
				if n%2 == 0 { // the collector comes first, or the dashboard
					w.round()
				}
				revised += usage(w.frames(w.lastDays(0.2), q)).RevisedPoints
			}
			for _, r := range w.collected().Runs {
				logged += r.Revised
			}
			if name == "counts" {
				require.Positive(t, revised)
				require.Positive(t, logged)
			}
			got := content(t, w.frames(w.lastDays(0.2), q))
			w.instance = newInstance(t, w.now, t.TempDir(), settingsOf(w.sim, w.url))
			require.True(t, content(t, w.frames(w.lastDays(0.2), q)) == got)
		})
	}
}
