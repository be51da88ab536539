//go:build !race

package plugin

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// The promise of the demo, on seeds and days other than its own: of six labelled incidents at least five have a critical score, and at most
// three critical events lie in series that no incident touches. The race detector has nothing to see here that other tests do not show it.
func TestLabelledIncidentsAreFound(t *testing.T) {
	for seed := uint64(2); seed <= 3; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, seed, worldStart.Add(time.Duration(seed)*29*time.Hour))
			week := w.now().Add(-7 * 24 * time.Hour)
			var incidents []awssim.Incident
			for _, i := range w.sim.Incidents(week, w.now()) {
				if i.Start.After(week) {
					incidents = append(incidents, i)
				}
			}
			require.Len(t, incidents, 6)
			found, elsewhere := map[string]bool{}, 0
			for _, f := range w.everyScore() {
				touched := false
				for _, i := range w.sim.Incidents(week.Add(-7*24*time.Hour), w.now()) {
					if !concerns(i, f) {
						continue
					}
					touched = true
					if critical(f, begin(i), i.End) > 0 {
						found[i.ID] = true
					}
				}
				if !touched {
					elsewhere += critical(f, week, w.now())
				}
			}
			n := 0
			for _, i := range incidents {
				if found[i.ID] {
					n++
				}
			}
			require.GreaterOrEqual(t, n, 5)
			require.LessOrEqual(t, elsewhere, 3)
		})
	}
}

// everyScore scores the last week of every metric that the accounts have. Counts are read by their sum.
func (w *world) everyScore() data.Frames {
	counts := map[string]bool{"RequestCount": true, "HTTPCode_Target_5XX_Count": true, "HTTPCode_Target_2XX_Count": true,
		"Invocations": true, "Errors": true, "NumberOfMessagesSent": true, "OrdersPlaced": true}
	var all data.Frames
	for _, namespace := range w.list("namespaces") {
		for _, metric := range w.list("metrics?namespace=" + namespace) {
			q := fields{"version": 1, "namespace": namespace, "metric": metric, "output": "anomaly_score", "dimensions": fields{}}
			for _, name := range w.list("dimension-keys?namespace=" + namespace + "&metric=" + metric) {
				q["dimensions"].(fields)[name] = []string{"*"}
			}
			if counts[metric] {
				q["statistic"] = "Sum"
			}
			all = append(all, w.frames(w.lastDays(7), q)...)
		}
	}
	return all
}

func begin(i awssim.Incident) time.Time {
	if i.Announced {
		return i.PrecursorStart
	}
	return i.Start
}

// concerns says that the frame is of the incident's metric, or of one that moves with it.
func concerns(i awssim.Incident, f *data.Frame) bool {
	refs := append([]awssim.MetricRef{{AccountID: i.AccountID, Region: i.Region, Namespace: i.Namespace, Metric: i.Metric, Dimensions: i.Dimensions}}, i.Related...)
	have := f.Fields[1].Labels
	for _, r := range refs {
		want := data.Labels{"account_id": r.AccountID, "region": r.Region, "metric": r.Metric}
		maps.Copy(want, r.Dimensions)
		if have.Contains(want) {
			return true
		}
	}
	return false
}

// critical counts the runs of critical scores in a stretch of time.
func critical(f *data.Frame, from, to time.Time) int {
	runs, inside := 0, false
	for i := range f.Fields[0].Len() {
		at, score := f.Fields[0].At(i).(time.Time), f.Fields[1].At(i).(*float64)
		hot := score != nil && *score >= 75 && !at.Before(from) && at.Before(to)
		if hot && !inside {
			runs++
		}
		inside = hot
	}
	return runs
}
