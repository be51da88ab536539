package forest

import (
	"fmt"
	"math"
	"slices"
	"unsafe"
)

// FirstScore is the number of points that must be learnt before one is scored.
const FirstScore = 32

const (
	maxTrees   = 1000
	maxSample  = 4096
	maxShingle = 64
	maxColumns = 64
	// maxCells bounds Trees x SampleSize x Shingle x Columns, at twelve bytes each and 36 for each sampled point.
	maxCells = 1 << 22
	// A weight must lie between minWeight and 1/minWeight, so that no product with it is 0 or infinite.
	minWeight = 1e-40
	// farthest a value may be from the first of its column: sums over all dimensions stay finite.
	farthest = 1e35
)

// Config of a forest. A zero field has the default in brackets.
type Config struct {
	Trees      int     // [100]
	SampleSize int     // points a tree holds [256]
	TimeDecay  float64 // points after which the weight of an old one has fallen to 1/e [10 SampleSize]
	Shingle    int     // rows that make a point [1]
	Columns    int     // of a row [1]
	Seed       uint64
}

func (c Config) withDefaults() Config {
	set := func(v *int, to int) {
		if *v == 0 {
			*v = to
		}
	}
	set(&c.Trees, 100)
	set(&c.SampleSize, 256)
	set(&c.Shingle, 1)
	set(&c.Columns, 1)
	if c.TimeDecay == 0 {
		c.TimeDecay = 10 * float64(c.SampleSize)
	}
	return c
}

// Check fails on what is out of bounds: each field, and the memory that they ask for together.
func (c Config) Check() error {
	c = c.withDefaults()
	for _, field := range []struct {
		name       string
		value, max int
	}{{"trees", c.Trees, maxTrees}, {"sample size", c.SampleSize, maxSample}, {"shingle", c.Shingle, maxShingle}, {"columns", c.Columns, maxColumns}} {
		if field.value < 1 || field.value > field.max {
			return fmt.Errorf("forest: %s is %d: it must be between 1 and %d", field.name, field.value, field.max)
		}
	}
	if !(c.TimeDecay >= 1) || math.IsInf(c.TimeDecay, 0) {
		return fmt.Errorf("forest: time decay is %v points: it must be 1 or more", c.TimeDecay)
	}
	if cells := c.Trees * c.SampleSize * c.Shingle * c.Columns; cells > maxCells {
		return fmt.Errorf("forest: %d trees x %d samples x shingle %d x %d columns are %d numbers: %d at most fit in memory",
			c.Trees, c.SampleSize, c.Shingle, c.Columns, cells, maxCells)
	}
	return nil
}

// Forest is a random cut forest. Use New or Restore. It is not safe for concurrent use.
type Forest struct {
	cfg    Config
	dims   int // Shingle x Columns
	decay  float64
	rows   int // pushed so far: the index of the next row
	fill   int // rows in recent
	learnt int // points learnt so far
	origin []float64
	weight []float64 // of each dimension: its column's, repeated
	recent []float32 // the last Shingle rows, oldest first, the newest at the end
	points points
	trees  []tree

	// What follows is derived or scratch and no part of a saved state.
	slab    slab
	base    int       // row at which limits hold
	limit   []float64 // of each tree: the upper bound of a draw that is accepted at row base
	point   []float32 // the one being scored
	path    []ref
	order   []uint32
	work    work
	inverse []float64 // 1/(depth+1)
	logs    []float64 // log2(mass+1)
}

// slab is the memory of all trees; carve gives each its part.
type slab struct {
	nodes  []node
	boxes  []float32
	leaves []leaf
	keys   []float64
	slots  []uint32
}

