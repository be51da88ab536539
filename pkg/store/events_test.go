//go:build cgo

package store

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

func event(metric, kind string, minute int) Event {
	at := epoch.Add(time.Duration(minute) * time.Minute)
	return Event{
		At: at.Add(250 * time.Millisecond), Series: key(metric), Spec: 1<<63 + 5, Kind: kind, Start: at.Add(-time.Minute), Score: 81.5, Direction: -1,
		Value: 3.25, Expected: 7, Version: 2,
	}
}

// tell adds events one by one, in their order, each to a chapter of its own anomaly.
func tell(t *testing.T, s *Store, events ...Event) {
	for _, e := range events {
		c := Chapter{Series: e.Series, Spec: e.Spec, From: e.Start, To: e.Start.Add(time.Second)}
		next := Continuation{Chapter: c, Events: []Event{e}}
		if told := ofChapter(t, s, c); len(told) > 0 {
			next.After = told[len(told)-1].Seq
		}
		late, err := s.ContinueEvents(context.Background(), []Continuation{next})
		require.NoError(t, err)
		require.Empty(t, late)
	}
}

// Events come back as they were, in order, page by page.
func TestEventsComeBack(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := context.Background()
	closed := event("a", EventClosed, 5)
	closed.Until, closed.Expected = epoch.Add(5*time.Minute), math.NaN()
	all := []Event{event("a", EventOpened, 1), event("b", EventOpened, 2), closed, event("b", EventRevised, 6), event("c", EventChanged, 7)}
	tell(t, s, all...)

	var got []Event
	for after := int64(0); ; {
		page, err := s.Events(ctx, after, EventFilter{}, 2)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = page[len(page)-1].Seq
	}
	require.Len(t, got, len(all))
	for i := range got {
		require.Equal(t, int64(i+1), got[i].Seq)
		got[i].Seq = 0
		if math.IsNaN(all[i].Expected) {
			require.True(t, math.IsNaN(got[i].Expected), "none stays none")
			got[i].Expected, all[i].Expected = 0, 0
		}
		require.Equal(t, all[i], got[i])
	}

	metrics := func(f EventFilter) (names string) {
		events, err := s.Events(ctx, 0, f, 100)
		require.NoError(t, err)
		for _, e := range events {
			names += e.Series.Metric
		}
		return names
	}
	require.Equal(t, "bb", metrics(EventFilter{Series: []series.Key{key("b"), key("nobody")}}))
	require.Equal(t, "ab", metrics(EventFilter{Kinds: []string{EventOpened}}))
	require.Equal(t, "ba", metrics(EventFilter{From: epoch.Add(time.Minute), To: epoch.Add(5 * time.Minute)}))
	require.Equal(t, "", metrics(EventFilter{Series: []series.Key{key("a")}, Kinds: []string{EventRevised}}))
	_, err := s.Events(ctx, 0, EventFilter{}, 0)
	require.ErrorContains(t, err, "limit")
}

// All of a call's events are kept, or none.
func TestUnknownKindOfEventIsRefused(t *testing.T) {
	s := open(t, "")
	good, bad := event("a", EventOpened, 1), event("a", "vanished", 2)
	_, err := s.ContinueEvents(context.Background(), []Continuation{
		{Chapter{Series: good.Series, Spec: good.Spec, From: epoch, To: epoch.Add(day)}, 0, []Event{good, bad}},
	})
	require.ErrorContains(t, err, `"vanished"`)
	require.Zero(t, rows(t, s, "events"))
}

// The database itself refuses to change or remove an event, but for those whose retention has ended. Their numbers do not come again.
func TestEventsStay(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	tell(t, s, event("a", EventOpened, 0), event("a", EventClosed, 60*24*10))
	_, err := s.write.Exec("UPDATE events SET score = 0")
	require.ErrorContains(t, err, "not changed")
	_, err = s.write.Exec("DELETE FROM events")
	require.ErrorContains(t, err, "stay")
	require.Equal(t, 2, rows(t, s, "events"))

	report := maintain(t, s, epoch.Add(20*day), Policy{Events: 15 * day})
	require.Equal(t, 1, report.Events)
	require.Equal(t, 1, rows(t, s, "events"))
	require.Equal(t, 1, rows(t, s, "series"), "a series with events stays")
	_, err = s.write.Exec("DELETE FROM events")
	require.ErrorContains(t, err, "stay")
	report = maintain(t, s, epoch.Add(50*day), Policy{Events: 15 * day})
	require.Equal(t, 1, report.Events)
	require.Equal(t, 1, report.Series)
	tell(t, s, event("a", EventOpened, 0))
	events, err := s.Events(ctx, 0, EventFilter{}, 10)
	require.NoError(t, err)
	require.Equal(t, int64(3), events[0].Seq)
}

