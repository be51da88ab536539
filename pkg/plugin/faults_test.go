package plugin

import (
	"context"
	"encoding/json"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// staging is a query of one account and region, by a detector that learns quickly.
func staging(more fields) fields {
	q := cpu(fields{"accounts": []string{"staging"}, "regions": []string{"us-east-1"}, "detector": fields{"name": "seasonal_robust"}})
	for name, value := range more {
		q[name] = value
	}
	return q
}

// What AWS does to single calls changes no answer: frames are those of a world without faults, to the bit.
func TestFaultsOfCallsChangeNoAnswer(t *testing.T) {
	calm := newWorld(t)
	r := calm.lastDays(1)
	want := content(t, calm.frames(r, staging(nil)))
	for name, fault := range map[string]awssim.Fault{
		"throttled":  {Kind: awssim.Throttling, EveryNth: 2},
		"5xx":        {Kind: awssim.ServerError, EveryNth: 2, Status: 503},
		"500":        {Kind: awssim.ServerError, EveryNth: 2},
		"broken off": {Kind: awssim.TruncatedBody, EveryNth: 2},
		"slow":       {Kind: awssim.SlowBody, Latency: 50 * time.Millisecond},
		"late":       {Kind: awssim.Latency, Latency: 50 * time.Millisecond},
		"partial":    {Kind: awssim.PartialData, EveryNth: 2, Operation: "GetMetricData"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // what they take is the pauses between attempts
			w := newWorld(t)
			require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{fault}}))
			require.True(t, want == content(t, w.frames(r, staging(nil))))
			require.True(t, want == content(t, w.frames(r, staging(nil))), "and once more, from the cache")
		})
	}
}

// A session that ends while it is in use is begun anew; one that cannot be is an error that names the account.
func TestSessionsThatExpireInFlight(t *testing.T) {
	w := newWorld(t)
	expired := awssim.Fault{Kind: awssim.ExpiredToken, Operation: "GetMetricData", EveryNth: 2}
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{expired}}))
	for range 4 {
		w.pass(10 * time.Minute)
		require.Empty(t, noticeTexts(w.frames(w.lastDays(1), staging(nil))))
	}
	require.GreaterOrEqual(t, w.sim.Counts().Of("", "AssumeRole").Calls, 3, "credentials are asked for anew")
	w.pass(10 * time.Minute)
	expired.EveryNth = 0
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{expired}}))
	answer := w.ask(w.lastDays(1), staging(fields{"output": "anomaly_score"}), "FromAlert")
	require.ErrorContains(t, answer.Error, "account staging")
	require.ErrorContains(t, answer.Error, "ExpiredToken")
}

// 64 queries for the same cold series: AWS is asked once, and all have the same answer.
func TestManyQueriesForOneColdSeries(t *testing.T) {
	w := newWorld(t)
	r, values := w.lastDays(1), staging(fields{"score": false, "band": false})
	answers := make([]string, 64)
	var wait sync.WaitGroup
	for n := range answers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			response := w.ask(r, values)
			if response.Error != nil {
				t.Errorf("query %d: %v", n, response.Error)
				return
			}
			raw, err := json.Marshal(response.Frames[0].Fields)
			if err != nil {
				t.Error(err)
			}
			answers[n] = string(raw)
		}()
	}
	wait.Wait()
	for _, a := range answers {
		require.True(t, a == answers[0])
	}
	require.Equal(t, usage(w.frames(r, values)).Series, w.sim.Counts().Of("", "GetMetricData").Metrics)
}

// Many who look at one series at once, over other ranges and with a forest that is theirs together, see what each would see alone.
func TestManyQueriesOfOneForest(t *testing.T) {
	w, alone := newWorld(t), newWorld(t)
	q := server(fields{"raw": true, "forecast": true, "horizon": "6h",
		"detector": fields{"name": "random_cut_forest", "parameters": fields{"numberOfTrees": 5}, "columns": []fields{{"metric": "NetworkIn"}}}})
	want := map[float64]string{}
	for _, days := range []float64{0.5, 1, 5} {
		want[days] = content(t, alone.frames(w.lastDays(days), q))
	}
	var wait sync.WaitGroup
	for range 2 {
		for days, answer := range want {
			wait.Go(func() {
				response := w.ask(w.lastDays(days), q)
				assert.NoError(t, response.Error)
				assert.True(t, answer == content(t, response.Frames), "%v days", days)
			})
		}
	}
	wait.Wait()
}

// A query that is cancelled while AWS is asked ends, leaves no goroutine, and the next one has the whole answer.
func TestAQueryThatIsCancelledMidway(t *testing.T) {
	w := newWorld(t)
	want := content(t, newWorld(t).frames(w.lastDays(1), staging(nil)))
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.Latency, Latency: time.Minute, Operation: "GetMetricData"}}}))
	raw, err := json.Marshal(staging(nil))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(grafana())
	ended := make(chan backend.DataResponse, 1)
	go func() {
		response, err := w.instance.QueryData(ctx, &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: raw, TimeRange: w.lastDays(1)}}})
		if err != nil {
			t.Error(err)
			close(ended)
			return
		}
		ended <- response.Responses["A"]
	}()
	require.Eventually(t, func() bool { return w.sim.Counts().Of("", "ListMetrics").Calls > 0 }, 10*time.Second, time.Millisecond)
	cancel()
	require.ErrorContains(t, (<-ended).Error, context.Canceled.Error())
	require.NoError(t, w.sim.SetFaults(awssim.Faults{}))
	require.True(t, want == content(t, w.frames(w.lastDays(1), staging(nil))))
}

// A clock that jumps back an hour and forward a day, while that of AWS does not: once it is right again, answers are those of a world whose
// clock was right all the time.
func TestAClockThatJumps(t *testing.T) {
	for name, jump := range map[string]time.Duration{"back": -time.Hour, "forward": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			w, right := newWorld(t), newWorld(t)
			var wrong atomic.Int64 // a query stores what it learnt behind itself, by the same clock
			w.instance = newInstance(t, func() time.Time { return w.now().Add(time.Duration(wrong.Load())) }, t.TempDir(), settingsOf(w.sim, w.url))
			w.frames(w.lastDays(1), staging(nil))
			wrong.Store(int64(jump))
			for range 3 {
				w.pass(5 * time.Minute)
				r := w.lastDays(1)
				r.To = r.To.Add(jump)
				require.NoError(t, w.ask(r, staging(nil)).Error)
			}
			wrong.Store(0)
			w.pass(40 * time.Minute)
			right.pass(55 * time.Minute)
			require.Equal(t, w.now(), right.now())
			want := content(t, right.frames(right.lastDays(1), staging(nil)))
			require.True(t, want == content(t, w.frames(w.lastDays(1), staging(nil))))
		})
	}
}

// A simulated hour of two viewers, a rule and the collector leaves no goroutine behind once the instance has ended.
func TestNoGoroutineIsLeftAfterAnHour(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.ask(w.lastDays(1), staging(nil)).Error)
	w.end()
	before := runtime.NumGoroutine()
	w.restart(nil)
	for range 60 {
		w.pass(time.Minute)
		w.frames(w.lastDays(0.1), staging(nil))
		w.frames(w.lastDays(0.2), staging(nil))
		require.NoError(t, w.ask(w.lastDays(0.01), staging(fields{"output": "anomaly_score"}), "FromAlert").Error)
		require.NoError(t, w.instance.collector.Round(grafana()))
	}
	w.end()
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 10*time.Second, 10*time.Millisecond, "one is that which looks")
}
