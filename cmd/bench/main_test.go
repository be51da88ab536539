package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

func TestFaults(t *testing.T) {
	t.Setenv("VIGIA_DATA", filepath.Join(t.TempDir(), "away"))
	for _, c := range []struct {
		args  []string
		fault string
	}{
		{nil, "calibration, cost, detect, forecast, m4, monitoring, nab, store"},
		{[]string{"speed"}, `"speed" is no benchmark`},
		{[]string{"nab"}, "there is no labelled data in"},
		{[]string{"monitoring"}, "there is no labelled data in"},
		{[]string{"store"}, "there is no labelled data in"},
		{[]string{"detect"}, "there is no labelled data in"},
		{[]string{"forecast"}, "there is no labelled data in"},
		{[]string{"m4"}, "there is no labelled data in"},
		{[]string{"nab", "-detector", "oracle"}, `"oracle" is no detector`},
		{[]string{"nab", "-set", "depth=3"}, `no parameter "depth"`},
		{[]string{"nab", "-set", "depth"}, "name=value"},
		{[]string{"nab", "more"}, `"more" is too much`},
		{[]string{"nab", "-detector", detect.Peers}, "looks at a group"},
	} {
		var out bytes.Buffer
		require.ErrorContains(t, run(c.args, &out), c.fault, "%q", c.args)
		require.Empty(t, out.String(), "no figure without data")
	}
}

func TestFigures(t *testing.T) {
	var out bytes.Buffer
	figure(&out, "a", 66.12345, "points")
	figure(&out, "b", 123456, "bytes")
	figure(&out, "c", -0.00123456, "1")
	require.Equal(t, "figure a 66.12 points\nfigure b 123456 bytes\nfigure c -0.001235 1\n", out.String())
}

// spiked is ten days of 5-minute values with daily season, noise, and a peak at each of the rows.
func spiked(header string, rowTime string, label func(row int) string, peaks ...int) string {
	text := header + "\n"
	start := time.Date(2014, 4, 1, 0, 0, 0, 0, time.UTC)
	for i := range 2880 {
		v := 100 + 30*math.Sin(2*math.Pi*float64(i%288)/288) + float64(i*7919%101)/50
		for _, peak := range peaks {
			if i == peak {
				v += 500
			}
		}
		text += fmt.Sprintf("%s,%.3f%s\n", start.Add(time.Duration(i)*5*time.Minute).Format(rowTime), v, label(i))
	}
	return text
}

