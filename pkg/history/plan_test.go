package history

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// A day of a panel that is refreshed each minute, with the collector: AWS is asked once a period, however long that is.
func TestADayOfAPanelAsksOncePerPeriod(t *testing.T) {
	for _, p := range []time.Duration{5 * time.Minute, time.Hour, 24 * time.Hour} {
		b, done := newBench(t)
		b.set(start.Add(5 * time.Minute))
		c := newKept(t, b)
		k := keyOf("m")
		k.Period = p
		for range 24 * 60 {
			end := series.Floor(b.now(), p)
			c.look([]series.Key{k}, series.Window{Start: end.Add(-10 * p), End: end, Period: p})
			b.set(b.now().Add(time.Minute))
			require.NoError(t, c.Round(context.Background()))
		}
		require.InDelta(t, max(1, 24*time.Hour/p), len(b.aws.asked["m"]), 1, p.String())
		done()
	}
}

func minutes(k series.Key) series.Key {
	k.Period = time.Minute
	return k
}

// lookAt reads one series from a time until another.
func lookAt(t *testing.T, b *bench, k series.Key, from, to time.Time) Result {
	t.Helper()
	results, _, err := b.Read(context.Background(), []series.Key{k}, series.Window{Start: from, End: to, Period: k.Period})
	require.NoError(t, err)
	return results[0]
}

const day = 24 * time.Hour

// What was looked at once, long ago, and never again before AWS forgot it keeps nothing that came later from being final.
func TestWhatAWSHasForgottenIsFinal(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := minutes(keyOf("m"))
	lookAt(t, b, k, start.Add(-6*time.Hour), start)
	for d := 20; d <= 30; d++ {
		b.set(start.Add(time.Duration(d) * day))
		lookAt(t, b, k, b.now().Add(-25*time.Hour), b.now())
	}
	before := b.aws.calls
	b.set(start.Add(40 * day))
	got := lookAt(t, b, k, start.Add(-day), start.Add(29*day))
	require.Equal(t, before, b.aws.calls, "all that AWS keeps is stored")
	require.NoError(t, got.Err)
	require.Equal(t, b.now().Add(-usualFinalAge), got.FinalUntil)
	require.Equal(t, b.now().Add(-WholeAge), got.WholeUntil)
}

// Each part of what is held is as final as it was when it was asked for, also where a newer part is beside it: nothing is learnt from a value
// that may be half of what AWS has by now.
func TestEachPartIsAsFinalAsItsAsking(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.late = true
	k := minutes(keyOf("m"))
	lookAt(t, b, k, start.Add(-time.Hour), start)
	b.set(start.Add(12 * time.Hour))
	lookAt(t, b, k, b.now().Add(-time.Hour), b.now())
	b.set(b.now().Add(5 * time.Minute))
	b.aws.fail["m"] = errors.New("throttled")
	got := lookAt(t, b, k, start.Add(-time.Hour), b.now())
	require.Error(t, got.Err)
	require.Equal(t, start.Add(-usualFinalAge), got.FinalUntil)
	require.Equal(t, start.Add(-WholeAge), got.WholeUntil)
	final := b.aws.truth(k, got.Series.Window).Slice(series.Window{Start: got.Series.Window.Start, End: got.FinalUntil, Period: k.Period})
	requireSame(t, final.Values, got.Series.Slice(final.Window).Values)
}

// A longer look asks for the older part alone: the newer one stays as final as it was.
func TestALongerLookMakesNothingFinal(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.set(start.Add(2 * time.Minute))
	first := lookAt(t, b, keyOf("m"), start.Add(-2*time.Hour), start)
	b.set(start.Add(6 * time.Minute))
	longer := lookAt(t, b, keyOf("m"), start.Add(-6*time.Hour), start)
	require.Equal(t, 2, b.aws.calls)
	require.Equal(t, first.FinalUntil, longer.FinalUntil)
	require.Equal(t, first.WholeUntil, longer.WholeUntil)
	require.Equal(t, first.AskedUntil, longer.AskedUntil)
}

