package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/nab"
	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	storePeriod   = 5 * time.Minute
	storeAccounts = 40  // that have the real series: what a database takes before the first point does not count for much
	noiseSeries   = 100 // of four weeks
	readSeries    = 100
	readDays      = 7
	appendSeries  = 1000
	appendRounds  = 150
	reread        = 6 // buckets that an everyday write brings beside the new one: those that may still change
	readRounds    = 50
	writeRounds   = 3
)

// storeStart is where the made series begin.
var storeStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// storeResult is what the benchmark of the store measured.
type storeResult struct {
	real, noise            sizes
	grown                  float64 // bytes a point of a file that grew day by day
	writes, reads, appends float64 // points, points, series a second
	appendBytes            float64
}

func runStore(_ options, out io.Writer) error {
	data, err := dataFolder()
	if err != nil {
		return err
	}
	reals, err := realSeries(data)
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // one core
	result, err := measureStore(reals)
	if err != nil {
		return err
	}
	return result.report(out)
}

// realSeries are the 17 of the benchmark that CloudWatch measured, on their grid.
func realSeries(data fs.FS) ([]series.Series, error) {
	const folder = "nab/data/" + cloudWatchFolder
	entries, err := fs.ReadDir(data, folder)
	if err != nil {
		return nil, err
	}
	var all []series.Series
	for _, entry := range entries {
		rows, err := nab.ReadRows(data, path.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		if len(rows.Times) == 0 {
			return nil, fmt.Errorf("%s has no row", entry.Name())
		}
		w := series.Align(rows.Times[0], rows.Times[len(rows.Times)-1].Add(time.Second), storePeriod)
		s := series.New(storeKey(entry.Name(), 0), w)
		for i, at := range rows.Times {
			s.Set(at, rows.Values[i])
		}
		all = append(all, s)
	}
	return all, nil
}

// storeKey is as long as keys are.
func storeKey(metric string, account int) series.Key {
	id := fmt.Sprintf("%012d", account+1)
	return series.Key{
		Source: "default", AccountID: id, RoleARN: "arn:aws:iam::" + id + ":role/vigia-reader", Region: "us-east-1", Namespace: "AWS/EC2",
		Metric: metric, Dimensions: []series.Dimension{{Name: "InstanceId", Value: "i-0123456789abcdef0"}}, Stat: "Average", Period: storePeriod,
	}
}

// noiseOf are series that nothing makes smaller but their range.
func noiseOf(n int) []series.Series {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]series.Series, n)
	for i := range all {
		w := series.Window{Start: storeStart, End: storeStart.AddDate(0, 0, 28), Period: storePeriod}
		all[i] = series.New(storeKey("noise", i), w)
		for k := range all[i].Values {
			all[i].Values[k] = r.NormFloat64()
		}
	}
	return all
}

// copies of the series in many accounts.
func copies(of []series.Series, accounts int) []series.Series {
	var all []series.Series
	for account := range accounts {
		for _, s := range of {
			s.Key = storeKey(s.Key.Metric, account)
			all = append(all, s)
		}
	}
	return all
}

func measureStore(reals []series.Series) (r storeResult, err error) {
	done := progress.Count("measure the store", 6)
	many := copies(reals, storeAccounts)
	measure := func(steps ...func() error) error {
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
			done()
		}
		return nil
	}
	err = measure(
		func() (err error) { r.real, err = sizesOf(reals); return },
		func() (err error) { r.real.file, r.writes, err = fill(many, 0); return },
		func() (err error) { r.grown, _, err = fill(copies(reals, 4), 24*time.Hour); return },
		func() (err error) {
			noise := noiseOf(noiseSeries)
			if r.noise, err = sizesOf(noise[:4]); err == nil {
				r.noise.file, _, err = fill(noise, 0)
			}
			return err
		},
		func() (err error) { r.reads, err = timeReads(reals); return },
		func() (err error) { r.appends, r.appendBytes, err = timeAppends(); return },
	)
	return r, err
}

// inStore runs f on a new database of its own, and returns the size of the file in bytes after it is closed.
func inStore(f func(context.Context, *store.Store) error) (bytes int64, err error) {
	dir, err := os.MkdirTemp("", "vigia-bench")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx := context.Background()
	s, err := store.Open(ctx, dir)
	if err != nil {
		return 0, err
	}
	err = f(ctx, s)
	s.Close()
	if err != nil {
		return 0, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.db*"))
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	return bytes, err
}

func present(all []series.Series) (n int) {
	for _, s := range all {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				n++
			}
		}
	}
	return n
}

// fill writes series, whole or in slices of time one after the other, and returns the bytes of the file and the speed, in points.
func fill(all []series.Series, slice time.Duration) (bytesPerPoint, pointsPerSecond float64, err error) {
	points := float64(present(all))
	rounds := writeRounds
	if slice > 0 {
		rounds = 1
	}
	for range rounds {
		var took time.Duration
		size, err := inStore(func(ctx context.Context, s *store.Store) error {
			began := time.Now()
			defer func() { took = time.Since(began) }()
			return saveAll(ctx, s, all, slice)
		})
		if err != nil {
			return 0, 0, err
		}
		bytesPerPoint = float64(size) / points
		pointsPerSecond = max(pointsPerSecond, points/took.Seconds())
	}
	return bytesPerPoint, pointsPerSecond, nil
}

