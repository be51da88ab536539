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

// upTo are values up to a minute, and none after it.
func upTo(w series.Window, minute int) func(i int) float64 {
	return func(i int) float64 {
		if w.Time(i).Before(window(minute, minute).Start) {
			return float64(i)
		}
		return math.NaN()
	}
}

func save(t require.TestingT, s *Store, writes ...Write) {
	_, err := s.Save(context.Background(), writes)
	require.NoError(t, err)
}

// One look by a clock that is three days ahead finds nothing in these days, and says that it is final. The next look by a right clock takes that
// back: what comes in these days is asked for.
func TestWhatAClockAheadCalledFinalIsTakenBack(t *testing.T) {
	const ahead = 3 * 24 * 60
	unsettled := window(ahead-26*60, ahead) // what the look did not call final
	for _, left := range []int{0, 600} {    // the last points of the right clock's time, in the tail and in chunks
		s := open(t, "")
		w := window(-60-left, ahead)
		save(t, s, Write{filled(key("m"), w, upTo(w, 0)), unsettled.Start, unsettled.End})
		require.True(t, holds(load(t, s, key("m"), w).Extents, window(1000, 0).Start), "as the wrong clock has it")

		now := window(10, 0).Start
		next := window(5, 10)
		save(t, s, Write{filled(key("m"), next, linear), next.Start, now})
		held := load(t, s, key("m"), w)
		require.Equal(t, []Extent{{Window: window(-60-left, 0)}, {next, now}, {unsettled, unsettled.End}}, held.Extents, "what lies between was never seen")
		require.Equal(t, 60+left+5, held.present(), "no point is lost")
		requireMarksAgree(t, s, key("m"))

		all := window(0, 2000)
		save(t, s, Write{filled(key("m"), all, linear), all.End, all.End})
		held = load(t, s, key("m"), w)
		require.Equal(t, []Extent{{Window: window(-60-left, 2000)}, {unsettled, unsettled.End}}, held.Extents)
		require.Equal(t, 60+left+2000, held.present())
		requireMarksAgree(t, s, key("m"))
	}
}

// Points from behind the window of a look by a slow clock stay, and are asked for again.
func TestPointsAheadOfASlowClockMayChange(t *testing.T) {
	s := open(t, "")
	hold(t, s, key("m"), epoch, window(100, 0).Start, linear)
	slow := window(40, 0).Start
	save(t, s, Write{filled(key("m"), window(20, 40), linear), window(30, 0).Start, slow})
	held := load(t, s, key("m"), window(0, 200))
	require.Equal(t, []Extent{{Window: window(0, 30)}, {window(30, 40), slow}, {window(40, 100), longAgo}}, held.Extents)
	require.Equal(t, 100, held.present())
	requireMarksAgree(t, s, key("m"))
}

// Whatever the clocks say, no point is lost, what a write says of its window is what is held there, and nothing that it meets stays final beyond
// the time of its asking.
func TestWritesByAnyClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(context.Background(), "")
		require.NoError(rt, err)
		defer s.Close()
		truth := map[int64]bool{}
		for range rapid.IntRange(1, 6).Draw(rt, "writes") {
			from := rapid.IntRange(0, 700).Draw(rt, "from")
			w := window(from, from+rapid.IntRange(1, 300).Draw(rt, "length"))
			points := filled(key("m"), w, upTo(w, rapid.IntRange(0, 1000).Draw(rt, "points")))
			for i, v := range points.Values {
				points.Values[i] = float64(w.Time(i).Unix()) + 0*v
				if !math.IsNaN(v) {
					truth[w.Time(i).Unix()] = true
				}
			}
			asked := w.End.Add(time.Duration(rapid.IntRange(-600, 600).Draw(rt, "clock")) * time.Minute)
			final := w.Time(rapid.IntRange(0, w.Len()).Draw(rt, "final"))
			if final.After(asked) {
				final = series.Floor(asked, time.Minute)
			}
			save(rt, s, Write{points, final, asked})
			held := load(rt, s, key("m"), window(0, 1000))
			for i, v := range held.Series.Values {
				at := held.Series.Window.Time(i)
				require.Equal(rt, truth[at.Unix()], v == float64(at.Unix()), "minute %d", i)
			}
			require.Len(rt, truth, held.present())
			for _, e := range held.Extents {
				if e.Final() && !e.End.Before(w.Start) && !e.Start.After(w.End) {
					require.False(rt, e.End.After(asked), "final to %s, asked at %s", e.End, asked)
				}
			}
			for i := range w.Len() {
				require.True(rt, holds(held.Extents, w.Time(i)))
			}
			requireMarksAgree(rt, s, key("m"))
		}
	})
}

// An alert rule that looks at a series without points each minute leaves no piece of its looks behind. Each says when it was asked for, at the
// latest.
func TestPiecesOfLooksAreJoined(t *testing.T) {
	s := open(t, "")
	for i := range 600 {
		w := window(i-15, i)
		save(t, s, Write{series.New(key("m"), w), w.Start, w.End})
	}
	held := load(t, s, key("m"), window(-15, 599))
	require.Equal(t, []Extent{{window(-15, 584), window(0, 0).Start}, {window(584, 599), window(599, 0).Start}}, held.Extents)
	require.Equal(t, 2, rows(t, s, "extents"))
}

// A look takes no freshness from what lies beside it: each dashboard pays once for its range.
func TestLooksSideBySideStayFresh(t *testing.T) {
	s := open(t, "")
	look := func(from, to, at int) {
		save(t, s, Write{series.New(key("m"), window(from, to)), window(from, from).Start, window(at, 0).Start})
	}
	extent := func(from, to, at int) Extent { return Extent{window(from, to), window(at, 0).Start} }
	look(0, 10, 100)
	look(10, 20, 101)
	look(20, 30, 102)
	look(-10, 0, 103)
	whole := window(-10, 40)
	require.Equal(t, []Extent{extent(-10, 0, 103), extent(0, 10, 100), extent(10, 20, 101), extent(20, 30, 102)}, load(t, s, key("m"), whole).Extents)
	look(25, 40, 110)
	require.Equal(t, []Extent{extent(-10, 0, 103), extent(0, 10, 100), extent(10, 25, 101), extent(25, 40, 110)}, load(t, s, key("m"), whole).Extents,
		"the piece that is left was older than a look to the one who asked")
	look(-5, 5, 115)
	require.Equal(t, []Extent{extent(-10, -5, 103), extent(-5, 5, 115), extent(5, 10, 100), extent(10, 25, 101), extent(25, 40, 110)},
		load(t, s, key("m"), whole).Extents)
	look(7, 12, 116)
	require.Equal(t, []Extent{extent(-10, -5, 103), extent(-5, 5, 115), extent(5, 7, 100), extent(7, 12, 116), extent(12, 25, 101), extent(25, 40, 110)},
		load(t, s, key("m"), whole).Extents, "but no piece is younger than its look")
	look(12, 14, 120)
	require.Equal(t, []Extent{extent(-10, -5, 103), extent(-5, 5, 115), extent(5, 7, 100), extent(7, 12, 116), extent(12, 14, 120), extent(14, 25, 101),
		extent(25, 40, 110)}, load(t, s, key("m"), whole).Extents)
}
