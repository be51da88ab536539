package forecast

import "math"

// ladder cuts horizons into blocks, the same ones however far a forecast goes: single buckets that double up to an eighth of a season, then
// parts of a season and seasons, up to thirty.
type ladder struct {
	ends    []int     // the last step of each block; steps count from 1
	centres []float64 // the logarithm of its middle
}

// eighths of a season at which blocks end.
var eighths = []int{1, 2, 4, 6, 8, 12, 16, 24, 40, 56, 80, 112, 160, 240}

// cyclesAhead bounds the ladder where a bucket is a day.
const cyclesAhead = 5

func newLadder(c *clock) ladder {
	var l ladder
	for step := 1; step < c.season/8; step *= 2 {
		l.add(step)
	}
	for _, e := range eighths {
		if end := c.season * e / 8; end <= 30*c.perDay || end <= cyclesAhead*c.cycle {
			l.add(end)
		}
	}
	return l
}

func (l *ladder) add(end int) {
	first := 1
	if k := len(l.ends); k > 0 {
		first = l.ends[k-1] + 1
	}
	if end < first {
		return
	}
	l.ends = append(l.ends, end)
	l.centres = append(l.centres, math.Log(float64(first+end)/2))
}

// begin is the number of steps before block b.
func (l ladder) begin(b int) int {
	if b == 0 {
		return 0
	}
	return l.ends[b-1]
}

func (l ladder) last() int { return l.ends[len(l.ends)-1] }

// each calls f for each of n steps with the two blocks between whose middles it lies, and the share of the second.
func (l ladder) each(n int, f func(i, a, b int, share float64)) {
	a := 0
	for i := range n {
		x := math.Log(float64(i + 1))
		for a+1 < len(l.centres) && l.centres[a+1] <= x {
			a++
		}
		if x <= l.centres[a] || a+1 == len(l.centres) {
			f(i, a, a, 0)
			continue
		}
		f(i, a, a+1, (x-l.centres[a])/(l.centres[a+1]-l.centres[a]))
	}
}