func TestRunsAreLogged(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	for i := range 5 {
		run := Run{Started: epoch.Add(time.Duration(i) * day), Ended: epoch.Add(time.Duration(i)*day + 3*time.Second), Kind: "back-fill", Series: 10 * i, Asked: 4, Fetched: 500, Revised: 1, Error: "throttled"}
		require.NoError(t, s.AppendRun(ctx, run))
	}
	runs, err := s.Runs(ctx, 2)
	require.NoError(t, err)
	require.Equal(t, Run{5, epoch.Add(4 * day), epoch.Add(4*day + 3*time.Second), "back-fill", 40, 4, 500, 1, "throttled"}, runs[0])
	require.Len(t, runs, 2)
	require.Equal(t, 30, runs[1].Series)
	require.Equal(t, 3, maintain(t, s, epoch.Add(5*day), Policy{Runs: 50 * time.Hour}).Runs)
	_, err = s.Runs(ctx, -1)
	require.Error(t, err)
}

// What is spent since any time is what the calls of its hour and those after it have cost.
func TestSpendingIsThatOfTheCalls(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(context.Background(), "")
		require.NoError(rt, err)
		defer s.Close()
		since := epoch.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "since")) * time.Minute)
		want := 0
		for range rapid.IntRange(0, 10).Draw(rt, "calls") {
			at := epoch.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "at")) * time.Minute)
			cents := rapid.IntRange(0, 8).Draw(rt, "cost")
			require.NoError(rt, s.Record(context.Background(), Entry{At: at, AccountID: "1", CostUSD: float64(cents) / 8}))
			if !at.Before(since.Truncate(time.Hour)) {
				want += cents
			}
		}
		sums, err := s.Spending(context.Background(), since)
		require.NoError(rt, err)
		got := 0.0
		for _, s := range sums {
			got += s.CostUSD
		}
		require.Equal(rt, float64(want)/8, got)
	})
}

func TestCostsByWhoAsked(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	call := func(minute int, region, who string, metrics int, fault string) {
		require.NoError(t, s.Record(ctx, Entry{At: epoch.Add(time.Duration(minute) * time.Minute), AccountID: "1", Region: region, Operation: "GetMetricData",
			Metrics: metrics, Datapoints: 10 * metrics, CostUSD: float64(metrics) / 8, Error: fault, AskedBy: who}))
	}
	call(0, "us-east-1", "rule x", 2, "")
	call(1, "us-east-1", "rule x", 4, "throttled")
	call(2, "us-east-1", "panel d/1", 8, "")
	call(3, "eu-west-1", "", 16, "")
	call(600, "us-east-1", "rule x", 100, "")
	saving := Saving{At: epoch.Add(30 * time.Minute), AccountID: "1", Region: "us-east-1", AskedBy: "rule x", Metrics: 7}
	only := Saving{At: epoch.Add(31 * time.Minute), AccountID: "2", Region: "us-east-1", AskedBy: "panel d/1", Metrics: 5}
	require.NoError(t, s.Saved(ctx, []Saving{saving, saving, only}))
	require.NoError(t, s.Saved(ctx, []Saving{saving}))
	require.NoError(t, s.Saved(ctx, nil))
	costs, err := s.Costs(ctx, epoch, epoch.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, []Cost{
		{"1", "eu-west-1", "", 1, 0, 16, 160, 2, 0},
		{"1", "us-east-1", "panel d/1", 1, 0, 8, 80, 1, 0},
		{"1", "us-east-1", "rule x", 2, 1, 6, 60, 0.75, 21},
		{"2", "us-east-1", "panel d/1", 0, 0, 0, 0, 0, 5},
	}, costs)
	report := maintain(t, s, epoch.Add(11*time.Hour), Policy{Calls: 5 * time.Hour, Costs: 5 * time.Hour})
	require.Equal(t, 4, report.Calls)
	costs, err = s.Costs(ctx, epoch, epoch.Add(day))
	require.NoError(t, err)
	require.Equal(t, []Cost{{"1", "us-east-1", "rule x", 1, 0, 100, 1000, 12.5, 0}}, costs)
}

// A key is read as it was written, whatever its parts hold; anything else is refused.
func TestKeysAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"", "a", "1:", "|", "a|1:b", "ä", "0"})
		k := series.Key{
			Source: part.Draw(t, "source"), AccountID: part.Draw(t, "account"), RoleARN: part.Draw(t, "role"), Region: part.Draw(t, "region"),
			Namespace: part.Draw(t, "namespace"), Metric: part.Draw(t, "metric"), Stat: part.Draw(t, "stat"),
			Period: time.Duration(rapid.IntRange(1, 100_000).Draw(t, "period")) * time.Second,
		}
		for range rapid.IntRange(0, 3).Draw(t, "dimensions") {
			k.Dimensions = append(k.Dimensions, series.Dimension{Name: part.Draw(t, "name"), Value: part.Draw(t, "value")})
		}
		got, err := parseKey(k.ID())
		require.NoError(t, err)
		require.Equal(t, k, got)
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add(key("m").ID())
	f.Add("2|1:a|99999999999999999999:b")
	f.Fuzz(func(t *testing.T, id string) {
		k, err := parseKey(id)
		if err == nil {
			require.Equal(t, id, k.ID())
		}
	})
}
