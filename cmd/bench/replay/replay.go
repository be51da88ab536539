// Package replay runs a detector over the rows of a labelled file as it would have met them: buckets of equal length, in order, one
// after the other, and no row before its time.
package replay

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const day = 24 * time.Hour

// Rows are the rows of a file in its own order: times may repeat, jump and go back. Values that are missing are NaN.
type Rows struct {
	Times  []time.Time
	Values []float64
}

// Grid is Rows in buckets of equal length. Empty buckets hold NaN; of several rows in one bucket the last counts.
type Grid struct {
	Start  time.Time
	Period time.Duration
	Values []float64
	rows   []int // by bucket the row whose value it holds, -1 where there is none
}

// Grid puts rows into buckets as long as the median distance of two rows, in whole minutes. Errors: fewer than two rows, one value
// too few or too many, a range of more than a hundred buckets a row.
func (r Rows) Grid() (Grid, error) {
	if len(r.Times) < 2 || len(r.Times) != len(r.Values) {
		return Grid{}, fmt.Errorf("%d times and %d values make no series", len(r.Times), len(r.Values))
	}
	gaps := make([]time.Duration, len(r.Times)-1)
	for i := range gaps {
		gaps[i] = r.Times[i+1].Sub(r.Times[i])
	}
	slices.Sort(gaps)
	g := Grid{Period: max(gaps[len(gaps)/2].Round(time.Minute), time.Minute)}
	g.Start = slices.MinFunc(r.Times, time.Time.Compare).Truncate(g.Period)
	buckets := int(slices.MaxFunc(r.Times, time.Time.Compare).Sub(g.Start)/g.Period) + 1
	if buckets > 100*len(r.Times) {
		return Grid{}, fmt.Errorf("%d rows span %d buckets of %v", len(r.Times), buckets, g.Period)
	}
	g.Values = slices.Repeat([]float64{math.NaN()}, buckets)
	g.rows = slices.Repeat([]int{-1}, buckets)
	for row, at := range r.Times {
		bucket := int(at.Sub(g.Start) / g.Period)
		g.Values[bucket], g.rows[bucket] = r.Values[row], row
	}
	return g, nil
}

// PerDay is the number of buckets in a day, 1 for periods of a day and more.
func (g Grid) PerDay() int { return max(int(day/g.Period), 1) }

// Spec is spec as it fits the grid: its buckets per day.
func (g Grid) Spec(spec detect.Spec) detect.Spec {
	spec.BucketsPerDay = g.PerDay()
	return spec
}

// Run gives the detector, which must be new and of Spec, every bucket in order, and returns their rarities and the time it took.
func (g Grid) Run(d detect.Detector) (rarities []float64, took time.Duration) {
	rarities = make([]float64, len(g.Values))
	began := time.Now()
	for i, v := range g.Values {
		rarities[i] = d.Step(detect.Observation{Value: v, Phase: g.phase(i)}).Rarity
	}
	return rarities, time.Since(began)
}

// ByRow gives each row of the file the score of its bucket; NaN to rows that a later one of the same bucket replaced, for it is the
// later one's value that was scored.
func (g Grid) ByRow(buckets []float64) []float64 {
	rows := slices.Repeat([]float64{math.NaN()}, slices.Max(g.rows)+1)
	for i, row := range g.rows {
		if row >= 0 {
			rows[row] = buckets[i]
		}
	}
	return rows
}

// phase of a bucket by wall clock; the files name no time zone.
func (g Grid) phase(bucket int) seasonal.Phase {
	at := g.Start.Add(time.Duration(bucket) * g.Period)
	perDay := g.PerDay()
	ofDay := int(at.Sub(at.Truncate(day))/g.Period) % perDay
	return seasonal.Phase{Day: ofDay, Week: int(at.Weekday())*perDay + ofDay}
}
