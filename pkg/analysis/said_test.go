package analysis

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// watched counts the pipelines that are read back.
type watched struct {
	States
	pipelines int
}

func (w *watched) LoadState(ctx context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (State, bool, error) {
	if slot != slotResults {
		w.pipelines++
	}
	return w.States.LoadState(ctx, k, spec, epoch, slot)
}

// forget drops what an engine has in memory, but the few newest results.
func forget(e *Engine) {
	e.said, e.kept, e.marks = newMemory[said](maxSaid), newMemory[kept](maxKept), newMemory[marked](maxMarks)
}

// A refresh without new points needs no pipeline: what was said is said again, from memory, or from the store and the little that it has not.
func TestARefreshWithoutNewPointsNeedsNoPipeline(t *testing.T) {
	states := &watched{States: newStored(t)}
	engine := New(Options{States: states})
	request := read(world(1), lastDays(7))
	first := engine.Analyse(request)
	require.NoError(t, engine.Flush(t.Context()))
	states.pipelines = 0
	for range 2 {
		requireSameResult(t, first, engine.Analyse(request))
		forget(engine)
		requireSameResult(t, first, engine.Analyse(request))
		engine.kept = newMemory[kept](maxKept)
	}
	require.Zero(t, states.pipelines)
}

// daily is a series of days, whose epochs are cheap.
func daily(stat string) series.Series {
	k := key
	k.Period, k.Stat = day, stat
	end := series.Floor(now, day)
	s := series.New(k, series.Window{Start: end.Add(-3 * 365 * day), End: end, Period: day})
	for i := range s.Values {
		s.Values[i] = float64(100 + i*i%31)
	}
	return s
}

// Whatever is still in memory, what is said is what a fresh computation says: after the same input, new points, changed points, a count that
// has become whole.
func TestWhatWasSaidIsSaidOfTheSameInputAlone(t *testing.T) {
	for _, stat := range []string{"Average", "Sum"} {
		t.Run(stat, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				states := newStored(rt)
				defer states.Close()
				engine := New(Options{States: states})
				history := daily(stat)
				end, whole := rapid.IntRange(0, 48).Draw(rt, "days still to come"), 6
				for range rapid.IntRange(2, 8).Draw(rt, "looks") {
					until := history.Window.End.Add(-time.Duration(end) * day)
					request := read(history, series.Window{Start: until.Add(-120 * day), End: until, Period: day})
					request.FinalUntil, request.WholeUntil = until.Add(-8*day), until.Add(-time.Duration(whole)*day)
					requireSameResult(rt, New(Options{}).Analyse(request), engine.Analyse(request))
					switch rapid.SampledFrom([]string{"look again", "pass", "revise", "whole"}).Draw(rt, "then") {
					case "pass":
						end -= rapid.IntRange(0, end).Draw(rt, "passed")
					case "revise":
						newest := history.Window.Index(until) - 1
						history.Values[newest-rapid.IntRange(0, 12).Draw(rt, "back")] -= 70
					case "whole":
						whole = rapid.IntRange(0, 8).Draw(rt, "not whole")
					}
					require.NoError(rt, engine.Flush(context.Background()))
					if rapid.Bool().Draw(rt, "forget") {
						forget(engine)
					}
				}
			})
		})
	}
}

// A planned event that comes into sight changes nothing of what is known of the buckets before it.
func TestHashIsOfWhatIsThere(t *testing.T) {
	values := daily("Sum").Values
	plain := &input{rows: []row{{values: values}}}
	planned := &input{rows: []row{{values: values}}, quiet: make([]bool, len(values))}
	planned.quiet[500] = true
	doubted := &input{rows: []row{{values: values, untrusted: planned.quiet}}}
	seen := map[uint64]bool{}
	for n := range 600 {
		h := plain.hash(n)
		require.False(t, seen[h], "%d buckets", n)
		seen[h] = true
		for _, other := range []*input{planned, doubted} {
			require.Equal(t, n <= 500, other.hash(n) == h, "%d buckets", n)
		}
	}
	require.NotEqual(t, planned.hash(600), doubted.hash(600))
}
