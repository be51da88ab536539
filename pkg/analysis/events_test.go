package analysis

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// troubled is a world with faults of several lengths and strengths, also across the beginning of an epoch.
func troubled() series.Series {
	history := world(4)
	epoch := epochOf(now, period).start
	for _, fault := range []struct {
		at      time.Time
		buckets int
		by      float64
	}{
		{now.Add(-10 * day), 1, 300}, {now.Add(-9 * day), 30, 60}, {epoch.Add(-5 * period), 12, 200},
		{now.Add(-2 * day), 20, 14}, {now.Add(-2*day + 8*period), 6, 400}, {now.Add(-5 * time.Hour), 4, -90}, {now.Add(-45 * time.Minute), 9, 250},
	} {
		from := history.Window.Index(fault.at)
		for i := from; i < min(from+fault.buckets, len(history.Values)); i++ {
			history.Values[i] += fault.by
		}
	}
	return history
}

// lightly is a request of a detector that takes little time.
func lightly(history series.Series, w series.Window) Request {
	request := read(history, w)
	request.Detector = Detector{Name: "seasonal_robust"}
	return request
}

// journals of a range.
func journals(e *Engine, r Request) []Journal {
	r.Journal = true
	return e.Analyse(r).Journals
}

// What opens and becomes worse is what the measure anomaly_event says, and nothing else is.
func TestJournalsSayWhatEventsSay(t *testing.T) {
	r := lastDays(12)
	request := read(troubled(), r)
	request.Journal = true
	result := NewEngine(time.UTC).Analyse(request)
	require.Len(t, result.Journals, 3)
	told := map[time.Time]float64{}
	kinds := map[ChangeKind]int{}
	for _, j := range result.Journals {
		var open Change
		for _, c := range j.Changes {
			require.True(t, c.At.After(open.At) || open.At.IsZero(), "in order of time")
			require.False(t, c.Start.Before(j.Start))
			switch kinds[c.Kind]++; c.Kind {
			case Opened:
				require.True(t, open.Kind == "" || open.Kind == Closed, "one at a time")
				require.Equal(t, c.At, c.Start)
			case Changed, Closed:
				require.True(t, open.Kind == Opened || open.Kind == Changed)
				require.Equal(t, open.Start, c.Start)
			}
			require.Equal(t, c.Kind == Closed, !c.Until.IsZero())
			if c.Kind == Closed {
				require.True(t, c.Until.After(c.Start) && !c.Until.After(c.At))
				require.GreaterOrEqual(t, c.Score, 25.0)
			} else if i := r.Index(c.At); i >= 0 {
				told[c.At] = c.Score
				require.Equal(t, request.Series.Values[request.Series.Window.Index(c.At)], c.Value)
			}
			open = c
		}
	}
	require.GreaterOrEqual(t, kinds[Opened], 5)
	require.Positive(t, kinds[Changed])
	require.Positive(t, kinds[Closed])
	maps.DeleteFunc(told, func(at time.Time, _ float64) bool { return at.Before(r.Start) })
	for i, score := range result.Event {
		if at := r.Time(i); at.Before(request.FinalUntil) && !math.IsNaN(score) {
			require.Equal(t, told[at], score, "%v", at)
			delete(told, at)
		}
	}
	require.Empty(t, told, "of a bucket without an event")
}

// The end of an epoch closes what is open; the next one does not go on with it.
func TestAnEpochsEndClosesItsJournal(t *testing.T) {
	all := journals(NewEngine(time.UTC), read(troubled(), lastDays(12)))
	epoch := epochOf(now, period).start
	i := slices.IndexFunc(all, func(j Journal) bool { return j.Read.End.Equal(epoch) })
	last := all[i].Changes[len(all[i].Changes)-1]
	require.Equal(t, Closed, last.Kind)
	require.Equal(t, epoch, last.At)
	require.Equal(t, epoch, last.Until)
	require.Equal(t, epoch, all[i].Known())
}

// Whatever is asked for, and however much of it is final: what a journal says is the beginning of what a later one says.
func TestJournalsOnlyGrow(t *testing.T) {
	history := troubled()
	reference := map[time.Time]Journal{}
	for _, j := range journals(NewEngine(time.UTC), lightly(history, lastDays(12))) {
		reference[j.Start] = j
	}
	engine := NewEngine(time.UTC)
	require.GreaterOrEqual(t, len(reference), 2)
	rapid.Check(t, func(rt *rapid.T) {
		whole := lastDays(12)
		from := rapid.IntRange(0, whole.Len()-1).Draw(rt, "from")
		to := rapid.IntRange(from+1, whole.Len()).Draw(rt, "to")
		request := lightly(history, series.Window{Start: whole.Time(from), End: whole.Time(to), Period: period})
		request.FinalUntil = request.FinalUntil.Add(-time.Duration(rapid.IntRange(0, 500).Draw(rt, "final")) * period)
		for _, j := range journals(engine, request) {
			full := reference[j.Start]
			require.False(rt, j.Until.After(full.Until))
			n := len(j.Changes)
			require.True(rt, slices.Equal(full.Changes[:n], j.Changes), "%v, of %v", j.Changes, full.Changes)
			require.True(rt, n == 0 || !j.Changes[n-1].At.After(j.Known()))
			require.True(rt, n == len(full.Changes) || full.Changes[n].At.After(j.Known()), "all that it knows of")
		}
	})
}

func TestJournalsAreOfWhatIsAskedForAndFinal(t *testing.T) {
	request := lightly(troubled(), lastDays(1))
	require.NotEmpty(t, journals(NewEngine(time.UTC), request))
	require.Empty(t, NewEngine(time.UTC).Analyse(request).Journals, "not asked for")
	request.FinalUntil = epochOf(now, period).start
	require.Empty(t, journals(NewEngine(time.UTC), request), "nothing is final")
}

func TestStretches(t *testing.T) {
	w := lastDays(12)
	all := Stretches(w)
	require.Equal(t, w.Start, all[0].Shown.Start)
	require.Equal(t, w.End, all[len(all)-1].Shown.End)
	for i, s := range all {
		require.Equal(t, Training(s.Shown).Start, s.Read.Start)
		require.False(t, s.Read.End.Before(s.Shown.End))
		require.True(t, i == 0 || s.Shown.Start.Equal(all[i-1].Shown.End))
	}
	require.Empty(t, Stretches(series.Window{}))
}
