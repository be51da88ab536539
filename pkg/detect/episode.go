package detect

import "github.com/vigia-cloudwatch/vigia/pkg/state"

const (
	// episodeMemory is for how many observations an episode is its own habit, by a factor of e; episodeGone when it is forgotten.
	episodeMemory = 300
	episodeGone   = 10 * episodeMemory
	episodeGrowth = 1 + 1.0/episodeMemory
	longestRun    = 1 << 15
)

// episode is the clock of the short memory of what is rare. The zero value has nothing to remember.
type episode struct {
	weight float64 // of the next; it grows, instead of all others shrinking
	left   int     // observations until all is forgotten
}

// pass lets one observation pass, and says by what the remembered weights are to be multiplied: 1 as a rule.
func (e *episode) pass() (scale float32) {
	if e.left == 0 {
		return 1
	}
	e.weight *= episodeGrowth
	if e.left--; e.left == 0 {
		return 0
	}
	if e.weight < 1e6 {
		return 1
	}
	scale = float32(1 / e.weight)
	e.weight = 1
	return scale
}

// add returns the weight with which a share of an observation is remembered.
func (e *episode) add(share float64) float32 {
	if share == 0 {
		return 0
	}
	if e.left == 0 {
		e.weight = 1
	}
	e.left = episodeGone
	return float32(share * e.weight)
}

// lengthen a run by one rare observation; the k-th counts 1/k^2.
func lengthen(run *int) (share float64) {
	*run = min(*run+1, longestRun)
	return 1 / float64(*run**run)
}

func (e *episode) save(w *state.Writer) {
	w.Float(e.weight)
	w.Int(e.left)
}

func (e *episode) restore(r *state.Reader) {
	e.weight, e.left = r.Float(), r.Int()
	if !(e.weight >= 0 && e.weight < 1e30) || e.left < 0 || e.left > episodeGone || e.left > 0 && e.weight < 1 {
		r.Fail("an episode holds what cannot be")
		*e = episode{}
	}
}

func runLength(r *state.Reader) int {
	n := r.Int()
	if n < 0 || n > longestRun {
		r.Fail("a run has a length that cannot be")
		return 0
	}
	return n
}
