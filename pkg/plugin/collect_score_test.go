package plugin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// creep is the query of the load balancer whose latency crept up three days ago.
func creep(more fields) fields {
	q := fields{"version": 1, "accounts": []string{"staging"}, "namespace": "AWS/ApplicationELB", "metric": "TargetResponseTime",
		"dimensions": fields{"LoadBalancer": []string{"*"}}}
	maps.Copy(q, more)
	return q
}

// watching puts series on the watch list.
func watching(entries ...fields) edit {
	for _, e := range entries {
		delete(e, "version")
	}
	return set("collector", fields{"watch": entries})
}

// quickly has what is followed scored by a detector that is learnt in no time; auto is slow under the race detector.
func (w *world) quickly() {
	w.t.Helper()
	for _, l := range w.instance.collector.looks.all {
		l.query.Detector = parsed(w.t, creep(fields{"detector": fields{"name": "seasonal_robust"}})).Detector
	}
}

func parsed(t testing.TB, q fields) query.Query {
	t.Helper()
	raw, err := json.Marshal(q)
	require.NoError(t, err)
	out, err := query.Parse("", raw)
	require.NoError(t, err)
	return out
}

// seen is the query of who looks at what is on the watch list.
func seen(entry fields) fields {
	q := fields{"version": 1, "detector": fields{"name": "seasonal_robust"}}
	maps.Copy(q, entry)
	return q
}

// collects is what the collector does at each tick.
func (w *world) collects() {
	w.t.Helper()
	w.round()
	require.NoError(w.t, w.instance.scoreKept(grafana()))
}

// passCollecting lets time pass, with the collector at work.
func (w *world) passCollecting(d, step time.Duration) {
	w.t.Helper()
	for ; d > 0; d -= step {
		w.pass(step)
		w.collects()
	}
}

// lookedAt is what stands in the log of another data source like this one, at which somebody looks once, now, and nobody did before.
func (w *world) lookedAt(days float64, q fields, edits ...edit) []string {
	w.t.Helper()
	own := w.instance
	defer func() { w.instance = own }()
	w.instance = newInstance(w.t, w.now, w.t.TempDir(), settingsOf(w.sim, w.url, append(edits, set("collector", fields{"enabled": false}))...))
	w.frames(w.lastDays(days), q)
	return story(w.log())
}

// beforeEpoch is shortly before a week's grid of epochs.
var beforeEpoch = time.Date(2026, 11, 25, 23, 52, 30, 0, time.UTC)

// The log of what is watched says what it would say if somebody looked, and costs nothing more than the points.
func TestWatchedSeriesAreTold(t *testing.T) {
	w := newWorld(t, watching(creep(nil)))
	require.Equal(t, parsed(t, creep(nil)).Detector, w.instance.collector.looks.one().query.Detector, "auto, as whoever says nothing about it")
	w.quickly()
	require.NoError(t, w.instance.scoreKept(grafana()))
	require.Empty(t, w.log(), "nothing is stored yet")
	w.pass(scoreEach)
	w.round()
	asked := w.sim.Counts()
	require.NoError(t, w.instance.scoreKept(grafana()))
	require.Equal(t, asked, w.sim.Counts())
	told := story(w.log())
	require.NotEmpty(t, told)
	require.Equal(t, w.lookedAt(3, seen(creep(nil))), told)
	w.frames(w.lastDays(3), seen(creep(nil)))
	require.Equal(t, told, story(w.log()), "whoever looks finds it told")
	w.passCollecting(10*time.Minute, 5*time.Minute)
	require.Subset(t, story(w.log()), told)
}

// Whoever looks while it is told, also in two ways, finds no event twice.
func TestWatchersAndViewersWriteOnce(t *testing.T) {
	w := newWorld(t, watching(creep(nil), creep(fields{"accounts": []string{"production"}})))
	w.quickly()
	w.round()
	var wait sync.WaitGroup
	for n := range 3 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if n == 0 {
				if err := w.instance.scoreKept(grafana()); err != nil {
					t.Error(err)
				}
				return
			}
			if answer := w.ask(w.lastDays(float64(n)), seen(creep(nil))); answer.Error != nil {
				t.Error(answer.Error)
			}
		}()
	}
	wait.Wait()
	told := w.log()
	require.NotEmpty(t, told)
	require.Len(t, slices.Compact(story(told)), len(told))
	w.frames(w.lastDays(2), seen(creep(nil)))
	require.Equal(t, story(told), story(w.log()))
}

