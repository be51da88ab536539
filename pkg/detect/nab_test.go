package detect_test

import (
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path"
	"sort"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
)

// dataFS is the shared data: real series that no one here made.
func dataFS(t *testing.T) fs.FS {
	t.Helper()
	folder := os.Getenv("VIGIA_DATA")
	if folder == "" {
		folder = "../../../shared/data"
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: no shared data in %s; set VIGIA_DATA to run on real series", folder)
	}
	return os.DirFS(folder)
}

const nabTime = "2006-01-02 15:04:05"

// window is a labelled stretch of a file, both ends inclusive.
type window struct{ from, to time.Time }

func (w window) holds(t time.Time) bool { return !t.Before(w.from) && !t.After(w.to) }

func nabWindows(t *testing.T, data fs.FS) map[string][]window {
	t.Helper()
	raw, err := fs.ReadFile(data, "nab/labels/combined_windows.json")
	require.NoError(t, err)
	var labels map[string][][2]string
	require.NoError(t, json.Unmarshal(raw, &labels))
	out := make(map[string][]window, len(labels))
	for name, list := range labels {
		out[name] = nil
		for _, pair := range list {
			var w window
			for i, end := range []*time.Time{&w.from, &w.to} {
				*end, err = time.Parse(nabTime+".000000", pair[i])
				require.NoError(t, err)
			}
			out[name] = append(out[name], w)
		}
	}
	return out
}

// nabSeries reads a file into regular buckets; what is missing is NaN, of several values in a bucket the last counts.
func nabSeries(t *testing.T, data fs.FS, name string) (start time.Time, period time.Duration, values []float64) {
	t.Helper()
	f, err := data.Open(path.Join("nab/data", name))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	rows = rows[1:]
	times := make([]time.Time, len(rows))
	var gaps []time.Duration
	for i, row := range rows {
		times[i], err = time.Parse(nabTime, row[0])
		require.NoError(t, err)
		if i > 0 {
			gaps = append(gaps, times[i].Sub(times[i-1]))
		}
	}
	sort.Slice(gaps, func(i, j int) bool { return gaps[i] < gaps[j] })
	period = max(gaps[len(gaps)/2].Round(time.Minute), time.Minute)
	start = times[0].Truncate(period)
	values = make([]float64, int(times[len(times)-1].Sub(start)/period)+1)
	for i := range values {
		values[i] = math.NaN()
	}
	for i, row := range rows {
		v, err := strconv.ParseFloat(row[1], 64)
		require.NoError(t, err)
		if at := int(times[i].Sub(start) / period); at >= 0 && at < len(values) {
			values[at] = v
		}
	}
	return start, period, values
}

// TestRealSeries runs over the 58 series of the Numenta anomaly benchmark. The detector's constants were chosen on synthetic data; should
// real series ever have a say, then only the even files: both halves are printed. Most files last two weeks, half of what the
// detector likes to learn from.
func TestRealSeries(t *testing.T) {
	data := dataFS(t)
	labels := nabWindows(t, data)
	names := make([]string, 0, len(labels))
	for name := range labels {
		names = append(names, name)
	}
	sort.Strings(names)
	type tally struct{ files, windows, critical, major, falseCritical, points int }
	var halves [2]tally
	var cloudwatch tally
	for i, name := range names {
		var got tally
		start, period, values := nabSeries(t, data, name)
		perDay := max(int(24*time.Hour/period), 1)
		d := detect.NewSeasonal(detect.Config{BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)})
		probation := start.Add(time.Duration(min(len(values)*15/100, 750)) * period)
		best := make([]float64, len(labels[name]))
		before, missing := false, 0
		for j, v := range values {
			at := start.Add(time.Duration(j) * period)
			day := int(at.Sub(at.Truncate(24*time.Hour))/period) % perDay
			s := d.Step(detect.Observation{Value: v, Phase: forecast.Phase{Day: day, Week: int(at.Weekday())*perDay + day}}).Score
			if j-missing >= forecast.MinObservations {
				require.Equal(t, math.IsNaN(v), math.IsNaN(s), "%s at %v", name, at)
			}
			if math.IsNaN(v) {
				missing++
			}
			if at.Before(probation) || math.IsNaN(s) {
				continue
			}
			got.points++
			inside := false
			for k, w := range labels[name] {
				if w.holds(at) {
					inside = true
					best[k] = math.Max(best[k], s)
				}
			}
			if s >= 75 && !inside && !before {
				got.falseCritical++
			}
			before = s >= 75
		}
		got.files, got.windows = 1, len(best)
		for _, s := range best {
			if s >= 75 {
				got.critical++
			}
			if s >= 50 {
				got.major++
			}
		}
		add := func(to *tally) {
			to.files += got.files
			to.windows += got.windows
			to.critical += got.critical
			to.major += got.major
			to.falseCritical += got.falseCritical
			to.points += got.points
		}
		add(&halves[i%2])
		if path.Dir(name) == "realAWSCloudwatch" {
			add(&cloudwatch)
			t.Logf("%-50s %+v", name, got)
		}
	}
	t.Logf("even files %+v", halves[0])
	t.Logf("odd files  %+v", halves[1])
	t.Logf("CloudWatch %+v", cloudwatch)
	for _, half := range halves {
		require.GreaterOrEqual(t, 4*half.major, half.windows, "a quarter of the labelled windows")
		require.Less(t, half.falseCritical, half.points/2000)
	}
}
