package forest

import (
	"cmp"
	"math"
	"slices"
)

// ref names an inner node by its index, or a leaf by its index and leafBit.
type ref uint16

const (
	leafBit ref = 1 << 15
	none    ref = 1<<16 - 1
)

// node is an inner node. Its box is the smallest around the points below it.
type node struct {
	span  float64 // weighted sum of the sides of its box
	cut   float32 // a point goes to child 0 where its coordinate is at most cut
	dim   uint16
	child [2]ref
}

// leaf is one or more equal points.
type leaf struct {
	slot uint32 // of one of them
	mass uint16
	next ref // in the list of free leaves
}

// tree is one random cut tree with the reservoir of its points. Its slices are parts of the forest's slab.
type tree struct {
	key    uint64 // of its random numbers
	dims   int
	weight []float64 // of each dimension; the forest's
	size   int       // points held
	root   ref
	free   [2]ref // the first free node (linked by child 0) and leaf
	nodes  []node
	boxes  []float32 // of each node: dims lower edges, then dims upper ones
	leaves []leaf
	keys   []float64 // a heap, the largest first
	slots  []uint32  // of the same entries
}

func (t *tree) clear() {
	t.size, t.root = 0, none
	t.free = [2]ref{none, none}
	for i := len(t.leaves) - 1; i >= 0; i-- {
		t.freeNode(ref(i))
		t.freeLeaf(ref(i) | leafBit)
	}
}

// rebuild makes the tree anew from its reservoir. The order is that of the rows, because a restored reservoir may have another.
func (t *tree) rebuild(p *points, order []uint32) {
	size := t.size
	order = append(order[:0], t.slots[:size]...)
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(p.row[a], p.row[b]) })
	t.clear()
	t.size = size
	for _, slot := range order {
		t.insert(p, slot, draws(t.ticket(p.row[slot])))
	}
}

func (t *tree) freeNode(n ref) {
	t.nodes[n].child[0] = t.free[0]
	t.free[0] = n
}

func (t *tree) freeLeaf(l ref) {
	t.leaves[l&^leafBit] = leaf{next: t.free[1]}
	t.free[1] = l
}

func (t *tree) newNode() ref {
	n := t.free[0]
	t.free[0] = t.nodes[n].child[0]
	return n
}

func (t *tree) newLeaf(slot uint32) ref {
	l := t.free[1]
	at := &t.leaves[l&^leafBit]
	t.free[1] = at.next
	*at = leaf{slot: slot, mass: 1}
	return l
}

// box returns the lower and the upper edges of a node.
func (t *tree) box(n ref) (lo, hi []float32) {
	d := t.dims
	b := t.boxes[2*d*int(n):]
	return b[:d:d], b[d : 2*d : 2*d]
}

// edges is box for leaves too, whose box is a point.
func (t *tree) edges(p *points, r ref) (lo, hi []float32) {
	if r&leafBit == 0 {
		return t.box(r)
	}
	x := p.at(t.leaves[r&^leafBit].slot)
	return x, x
}

// side is the child in which x belongs.
func (n *node) side(x []float32) int {
	side := 0
	if x[n.dim] > n.cut {
		side = 1
	}
	return side
}

// descend follows the cuts from the root, notes the nodes passed and returns the leaf and the number of nodes.
func (t *tree) descend(x []float32, path []ref) (leaf ref, depth int) {
	r := t.root
	for r&leafBit == 0 {
		path[depth] = r
		depth++
		n := &t.nodes[r]
		r = n.child[n.side(x)]
	}
	return r, depth
}

// over is x where it is positive, else 0. Its sign is random, so that a branch would be mispredicted.
func over(x float32) float32 {
	b := math.Float32bits(x)
	return math.Float32frombits(b &^ uint32(int32(b)>>31))
}

// outside is the weighted distance of x from the box, summed over dimensions: what the box's sides would grow by.
func (t *tree) outside(lo, hi, x []float32) float64 {
	lo, hi = lo[:len(x)], hi[:len(x)]
	weight := t.weight[:len(x)]
	sum := 0.0
	for i, v := range x {
		sum += float64(over(lo[i]-v)+over(v-hi[i])) * weight[i]
	}
	return sum
}

// spanOf is the weighted sum of the sides of a box.
func (t *tree) spanOf(lo, hi []float32) float64 {
	sum := 0.0
	for i, w := range t.weight {
		sum += float64(hi[i]-lo[i]) * w
	}
	return sum
}

