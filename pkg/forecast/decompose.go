package forecast

import (
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/stl"
)

// Parts is a series taken apart: Trend + SeasonDay + SeasonWeek + Remainder is the series. Each has one element for each bucket; a missing
// observation has no remainder (NaN). A season that is not there is NaN throughout, and nothing is missing for it in the sum.
type Parts struct {
	Trend, SeasonDay, SeasonWeek, Remainder []float64
}

// leastStrength of a season, by which it explains something: what is weaker is left in the remainder (Wang, Smith, Hyndman 2006).
const leastStrength = 0.3

const (
	// robustPasses are enough for single incidents, at a third of the time of the usual fifteen.
	robustPasses = 5
	// seasonCycles over which a season may change: fewer follow an incident.
	seasonCycles = 25
)

// Decompose takes a history apart by MSTL, robustly, with the seasons of the day and of the week by wall clock. It looks both ways: what it
// says of a bucket changes with the buckets after it. Without a single value there are no parts.
func Decompose(h History) Parts {
	h.Phases = h.phases()
	wall, grid := h.onTheWall()
	if !bridge(grid, max(h.BucketsPerDay, 1)) {
		return Parts{}
	}
	day, week := h.BucketsPerDay, 7*max(h.BucketsPerDay, 1)
	periods := []int{week}
	if day > 1 {
		periods = []int{day, week}
	}
	d, err := stl.Decompose(grid, periods, stl.Options{Robust: true, Outer: robustPasses, SeasonWindow: seasonCycles})
	if err != nil {
		return Parts{} // the grid is finite and bounded, and the periods are: there is nothing that could fail
	}
	return h.parts(d, wall, day)
}

// parts reads the decomposition of the wall's grid at the buckets of the history.
func (h History) parts(d stl.Decomposition, wall []int, day int) Parts {
	n := len(h.Values)
	absent := slices.Repeat([]float64{math.NaN()}, n)
	p := Parts{Trend: make([]float64, n), SeasonDay: absent, SeasonWeek: absent, Remainder: make([]float64, n)}
	for i, at := range wall {
		p.Trend[i] = d.Trend[at]
	}
	copy(p.Remainder, p.Trend)
	calm := d
	calm.Remainder = winsorised(d.Remainder)
	for s, period := range d.Periods {
		if calm.Strength(s) < leastStrength {
			continue
		}
		season := make([]float64, n)
		for i, at := range wall {
			season[i] = d.Seasons[s][at]
			p.Remainder[i] += season[i]
		}
		if period == day {
			p.SeasonDay = season
		} else {
			p.SeasonWeek = season
		}
	}
	for i, explained := range p.Remainder {
		p.Remainder[i] = h.value(i) - explained
	}
	return p
}

// winsorised are values none of which is out of all proportion: one incident must not make a season look weak.
func winsorised(values []float64) []float64 {
	const reach = 3 * 1.4826 // of the median magnitude: three standard deviations
	magnitudes := make([]float64, len(values))
	for i, v := range values {
		magnitudes[i] = math.Abs(v)
	}
	limit := reach * medianOf(magnitudes)
	out := slices.Clone(values)
	for i, v := range out {
		out[i] = math.Min(math.Max(v, -limit), limit)
	}
	return out
}

// Slice returns the parts of the buckets [from, to).
func (p Parts) Slice(from, to int) Parts {
	if len(p.Trend) == 0 {
		return p
	}
	return Parts{p.Trend[from:to], p.SeasonDay[from:to], p.SeasonWeek[from:to], p.Remainder[from:to]}
}

// value is the observation of a bucket, NaN where it is missing.
func (h History) value(i int) float64 {
	if v := h.Values[i]; math.Abs(v) <= seasonal.MaxMagnitude {
		return v
	}
	return math.NaN()
}

// onTheWall lays the history on a grid on which every day has as many buckets: an hour that the clock skipped is missing there, of one
// that it repeated the last pass counts. wall is where each bucket lies.
func (h History) onTheWall() (wall []int, grid []float64) {
	wall = make([]int, len(h.Values))
	day := max(h.BucketsPerDay, 1)
	at := 0
	for i := range h.Values {
		if i > 0 {
			step := (h.Phases[i].Day - h.Phases[i-1].Day + day) % day
			if day == 1 {
				step = 1
			}
			if step > day/2 {
				step -= day // the clock was set back
			}
			at = max(at+step, 0)
		}
		wall[i] = at
		for len(grid) <= at {
			grid = append(grid, math.NaN())
		}
		grid[at] = h.value(i)
	}
	return wall, grid
}

// bridge fills gaps by what is nearest at the same time of other days; false where there is nothing at all.
func bridge(grid []float64, day int) bool {
	usual, n := 0.0, 0
	for _, v := range grid {
		if v == v {
			n++
			usual += (v - usual) / float64(n)
		}
	}
	if n == 0 {
		return false
	}
	filled := make([]float64, len(grid))
	for i, v := range grid {
		filled[i] = v
		for away := day; v != v && filled[i] != filled[i] && away < len(grid); away += day {
			filled[i] = meanOf(at(grid, i-away), at(grid, i+away))
		}
		if filled[i] != filled[i] {
			filled[i] = usual
		}
	}
	copy(grid, filled)
	return true
}

func at(values []float64, i int) float64 {
	if i < 0 || i >= len(values) {
		return math.NaN()
	}
	return values[i]
}

// meanOf two values of which either may be missing.
func meanOf(a, b float64) float64 {
	switch {
	case a != a:
		return b
	case b != b:
		return a
	}
	return a + (b-a)/2
}
