package store

import (
	"context"
	"database/sql"
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// coarser is the period to which points of a period are rolled up when they leave; 0 where there is none.
func coarser(period time.Duration) time.Duration {
	for _, next := range []time.Duration{time.Minute, 5 * time.Minute, time.Hour} {
		if period < next {
			if next%period != 0 {
				return 0
			}
			return next
		}
	}
	return 0
}

// joinOf is how values of fine buckets make that of a coarse one; nil where they do not, as percentiles. It is exact but for Average: the
// mean of the averages, which is AWS's own where each of them stands for as many samples.
func joinOf(stat string) func(values []float64) float64 {
	switch stat {
	case "Sum", "SampleCount":
		return sum
	case "Minimum":
		return func(values []float64) float64 { return fold(values, math.Min) }
	case "Maximum":
		return func(values []float64) float64 { return fold(values, math.Max) }
	case "Average":
		return func(values []float64) float64 { return sum(values) / float64(len(values)) }
	default:
		return nil
	}
}

// sum adds with Neumaier's compensation (1974), so that it does not depend on a lucky order.
func sum(values []float64) float64 {
	total, lost := 0.0, 0.0
	for _, v := range values {
		t := total + v
		if math.Abs(total) >= math.Abs(v) {
			lost += (total - t) + v
		} else {
			lost += (v - t) + total
		}
		total = t
	}
	if math.IsInf(total, 0) || math.IsNaN(lost) {
		return total
	}
	return total + lost
}

func fold(values []float64, f func(a, b float64) float64) float64 {
	out := values[0]
	for _, v := range values[1:] {
		out = f(out, v)
	}
	return out
}

// rollUp writes what leaves of a series to the series of the next coarser period: every bucket of it that is held as a whole here, and of
// which nothing is held there. What AWS itself says of such a bucket is better (it weighs an average, and may have had late points), so it is
// asked as long as it keeps them. It returns how many points were made.
func rollUp(ctx context.Context, tx *sql.Tx, o owned, leaving series.Window) (points int, err error) {
	key := o.key
	period, joined := coarser(key.Period), joinOf(key.Stat)
	if period == 0 || joined == nil || leaving.Empty() {
		return 0, nil
	}
	w := series.Align(leaving.Start, leaving.End, period)
	fine, err := loadOne(ctx, tx, key, series.Window{Start: w.Start, End: w.End, Period: key.Period})
	if err != nil {
		return 0, err
	}
	coarse := key
	coarse.Period = period
	there, err := loadOne(ctx, tx, coarse, w)
	if err != nil {
		return 0, err
	}
	for _, free := range w.Subtract(windows(there.Extents)) {
		for _, whole := range intersect(free, join(windows(fine.Extents))) {
			n, err := rollWindow(ctx, tx, coarse, inner(whole, period), fine.Series, joined, o.used)
			if err != nil {
				return 0, err
			}
			points += n
		}
	}
	return points, nil
}

func windows(extents []Extent) (out []series.Window) {
	for _, e := range extents {
		out = append(out, e.Window)
	}
	return out
}

func intersect(w series.Window, with []series.Window) (out []series.Window) {
	for _, other := range with {
		if common := w.Intersect(other); common.End.After(common.Start) {
			out = append(out, common)
		}
	}
	return out
}

// inner is the window of the whole buckets of a period within w.
func inner(w series.Window, period time.Duration) series.Window {
	start := series.Floor(w.Start, period)
	if start.Before(w.Start) {
		start = start.Add(period)
	}
	return series.Window{Start: start, End: series.Floor(w.End, period), Period: period}
}

// rollWindow writes the coarse buckets of w. A series that this begins counts as used when the fine one was.
func rollWindow(ctx context.Context, tx *sql.Tx, coarse series.Key, w series.Window, fine series.Series, join func([]float64) float64, used time.Time) (int, error) {
	if w.Empty() {
		return 0, nil
	}
	rolled := series.New(coarse, w)
	points := 0
	var values []float64
	for i := range rolled.Values {
		bucket := series.Window{Start: w.Time(i), End: w.Time(i + 1), Period: fine.Window.Period}
		values = values[:0]
		for _, v := range fine.Slice(bucket).Values {
			if !math.IsNaN(v) {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			continue
		}
		if v := join(values); !math.IsInf(v, 0) && !math.IsNaN(v) {
			rolled.Values[i] = v
			points++
		}
	}
	if points == 0 {
		return 0, nil // a series that never had a point is not begun
	}
	if _, err := seriesOf(ctx, tx, coarse, used); err != nil {
		return 0, err
	}
	_, _, err := saveOne(ctx, tx, Write{Series: rolled, FinalUntil: w.Start, FetchedAt: longAgo})
	return points, err
}