func write(t *testing.T, folder, name, content string) {
	t.Helper()
	name = filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

// TestNABFindsWhatCannotBeMissed: two files, the first with a peak at the first row of its window, from labels to figures.
func TestNABFindsWhatCannotBeMissed(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("VIGIA_DATA", folder)
	unlabelled := func(int) string { return "" }
	write(t, folder, "nab/data/realAWSCloudwatch/a.csv", spiked("timestamp,value", time.DateTime, unlabelled, 2500))
	write(t, folder, "nab/data/realTweets/b.csv", spiked("timestamp,value", time.DateTime, unlabelled))
	at := time.Date(2014, 4, 1, 0, 0, 0, 0, time.UTC).Add(2500 * 5 * time.Minute)
	write(t, folder, "nab/labels/combined_windows.json", fmt.Sprintf(`{"realTweets/b.csv": [], "realAWSCloudwatch/a.csv": [["%s", "%s"]]}`,
		at.Format("2006-01-02 15:04:05.000000"), at.Add(200*5*time.Minute).Format("2006-01-02 15:04:05.000000")))
	for _, args := range [][]string{{"nab"}, {"nab", "-plain", "-files"}, {"nab", "-detector", detect.SeasonalRobust}} {
		var out bytes.Buffer
		require.NoError(t, run(args, &out))
		for _, name := range []string{"standard", "low_fp", "low_fn", "aws_cloudwatch", "tuned_half"} {
			require.Contains(t, out.String(), "figure nab_"+name+" 100 points", "%q", args)
		}
		require.Contains(t, out.String(), "figure nab_untuned_half NaN points", "the other half has no window")
		require.Regexp(t, `ARTime.*74\.9 +65\.1 +80\.4 +69\.5`, out.String())
	}
}

func TestMonitoringFindsWhatCannotBeMissed(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("VIGIA_DATA", folder)
	label := func(row int) string {
		if row >= 2500 && row < 2520 {
			return ",1"
		}
		return ",0"
	}
	write(t, folder, "cloud-monitoring/data/a/1.csv", spiked("TimeStamp,Value,Label", time.RFC3339, label, 2507))
	write(t, folder, "cloud-monitoring/data/b/2.csv", spiked("TimeStamp,Value,Label", time.DateTime, label, 2507))
	var out bytes.Buffer
	require.NoError(t, run([]string{"monitoring", "-files"}, &out))
	for _, name := range []string{"f1_delay7", "f1_by_series", "tuned_half", "untuned_half"} {
		require.Contains(t, out.String(), "figure monitoring_"+name+" 1 1")
	}
}

func TestPassingsPerTimeOfTheContract(t *testing.T) {
	p := passings{scored: 20 * 7 * 288} // 20 weeks
	p.over = [3]int{70, 10, 1}
	require.InDelta(t, 1, p.rate(0), 1e-9, "70 in 140 days: 1 in 2")
	require.InDelta(t, 1, p.rate(1), 1e-9, "10 in 20 weeks: 1 in 2")
	require.InDelta(t, 0.5, p.rate(2), 1e-9, "1 in 20 weeks: half of one in 10")
	q := p
	p.add(q)
	require.Equal(t, passings{scored: 2 * q.scored, over: [3]int{140, 20, 2}}, p)
}

func TestLightLeavesTheForestOut(t *testing.T) {
	spec := unbounded()
	spec.Name = detect.SeasonalRobust
	require.Equal(t, spec, light(spec), "it has none")
	_, err := detect.New(light(unbounded()))
	require.NoError(t, err)
}

func TestTimedCountsAllocations(t *testing.T) {
	var kept [][]byte
	c := timed("x", make([]int, 2000), func(int) { kept = append(kept[:0], make([]byte, 64)) })
	require.InDelta(t, 1, c.allocs, 0.05)
	require.NotEmpty(t, kept)
	require.Zero(t, timed("x", make([]int, 2000), func(int) {}).allocs)
}

// stateless cannot be saved yet.
type stateless struct{ detect.Detector }

func TestStateThatIsNotMadeYet(t *testing.T) {
	require.Equal(t, noState, stateOf(stateless{}))
	require.Equal(t, "cannot be saved", bytesOf(noState))
	d, err := detect.New(unbounded())
	require.NoError(t, err)
	require.Len(t, detect.Save(d), stateOf(d))
}

func TestAgreement(t *testing.T) {
	theirs := []float64{1, 2, 3, 6}
	a := agreement{correlation: 1}
	a.add("same", theirs, theirs, 0)
	require.InDelta(t, 1, a.correlation, 1e-12)
	require.Zero(t, a.mean)
	a.add("a tenth more", []float64{1.1, 2.2, 3.3, 6.6}, theirs, -0.25)
	require.InDelta(t, 1, a.correlation, 1e-12)
	a.add("other order", []float64{2, 1, 6, 3}, theirs, math.NaN())
	require.InDelta(t, 4./14, a.correlation, 1e-12) // by hand: deviations -2 -1 0 3 and -1 -2 3 0
	var out bytes.Buffer
	a.figures(&out)
	require.Regexp(t, regexp.MustCompile(`correlation 0\.2857 1\n.*mean_error 10 %\n.*sd_error 25 %`), out.String())
}

func TestAverageOfForests(t *testing.T) {
	rows := func(v float64) []float64 {
		s := make([]float64, referenceFrom+1)
		s[referenceFrom] = v
		return s
	}
	a := average([]forestScores{{mean: rows(1), high: rows(1), low: rows(0)}, {mean: rows(3), high: rows(1), low: rows(2)}})
	require.Equal(t, forestScores{mean: []float64{2}, sd: []float64{math.Sqrt2}, high: []float64{1}, low: []float64{1}}, a, "rows before do not count")
}
