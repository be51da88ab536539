// Package isolation is the Isolation Forest of Liu, Ting and Zhou (ICDM 2008; TKDD 2012): trees of random cuts along the axes, each grown
// on a small random sample. What stands apart is cut off after few cuts, so the score of a row is
//
//	2^(-E[h] / c(n))
//
// of its mean depth E[h] over the trees and of c(n), the mean depth of an unsuccessful search in a binary search tree of n rows: near 1 is
// an anomaly, 0.5 and less is usual.
//
// # Fences
//
// The classic score says the same of all that lies outside the sample: a row just beyond the largest follows the same cuts as one a
// hundred times as far. With Config.Margin there are cuts beyond the sample as well, up to this share of its range away, as in the work range of
// half-space trees (Tan, Ting, Liu, IJCAI 2011). Such a fence separates no rows, costs those inside no depth, and isolates what lies behind it
// at once, at a depth that falls with the distance. The first cuts of a tree have fences, the more the wider the rows, so that one feature that is far out is seen among many.
// Margin 0 is the classic forest.
package isolation

import (
	"math"
	"math/bits"
)

const (
	// MaxWidth is the largest number of features, MaxSample of rows in a tree.
	MaxWidth  = 256
	MaxSample = 2048

	// A node has on average fencesPerFeature times the width fences, and leastFences. After fencedCuts cuts there are none: what is outside
	// has met enough of them.
	fencesPerFeature = 0.5
	leastFences      = 2
	fencedCuts       = 4

	leaf  = math.MaxUint16
	euler = 0.57721566490153286
)

// Rows is what a forest is grown on. A row is valid until the next call of Row.
type Rows interface {
	Len() int
	Row(i int) []float32
}

// Config of a forest. Numbers outside their limits are drawn to them.
type Config struct {
	Trees  int     // 100 in the paper
	Sample int     // rows of each tree: 256 in the paper
	Width  int     // features of a row
	Margin float64 // beyond the sample on either side, as a share of its range; 0: none
	Floor  float64 // the least range that a margin is a share of, in the features' unit
}

// Forest is grown by Fit and then only read: Score may be called by many at once, Fit by one alone.
type Forest struct {
	cfg    Config
	nodes  []node
	roots  []int32
	normal float64 // c of the rows in a tree; 0 before Fit
	fences float64 // of a node, on average

	sample []float32 // of the tree being grown, row after row
	order  []int32
	random source
}

// node is a cut, or a leaf with the depth of its rows. The left child (at most cut) follows it, the right one is skip further; of a leaf
// behind a fence skip is the range of the sample that was fenced.
type node struct {
	cut     float32
	feature uint16
	skip    uint16
}

// New returns a forest without trees.
func New(c Config) *Forest {
	c.Trees = min(max(c.Trees, 1), 10_000)
	c.Sample = min(max(c.Sample, 2), MaxSample)
	c.Width = min(max(c.Width, 1), MaxWidth)
	c.Margin = math.Max(c.Margin, 0)
	return &Forest{cfg: c, fences: math.Max(fencesPerFeature*float64(c.Width), leastFences)}
}

// Fit grows the trees anew on rows of finite numbers. The same rows and seed make the same forest. It reuses its memory.
func (f *Forest) Fit(rows Rows, seed uint64) {
	n := min(f.cfg.Sample, rows.Len())
	f.nodes, f.roots, f.normal = f.nodes[:0], f.roots[:0], depth(n)
	if n == 0 {
		return
	}
	f.random = source(seed)
	if need := f.cfg.Sample * f.cfg.Width; cap(f.sample) < need {
		f.sample = make([]float32, need)
		f.order = make([]int32, f.cfg.Sample)
	}
	if f.roots == nil {
		f.roots = make([]int32, 0, f.cfg.Trees)
	}
	limit := bits.Len(uint(n - 1)) // the paper's ceiling of log2 n
	for range f.cfg.Trees {
		f.draw(rows, n)
		f.roots = append(f.roots, int32(len(f.nodes)))
		f.grow(f.order[:n], 0, limit, 0)
	}
}

