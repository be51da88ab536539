package monitoring

import (
	"math"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// series of 40 rows, labelled from 10 to 29; the rows given fire at 1.
func series(fire ...int) []Series {
	s := Series{Scores: make([]float64, 40), Labels: make([]bool, 40)}
	for i := 10; i < 30; i++ {
		s.Labels[i] = true
	}
	for _, row := range fire {
		s.Scores[row] = 1
	}
	return []Series{s}
}

func TestByHand(t *testing.T) {
	for _, c := range []struct {
		name string
		fire []int
		want Tally
	}{
		{"found at once: all of it", []int{10}, Tally{Hits: 20}},
		{"found 7 rows late", []int{17}, Tally{Hits: 20}},
		{"8 rows late is missed, and no false alarm", []int{18, 29}, Tally{Misses: 20}},
		{"each row beside it is a false alarm", []int{9, 10, 11, 30}, Tally{Hits: 20, Cries: 2}},
		{"nothing", nil, Tally{Misses: 20}},
	} {
		require.Equal(t, c.want, Count(series(c.fire...), 1), c.name)
	}
	require.InDelta(t, 2*20./(2*20+2), Tally{Hits: 20, Cries: 2}.F1(), 1e-12)
	require.True(t, math.IsNaN(Tally{}.F1()))
}

func TestShortAnomalyEndsBeforeTheDelay(t *testing.T) {
	s := Series{Scores: []float64{0, 0, 0, 5, 0}, Labels: []bool{false, true, true, false, false}}
	require.Equal(t, Tally{Misses: 2, Cries: 1}, Count([]Series{s}, 5))
}

func TestNaNNeverFires(t *testing.T) {
	nan := math.NaN()
	s := Series{Scores: []float64{nan, nan, 3, nan}, Labels: []bool{false, true, true, false}}
	require.Equal(t, Tally{Hits: 2}, Count([]Series{s}, math.Inf(-1)))
	require.Equal(t, 3.0, Sweep([]Series{s}))
	s.Scores[2] = nan
	require.Equal(t, math.Inf(1), Sweep([]Series{s}))
}

func TestSkipsTheFirstQuarter(t *testing.T) {
	s := series(5, 10)[0].Skip()
	require.Len(t, s.Scores, 30)
	require.Equal(t, Tally{Hits: 20}, Count([]Series{s}, 1), "the alarm of row 5 is forgiven")
}

func TestSweepIsBruteForce(t *testing.T) {
	levels := []float64{0, 1, 2, 3, 5, math.NaN()}
	rapid.Check(t, func(t *rapid.T) {
		all := make([]Series, rapid.IntRange(1, 3).Draw(t, "series"))
		for i := range all {
			n := rapid.IntRange(0, 40).Draw(t, "rows")
			all[i].Scores = rapid.SliceOfN(rapid.SampledFrom(levels), n, n).Draw(t, "scores")
			all[i].Labels = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "labels")
			for j := 1; j < n; j++ { // long stretches
				all[i].Labels[j] = all[i].Labels[j-1] != (all[i].Labels[j] && j%5 == 0)
			}
		}
		best := Count(all, Sweep(all)).F1()
		for _, threshold := range levels[:5] {
			tally := bruteCount(all, threshold)
			require.Equal(t, tally, Count(all, threshold))
			require.False(t, tally.F1() > best, "threshold %v beats the sweep", threshold)
		}
	})
}

// bruteCount changes the prediction row by row, as the published evaluation does.
func bruteCount(all []Series, threshold float64) (t Tally) {
	for _, s := range all {
		for i, labelled := range s.Labels {
			start, found := i, false
			for labelled && start > 0 && s.Labels[start-1] {
				start--
			}
			for j := start; labelled && j <= start+7 && j < len(s.Labels) && s.Labels[j]; j++ {
				found = found || s.Scores[j] >= threshold
			}
			switch {
			case labelled && found:
				t.Hits++
			case labelled:
				t.Misses++
			case s.Scores[i] >= threshold:
				t.Cries++
			}
		}
	}
	return t
}

func TestRead(t *testing.T) {
	files, err := Read(fstest.MapFS{
		"b/2.csv":               {Data: []byte("\"TimeStamp\",\"Value\",\"Label\"\n\"2018-04-25T00:01:00Z\",\"5.5\",\"1\"\n")},
		"a/1.csv":               {Data: []byte("TimeStamp,Value,Label\n2018-07-03 14:00:00,,0\n")},
		"a/1.csv-metadata.json": {Data: []byte("{}")},
	})
	require.NoError(t, err)
	require.Len(t, files, 2)
	require.Equal(t, "a/1.csv", files[0].Name)
	require.True(t, math.IsNaN(files[0].Rows.Values[0]), "an empty field is missing")
	require.Equal(t, []float64{5.5}, files[1].Rows.Values)
	require.Equal(t, []bool{true}, files[1].Labels)
	require.Equal(t, time.Date(2018, 4, 25, 0, 1, 0, 0, time.UTC), files[1].Rows.Times[0])
}

func TestReadFaults(t *testing.T) {
	for _, row := range []string{"yesterday,1,0", "2018-07-03 14:00:00,high,0", "2018-07-03 14:00:00,1,perhaps", "2018-07-03 14:00:00,1"} {
		_, err := Read(fstest.MapFS{"a/1.csv": {Data: []byte("TimeStamp,Value,Label\n" + row + "\n")}})
		require.ErrorContains(t, err, "a/1.csv", row)
	}
}