// New returns a forest that has seen nothing.
func New(cfg Config) (*Forest, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	dims := cfg.Shingle * cfg.Columns
	leaves := cfg.Trees * cfg.SampleSize
	f := &Forest{
		cfg: cfg, dims: dims, decay: 1 / cfg.TimeDecay,
		origin: make([]float64, cfg.Columns),
		weight: make([]float64, dims),
		recent: make([]float32, dims),
		points: points{dims: dims},
		trees:  make([]tree, cfg.Trees),
		slab: slab{
			nodes: make([]node, leaves), boxes: make([]float32, 2*dims*leaves), leaves: make([]leaf, leaves),
			keys: make([]float64, leaves), slots: make([]uint32, leaves),
		},
		limit: make([]float64, cfg.Trees),
	}
	for i := range f.weight {
		f.weight[i] = 1
	}
	f.carve()
	for i := range f.trees {
		f.trees[i].clear()
	}
	f.tables()
	return f, nil
}

// carve points the trees to their parts of the slab.
func (f *Forest) carve() {
	n, d := f.cfg.SampleSize, f.dims
	for i := range f.trees {
		t := &f.trees[i]
		from, to := i*n, (i+1)*n
		t.key = mix(f.cfg.Seed + uint64(i+1)*golden)
		t.dims, t.weight = d, f.weight
		t.nodes = f.slab.nodes[from:to:to]
		t.boxes = f.slab.boxes[2*d*from : 2*d*to : 2*d*to]
		t.leaves = f.slab.leaves[from:to:to]
		t.keys = f.slab.keys[from:to:to]
		t.slots = f.slab.slots[from:to:to]
	}
}

func (f *Forest) tables() {
	n := f.cfg.SampleSize
	f.point = make([]float32, f.dims)
	f.path = make([]ref, n+1)
	f.order = make([]uint32, 0, n)
	f.work = newWork(f.dims)
	f.inverse = make([]float64, n+1)
	f.logs = make([]float64, n+1)
	for i := range f.inverse {
		f.inverse[i] = 1 / float64(i+1)
		f.logs[i] = math.Log2(float64(i + 1))
	}
}

// Config returns the configuration with its defaults filled in.
func (f *Forest) Config() Config { return f.cfg }

// Dimensions of a point: Shingle x Columns.
func (f *Forest) Dimensions() int { return f.dims }

// Ready is whether the next row is scored: enough is learnt, and the shingle is full with it.
func (f *Forest) Ready() bool { return f.learnt >= FirstScore && f.fill >= f.cfg.Shingle-1 }

// Break begins a new shingle: what comes next does not follow the last row. The next Shingle-1 rows are neither scored nor learnt.
func (f *Forest) Break() { f.fill = 0 }

// Score says how unusual row would be as the next one, and learns nothing. It is 0 while the forest is not Ready, and NaN for a row that
// has another number of columns or a number that is not finite.
func (f *Forest) Score(row []float64) float64 {
	if !f.complete(row) {
		return math.NaN()
	}
	if !f.Ready() {
		return 0
	}
	f.place(f.point, row)
	return f.scorePoint(f.point)
}

// Learn takes the next row. One that Score would call NaN is a gap, as Break.
func (f *Forest) Learn(row []float64) {
	if !f.complete(row) {
		f.Break()
		return
	}
	if f.rows == 0 {
		copy(f.origin, row)
	}
	f.place(f.recent, row)
	at := f.rows
	f.rows++
	f.fill = min(f.fill+1, f.cfg.Shingle)
	if f.fill == f.cfg.Shingle {
		f.learn(f.recent, at)
	}
}

// Step scores the next row, then learns it.
func (f *Forest) Step(row []float64) float64 {
	s := f.Score(row)
	f.Learn(row)
	return s
}

// Attribution is Score, shared among the dimensions of the point into high, where the point is above the sample, and low. Both must have
// the length Dimensions: Shingle rows of Columns each, the oldest row first. All of them sum to the score that is returned.
func (f *Forest) Attribution(row, high, low []float64) float64 {
	high, low = high[:f.dims], low[:f.dims]
	clear(high)
	clear(low)
	if !f.complete(row) {
		return math.NaN()
	}
	if !f.Ready() {
		return 0
	}
	f.place(f.point, row)
	f.attributePoint(f.point, high, low)
	score := f.scorePoint(f.point)
	sum := 0.0
	for i := range high {
		sum += high[i] + low[i]
	}
	for i := range high { // away with the rounding
		high[i] *= score / sum
		low[i] *= score / sum
	}
	return score
}