// draw takes n rows without replacement, by selection sampling (Knuth 3.4.2 S).
func (f *Forest) draw(rows Rows, n int) {
	taken, w := 0, f.cfg.Width
	for i, left := 0, rows.Len(); taken < n; i, left = i+1, left-1 {
		if f.random.below(left) >= n-taken {
			continue
		}
		copy(f.sample[taken*w:(taken+1)*w], rows.Row(i))
		f.order[taken] = int32(taken)
		taken++
	}
}

// grow appends the tree of the rows in order, which have been cut depth times and fenced fences times since.
func (f *Forest) grow(order []int32, cuts, limit, fences int) {
	if len(order) <= 1 || cuts >= limit {
		f.leaf(float64(cuts) + depth(len(order)))
		return
	}
	mayFence := f.cfg.Margin > 0 && cuts < fencedCuts && fences < int(4*f.fences)
	if mayFence && f.random.float() < f.fences/(1+f.fences) {
		f.fence(order, cuts, limit, fences)
		return
	}
	feature, lo, hi := f.varying(order)
	if lo >= hi && mayFence { // rows that are all the same have nothing but fences to tell others by
		f.fence(order, cuts, limit, fences)
		return
	}
	if lo >= hi {
		f.leaf(float64(cuts) + depth(len(order)))
		return
	}
	at := lo + float32(f.random.float())*(hi-lo)
	if at >= hi {
		at = lo
	}
	f.cut(order, cuts, limit, feature, at)
}

// varying picks one of the features that differ among the rows, at random; lo is hi where there is none.
func (f *Forest) varying(order []int32) (feature int, lo, hi float32) {
	for range 2 * f.cfg.Width {
		feature = f.random.below(f.cfg.Width)
		if lo, hi = f.span(order, feature); lo < hi {
			return feature, lo, hi
		}
	}
	for feature = range f.cfg.Width {
		if lo, hi = f.span(order, feature); lo < hi {
			return feature, lo, hi
		}
	}
	return 0, 0, 0
}

// cut splits the rows and grows both sides.
func (f *Forest) cut(order []int32, cuts, limit, feature int, at float32) {
	i := f.split(feature, at)
	left := 0
	for k, row := range order {
		if f.sample[int(row)*f.cfg.Width+feature] <= at {
			order[k], order[left] = order[left], row
			left++
		}
	}
	f.grow(order[:left], cuts+1, limit, 0)
	f.join(i)
	f.grow(order[left:], cuts+1, limit, 0)
}

// fence draws a cut beyond the rows, puts a leaf behind it and goes on with the same rows on the other side.
func (f *Forest) fence(order []int32, cuts, limit, fences int) {
	feature := f.random.below(f.cfg.Width)
	lo, hi := f.span(order, feature)
	reach := math.Max(float64(hi-lo), f.cfg.Floor)
	beyond := float32(f.random.float() * f.cfg.Margin * reach)
	behind := node{cut: float32(cuts + 1), feature: leaf, skip: narrow(float32(reach))}
	if f.random.below(2) == 0 {
		i := f.split(feature, math.Nextafter32(lo-beyond, float32(math.Inf(-1))))
		f.nodes = append(f.nodes, behind)
		f.join(i)
		f.grow(order, cuts, limit, fences+1)
		return
	}
	i := f.split(feature, hi+beyond)
	f.grow(order, cuts, limit, fences+1)
	f.join(i)
	f.nodes = append(f.nodes, behind)
}

func (f *Forest) split(feature int, at float32) int {
	f.nodes = append(f.nodes, node{cut: at, feature: uint16(feature)})
	return len(f.nodes) - 1
}

// join makes what comes next the right child of node i.
func (f *Forest) join(i int) { f.nodes[i].skip = uint16(len(f.nodes) - i) }

func (f *Forest) leaf(depth float64) {
	f.nodes = append(f.nodes, node{cut: float32(depth), feature: leaf})
}

