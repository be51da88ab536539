package history

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// forgetful answers as AWS does: a request that begins before what it keeps, by its own clock, gets no data and no error.
func forgetful(now func() time.Time) func(series.Series) {
	return func(s series.Series) {
		if s.Window.Start.Before(now().Add(-cloudwatch.Retention(s.Window.Period))) {
			for i := range s.Values {
				s.Values[i] = math.NaN()
			}
		}
	}
}

// A clock that is slow asks for what AWS no longer keeps, and gets nothing of what it keeps. That is not taken for a metric without data: once the
// clock is right, all that AWS keeps is there.
func TestASlowClockLosesNothing(t *testing.T) {
	for _, slow := range []time.Duration{0, time.Minute, 3 * time.Minute, time.Hour, 5 * time.Hour} {
		b, done := newBench(t)
		late := slow
		b.aws.now = func() time.Time { return b.now().Add(late) }
		b.aws.edit = forgetful(b.aws.now)
		k := minutes(keyOf("m"))
		first := lookAt(t, b, k, start.Add(-28*day), start)
		if slow <= time.Hour {
			require.InDelta(t, 15*24*60*6/7, observed(first.Series), 65, "a clock that is %v slow costs nothing at all", slow)
		}
		late = 0
		b.set(start.Add(6 * time.Hour))
		got := lookAt(t, b, k, start.Add(-28*day), b.now())
		kept := got.Series.Slice(cloudwatch.Retained(got.Series.Window, b.now()))
		requireSame(t, b.aws.truth(k, kept.Window).Values, kept.Values)
		done()
	}
}

// At periods under a minute AWS keeps three hours: a request that is some minutes under way gets what it asked for.
func TestFinePeriodsAreNotAskedForTooEarly(t *testing.T) {
	for _, late := range []time.Duration{0, 3 * time.Second, 5 * time.Minute} {
		b, done := newBench(t)
		b.aws.now = func() time.Time { return b.now().Add(late) }
		b.aws.edit = forgetful(b.aws.now)
		k := keyOf("m")
		k.Period = time.Second
		got := lookAt(t, b, k, start.Add(-4*time.Hour), start)
		require.Greater(t, observed(got.Series), 170*60*6/7, "%v late", late)
		done()
	}
}

// A series without any data is final as that once it is older than a day, unless what was asked for, be it for another series' sake, begins where AWS
// begins to forget.
func TestNothingIsFinalNearTheEdge(t *testing.T) {
	for _, c := range []struct {
		asked, lacking time.Duration
		point          bool
		doubted        bool
	}{
		{5 * day, 5 * day, false, false},
		{14*day - time.Minute, 5 * day, false, false},
		{14*day + time.Minute, 5 * day, false, true},
		{14*day + time.Minute, 14*day + time.Minute, false, true},
		{14*day + time.Minute, 5 * day, true, false}, // an answer with a point was not refused
	} {
		k := minutes(keyOf("m"))
		answer := series.New(k, series.Window{Start: start.Add(-c.asked), End: start, Period: k.Period})
		if c.point {
			answer.Values[0] = 1
		}
		w := series.Window{Start: start.Add(-c.lacking), End: start, Period: k.Period}
		p := newPlan(k.Namespace, w, start)
		rd := &reading{now: start, results: make([]Result, 1), lacking: []lack{{p, store.Held{Series: series.New(k, p.load)}, w}}}
		final := rd.answered(0, cloudwatch.Outcome{Series: answer}).FinalUntil
		if c.doubted {
			require.False(t, final.After(w.Start), "%+v", c)
		} else {
			require.Equal(t, start.Add(-emptyAge), final, "%+v", c)
		}
	}
}

// The newest points stay open for half an hour after the last of them came, and not after we believe that it is: a clock that is ahead by less than
// a day calls nothing final that may still change.
func TestOpenIsCountedFromTheLastPoint(t *testing.T) {
	s := series.New(keyOf("m"), series.Window{Start: start.Add(-10 * time.Hour), End: start, Period: period})
	for i := range 60 { // until five hours ago
		s.Values[i] = 1
	}
	last := start.Add(-5 * time.Hour)
	require.Equal(t, series.Floor(last.Add(publishDelay("Custom")-usualFinalAge), period), finalUntil(s, start))
	require.Equal(t, start.Add(-usualFinalAge), finalUntil(full(s), start), "and at least as long as by the clock")
}

func full(s series.Series) series.Series {
	for i := range s.Values {
		s.Values[i] = 1
	}
	return s
}
