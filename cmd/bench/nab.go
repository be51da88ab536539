package main

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/nab"
	"github.com/vigia-cloudwatch/vigia/cmd/bench/replay"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

const cloudWatchFolder = "realAWSCloudwatch"

// published are the scores of others, published [P] or measured beside them [M]: standard, low FP, low FN, realAWSCloudwatch.
var published = []struct {
	detector string
	scores   [4]string
}{
	{"ARTime (given each file's min, max and length ahead) [P]", [4]string{"74.9", "65.1", "80.4", "69.5"}},
	{"Numenta HTM (given min and max ahead) [P]", [4]string{"70.1", "63.1", "74.3", "73.4"}},
	{"CAD OSE (given min and max ahead) [P]", [4]string{"69.9", "67.0", "73.2", "71.5"}},
	{"AWS RCF 4.3 TRCF, shingle 4, NORMALIZE, alertOnce [M]", [4]string{"62.7", "48.7", "69.4", "65.6"}},
	{"KNN-CAD [P]", [4]string{"58.0", "43.4", "64.8", "60.7"}},
	{"OpenSearch's default: TRCF shingle 8 [M]", [4]string{"55.7", "43.7", "65.0", "61.9"}},
	{"RCF as in Kinesis: 100 trees, 256, shingle 1 [P]/[M]", [4]string{"51.7/52.9", "38.4/39.8", "59.7/60.0", "57.6/61.4"}},
	{"Twitter ADVec [P]", [4]string{"47.1", "33.6", "53.5", "38.5"}},
	{"windowed Gaussian [P]", [4]string{"39.6", "20.9", "47.4", "31.2"}},
}

// nabResult is what a detector made of the benchmark, files in the order of their names.
type nabResult struct {
	names   []string
	folders []string
	files   [][]nab.File // by threshold, then by file: 1 where an alert fires
}

// alertScores are the thresholds that are tried: an alert rule's.
var alertScores = func() (scores []float64) {
	for s := 2.0; s <= 100; s++ {
		scores = append(scores, s)
	}
	return scores
}()

func runNAB(o options, out io.Writer) error {
	data, err := dataFolder()
	if err != nil {
		return err
	}
	benchmark, err := fs.Sub(data, "nab")
	if err != nil {
		return err
	}
	series, err := nab.Read(benchmark)
	if err != nil {
		return err
	}
	result, speed, err := replayNAB(o, series)
	if err != nil {
		return err
	}
	return result.report(o, speed, out)
}

// replayNAB runs the detector over every file; speed is in µs a point.
func replayNAB(o options, series []nab.Series) (result nabResult, speed float64, err error) {
	result.files = make([][]nab.File, len(alertScores))
	for k := range result.files {
		result.files[k] = make([]nab.File, len(series))
	}
	for _, s := range series {
		result.names, result.folders = append(result.names, s.Name), append(result.folders, s.Folder())
	}
	buckets, took := make([]int, len(series)), make([]time.Duration, len(series))
	err = parallel(fmt.Sprintf("score %d files", len(series)), len(series), func(i int) error {
		byThreshold, n, t, err := alerts(o, series[i].Rows)
		if err != nil {
			return fmt.Errorf("%s: %w", series[i].Name, err)
		}
		for k, fired := range byThreshold {
			result.files[k][i] = nab.File{Windows: series[i].Windows, Scores: fired}
		}
		buckets[i], took[i] = n, t
		return nil
	})
	return result, microseconds(took, buckets), err
}

// alerts says for each threshold which rows fire: those in whose bucket an event begins; with plain every row that reaches it.
func alerts(o options, rows replay.Rows) (byThreshold [][]float64, buckets int, took time.Duration, err error) {
	grid, err := rows.Grid()
	if err != nil {
		return nil, 0, 0, err
	}
	spec := grid.Spec(o.spec)
	d, err := detect.New(spec)
	if err != nil {
		return nil, 0, 0, err
	}
	rarities, took := grid.Run(d)
	for _, score := range alertScores {
		fired := make([]float64, len(rarities))
		events := detect.NewEvents(spec.BucketsPerDay, score)
		for i, r := range rarities {
			if o.plain && r >= detect.RarityOf(score) || !o.plain && events.Step(r) {
				fired[i] = 1
			}
		}
		byThreshold = append(byThreshold, grid.ByRow(fired))
	}
	return byThreshold, len(rarities), took, nil
}

