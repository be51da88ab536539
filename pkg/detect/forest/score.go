package forest

import "slices"

// scorePoint is the mean over the trees.
func (f *Forest) scorePoint(x []float32) float64 {
	sum := 0.0
	for i := range f.trees {
		sum += f.scoreIn(&f.trees[i], x)
	}
	return sum * f.scale()
}

// scale makes the mean over trees independent of the size of their samples, which is the same for all.
func (f *Forest) scale() float64 { return f.logs[f.trees[0].size] / float64(len(f.trees)) }

// scoreIn is the expected inverse depth of x in one tree: from its leaf upwards, at each node the cut that would separate x from all
// below comes first with the probability of the box's growth. Once a box holds x, so do all above it.
func (f *Forest) scoreIn(t *tree, x []float32) float64 {
	l, depth := t.descend(x, f.path)
	if s, seen := f.leafScore(t, l, depth, x); seen {
		return s
	}
	s := f.inverse[depth]
	for d := depth - 1; d >= 0; d-- {
		r := f.path[d]
		lo, hi := t.box(r)
		out := t.outside(lo, hi, x)
		if out == 0 {
			break
		}
		s += (f.inverse[d] - s) * (out / (out + t.nodes[r].span))
	}
	return s
}

// leafScore is the score of a point that equals the leaf: deeper by the mass, and damped by its share of the sample.
func (f *Forest) leafScore(t *tree, l ref, depth int, x []float32) (score float64, seen bool) {
	at := &t.leaves[l&^leafBit]
	if !slices.Equal(f.points.at(at.slot), x) {
		return 0, false
	}
	damp := 1 - float64(at.mass)/float64(2*t.size)
	return damp / (float64(depth) + f.logs[at.mass]), true
}

// attributePoint adds up the attribution over the trees.
func (f *Forest) attributePoint(x []float32, high, low []float64) {
	a := &f.work
	scale := f.scale()
	for i := range f.trees {
		f.attributeIn(&f.trees[i], x, a)
		for j := range x {
			high[j] += a.high[j] * scale
			low[j] += a.low[j] * scale
		}
	}
}

// work is the scratch of an attribution.
type work struct {
	high, low []float64 // of one tree
	lo, hi    []float32 // the box of what lies below without the points that equal x
}

func newWork(dims int) work {
	return work{high: make([]float64, dims), low: make([]float64, dims), lo: make([]float32, dims), hi: make([]float32, dims)}
}

// attributeIn shares scoreIn among the dimensions. A point that the tree has seen would be separated in no dimension: it is judged by
// what the tree would be without its equals, and the shares are scaled to its score.
func (f *Forest) attributeIn(t *tree, x []float32, a *work) {
	l, depth := t.descend(x, f.path)
	score, seen := f.leafScore(t, l, depth, x)
	if seen {
		f.attributeSeen(t, x, a, l, depth, score)
		return
	}
	clear(a.high)
	clear(a.low)
	y, _ := t.edges(&f.points, l)
	a.blend(t, y, y, x, 0, f.inverse[depth])
	for d := depth - 1; d >= 0; d-- {
		r := f.path[d]
		lo, hi := t.box(r)
		if !a.blend(t, lo, hi, x, t.nodes[r].span, f.inverse[d]) {
			break
		}
	}
}

func (f *Forest) attributeSeen(t *tree, x []float32, a *work, below ref, depth int, score float64) {
	for i := range x {
		a.high[i] = score / float64(2*len(x))
		a.low[i] = a.high[i]
	}
	for d := depth - 1; d >= 0; d-- {
		n := &t.nodes[f.path[d]]
		lo, hi := t.edges(&f.points, n.child[1-n.side(x)])
		if d == depth-1 {
			copy(a.lo, lo)
			copy(a.hi, hi)
		} else {
			extend(a.lo, a.hi, lo)
			extend(a.lo, a.hi, hi)
		}
		if !a.blend(t, a.lo, a.hi, x, t.spanOf(a.lo, a.hi), f.inverse[d]) {
			break
		}
	}
	a.scaleTo(score)
}

// blend mixes in the cut at a node of the given box and inverse depth; false: the box holds x, and nothing changes.
func (a *work) blend(t *tree, lo, hi, x []float32, span, inverse float64) bool {
	out := t.outside(lo, hi, x)
	if out == 0 {
		return false
	}
	whole := out + span
	keep, share := 1-out/whole, inverse/whole
	for i, v := range x {
		here := share * t.weight[i]
		a.high[i] = keep*a.high[i] + here*float64(over(v-hi[i]))
		a.low[i] = keep*a.low[i] + here*float64(over(lo[i]-v))
	}
	return true
}

func (a *work) scaleTo(score float64) {
	sum := 0.0
	for i := range a.high {
		sum += a.high[i] + a.low[i]
	}
	for i := range a.high {
		a.high[i] *= score / sum
		a.low[i] *= score / sum
	}
}
