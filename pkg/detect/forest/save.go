package forest

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

const version = 1

// Save writes everything learnt. Each row that a sampled point needs is written once, of a tree its cuts in preorder and which points it
// holds; boxes, masses and sampling keys follow from these.
func (f *Forest) Save(w *state.Writer) {
	w.Byte(version)
	for _, v := range f.shape() {
		w.Int(v)
	}
	w.Float(f.cfg.TimeDecay)
	w.Uint64(f.cfg.Seed)
	w.Int(f.rows)
	w.Int(f.learnt)
	w.Int(f.fill)
	w.Floats(f.origin)
	w.Floats(f.weight[:f.cfg.Columns])
	w.Float32s(f.recent[f.dims-f.fill*f.cfg.Columns:])
	order := f.points.byRow()
	f.saveRows(w, order)
	rank := make([]int, len(f.points.row))
	for i, slot := range order {
		rank[slot] = i
	}
	for i := range f.trees {
		f.trees[i].save(w, rank)
	}
}

func (f *Forest) shape() [4]int {
	return [4]int{f.cfg.Trees, f.cfg.SampleSize, f.cfg.Shingle, f.cfg.Columns}
}

// byRow returns the slots in use, the oldest first.
func (p *points) byRow() []uint32 {
	var used []uint32
	for s, refs := range p.refs {
		if refs > 0 {
			used = append(used, uint32(s))
		}
	}
	slices.SortFunc(used, func(a, b uint32) int { return cmp.Compare(p.row[a], p.row[b]) })
	return used
}

// saveRows writes the rows of all points: runs of consecutive ones, which of them end a point, and their numbers.
func (f *Forest) saveRows(w *state.Writer, order []uint32) {
	shingle := f.cfg.Shingle
	var runs [][2]int // first row and the one after the last
	var ends bitString
	var rows []float32
	for _, slot := range order {
		last := f.points.row[slot]
		if n := len(runs); n == 0 || last-shingle+1 > runs[n-1][1] {
			runs = append(runs, [2]int{last - shingle + 1, last - shingle + 1})
		}
		run := &runs[len(runs)-1]
		x := f.points.at(slot)
		rows = append(rows, x[f.dims-(last+1-run[1])*f.cfg.Columns:]...)
		for ; run[1] <= last; run[1]++ {
			ends.add(b2i(run[1] == last), 1)
		}
	}
	w.Int(len(runs))
	before := 0
	for _, run := range runs {
		w.Int(run[0] - before)
		w.Int(run[1] - run[0])
		before = run[1]
	}
	w.Blob(ends.bytes)
	for _, v := range rows {
		w.Float32(v)
	}
}

// rankBias keeps the usual step between two sampled points in one byte of a signed integer.
const rankBias = 65

func (t *tree) save(w *state.Writer, rank []int) {
	if t.size == 0 {
		return
	}
	held := make([]int, t.size)
	for i, s := range t.slots[:t.size] {
		held[i] = rank[s]
	}
	slices.Sort(held)
	before := 0
	for _, r := range held {
		w.Int(r - before - rankBias)
		before = r
	}
	var shape bitString
	cuts := make([]float32, 0, t.size)
	var walk func(ref)
	walk = func(r ref) {
		shape.add(b2i(r&leafBit == 0), 1)
		if r&leafBit != 0 {
			return
		}
		n := &t.nodes[r]
		shape.add(int(n.dim), t.dimBits())
		shape.add(b2i(shorten(n.cut) == n.cut), 1)
		cuts = append(cuts, n.cut)
		walk(n.child[0])
		walk(n.child[1])
	}
	walk(t.root)
	w.Blob(shape.bytes)
	for _, c := range cuts {
		saveCut(w, c)
	}
}

// saveCut writes three bytes of a short cut, all four of another.
func saveCut(w *state.Writer, cut float32) {
	b := math.Float32bits(cut)
	for shift := 8 * b2i(shorten(cut) == cut); shift < 32; shift += 8 {
		w.Byte(byte(b >> shift))
	}
}

func restoreCut(r *state.Reader, short int) float32 {
	b := uint32(0)
	for shift := 8 * short; shift < 32; shift += 8 {
		b |= uint32(r.Byte()) << shift
	}
	return math.Float32frombits(b)
}

func (t *tree) dimBits() int { return bits.Len(uint(t.dims - 1)) }

// Restore reads what Save wrote of a forest of the same configuration. A damaged state leaves its error in r, and a forest that has
// seen nothing is returned, or nil where the configuration itself is not valid.
func Restore(cfg Config, r *state.Reader) *Forest {
	f, err := New(cfg)
	if err != nil {
		r.Fail(err.Error())
		return nil
	}
	f.restore(r)
	if r.Err() != nil {
		f, _ = New(cfg)
	}
	return f
}

func (f *Forest) restore(r *state.Reader) {
	r.Version(version)
	for _, want := range f.shape() {
		if got := r.Int(); got != want {
			r.Fail("it is of a forest of another shape")
			return
		}
	}
	if r.Float() != f.cfg.TimeDecay || r.Uint64() != f.cfg.Seed {
		r.Fail("it is of a forest with another time decay or seed")
		return
	}
	f.rows, f.learnt, f.fill = r.Int(), r.Int(), r.Int()
	if f.learnt < 0 || f.learnt > f.rows || f.rows > math.MaxInt32*1024 || f.fill < 0 || f.fill > min(f.rows, f.cfg.Shingle) {
		r.Fail("counts that cannot be")
		return
	}
	r.Floats(f.origin)
	weights := make([]float64, f.cfg.Columns)
	r.Floats(weights)
	if r.Err() == nil && f.Weigh(weights) != nil {
		r.Fail("a weight that cannot be")
	}
	r.Float32s(f.recent[f.dims-f.fill*f.cfg.Columns:])
	if !f.complete(f.origin) || !finite(f.recent) {
		r.Fail("a row that is not finite")
		return
	}
	f.restoreRows(r)
	for i := range f.trees {
		if r.Err() != nil {
			return
		}
		f.restoreTree(&f.trees[i], r)
	}
	for _, refs := range f.points.refs {
		if refs == 0 {
			r.Fail("a point that no tree holds")
			return
		}
	}
	f.rebase(f.rows)
}

