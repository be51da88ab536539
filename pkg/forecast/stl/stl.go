package stl

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Options are the windows and passes of a decomposition. A zero means the default, that of R's stl and mstl.
type Options struct {
	SeasonWindow int  // cycles over which a season may change, at least 3; 11 for the shortest season, 4 more for each longer one
	TrendWindow  int  // observations over which the trend is smoothed; 1.5 periods and somewhat more
	Inner        int  // passes between season and trend: 2, or 1 where robust
	Outer        int  // passes that weigh outliers down: 0, or 15 where robust
	Robust       bool // single values far out move neither trend nor season
}

// Decomposition is a series of n values in parts: Trend + all Seasons + Remainder is the series, to rounding.
type Decomposition struct {
	Trend     []float64   // n values
	Seasons   [][]float64 // n values for each of Periods
	Remainder []float64   // n values
	Periods   []int       // in observations, ascending; without those of which fewer than two cycles fit
}

// Limit is the greatest magnitude of a value: sums beyond it could leave the range of numbers.
const Limit = 1e300

const (
	firstSeasonWindow = 11
	widerSeasonWindow = 4
	mstlPasses        = 2
	robustPasses      = 15
)

// Decompose parts y, which is complete and finite, by the seasons of the given periods in observations. Where no period fits there is
// a trend and no season. It fails for no values, values that are not finite or beyond Limit, a period below 2 and negative options.
func Decompose(y []float64, periods []int, o Options) (Decomposition, error) {
	if err := check(y); err != nil {
		return Decomposition{}, err
	}
	if o.SeasonWindow < 0 || o.TrendWindow < 0 || o.Inner < 0 || o.Outer < 0 {
		return Decomposition{}, fmt.Errorf("windows and passes of a decomposition are not negative: %+v", o)
	}
	fitting, err := fittingPeriods(periods, len(y))
	if err != nil {
		return Decomposition{}, err
	}
	d := Decomposition{Trend: make([]float64, len(y)), Remainder: slices.Clone(y), Periods: fitting}
	if len(fitting) == 0 {
		newSmoother(len(y), 0, 0, o).run(d.Remainder, nil, d.Trend)
		subtract(d.Remainder, d.Remainder, d.Trend)
		return d, nil
	}
	d.decompose(o)
	return d, nil
}

// decompose is MSTL; Remainder holds the series as it comes in.
func (d *Decomposition) decompose(o Options) {
	n, rest := len(d.Remainder), d.Remainder
	smoothers := make([]*smoother, len(d.Periods))
	for i, period := range d.Periods {
		d.Seasons = append(d.Seasons, make([]float64, n))
		smoothers[i] = newSmoother(n, period, firstSeasonWindow+i*widerSeasonWindow, o)
	}
	passes := mstlPasses
	if len(d.Periods) == 1 {
		passes = 1
	}
	for range passes {
		for i, season := range d.Seasons {
			add(rest, rest, season)
			smoothers[i].run(rest, season, d.Trend)
			subtract(rest, rest, season)
		}
	}
	subtract(rest, rest, d.Trend)
}

func check(y []float64) error {
	if len(y) == 0 {
		return errors.New("there are no values to decompose")
	}
	for i, v := range y {
		if !(math.Abs(v) <= Limit) {
			return fmt.Errorf("value %d of %d is %v, beyond what can be decomposed", i, len(y), v)
		}
	}
	return nil
}

// fittingPeriods are those of which two cycles fit into n values, each once, in ascending order.
func fittingPeriods(periods []int, n int) ([]int, error) {
	var fitting []int
	for _, period := range periods {
		if period < 2 {
			return nil, fmt.Errorf("a season of %d observations is none", period)
		}
		if period <= n/2 {
			fitting = append(fitting, period)
		}
	}
	slices.Sort(fitting)
	return slices.Compact(fitting), nil
}

// Strength says how much of the variance of season i and remainder together the season explains, from 0, none, to 1, all
// (Wang, Smith, Hyndman 2006). It is 0 where there is nothing to explain or no season i.
func (d Decomposition) Strength(i int) float64 {
	if i < 0 || i >= len(d.Seasons) {
		return 0
	}
	both := make([]float64, len(d.Remainder))
	add(both, d.Seasons[i], d.Remainder)
	unit := 0.0
	for j := range both {
		unit = max(unit, math.Abs(d.Seasons[i][j]), math.Abs(d.Remainder[j]))
	}
	whole := variance(both, unit)
	if !(whole > 0) {
		return 0
	}
	return max(0, 1-variance(d.Remainder, unit)/whole)
}

// variance of x in squares of the unit.
func variance(x []float64, unit float64) float64 {
	mean, sum := 0.0, 0.0
	for i, v := range x {
		before := v/unit - mean
		mean += before / float64(i+1)
		sum += before * (v/unit - mean)
	}
	return sum / float64(len(x))
}

func add(out, a, b []float64) {
	for i := range out {
		out[i] = a[i] + b[i]
	}
}

func subtract(out, a, b []float64) {
	for i := range out {
		out[i] = a[i] - b[i]
	}
}
