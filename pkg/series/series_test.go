package series

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func drawKey(t *rapid.T) Key {
	part := rapid.SampledFrom([]string{"", "a", "1:", "|", "a|1:b", "ä", "0"})
	names := rapid.SliceOfNDistinct(part, 0, 3, rapid.ID[string]).Draw(t, "names")
	var dims []Dimension
	for _, n := range names {
		dims = append(dims, Dimension{n, part.Draw(t, "value")})
	}
	return Key{part.Draw(t, "source"), part.Draw(t, "account"), part.Draw(t, "role"), part.Draw(t, "region"), part.Draw(t, "namespace"),
		part.Draw(t, "metric"), SortDimensions(dims), part.Draw(t, "stat"), time.Duration(rapid.IntRange(1, 3).Draw(t, "period")) * time.Minute}
}

func TestKeyIDIsInjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawKey(t), drawKey(t)
		require.Equal(t, equalKeys(a, b), a.ID() == b.ID())
	})
}

func equalKeys(a, b Key) bool {
	if len(a.Dimensions) != len(b.Dimensions) {
		return false
	}
	for i := range a.Dimensions {
		if a.Dimensions[i] != b.Dimensions[i] {
			return false
		}
	}
	a.Dimensions, b.Dimensions = nil, nil
	return a.Source == b.Source && a.AccountID == b.AccountID && a.RoleARN == b.RoleARN && a.Region == b.Region && a.Namespace == b.Namespace &&
		a.Metric == b.Metric && a.Stat == b.Stat && a.Period == b.Period
}

func TestFloorStandsOnTheEpochGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(t, "t"), 0)
		period := time.Duration(rapid.IntRange(1, 86400).Draw(t, "period")) * time.Second
		floor := Floor(at, period)
		require.False(t, floor.After(at))
		require.Less(t, at.Sub(floor), period)
		require.Zero(t, floor.Unix()%int64(period/time.Second))
	})
}

// What is covered and what is missing together are the window, without overlap.
func TestSubtractPartitionsTheWindow(t *testing.T) {
	base := time.Unix(0, 0).UTC()
	at := func(i int) time.Time { return base.Add(time.Duration(i) * time.Minute) }
	rapid.Check(t, func(t *rapid.T) {
		w := Window{at(10), at(40), time.Minute}
		var covered []Window
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			from := rapid.IntRange(0, 45).Draw(t, "from")
			covered = append(covered, Window{at(from), at(from + rapid.IntRange(0, 15).Draw(t, "len")), time.Minute})
		}
		missing := w.Subtract(covered)
		for i := range w.Len() {
			inCovered, inMissing := false, 0
			for _, c := range covered {
				inCovered = inCovered || (!w.Time(i).Before(c.Start) && w.Time(i).Before(c.End))
			}
			for _, m := range missing {
				if !w.Time(i).Before(m.Start) && w.Time(i).Before(m.End) {
					inMissing++
				}
			}
			require.Equal(t, inCovered, inMissing == 0, "bucket %d", i)
			require.LessOrEqual(t, inMissing, 1)
		}
	})
}

func TestSetRefusesWhatLiesOutside(t *testing.T) {
	base := time.Unix(0, 0).UTC()
	s := New(Key{}, Window{base, base.Add(3 * time.Minute), time.Minute})
	require.False(t, s.Set(base.Add(-time.Second), 1))
	require.False(t, s.Set(base.Add(3*time.Minute), 1))
	require.True(t, s.Set(base.Add(90*time.Second), 7))
	require.Equal(t, 7.0, s.Values[1])
	require.True(t, s.Set(base, math.Inf(1)))
	require.True(t, math.IsNaN(s.Values[0]), "an infinity is no data")
}

// A slice holds what both windows hold, also where that is nothing.
func TestSlice(t *testing.T) {
	base := time.Unix(0, 0).UTC()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Window {
			from := rapid.IntRange(0, 20).Draw(t, name)
			to := from + rapid.IntRange(0, 20).Draw(t, name+" length")
			return Window{base.Add(time.Duration(from) * time.Minute), base.Add(time.Duration(to) * time.Minute), time.Minute}
		}
		whole, part := New(Key{}, draw("window")), draw("part")
		for i := range whole.Values {
			whole.Values[i] = float64(whole.Window.Time(i).Unix())
		}
		slice := whole.Slice(part)
		require.Len(t, slice.Values, whole.Window.Intersect(part).Len())
		for i, v := range slice.Values {
			require.Equal(t, float64(slice.Window.Time(i).Unix()), v)
		}
	})
}

func TestAlignWidensToWholeBuckets(t *testing.T) {
	base := time.Unix(600, 0).UTC()
	w := Align(base.Add(time.Second), base.Add(301*time.Second), 5*time.Minute)
	require.Equal(t, Window{base, base.Add(10 * time.Minute), 5 * time.Minute}, w)
	require.True(t, Align(base, base, time.Minute).Empty())
	require.True(t, Align(base.Add(time.Hour), base, time.Minute).Empty(), "a reversed range is empty")
}