// restoreRows fills the store: its slots are then in order of their rows.
func (f *Forest) restoreRows(r *state.Reader) {
	runs := f.restoreRuns(r)
	ends := bitReader{bytes: r.Blob()}
	columns := f.cfg.Columns
	x := make([]float32, f.dims)
	for _, run := range runs {
		for row := run[0]; row < run[1]; row++ {
			copy(x, x[columns:])
			for c := range columns {
				x[f.dims-columns+c] = r.Float32()
			}
			end := ends.take(1) == 1
			if r.Err() != nil {
				return
			}
			if !finite(x[f.dims-columns:]) || end && row-run[0] < f.cfg.Shingle-1 {
				r.Fail("a point that cannot be")
				return
			}
			if end {
				f.points.add(x, row)
			}
		}
	}
	if ends.short || len(f.points.row) > f.cfg.Trees*f.cfg.SampleSize {
		r.Fail("points that cannot be")
	}
}

func (f *Forest) restoreRuns(r *state.Reader) [][2]int {
	n := r.Int()
	if n < 0 || n > f.cfg.Trees*f.cfg.SampleSize {
		r.Fail("runs of rows that cannot be")
		return nil
	}
	var runs [][2]int
	before := 0
	for range n {
		gap, length := r.Int(), r.Int()
		if r.Err() != nil {
			return nil
		}
		if gap < 0 || gap > f.rows || length < f.cfg.Shingle || length > f.rows-before-gap {
			r.Fail("a run of rows that cannot be")
			return nil
		}
		runs = append(runs, [2]int{before + gap, before + gap + length})
		before += gap + length
	}
	return runs
}

func (f *Forest) restoreTree(t *tree, r *state.Reader) {
	size := min(f.learnt, f.cfg.SampleSize)
	if size == 0 {
		return
	}
	held := make([]uint32, 0, size)
	before := 0
	for i := range size {
		step := r.Int() + rankBias
		at := before + step
		if step < b2i(i > 0) || at < 0 || at >= len(f.points.row) {
			r.Fail("a tree holds a point that is not there")
			return
		}
		held = append(held, uint32(at))
		before = at
	}
	shape := bitReader{bytes: r.Blob()}
	t.root = t.grow(&shape, r)
	if shape.short {
		r.Fail("a tree is cut short or too large")
	}
	if r.Err() != nil {
		return
	}
	for _, slot := range held {
		if !t.settle(&f.points, slot, f.path) {
			r.Fail("a tree whose points do not fit its cuts")
			return
		}
		f.points.refs[slot]++
		row := f.points.row[slot]
		t.push(&f.points, f.sampleKey(t.ticket(row), row), slot)
	}
	if !t.finish(&f.points, t.root) {
		r.Fail("a tree with an empty leaf")
	}
}

// grow makes the nodes and leaves of a subtree; leaves have no mass yet. It ends in a short shape where the tree has no room.
func (t *tree) grow(shape *bitReader, r *state.Reader) ref {
	if shape.take(1) == 0 {
		if t.free[1] == none {
			shape.short = true
			return none
		}
		l := t.newLeaf(0)
		t.leaves[l&^leafBit].mass = 0
		return l
	}
	dim := shape.take(t.dimBits())
	cut := restoreCut(r, shape.take(1))
	if t.free[0] == none || dim >= t.dims || r.Err() != nil {
		shape.short = true
	}
	if shape.short {
		return none
	}
	made := t.newNode()
	t.nodes[made] = node{cut: cut, dim: uint16(dim)}
	for side := range 2 {
		child := t.grow(shape, r)
		if shape.short {
			return none
		}
		t.nodes[made].child[side] = child
	}
	return made
}

// settle brings a point to its leaf; false: another is there.
func (t *tree) settle(p *points, slot uint32, path []ref) bool {
	l, _ := t.descend(p.at(slot), path)
	at := &t.leaves[l&^leafBit]
	if at.mass == 0 {
		at.slot = slot
	}
	at.mass++
	return slices.Equal(p.at(slot), p.at(at.slot))
}

// finish computes the boxes of a subtree; false: a leaf is empty.
func (t *tree) finish(p *points, r ref) bool {
	if r&leafBit != 0 {
		return t.leaves[r&^leafBit].mass > 0
	}
	n := &t.nodes[r]
	if !t.finish(p, n.child[0]) || !t.finish(p, n.child[1]) {
		return false
	}
	t.enclose(p, r)
	return true
}

func finite(x []float32) bool {
	for _, v := range x {
		if !(math.Abs(float64(v)) <= farthest*1.01) {
			return false
		}
	}
	return true
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bitString packs numbers of a few bits.
type bitString struct {
	bytes []byte
	used  int // bits
}

func (b *bitString) add(v, width int) {
	for i := range width {
		if b.used%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[b.used/8] |= byte(v>>i&1) << (b.used % 8)
		b.used++
	}
}

// bitReader reads a bitString; short: it has ended.
type bitReader struct {
	bytes []byte
	used  int
	short bool
}

func (b *bitReader) take(width int) int {
	v := 0
	for i := range width {
		if b.used/8 >= len(b.bytes) {
			b.short = true
			return 0
		}
		v |= int(b.bytes[b.used/8]>>(b.used%8)&1) << i
		b.used++
	}
	return v
}