// microseconds a bucket, over all files.
func microseconds(took []time.Duration, buckets []int) float64 {
	var total time.Duration
	n := 0
	for i := range took {
		total += took[i]
		n += buckets[i]
	}
	return float64(total.Nanoseconds()) / 1e3 / math.Max(float64(n), 1)
}

// where is the result of the files for which keep holds.
func (r nabResult) where(keep func(i int) bool) nabResult {
	out := nabResult{files: make([][]nab.File, len(r.files))}
	for k := range r.files {
		for i, f := range r.files[k] {
			if keep(i) {
				out.files[k] = append(out.files[k], f)
			}
		}
	}
	return out
}

func (r nabResult) folder(name string) nabResult {
	return r.where(func(i int) bool { return r.folders[i] == name })
}

// half 0 is the files at even places, on which detectors are tuned; 1 is the others.
func (r nabResult) half(odd int) nabResult {
	return r.where(func(i int) bool { return i%2 == odd })
}

// sweep returns the place of the best threshold.
func (r nabResult) sweep(p nab.Profile) (best int) {
	for k := range r.files {
		if p.Raw(r.files[k], 1) > p.Raw(r.files[best], 1) {
			best = k
		}
	}
	return best
}

func (r nabResult) score(p nab.Profile, threshold int) float64 {
	return p.Normalized(r.files[threshold], 1)
}

func (r nabResult) report(o options, speed float64, out io.Writer) error {
	profiles := nab.Profiles()
	thresholds, scores := make([]int, len(profiles)), make([]float64, len(profiles))
	for i, p := range profiles {
		thresholds[i] = r.sweep(p)
		scores[i] = r.score(p, thresholds[i])
	}
	standard, global := profiles[0], thresholds[0]
	tuned := r.half(0).sweep(standard)
	cloudWatch := r.folder(cloudWatchFolder).score(standard, global)

	t := newTable(out)
	if o.byFile {
		t.row("standard profile by file", "windows", "global threshold", "own threshold", "cost of false alarms")
		for i, name := range r.names {
			t.nab(name, standard, r.where(func(k int) bool { return k == i }), global)
		}
		t.gap()
	}
	t.row("standard profile by folder", "windows", "global threshold", "own threshold", "cost of false alarms")
	for _, name := range slices.Compact(slices.Clone(r.folders)) {
		t.nab(name, standard, r.folder(name), global)
	}
	t.gap()
	t.row("standard profile by half", "global threshold", "threshold of the even files")
	for odd, name := range halves {
		half := r.half(odd)
		t.row(name, points(half.score(standard, global)), points(half.score(standard, tuned)))
	}
	t.gap()
	t.row("detector", "standard", "low FP", "low FN", cloudWatchFolder)
	t.row("vigia "+o.spec.Name, points(scores[0]), points(scores[1]), points(scores[2]), points(cloudWatch))
	for _, p := range published {
		t.row(append([]string{p.detector}, p.scores[:]...)...)
	}
	t.gap()
	t.row("profile", "alert from score")
	for i, p := range profiles {
		t.row(p.Name, points(alertScores[thresholds[i]]))
	}
	if err := t.close(); err != nil {
		return err
	}
	figure(out, "nab_standard", scores[0], "points")
	figure(out, "nab_low_fp", scores[1], "points")
	figure(out, "nab_low_fn", scores[2], "points")
	figure(out, "nab_aws_cloudwatch", cloudWatch, "points")
	figure(out, "nab_tuned_half", r.half(0).score(standard, tuned), "points")
	figure(out, "nab_untuned_half", r.half(1).score(standard, tuned), "points")
	figure(out, "nab_us_per_point", speed, "us")
	return nil
}

// nab prints the score of files with the threshold of all, and with the best of their own.
func (t table) nab(name string, p nab.Profile, r nabResult, global int) {
	windows := 0
	for _, f := range r.files[global] {
		windows += len(f.Windows)
	}
	t.row(name, strconv.Itoa(windows), points(r.score(p, global)), points(r.score(p, r.sweep(p))),
		fraction(p.FalseAlarms(r.files[global], 1)))
}