// An epoch is told to its end after the next one has begun: while the collector runs, and where it did not run at the time.
func TestTheEndOfAnEpochIsTold(t *testing.T) {
	for name, down := range map[string]bool{"running": false, "down": true} {
		t.Run(name, func(t *testing.T) {
			watch := watching(creep(nil))
			w := newWorldOf(t, 1, beforeEpoch, watch)
			w.quickly()
			w.collects()
			if down {
				w.end()
				w.pass(40 * time.Minute)
				w.instance = newInstance(t, w.now, w.cacheDir, settingsOf(w.sim, w.url, watch))
				w.quickly()
				w.passCollecting(15*time.Minute, 5*time.Minute)
			} else {
				w.passCollecting(55*time.Minute, 5*time.Minute)
			}
			starts := map[int64]bool{}
			for _, l := range w.instance.collector.looks.all {
				for _, until := range l.told {
					require.True(t, until.After(beforeEpoch.Add(10*time.Minute)))
				}
			}
			for c := range w.instance.events.told {
				starts[c.epoch] = true
			}
			require.Len(t, starts, 2)
			require.Equal(t, w.lookedAt(0.1, seen(creep(nil))), story(w.log()))
		})
	}
}

// What a dashboard scored is told as it scored it, though nobody looks any more.
func TestWhatWasScoredIsFollowed(t *testing.T) {
	errors := fields{"version": 1, "accounts": []string{"production"}, "namespace": "AWS/ApplicationELB", "metric": "HTTPCode_Target_5XX_Count",
		"statistic": "Sum", "dimensions": fields{"LoadBalancer": []string{"*"}}}
	for name, q := range map[string]fields{"each by itself": nil, "joined": {"split": []string{"account"}}} {
		t.Run(name, func(t *testing.T) {
			detector := fields{"name": "seasonal_robust", "direction": "high"}
			for field, value := range q {
				detector[field] = value
			}
			errors["detector"] = detector
			w := newWorld(t)
			w.frames(w.lastDays(0.1), errors)
			before := story(w.log())
			w.passCollecting(scoreEach, scoreEach)
			w.passCollecting(50*time.Minute, 10*time.Minute)
			after := story(w.log())
			require.Greater(t, len(after), len(before), "the burst that had just begun has become final")
			require.Equal(t, w.lookedAt(0.1, errors), after)
		})
	}
}

// Where the data source's quality holds a metric to another one, the watch list reads that too: without it there would be no score.
func TestWatchedSeriesAreHeldToTheirQuality(t *testing.T) {
	entry := fields{"accounts": []string{"production"}, "namespace": "AWS/ApplicationELB", "metric": "HTTPCode_Target_5XX_Count", "statistic": "Sum",
		"dimensions": fields{"LoadBalancer": []string{"*"}}}
	rules := set("quality", fields{"rules": []fields{{"namespace": "AWS/ApplicationELB", "metric": "HTTPCode_Target_5XX_Count", "statistic": "Sum",
		"op": "<=", "than": fields{"metric": "RequestCount", "statistic": "Sum"}}}})
	w := newWorld(t, rules, watching(entry))
	w.quickly()
	w.collects()
	w.passCollecting(50*time.Minute, 10*time.Minute)
	require.Equal(t, 2*len(w.instance.collector.looks.one().told), w.collected().Watched)
	require.NotEmpty(t, w.log())
	require.Equal(t, w.lookedAt(3, seen(entry), rules), story(w.log()))
}

// one is the only look.
func (l *looks) one() *look {
	for _, one := range l.all {
		return one
	}
	return nil
}