func (f *Forest) complete(row []float64) bool {
	if len(row) != f.cfg.Columns {
		return false
	}
	for _, x := range row {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// place sets dst to the recent rows moved on by one, with row at the end. dst may be recent itself.
func (f *Forest) place(dst []float32, row []float64) {
	n := f.cfg.Columns
	copy(dst, f.recent[n:])
	last := dst[f.dims-n:]
	for i, x := range row {
		d := math.Min(math.Max(x-f.origin[i], -farthest), farthest)
		last[i] = float32(d) + 0 // no negative zero
	}
}

// Weight of a column: what a distance in it counts. It is 1 at first.
func (f *Forest) Weight(column int) float64 { return f.weight[column] }

// Weigh sets the weights of all columns: a cut falls into a column in proportion to its distances times its weight, so that columns of
// different units can be made to count alike. The trees are built anew from their samples, which takes as long as some hundred rows.
func (f *Forest) Weigh(weights []float64) error {
	if len(weights) != f.cfg.Columns {
		return fmt.Errorf("forest: %d weights for %d columns", len(weights), f.cfg.Columns)
	}
	for i, w := range weights {
		if !validWeight(w) {
			return fmt.Errorf("forest: the weight of column %d is %v: it must be positive and finite", i, w)
		}
	}
	for i := range f.weight {
		f.weight[i] = weights[i%f.cfg.Columns]
	}
	for i := range f.trees {
		f.trees[i].rebuild(&f.points, f.order)
	}
	return nil
}

func validWeight(w float64) bool { return w >= minWeight && w <= 1/minWeight }

// Sampled appends to dst the values of a column in the newest row of the points that a tree holds: a fair, time-decayed sample of what
// it has been, in an order that means nothing and that a restored forest may not share. It allocates where dst is short.
func (f *Forest) Sampled(dst []float64, tree, column int) []float64 {
	t := &f.trees[tree]
	at := f.dims - f.cfg.Columns + column
	for _, s := range t.slots[:t.size] {
		dst = append(dst, f.origin[column]+float64(f.points.at(s)[at]))
	}
	return dst
}

// Clone returns an independent copy that continues exactly as the forest would.
func (f *Forest) Clone() *Forest {
	c := *f
	c.origin = slices.Clone(f.origin)
	c.weight = slices.Clone(f.weight)
	c.recent = slices.Clone(f.recent)
	c.points = f.points.clone()
	c.trees = slices.Clone(f.trees)
	c.limit = slices.Clone(f.limit)
	c.slab = slab{
		nodes: slices.Clone(f.slab.nodes), boxes: slices.Clone(f.slab.boxes), leaves: slices.Clone(f.slab.leaves),
		keys: slices.Clone(f.slab.keys), slots: slices.Clone(f.slab.slots),
	}
	c.point = make([]float32, c.dims)
	c.path = make([]ref, len(f.path))
	c.order = make([]uint32, 0, cap(f.order))
	c.work = newWork(c.dims)
	c.carve()
	return &c
}

// Size of the forest in memory, in bytes.
func (f *Forest) Size() int {
	s := int(unsafe.Sizeof(*f)) + len(f.trees)*int(unsafe.Sizeof(tree{}))
	s += cap(f.slab.nodes)*int(unsafe.Sizeof(node{})) + 4*cap(f.slab.boxes) + cap(f.slab.leaves)*int(unsafe.Sizeof(leaf{}))
	s += 8*cap(f.slab.keys) + 4*cap(f.slab.slots) + f.points.bytes()
	return s + 8*(len(f.origin)+len(f.weight)+len(f.limit)+len(f.inverse)+len(f.logs)) + 4*(len(f.recent)+len(f.point)+cap(f.order)) + 2*len(f.path)
}