// span is the range of a feature over the rows in order.
func (f *Forest) span(order []int32, feature int) (lo, hi float32) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, row := range order {
		v := f.sample[int(row)*f.cfg.Width+feature]
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

// Ready says that the forest has trees.
func (f *Forest) Ready() bool { return f.normal > 0 }

// Depth is the mean depth of a row over the trees, and what is usual for a sample of this size.
func (f *Forest) Depth(row []float32) (mean, usual float64) {
	sum := 0.0
	for _, root := range f.roots {
		sum += f.follow(row, int(root))
	}
	return sum / float64(max(len(f.roots), 1)), f.normal
}

// follow returns the depth of a row in the tree at i. Behind a fence it is halved two ranges of the sample away, and falls on with the distance.
func (f *Forest) follow(row []float32, i int) float64 {
	last := i
	for {
		n := &f.nodes[i]
		switch {
		case n.feature == leaf && n.skip == 0:
			return float64(n.cut)
		case n.feature == leaf:
			fence := &f.nodes[last]
			beyond := abs(row[fence.feature] - fence.cut)
			if !(beyond >= 0) { // no number
				beyond = 0
			}
			return float64(n.cut / (1 + beyond/(2*wide(n.skip))))
		case row[n.feature] <= n.cut:
			last = i
			i++
		default:
			last = i
			i += int(n.skip)
		}
	}
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// narrow and wide keep a positive number in 16 bits, to two digits: its sign, its exponent and seven bits of its fraction.
func narrow(x float32) uint16 { return max(uint16(math.Float32bits(x)>>16), 1) }
func wide(x uint16) float32   { return math.Float32frombits(uint32(x) << 16) }

// Score of a row, 0 to 1; 0 before Fit.
func (f *Forest) Score(row []float32) float64 {
	if !f.Ready() {
		return 0
	}
	mean, usual := f.Depth(row)
	return math.Exp2(-mean / usual)
}

// Attribute shares the score among the features, into high where a row lies above the cuts that isolate it and into low where it
// lies below. Both have the forest's width, what they held goes, and their sum is the score. Each tree speaks for the last cut of its
// path, the louder the shallower it is (after the local feature importance of Carletti, Terzi, Susto 2023).
func (f *Forest) Attribute(row []float32, high, low []float64) {
	clear(high)
	clear(low)
	total := 0.0
	for _, root := range f.roots {
		total += f.credit(row, int(root), high, low)
	}
	share := f.Score(row) / math.Max(total, 1e-300)
	for i := range high {
		high[i] *= share
		low[i] *= share
	}
}

func (f *Forest) credit(row []float32, i int, high, low []float64) float64 {
	last, above := 0, true
	for f.nodes[i].feature != leaf {
		n := f.nodes[i]
		last, above = int(n.feature), row[n.feature] > n.cut
		if above {
			i += int(n.skip)
			continue
		}
		i++
	}
	// The least of it keeps the sum positive where every tree goes to its limit.
	weight := math.Max(1/math.Max(float64(f.nodes[i].cut), 1)-1/f.normal, 1e-6)
	if above {
		high[last] += weight
	} else {
		low[last] += weight
	}
	return weight
}

// Size of the forest in memory, in bytes.
func (f *Forest) Size() int {
	return 8*cap(f.nodes) + 4*cap(f.roots) + 4*cap(f.sample) + 4*cap(f.order) + 128
}

// depth is c(n), the mean depth of an unsuccessful search in a binary search tree of n rows (the paper's equation 1).
func depth(n int) float64 {
	switch {
	case n <= 1:
		return 0
	case n == 2:
		return 1
	}
	m := float64(n - 1)
	return 2*(math.Log(m)+euler) - 2*m/float64(n)
}

// source is the splitmix64 generator (Steele, Lea, Flood 2014).
type source uint64

func (s *source) next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// float is uniform on [0, 1).
func (s *source) float() float64 { return float64(s.next()>>11) / (1 << 53) }

// below is uniform on 0 .. n-1.
func (s *source) below(n int) int {
	hi, _ := bits.Mul64(s.next(), uint64(n))
	return int(hi)
}