// insert adds a point that is in the store: from the root down, at each node a cut of the box that the point would enlarge either
// separates it from everything below or falls within, and then the node's own cut stands.
func (t *tree) insert(p *points, slot uint32, d draws) {
	if t.root == none {
		t.root = t.newLeaf(slot)
		return
	}
	x := p.at(slot)
	at := &t.root
	for *at&leafBit == 0 {
		n := &t.nodes[*at]
		lo, hi := t.box(*at)
		if out := t.outside(lo, hi, x); out > 0 {
			if place := d.next() * (out + n.span); place < out {
				t.split(p, at, slot, place)
				return
			}
			extend(lo, hi, x)
			n.span = t.spanOf(lo, hi)
		}
		at = &n.child[n.side(x)]
	}
	l := &t.leaves[*at&^leafBit]
	y := p.at(l.slot)
	if slices.Equal(x, y) {
		l.mass++
		return
	}
	t.split(p, at, slot, d.next()*t.outside(y, y, x))
}

func extend(lo, hi, x []float32) {
	for i, v := range x {
		lo[i] = min(lo[i], v)
		hi[i] = max(hi[i], v)
	}
}

// split puts a node above *at that parts it from the new point: place is where along its distances from the box, one after another.
func (t *tree) split(p *points, at *ref, slot uint32, place float64) {
	below := *at
	lo, hi := t.edges(p, below)
	x := p.at(slot)
	made, l := t.newNode(), t.newLeaf(slot)
	n := &t.nodes[made]
	for i, v := range x {
		down, up := over(lo[i]-v), over(v-hi[i])
		if down+up == 0 {
			continue
		}
		n.dim = uint16(i)
		if along := place / t.weight[i]; down > 0 {
			n.cut, n.child = within(v, lo[i], along), [2]ref{l, below}
		} else {
			n.cut, n.child = within(hi[i], v, along), [2]ref{below, l}
		}
		if place -= float64(down+up) * t.weight[i]; place < 0 {
			break
		}
	}
	a, b := t.box(made)
	copy(a, lo)
	copy(b, hi)
	extend(a, b, x)
	n.span = t.spanOf(a, b)
	*at = made
}

// within is from + place, at least from and below to. It is rounded to the 16 leading digits where these do, which a state saves in three bytes.
func within(from, to float32, place float64) float32 {
	cut := float32(float64(from) + place)
	if short := shorten(cut); short >= from && short < to {
		return short
	}
	if cut >= to {
		return math.Nextafter32(to, from)
	}
	return cut
}

// shorten rounds towards zero to 16 binary digits.
func shorten(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ 0xff) }

// remove takes out a point that the reservoir no longer holds but the store still does.
func (t *tree) remove(p *points, slot uint32, path []ref) {
	x := p.at(slot)
	gone, depth := t.descend(x, path)
	l := &t.leaves[gone&^leafBit]
	if l.mass > 1 {
		l.mass--
		if l.slot == slot {
			l.slot = t.equal(p, x)
		}
		return
	}
	t.freeLeaf(gone)
	if depth == 0 {
		t.root = none
		return
	}
	parent := path[depth-1]
	sibling := t.nodes[parent].child[1-t.nodes[parent].side(x)]
	t.freeNode(parent)
	if depth == 1 {
		t.root = sibling
		return
	}
	above := &t.nodes[path[depth-2]]
	above.child[above.side(x)] = sibling
	for d := depth - 2; d >= 0 && t.shrink(p, path[d], x); d-- {
	}
}

// equal finds the slot of another point of the reservoir with the coordinates x.
func (t *tree) equal(p *points, x []float32) uint32 {
	for _, s := range t.slots[:t.size] {
		if slices.Equal(p.at(s), x) {
			return s
		}
	}
	panic("forest: a leaf has more mass than the reservoir has equal points")
}

// shrink recomputes the box of a node below which x was removed, and says whether it changed.
func (t *tree) shrink(p *points, r ref, x []float32) bool {
	lo, hi := t.box(r)
	if !touches(lo, hi, x) {
		return false
	}
	return t.enclose(p, r)
}

// touches is whether x lies on the surface of the box.
func touches(lo, hi, x []float32) bool {
	for i, v := range x {
		if v == lo[i] || v == hi[i] {
			return true
		}
	}
	return false
}

// enclose makes the box of a node that of its children, and says whether it changed.
func (t *tree) enclose(p *points, r ref) bool {
	n := &t.nodes[r]
	lo, hi := t.box(r)
	la, ha := t.edges(p, n.child[0])
	lb, hb := t.edges(p, n.child[1])
	changed := false
	for i := range lo {
		l, h := min(la[i], lb[i]), max(ha[i], hb[i])
		changed = changed || l != lo[i] || h != hi[i]
		lo[i], hi[i] = l, h
	}
	n.span = t.spanOf(lo, hi)
	return changed
}
