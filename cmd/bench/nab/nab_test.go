package nab

import (
	"math"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// file of 100 rows with a window of 10; the rows given fire at 1.
func file(fire ...int) []File {
	f := File{Windows: []Window{{40, 49}}, Scores: make([]float64, 100)}
	for _, row := range fire {
		f.Scores[row] = 1
	}
	return []File{f}
}

func TestByHand(t *testing.T) {
	// What a hit at the last row of the window is worth: 2/(1+e^-0.5) - 1 = 0.244919, of 2/(1+e^-5) - 1 = 0.986614.
	const late = 0.248242
	for _, c := range []struct {
		name                    string
		fire                    []int
		standard, lowFP, lowMis float64
	}{
		{"perfect", []int{40}, 100, 100, 100},
		{"never", nil, 0, 0, 0},
		{"at the last moment", []int{49}, 50 * (late + 1), 50 * (late + 1), 100 * (late + 2) / 3},
		{"of several hits the best counts", []int{49, 40, 45}, 100, 100, 100},
		{"false alarm before any window: its full cost", []int{20}, -50 * 0.11, -50 * 0.22, -100 * 0.11 / 3},
		{"just after the window: 1/9 of a width past it costs little", []int{50}, -50 * 0.11 * 0.270847, -50 * 0.22 * 0.270847, -100 * 0.11 * 0.270847 / 3},
		{"a width past the window", []int{58}, -50 * 0.11 * 0.986614, -50 * 0.22 * 0.986614, -100 * 0.11 * 0.986614 / 3},
		{"beyond three widths: its full cost", []int{77}, -50 * 0.11, -50 * 0.22, -100 * 0.11 / 3},
		{"each false alarm costs", []int{20, 30, 40, 90}, 100 - 3*50*0.11, 100 - 3*50*0.22, 100 - 3*100*0.11/3},
		{"probation: neither scored nor counted", []int{0, 14, 40}, 100, 100, 100},
		{"the first row after probation counts", []int{15, 40}, 100 - 50*0.11, 100 - 50*0.22, 100 - 100*0.11/3},
	} {
		want := []float64{c.standard, c.lowFP, c.lowMis}
		for i, p := range Profiles() {
			require.InDelta(t, want[i], p.Normalized(file(c.fire...), 1), 1e-3, "%s, profile %s", c.name, p.Name)
		}
	}
}

func TestProbation(t *testing.T) {
	require.Equal(t, 15, Probation(100))
	require.Equal(t, 604, Probation(4032), "rounded down")
	require.Equal(t, 750, Probation(22695), "no more")
}

func TestFilesAreScoredTogether(t *testing.T) {
	standard := Profiles()[0]
	both := append(file(40), file()...)
	require.InDelta(t, 50, standard.Normalized(both, 1), 1e-9, "one window of two")
	require.True(t, math.IsNaN(standard.Normalized([]File{{Scores: make([]float64, 9)}}, 1)), "there is nothing to find")
}

func TestScoresThatNeverFire(t *testing.T) {
	f := file()
	f[0].Scores = slices.Repeat([]float64{math.NaN()}, 100)
	require.Equal(t, Never, Profiles()[0].Sweep(f))
	require.Zero(t, Profiles()[0].Normalized(f, 0), "NaN does not pass a threshold of 0, nor does 0")
	require.Zero(t, Profiles()[0].Normalized(file(), 0))
}

// TestFalseAlarmsOnly: what is false of what Raw sums.
func TestFalseAlarmsOnly(t *testing.T) {
	require.InDelta(t, -2*0.11, Profiles()[0].FalseAlarms(file(20, 40, 90), 1), 1e-9)
}

func TestSweepIsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := make([]File, rapid.IntRange(1, 3).Draw(t, "files"))
		for i := range files {
			rows := rapid.IntRange(1, 120).Draw(t, "rows")
			files[i].Scores = rapid.SliceOfN(rapid.SampledFrom([]float64{0, 0, 0, 1, 2, 2.5, 3, 7, math.NaN()}), rows, rows).Draw(t, "scores")
			for at := rows / 6; at+10 < rows && len(files[i].Windows) < 3; at += 30 {
				files[i].Windows = append(files[i].Windows, Window{at, at + rapid.IntRange(0, 9).Draw(t, "width")})
			}
		}
		p := rapid.SampledFrom(Profiles()).Draw(t, "profile")
		threshold := p.Sweep(files)
		got := p.Raw(files, threshold)
		for _, other := range []float64{1, 2, 2.5, 3, 7, Never} {
			raw := bruteRaw(p, files, other)
			require.InDelta(t, raw, p.Raw(files, other), 1e-9)
			require.GreaterOrEqual(t, got+1e-9, raw, "threshold %v beats %v", other, threshold)
		}
	})
}

// bruteRaw is Raw as the paper words it: window by window, then row by row outside of them.
func bruteRaw(p Profile, files []File, threshold float64) (raw float64) {
	for _, f := range files {
		outside := make([]bool, len(f.Scores))
		for i := range outside {
			outside[i] = true
		}
		fires := func(row int) bool { return row >= Probation(len(f.Scores)) && f.Scores[row] >= threshold }
		for _, w := range f.Windows {
			found := -p.Miss
			for row := w.Left; row <= w.Right; row++ {
				outside[row] = false
				if fires(row) {
					found = math.Max(found, p.Hit*sigmoid(-float64(w.Right-row+1)/float64(w.Right-w.Left+1))/sigmoid(-1))
				}
			}
			raw += found
		}
		for row := range f.Scores {
			if !outside[row] || !fires(row) {
				continue
			}
			worth := -1.0
			for _, w := range f.Windows {
				if w.Right < row {
					worth = sigmoid(float64(row-w.Right) / math.Max(float64(w.Right-w.Left), 1))
				}
			}
			raw += p.Cry * worth
		}
	}
	return raw
}

func benchmark(windows string) fstest.MapFS {
	return fstest.MapFS{
		"labels/combined_windows.json": {Data: []byte(windows)},
		"data/a/x.csv":                 {Data: []byte("timestamp,value\n2014-04-01 00:00:00,1.5\n2014-04-01 00:05:00,2\n2014-04-01 00:10:00,-3e2\n")},
	}
}

func TestRead(t *testing.T) {
	series, err := Read(benchmark(`{"a/x.csv": [["2014-04-01 00:05:00.000000", "2014-04-01 00:10:00.000000"]]}`))
	require.NoError(t, err)
	require.Len(t, series, 1)
	require.Equal(t, "a", series[0].Folder())
	require.Equal(t, []Window{{1, 2}}, series[0].Windows)
	require.Equal(t, []float64{1.5, 2, -300}, series[0].Rows.Values)
}

func TestReadFaults(t *testing.T) {
	for windows, fault := range map[string]string{
		`{`:            "combined_windows.json",
		`{"b.csv":[]}`: "b.csv",
		`{"a/x.csv": [["2014-04-01 00:06:00.000000", "2014-04-01 00:10:00.000000"]]}`: "no row at 2014-04-01 00:06",
		`{"a/x.csv": [["tomorrow", "2014-04-01 00:10:00.000000"]]}`:                   "tomorrow",
	} {
		_, err := Read(benchmark(windows))
		require.ErrorContains(t, err, fault)
	}
	broken := benchmark(`{"a/x.csv": []}`)
	broken["data/a/x.csv"].Data = []byte("timestamp,value\n2014-04-01 00:00:00,high\n")
	_, err := Read(broken)
	require.ErrorContains(t, err, "a/x.csv: row 0")
}
