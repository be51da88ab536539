package main

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/monitoring"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// publishedF1 are the scores of others on the same data, measured beside them.
var publishedF1 = []struct {
	detector string
	f1       float64
}{
	{"RCF shingle 1", 0.60}, {"windowed z", 0.53}, {"residual", 0.50},
}

// monitoringResult is what a detector made of the data set: by file in the order of their names.
type monitoringResult struct {
	names  []string
	series []monitoring.Series
}

func runMonitoring(o options, out io.Writer) error {
	data, err := dataFolder()
	if err != nil {
		return err
	}
	folder, err := fs.Sub(data, "cloud-monitoring/data")
	if err != nil {
		return err
	}
	files, err := monitoring.Read(folder)
	if err != nil {
		return err
	}
	result, speed, err := replayMonitoring(o, files)
	if err != nil {
		return err
	}
	return result.report(o, speed, out)
}

// replayMonitoring runs the detector over every file; speed is in µs a point.
func replayMonitoring(o options, files []monitoring.File) (result monitoringResult, speed float64, err error) {
	result.names, result.series = make([]string, len(files)), make([]monitoring.Series, len(files))
	buckets, took := make([]int, len(files)), make([]time.Duration, len(files))
	err = parallel(fmt.Sprintf("score %d series", len(files)), len(files), func(i int) error {
		f := files[i]
		grid, err := f.Rows.Grid()
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		d, err := detect.New(grid.Spec(o.spec))
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		rarities, t := grid.Run(d)
		result.names[i] = f.Name
		result.series[i] = monitoring.Series{Scores: grid.ByRow(rarities), Labels: f.Labels}.Skip()
		buckets[i], took[i] = len(rarities), t
		return nil
	})
	return result, microseconds(took, buckets), err
}

// half 0 is the files at even places, on which detectors are tuned; 1 is the others.
func (r monitoringResult) half(odd int) (series []monitoring.Series) {
	for i := odd; i < len(r.series); i += 2 {
		series = append(series, r.series[i])
	}
	return series
}

// folders are the stretches of series of one folder, by name.
func (r monitoringResult) folders() (names []string, series [][]monitoring.Series) {
	for i, name := range r.names {
		folder := path.Dir(name)
		if len(names) == 0 || names[len(names)-1] != folder {
			names, series = append(names, folder), append(series, nil)
		}
		series[len(series)-1] = append(series[len(series)-1], r.series[i])
	}
	return names, series
}

// bestBySeries is the mean over the series with labels of the best F1 each can have with a threshold of its own.
func (r monitoringResult) bestBySeries() float64 {
	sum, n := 0.0, 0
	for _, s := range r.series {
		one := []monitoring.Series{s}
		if t := monitoring.Count(one, math.Inf(1)); t.Misses > 0 {
			sum += monitoring.Count(one, monitoring.Sweep(one)).F1()
			n++
		}
	}
	return sum / math.Max(float64(n), 1)
}

func (r monitoringResult) report(o options, speed float64, out io.Writer) error {
	global, tuned := monitoring.Sweep(r.series), monitoring.Sweep(r.half(0))
	f1 := monitoring.Count(r.series, global).F1()
	bySeries := r.bestBySeries()

	t := newTable(out)
	if o.byFile {
		t.row("F1 by file", "global threshold", "own threshold")
		for i, name := range r.names {
			t.f1(name, r.series[i:i+1], global)
		}
		t.gap()
	}
	t.row("F1 by folder", "global threshold", "own threshold")
	names, series := r.folders()
	for i, name := range names {
		t.f1(name, series[i], global)
	}
	t.gap()
	t.row("F1 by half", "global threshold", "threshold of the even files")
	for odd, name := range halves {
		half := r.half(odd)
		t.row(name, fraction(monitoring.Count(half, global).F1()), fraction(monitoring.Count(half, tuned).F1()))
	}
	t.gap()
	t.row("detector", "F1, delay 7")
	t.row("vigia "+o.spec.Name, fraction(f1))
	for _, p := range publishedF1 {
		t.row(p.detector+" [M]", fraction(p.f1))
	}
	t.gap()
	t.row("global threshold (rarity)", fraction(global))
	if err := t.close(); err != nil {
		return err
	}
	figure(out, "monitoring_f1_delay7", f1, "1")
	figure(out, "monitoring_f1_by_series", bySeries, "1")
	figure(out, "monitoring_tuned_half", monitoring.Count(r.half(0), tuned).F1(), "1")
	figure(out, "monitoring_untuned_half", monitoring.Count(r.half(1), tuned).F1(), "1")
	figure(out, "monitoring_us_per_point", speed, "us")
	return nil
}

// f1 prints the score of series with the threshold of all, and with the best of their own.
func (t table) f1(name string, series []monitoring.Series, global float64) {
	t.row(name, fraction(monitoring.Count(series, global).F1()), fraction(monitoring.Count(series, monitoring.Sweep(series)).F1()))
}