// One look by a clock that is days ahead: once it is right nothing of what was still to come is missing, also where it was called final, and
// AWS is asked once per period.
func TestAClockThatWasAheadLosesNothing(t *testing.T) {
	for _, c := range []struct{ period, ahead, rests time.Duration }{
		{period, time.Hour, 7 * time.Minute}, {period, day, 97 * time.Minute}, {period, 3 * day, 7 * time.Minute}, {period, 3 * day, 97 * time.Minute},
		{period, 30 * day, 97 * time.Minute}, {time.Hour, 3 * day, 7 * time.Minute}, {time.Hour, 30 * day, 97 * time.Minute},
	} {
		b, done := newBench(t)
		k := keyOf("m")
		k.Period = c.period
		wrong := c.ahead
		b.aws.now = func() time.Time { return b.now().Add(-wrong) }
		b.set(start.Add(c.ahead))
		lookAt(t, b, k, start.Add(-6*day), b.now())
		wrong = 0
		b.set(start.Add(c.rests))
		before := b.aws.calls
		const looks = 24
		for range looks {
			b.set(b.now().Add(c.period + 15*time.Minute))
			got := lookAt(t, b, k, start.Add(-2*day), b.now())
			whole := got.Series.Slice(series.Window{Start: got.Series.Window.Start, End: got.WholeUntil, Period: c.period})
			requireSame(t, b.aws.truth(k, whole.Window).Values, whole.Values)
			lookAt(t, b, k, start.Add(-2*day), b.now())
		}
		require.Equal(t, looks, b.aws.calls-before, "%+v", c)
		done()
	}
}

// What is known of a result is what is known of each of its parts, by when that was asked for.
func TestAResultIsAsFinalAsItsParts(t *testing.T) {
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	part := func(from, to, fetched int) store.Extent {
		return store.Extent{Window: series.Window{Start: at(from), End: at(to), Period: period}, FetchedAt: at(fetched)}
	}
	final := part(-600, -30, 0)
	final.FetchedAt = time.Time{}
	for name, c := range map[string]struct {
		newest       []store.Extent
		final, whole int
	}{
		"as it is asked for":        {[]store.Extent{final, part(-30, -5, 0)}, -30, -10},
		"some minutes ago":          {[]store.Extent{final, part(-30, -10, -5)}, -30, -15},
		"an older part":             {[]store.Extent{final, part(-30, -20, -15), part(-20, -5, 0)}, -30, -25},
		"a part from long ago":      {[]store.Extent{final, part(-30, -20, -5000), part(-20, -5, 0)}, -30, -30},
		"by a clock that was ahead": {[]store.Extent{final, part(-30, -20, 0), part(-20, -5, 100)}, -30, -20},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlan("Custom", hours(6), start)
			held := store.Held{Series: series.New(keyOf("m"), p.load), Extents: c.newest}
			r := p.result(held)
			require.Equal(t, []time.Time{at(c.final), at(c.whole)}, []time.Time{r.FinalUntil, r.WholeUntil})
		})
	}
}

// What lies too far back to change is looked at alone.
func TestWhatIsLookedUpIsLoadedAlone(t *testing.T) {
	for p, ago := range map[time.Duration]time.Duration{time.Second: 4 * time.Hour, time.Minute: 27 * time.Hour, time.Hour: 50 * time.Hour} {
		w := series.Window{Start: start.Add(-ago - 10*p), End: start.Add(-ago), Period: p}
		require.Equal(t, w, newPlan("Custom", w, start).load)
	}
}

// Whoever looks at the older part of what may still change asks for all of it, so that whoever looks at the newest finds it.
func TestAnOlderLookAsksForTheNewestToo(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.edit = func(s series.Series) {
		for i := range s.Values {
			if s.Window.Time(i).After(start.Add(-12 * time.Hour)) {
				s.Values[i] = math.NaN()
			}
		}
	}
	k := keyOf("m")
	lookAt(t, b, k, start.Add(-day), b.now())
	for n := range 5 {
		b.set(b.now().Add(period))
		lookAt(t, b, k, start.Add(-day), start.Add(-6*time.Hour))
		lookAt(t, b, k, start.Add(-day), b.now())
		require.Equal(t, n+2, b.aws.calls)
	}
}