// saveAll writes series in transactions of a hundred, as queries do; of each slice all series before the next.
func saveAll(ctx context.Context, s *store.Store, all []series.Series, slice time.Duration) error {
	const together = 100
	parts := 1
	if slice > 0 {
		for _, one := range all {
			parts = max(parts, int(one.Window.End.Sub(one.Window.Start)/slice)+1)
		}
	}
	for part := range parts {
		for from := 0; from < len(all); from += together {
			var writes []store.Write
			for _, one := range all[from:min(from+together, len(all))] {
				if slice > 0 {
					start := one.Window.Start.Add(time.Duration(part) * slice)
					one = one.Slice(series.Window{Start: start, End: start.Add(slice), Period: storePeriod})
				}
				writes = append(writes, store.Write{Series: one, FinalUntil: one.Window.End, FetchedAt: one.Window.End})
			}
			if _, err := s.Save(ctx, writes); err != nil {
				return err
			}
		}
	}
	return nil
}

// timeReads reads 100 series of 7 days, again and again, and returns the points a second of the fastest time: what else a machine does
// only adds.
func timeReads(reals []series.Series) (perSecond float64, err error) {
	all := copies(reals, readSeries/len(reals)+1)[:readSeries]
	keys := make([]series.Key, len(all))
	w := series.Window{Start: storeStart, End: storeStart.AddDate(0, 0, readDays), Period: storePeriod}
	for i, one := range all {
		offset := one.Window.Start
		all[i].Window = series.Window{Start: storeStart, End: storeStart.Add(one.Window.End.Sub(offset)), Period: storePeriod}
		if all[i].Window.Len() < w.Len() { // the one short series
			all[i] = series.Series{Key: one.Key, Window: all[0].Window, Values: all[0].Values}
		}
		keys[i] = one.Key
	}
	_, err = inStore(func(ctx context.Context, s *store.Store) error {
		if err := saveAll(ctx, s, all, 0); err != nil {
			return err
		}
		for range readRounds {
			began := time.Now()
			held, err := s.Load(ctx, keys, w)
			took := time.Since(began)
			if err != nil {
				return err
			}
			points := 0
			for _, h := range held {
				points += len(h.Series.Values)
			}
			perSecond = max(perSecond, float64(points)/took.Seconds())
		}
		return nil
	})
	return perSecond, err
}

// timeAppends adds one bucket at a time to a thousand series, with the ones before that may still change, and returns the series a second of
// the fastest ten rounds in a row, so that points that move to their chunk are among them, and what a point takes on disk then.
func timeAppends() (perSecond, bytesPerPoint float64, err error) {
	r := rand.New(rand.NewPCG(3, 4))
	size, err := inStore(func(ctx context.Context, s *store.Store) error {
		values := make([][]float64, appendSeries)
		var took []time.Duration
		for round := range appendRounds {
			writes := make([]store.Write, appendSeries)
			end := storeStart.Add(time.Duration(round+1) * storePeriod)
			from := max(0, round-reread)
			w := series.Window{Start: storeStart.Add(time.Duration(from) * storePeriod), End: end, Period: storePeriod}
			for i := range writes {
				values[i] = append(values[i], math.Round(1e4*r.Float64())/100)
				one := series.Series{Key: storeKey("append"+strconv.Itoa(i), i%10), Window: w, Values: values[i][from:]}
				writes[i] = store.Write{Series: one, FinalUntil: end.Add(-30 * time.Minute), FetchedAt: end}
			}
			began := time.Now()
			if _, err := s.Save(ctx, writes); err != nil {
				return err
			}
			took = append(took, time.Since(began))
		}
		perSecond = fastest(took, 10)
		return nil
	})
	return perSecond, float64(size) / (appendSeries * appendRounds), err
}

// fastest is the series a second of the best n rounds in a row.
func fastest(took []time.Duration, n int) (perSecond float64) {
	for i := range len(took) - n + 1 {
		var total time.Duration
		for _, d := range took[i : i+n] {
			total += d
		}
		perSecond = max(perSecond, float64(n*appendSeries)/total.Seconds())
	}
	return perSecond
}

func (r storeResult) report(out io.Writer) error {
	t := newTable(out)
	t.row("bytes a point", "17 real series", "full-mantissa noise")
	t.row("raw", "8.00", "8.00")
	for _, line := range []struct {
		name        string
		real, noise float64
	}{
		{"Gorilla's XOR of the values (Pelkonen et al. 2015), without their times", r.real.xor, r.noise.xor},
		{"zstd of 512 values, as before", r.real.zstd, r.noise.zstd},
		{"chunks", r.real.chunks, r.noise.chunks},
		{"the whole file, with keys, extents and indexes", r.real.file, r.noise.file},
		{"the whole file, written day by day", r.grown, math.NaN()},
	} {
		t.row(line.name, fraction(line.real), fraction(line.noise))
	}
	t.gap()
	t.row("a thousand series, a point at a time: bytes of the whole file a point, after "+strconv.Itoa(appendRounds), fraction(r.appendBytes))
	if err := t.close(); err != nil {
		return err
	}
	figure(out, "store_bytes_per_point_real", r.real.file, "bytes")
	figure(out, "store_bytes_per_point_noise", r.noise.file, "bytes")
	figure(out, "store_codec_bytes_per_point_real", r.real.chunks, "bytes")
	figure(out, "store_codec_bytes_per_point_noise", r.noise.chunks, "bytes")
	figure(out, "store_read_points_per_s", r.reads, "points/s")
	figure(out, "store_write_points_per_s", r.writes, "points/s")
	figure(out, "store_append_series_per_s", r.appends, "series/s")
	return nil
}
