package history

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Sparse series are asked for from their last point on, which is elsewhere in each: they share requests all the same, and have what they would have
// each by itself.
func TestSparseSeriesShareRequests(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.edit = func(s series.Series) { // the last event of each was at another time
		var n int
		_, _ = fmt.Sscanf(s.Key.Metric, "m%d", &n)
		for i := range s.Values {
			if s.Window.Time(i).After(start.Add(-time.Hour - time.Duration(n)*5*time.Minute)) {
				s.Values[i] = math.NaN()
			}
		}
	}
	keys := keysOf(200)
	for i := range keys {
		keys[i].Period = time.Minute
	}
	w := series.Window{Start: start.Add(-24 * time.Hour), End: start.Add(time.Hour), Period: time.Minute}
	first, _, err := b.Read(t.Context(), keys, w)
	require.NoError(t, err)
	before := b.aws.calls
	b.set(b.now().Add(time.Minute))
	results, usage, err := b.Read(t.Context(), keys, w)
	require.NoError(t, err)
	require.LessOrEqual(t, b.aws.calls-before, 3)
	require.Equal(t, len(keys), usage.MetricsAsked)
	for i, r := range results {
		require.NoError(t, r.Err)
		require.Zero(t, r.Revised)
		requireSame(t, first[i].Series.Values, r.Series.Slice(first[i].Series.Window).Values)
		require.Equal(t, Final("Custom", time.Minute, b.now()), r.FinalUntil)
	}
	require.Less(t, usage.Points, 30*len(keys), "what is asked for others' sake is not taken")
}

// Whatever is missing, each series is asked for once, in a call of its scope that holds what it lacks; calls share a page or lack the same, and there
// are never more of them than different windows.
func TestCallsHoldWhatIsMissing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(rt, "series")
		keys, lacking, missing := keysOf(n), make([]lack, n), []int{}
		different := map[string]bool{}
		for i := range keys {
			keys[i].AccountID = rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "account")
			from := rapid.SampledFrom([]int{1, 6, 7, 300, 3000, 20_000}).Draw(rt, "from")
			to := rapid.IntRange(0, min(from-1, 5)).Draw(rt, "to")
			lacking[i].window = series.Window{Start: start.Add(-time.Duration(from) * period), End: start.Add(-time.Duration(to) * period), Period: period}
			if rapid.Bool().Draw(rt, "missing") {
				missing = append(missing, i)
				different[fmt.Sprint(keys[i].AccountID, lacking[i].window)] = true
			}
		}
		seen := map[int]bool{}
		calls := callsFor(keys, missing, lacking)
		require.LessOrEqual(rt, len(calls), len(different))
		for _, c := range calls {
			alike := true
			for _, i := range c.members {
				require.False(rt, seen[i])
				seen[i] = true
				require.Equal(rt, cloudwatch.ScopeOf(keys[i]), c.scope)
				require.Empty(rt, lacking[i].window.Subtract([]series.Window{c.window}))
				alike = alike && lacking[i].window == c.window
			}
			require.True(rt, alike || len(c.members) <= cloudwatch.PageSize(c.window))
			require.IsIncreasing(rt, append([]int{-1}, c.members...))
		}
		require.Len(rt, seen, len(missing))
	})
}

// What is odd in a part of an answer that another series lacks is not told of one that does not.
func TestOdditiesAreOfWhatWasLacking(t *testing.T) {
	rd := &reading{lacking: make([]lack, 1), results: make([]Result, 1), now: start}
	w := hours(2)
	p := newPlan("Custom", w, start)
	rd.lacking[0].plan, rd.lacking[0].window = p, hours(1)
	rd.lacking[0].held.Series = series.New(keyOf("m"), p.load)
	rd.answered(0, cloudwatch.Outcome{Series: series.New(keyOf("m"), w), MoreOddities: 1, Oddities: []cloudwatch.Oddity{
		{Detail: "of no point"}, {At: start.Add(-90 * time.Minute), Detail: "of another"}, {At: start.Add(-time.Minute), Detail: "of this"},
		{At: start.Add(time.Hour), Detail: "of nobody"},
	}})
	require.Equal(t, 4, rd.results[0].Odd)
	for n, want := range []string{"of no point", "of this", "of nobody"} {
		require.Equal(t, want, rd.results[0].Oddities[n].Detail)
	}
}
