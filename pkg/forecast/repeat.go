package forecast

import (
	"fmt"
	"math"
	"slices"
)

// repeat forecasts what was a season or a cycle ago.
type repeat int

func (r repeat) String() string {
	if r == oneCycle {
		return "last week again"
	}
	return "yesterday again"
}

func (r repeat) path(s *series, n int, out []float64) {
	for i := range out {
		out[i] = before(s, int(r), s.y, n, i, out)
	}
}

// before is what stands a lag before the i-th bucket of a path after bucket n-1: in the past or in the path itself.
func before(s *series, lag int, past []float64, n, i int, path []float64) float64 {
	b := int(s.back[lag][n+i])
	if b < n {
		return past[b]
	}
	return path[b-n]
}

// drift forecasts what was a cycle ago, and the usual growth over a cycle on top.
type drift struct{}

const (
	// driftCycles are looked at for the growth, by driftParts differences at most.
	driftCycles, driftParts = 4, 512
)

func (drift) String() string { return "last week and growth" }

func (drift) path(s *series, n int, out []float64) {
	from := max(s.seasoned(), n-driftCycles*s.cycle)
	if n > s.whole()+s.season {
		from = max(s.whole(), n-driftCycles*s.cycle)
	}
	step := (n-from)/driftParts + 1
	growths := s.buffer((n - from + step - 1) / step)
	for i := range growths {
		t := from + i*step
		growths[i] = s.y[t] - s.y[s.back[oneCycle][t]]
	}
	growth := 0.0
	if len(growths) > 0 {
		growth = medianOf(growths)
	}
	for i := range out {
		out[i] = before(s, oneCycle, s.y, n, i, out) + growth
	}
}

// profile forecasts the mean course of a cycle, the last ones more than those before, and lets what the level is off it fade in a season.
type profile struct{}

const (
	profileGain = 0.3  // of the newest cycle in the mean
	levelSeason = 0.25 // of a season is what the present level is taken from
)

func (profile) String() string { return "mean week" }

func (profile) path(s *series, n int, out []float64) {
	mean := s.buffer(n + len(out))
	back := s.back[oneCycle]
	first := min(s.whole(), n)
	copy(mean, s.y[:first])
	off, gain := 0.0, 1/(levelSeason*float64(s.season)+1)
	for t := first; t < n; t++ {
		b := back[t]
		mean[t] = mean[b] + s.profileGain(t)*(s.y[b]-mean[b])
		off += math.Max(gain, 1/float64(t-first+2)) * (s.y[t] - mean[t] - off)
	}
	fade := math.Exp(-1 / float64(s.season))
	for i := range out {
		t, b := n+i, int(back[n+i])
		mean[t] = mean[b]
		if b < n {
			mean[t] += s.profileGain(t) * (s.y[b] - mean[b])
		}
		out[i] = mean[t] + off
		off *= fade
	}
}

// profileGain is 1/k in the k-th cycle, down to profileGain.
func (s *series) profileGain(t int) float64 {
	return math.Max(profileGain, float64(s.cycle)/float64(t))
}

// steady forecasts the median of that many seasons.
type steady int

func (d steady) String() string {
	if d == 1 {
		return "median of a season"
	}
	return fmt.Sprintf("median of %d seasons", int(d))
}

func (d steady) path(s *series, n int, out []float64) {
	from := max(0, n-int(d)*s.season)
	part := s.buffer(n - from)
	copy(part, s.y[from:n])
	median := medianOf(part)
	for i := range out {
		out[i] = median
	}
}

// usual forecasts the median of what was about the same time in the last seasons.
type usual struct{}

const (
	usualSeasons = 7
	usualAround  = 5  // values of each season
	usualParts   = 96 // of a season are told apart
)

func (usual) String() string { return "usual season" }

func (usual) path(s *series, n int, out []float64) {
	wide := s.season / usualParts
	stride := max(wide, 1)
	for i := range out {
		switch {
		case i >= s.season:
			out[i] = before(s, oneSeason, s.y, n, i, out)
		case i%stride == 0:
			out[i] = s.usually(int(s.back[oneSeason][n+i]), n, wide)
		default:
			out[i] = out[i-1]
		}
	}
}

// usually is the median of bucket t and those around it, and of the same a season before, and so on.
func (s *series) usually(t, n, wide int) float64 {
	var found [usualSeasons * usualAround]float64
	k := 0
	step := max(1, 2*wide/(usualAround-1))
	for range usualSeasons {
		for i := max(t-wide, 0); i <= min(t+wide, n-1) && k < len(found); i += step {
			found[k] = s.y[i]
			k++
		}
		if t = int(s.back[oneSeason][t]); t == 0 {
			break
		}
	}
	return medianOf(found[:k])
}

// medianOf sorts v.
func medianOf(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
