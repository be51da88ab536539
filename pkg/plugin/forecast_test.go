package plugin

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

func connections(more fields) fields {
	q := fields{"version": 1, "namespace": "AWS/RDS", "metric": "DatabaseConnections", "dimensions": fields{"DBInstanceIdentifier": []string{"*"}},
		"detector": fields{"name": "seasonal_robust"}}
	for name, value := range more {
		q[name] = value
	}
	return q
}

func meta(f *data.Frame) frames.Meta { return f.Meta.Custom.(frames.Meta) }

// leakOf is the connection leak under way.
func leakOf(w *world) awssim.Incident {
	for _, i := range w.sim.Incidents(w.now(), w.now().Add(time.Hour)) {
		if i.Kind == "connection-leak" {
			return i
		}
	}
	w.t.Fatal("there is no leak")
	return awssim.Incident{}
}

// A connection leak reaches its limit within the band of the hours that were said to be left, a day before, half a day and a quarter;
// and that band says something: its early edge is not at once.
func TestLeakReachesItsLimitWithinTheBand(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			for _, hours := range []int{24, 12, 6} {
				w := newWorldOf(t, seed, worldStart.Add(time.Duration(seed)*29*time.Hour))
				leak := leakOf(w)
				w.pass(leak.End.Add(-time.Duration(hours) * time.Hour).Sub(w.now()))
				answer := w.frames(w.lastDays(0.1), connections(fields{
					"accounts": []string{leak.AccountID}, "dimensions": fields{"DBInstanceIdentifier": []string{leak.Dimensions["DBInstanceIdentifier"]}},
					"output": "hours_to_threshold", "threshold": 1000, "horizon": "4d",
				}))
				require.Len(t, answer, 1)
				left := leak.End.Sub(answer[0].Fields[0].At(0).(time.Time)).Hours()
				m := meta(answer[0])
				require.NotNil(t, m.Early, m.Note)
				require.LessOrEqual(t, *m.Early, left)
				if hours > 6 {
					require.GreaterOrEqual(t, *m.Early, left/6)
				}
				if m.Late != nil {
					require.GreaterOrEqual(t, *m.Late, left)
				}
				require.Equal(t, 95, m.Forecast.Level)
			}
		})
	}
}

// Every forecaster answers with its frames, its honesty beside them, and what lies ahead only in forecast measures.
func TestForecastFrames(t *testing.T) {
	w := newWorld(t)
	_, body, _ := w.resource("forecasters")
	var listed []struct{ Name, Title, Help string }
	require.NoError(t, json.Unmarshal([]byte(body), &listed))
	require.Len(t, listed, len(query.Forecasters()))
	for _, one := range listed {
		require.NotEmpty(t, one.Title)
		require.NotEmpty(t, one.Help)
		answer := w.frames(w.lastDays(1), connections(fields{
			"accounts": []string{"production"}, "forecast": true, "horizon": "12h", "decompose": true,
			"forecaster": fields{"name": one.Name, "levels": []int{80, 99}},
		}))
		median := measure(answer, "forecast")
		require.NotEmpty(t, median, one.Name)
		for _, f := range median {
			require.Equal(t, 144, f.Fields[0].Len(), one.Name)
			require.True(t, f.Fields[0].At(0).(time.Time).After(w.now().Add(-15*time.Minute)))
			m := meta(f)
			require.Equal(t, one.Name, m.Forecast.Forecaster)
			require.NotEmpty(t, m.Forecast.Model)
			require.Positive(t, m.Forecast.Origins)
			require.Positive(t, *m.Forecast.MAE)
			require.Contains(t, m.Forecast.Coverage, "99")
		}
		wide, narrow := measure(answer, "forecast_upper_99"), measure(answer, "forecast_upper")
		require.Len(t, wide, len(narrow))
		for i := range wide {
			require.Equal(t, 99, meta(wide[i]).Forecast.Level)
			require.Equal(t, 80, meta(narrow[i]).Forecast.Level)
			inner := points(narrow[i])
			for at, v := range points(wide[i]) {
				require.GreaterOrEqual(t, v, inner[at])
			}
		}
		require.Len(t, measure(answer, "remainder"), len(median))
		require.Equal(t, measure(answer, "value")[0].Fields[0].Len(), measure(answer, "trend")[0].Fields[0].Len())
	}
}

// A threshold that is another metric: its newest value, or a share of it, in the frame; where it has none, a note and a notice.
func TestThresholdOfAnotherMetric(t *testing.T) {
	w := newWorld(t)
	ask := func(metric string) data.Frames {
		return w.frames(w.lastDays(0.1), connections(fields{
			"output": "hours_to_threshold_early", "thresholdMetric": fields{"metric": metric, "percent": 50},
		}))
	}
	storage := w.frames(w.lastDays(0.1), connections(fields{"metric": "FreeStorageSpace", "output": "value"}))
	newest := storage[0].Fields[1].At(storage[0].Fields[1].Len() - 1).(*float64)
	answer := ask("FreeStorageSpace")
	require.NotEmpty(t, answer)
	require.InDelta(t, *newest/2, *meta(answer[0]).Threshold, *newest/1e6)
	require.Equal(t, "the threshold is not reached within the horizon", meta(answer[0]).Note)

	answer = ask("NoSuchMetric")
	require.Nil(t, meta(answer[0]).Threshold)
	require.Contains(t, meta(answer[0]).Note, "no value of Average of NoSuchMetric is known")
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "thresholdMetric Average of NoSuchMetric has no data")
}

// Alert rules get the edges as numbers of now.
func TestAlertsOnEdges(t *testing.T) {
	w := newWorld(t)
	value := func(output string) float64 {
		answer := w.ask(w.lastDays(0.05), quick(fields{"output": output, "threshold": 10, "horizon": "6h", "accounts": []string{"staging"}}), "FromAlert")
		require.NoError(t, answer.Error)
		for _, v := range points(answer.Frames[0]) {
			return v
		}
		return math.NaN()
	}
	require.Less(t, value("max_in_horizon_lower"), value("max_in_horizon"))
	require.Less(t, value("max_in_horizon"), value("max_in_horizon_upper"))
	require.Less(t, value("min_in_horizon_lower"), value("min_in_horizon"))
	require.Less(t, value("min_in_horizon"), value("min_in_horizon_upper"))
	require.LessOrEqual(t, value("min_in_horizon"), value("max_in_horizon"))
	for _, output := range []string{"forecast", "trend"} {
		answer := w.ask(w.lastDays(0.05), cpu(fields{"output": output}), "FromAlert")
		require.ErrorContains(t, answer.Error, `field "output"`)
		require.Equal(t, backend.ErrorSourceDownstream, answer.ErrorSource)
	}
}

// A calendar that does not exist is a mistake of the query.
func TestForecastCalendars(t *testing.T) {
	w := newWorld(t, set("calendars", []any{map[string]any{"name": "paydays", "quiet": false, "monthly": []any{map[string]any{"days": []int{15, 30}}}}}))
	q := connections(fields{"forecast": true, "forecaster": fields{"calendars": []string{"paydays"}}})
	require.NotEmpty(t, measure(w.frames(w.lastDays(1), q), "forecast"))
	q["forecaster"] = fields{"calendars": []string{"holidays"}}
	require.ErrorContains(t, w.ask(w.lastDays(1), q).Error, `field "forecaster.calendars"`)
}
