package forecast

import "math"

const (
	// trust is the power of the inverse back-tested error by which a member counts.
	trust = 5
	// worse than the seasonal naive forecast by this factor, a member is not heard, and the seasonal naive forecast stands in for the stack.
	worse = 1.5
	// failures are the origins that it takes before the whole stack is given up.
	failures = 3
	// fading is how much less an origin counts than the one after it.
	fading = 0.95
)

// stack weighs its members by how well they did at each distance, block by block. Its first member is the seasonal naive forecast where
// there are several.
type stack struct {
	ladder  ladder
	weights [][]float64 // by block, by member; they add up to 1
	tallies []tally     // by block
}

// tally keeps the decayed sums of mean absolute errors: of each member, and of the stack itself.
type tally struct {
	errors, counts []float64
	whole, wholes  float64
}

func newStack(l ladder, members int) *stack {
	s := &stack{ladder: l, weights: make([][]float64, len(l.ends)), tallies: make([]tally, len(l.ends))}
	for b := range s.weights {
		s.weights[b] = make([]float64, members)
		s.tallies[b] = tally{errors: make([]float64, members), counts: make([]float64, members)}
	}
	return s
}

// learn takes the mean absolute errors of the members and of the stack in block b from one more origin; NaN is unknown.
func (s *stack) learn(b int, members []float64, whole float64) {
	t := &s.tallies[b]
	for m, e := range members {
		if e == e {
			t.errors[m] = fading*t.errors[m] + e
			t.counts[m] = fading*t.counts[m] + 1
		}
	}
	if whole == whole {
		t.whole = fading*t.whole + whole
		t.wholes = fading*t.wholes + 1
	}
}

// weigh makes the weights of what was learnt. A block of which nothing is known has those of the block before.
func (s *stack) weigh() {
	for b, w := range s.weights {
		switch t := &s.tallies[b]; {
		case t.counts[0] > 0:
			t.weigh(w)
		case b > 0:
			copy(w, s.weights[b-1])
		default:
			for m := range w {
				w[m] = 1 / float64(len(w))
			}
		}
	}
}

func (t *tally) weigh(w []float64) {
	best := math.Inf(1)
	for m := range w {
		w[m] = t.errors[m] / t.counts[m]
		best = math.Min(best, w[m])
	}
	naive := w[0]
	if len(w) > 1 && t.wholes >= failures && t.whole/t.wholes > worse*naive {
		clear(w)
		w[0] = 1
		return
	}
	least := 1e-9*naive + 1e-300 // members without error share alike
	total := 0.0
	for m, mae := range w {
		w[m] = math.Pow((best+least)/(mae+least), trust)
		if mae > worse*naive {
			w[m] = 0
		}
		total += w[m]
	}
	for m := range w {
		w[m] /= total
	}
}

// mix is the weighted mean of the members' paths, whose weights change gradually from block to block.
func (s *stack) mix(out []float64, paths [][]float64) {
	s.ladder.each(len(out), func(i, a, b int, share float64) {
		out[i] = 0
		for m, path := range paths {
			out[i] += (s.weights[a][m] + share*(s.weights[b][m]-s.weights[a][m])) * path[i]
		}
	})
}