// Nothing is scored again before something new is final.
func TestNothingIsScoredTwice(t *testing.T) {
	w := newWorld(t, watching(creep(nil)))
	w.quickly()
	w.collects()
	l := w.instance.collector.looks.one()
	scored := func() int {
		settled := history.Settled(l.query.Namespace, l.query.Period, w.now())
		p, err := w.instance.planLook(grafana(), l, series.Window{Start: settled.Add(-time.Hour), End: settled, Period: l.query.Period})
		require.NoError(t, err)
		all, err := w.instance.scoreStored(grafana(), p, func(id string, finalUntil time.Time) bool { return finalUntil.After(l.told[id]) })
		require.NoError(t, err)
		return len(all)
	}
	require.Zero(t, scored())
	w.pass(10 * time.Minute)
	require.Zero(t, scored(), "nothing new is stored")
	w.round()
	require.Equal(t, 1, scored())
}

// Of too many queries the one that was asked longest ago gives way, and a clock that was ahead delays none.
func TestLooksGiveWay(t *testing.T) {
	now := worldStart
	asked := func(n int) query.Query { return query.Query{Metric: fmt.Sprint(n), Period: 5 * time.Minute} }
	l := newLooks([]watchedQuery{{query: asked(-1)}, {query: asked(-2), lazy: true}}, now)
	for n := range maxLooks + 1 {
		require.False(t, l.full())
		l.follow(asked(n), now, now, now.Add(time.Hour+time.Duration(n)*time.Second))
	}
	require.True(t, l.full())
	require.Len(t, l.all, 1+maxLooks)
	require.NotContains(t, l.all, idOf(scoredBy(asked(0))))
	require.Contains(t, l.all, idOf(scoredBy(asked(-1))), "the watch list stays")
	due := func() (n int) {
		for l.next(now) != nil {
			n++
		}
		return n
	}
	require.Equal(t, 1, due(), "the others were just asked")
	now = now.Add(scoreEach)
	require.Equal(t, 1+maxLooks, due())
	require.Zero(t, due())
	now = now.Add(-30 * time.Minute)
	require.Equal(t, 1+maxLooks, due())
	now = now.Add(3 * time.Hour)
	require.Equal(t, 1, due())
	require.Len(t, l.all, 1)
	require.False(t, l.full())
}

// Parts are small, but what is compared with each other is in one.
func TestPartsOfALook(t *testing.T) {
	var p plan
	for n := range 100 {
		p.units = append(p.units, unit{members: []int{n}})
	}
	require.Len(t, together(p), 4)
	p.units = append(p.units, unit{members: make([]int, 200)}, unit{members: []int{0}})
	require.Len(t, together(p), 6)
	p.units = nil
	for n := range 100 {
		p.units = append(p.units, unit{members: []int{n}, peers: []int{n % 2, 50}})
	}
	parts := together(p)
	require.Len(t, parts, 2)
	for _, u := range parts[0] {
		require.Equal(t, parts[0][0].peers, u.peers)
	}
}

// A dashboard that shows values alone has nothing scored, nor what is only kept for its history.
func TestOnlyWhatIsScoredIsFollowed(t *testing.T) {
	w := newWorld(t, watching(creep(fields{"lazy": true})))
	w.frames(w.lastDays(1), quick(fields{"output": "value"}))
	past := w.lastDays(3)
	past.To = past.To.Add(-24 * time.Hour)
	w.frames(past, quick(nil))
	require.NoError(t, w.ask(w.lastDays(0.1), quick(fields{"output": "anomaly_score"}), "FromAlert").Error)
	require.Empty(t, w.instance.collector.looks.all)
	w.frames(w.lastDays(1), quick(nil))
	w.frames(w.lastDays(2), quick(fields{"rollUp": []string{"account"}, "legend": "x", "forecast": true, "horizon": "1h"}))
	require.Len(t, w.instance.collector.looks.all, 1, "scored alike")
	w.frames(w.lastDays(1), cpu(fields{"detector": fields{"name": "ewma"}}))
	require.Len(t, w.instance.collector.looks.all, 2)
	w.pass(7 * time.Hour)
	require.NoError(t, w.instance.scoreKept(grafana()))
	require.Empty(t, w.instance.collector.looks.all)
}
