package seasonal

import (
	"math"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// The versions of what is saved. A change of what a model or a distribution learns raises its own.
const (
	modelVersion = 1
	tailsVersion = 1
)

// What follows bounds what is restored: far beyond what can be learnt, and near enough that nothing overflows.
const (
	maxCount  = 1e12
	maxWeight = 1e7
	maxSteps  = 1 << 40
)

// Save writes what was learnt. The configuration (memory and shape) is not part of it.
func (t *Tails) Save(w *state.Writer) {
	w.Byte(tailsVersion)
	w.Float(t.total)
	w.Float(t.weight)
	w.Int(int(t.pending))
	for i := range t.side {
		t.side[i].save(w)
	}
}

// Restore reads what Save wrote into a distribution that was made with the same configuration. Damage is the reader's error.
func (t *Tails) Restore(r *state.Reader) {
	r.Version(tailsVersion)
	t.total = within(r, 0, maxCount)
	t.weight = within(r, 0.5, maxWeight)
	t.pending = int32(r.Int())
	for i := range t.side {
		t.side[i].restore(r)
	}
}

// save writes a side. The counts have gone on since the tail was fitted, so what the fit made of them is saved too.
func (s *tail) save(w *state.Writer) {
	w.Float32s(s.count[:])
	w.Float32s(s.above[:])
	w.Int(tailBin(s.from * edgeSlack))
	w.Float(s.width)
	w.Float(s.shape)
	w.Float(s.limit)
	w.Int(int(s.run))
}

// edgeSlack puts the lower edge of a bin well inside of it, whatever the logarithm rounds to.
const edgeSlack = 1.001

func (s *tail) restore(r *state.Reader) {
	r.Float32s(s.count[:])
	r.Float32s(s.above[:])
	for i := range tailBins {
		if !(s.count[i] >= 0 && s.count[i] <= maxCount && s.above[i] >= 0 && s.above[i] <= maxCount) {
			r.Fail("a histogram holds what cannot be")
		}
	}
	start := index(r, 1, tailBins)
	s.from, s.mass = binEdge(start), float64(s.above[start])
	s.width = within(r, 1e-12, maxCount)
	s.shape = within(r, 1e-6, 1)
	s.limit = within(r, 0, 1e300)
	s.run = int32(r.Int())
}

// Save writes everything the model has learnt. The configuration is not part of it.
func (m *Model) Save(w *state.Writer) {
	w.Byte(modelVersion)
	w.Int(m.steps)
	w.Int(m.observed)
	w.Int(m.fresh)
	for _, x := range m.scalars() {
		w.Float(*x)
	}
	m.season.save(w)
	w.Floats(m.spread.hour)
	w.Floats(m.spread.known)
	w.Bool(m.modal.away)
	w.Int(m.memory.wait)
	m.tails.Save(w)
	w.Int(m.anchor.left)
	w.Int(m.anchor.back)
	m.past.save(w)
}

// RestoreModel returns the model that Save was called on, made with the same configuration: it continues bit for bit. Where the reader
// reports damage, the model is of no use.
func RestoreModel(cfg Config, r *state.Reader) *Model {
	m := New(cfg)
	r.Version(modelVersion)
	m.steps = index(r, 0, maxSteps)
	m.observed = index(r, 0, maxSteps)
	m.fresh = r.Int()
	for _, x := range m.scalars() {
		*x = r.Float()
	}
	m.season.restore(r)
	r.Floats(m.spread.hour)
	r.Floats(m.spread.known)
	m.modal.away = r.Bool()
	m.memory.wait = r.Int()
	m.tails.Restore(r)
	m.anchor.left = r.Int()
	m.anchor.back = r.Int()
	m.past.restore(r)
	return m
}

// scalars lists the single numbers of the state, in the order in which they are saved.
func (m *Model) scalars() []*float64 {
	all := []*float64{
		&m.coldLevel, &m.coldScale, &m.level, &m.held, &m.inner, &m.outer[0], &m.outer[1],
		&m.spread.sigma, &m.spread.seen, &m.spread.size, &m.spread.w, &m.spread.x, &m.spread.y, &m.spread.xx, &m.spread.xy, &m.spread.power,
		&m.modal.value, &m.modal.votes, &m.modal.share, &m.modal.n, &m.modal.episodes, &m.modal.size,
		&m.anchor.count, &m.anchor.recent, &m.anchor.around, &m.anchor.last, &m.anchor.settled, &m.anchor.former, &m.anchor.since, &m.anchor.restive,
	}
	for i := range lags {
		all = append(all, &m.memory.state[i], &m.memory.coef[i], &m.memory.cross[i])
		for j := i; j < lags; j++ {
			all = append(all, &m.memory.gram[i][j])
		}
	}
	return all
}

func (s *season) save(w *state.Writer) {
	s.day.save(w)
	s.week.save(w)
	w.Int(s.first)
	w.Int(s.slot)
	w.Bool(s.weekly)
	for _, x := range s.scalars() {
		w.Float(*x)
	}
}

func (s *season) restore(r *state.Reader) {
	s.day.restore(r)
	s.week.restore(r)
	s.first = index(r, 0, len(s.week.value))
	s.slot = index(r, -1, len(s.week.value))
	s.weekly = r.Bool()
	for _, x := range s.scalars() {
		*x = r.Float()
	}
	if s.slot < 0 && s.gather.n != 0 {
		r.Fail("something was gathered for no hour of the week")
	}
}

func (s *season) scalars() []*float64 {
	return []*float64{&s.gather.n, &s.gather.residual, &s.gather.deviation, &s.gather.bent, &s.once, &s.twice}
}

func (p *profile) save(w *state.Writer) {
	w.Floats(p.value)
	for _, n := range p.seen {
		w.Int(int(n)) // mostly one byte
	}
	w.Float(p.sum)
	w.Int(p.known)
	w.Float(p.cross)
	w.Float(p.power)
}

func (p *profile) restore(r *state.Reader) {
	r.Floats(p.value)
	for i := range p.seen {
		p.seen[i] = uint16(index(r, 0, math.MaxUint16+1))
	}
	p.sum = r.Float()
	p.known = index(r, 0, len(p.seen)+1)
	p.cross = r.Float()
	p.power = r.Float()
}

func (p *past) save(w *state.Writer) {
	w.Int(p.tick)
	p.block.save(w, keptBlocks)
	p.day.save(w, keptDays)
	for _, e := range p.errors {
		w.Float(e.mean)
		w.Float(e.n)
	}
}

func (p *past) restore(r *state.Reader) {
	p.tick = index(r, 0, maxSteps)
	p.block.restore(r, keptBlocks)
	p.day.restore(r, keptDays)
	for i := range p.errors {
		p.errors[i] = meanError{mean: r.Float(), n: r.Float()}
	}
}

// save writes the stretches that were closed and are still kept; no other is ever read.
func (g *ring) save(w *state.Writer, kept int) {
	w.Int(g.n)
	w.Float(g.sum)
	w.Int(g.count)
	n := min(g.n, kept)
	w.Floats(g.mean[:n])
	w.Floats(g.level[:n])
}

func (g *ring) restore(r *state.Reader, kept int) {
	g.n = index(r, 0, maxSteps)
	g.sum = r.Float()
	g.count = r.Int()
	n := min(g.n, kept)
	r.Floats(g.mean[:n])
	r.Floats(g.level[:n])
}

// within reads a number that must lie in [low, high]; low where it does not.
func within(r *state.Reader, low, high float64) float64 {
	x := r.Float()
	if x >= low && x <= high {
		return x
	}
	r.Fail("a number is outside of its limits")
	return low
}

// index reads an integer that must lie in [low, end); low where it does not.
func index(r *state.Reader, low, end int) int {
	i := r.Int()
	if i >= low && i < end {
		return i
	}
	r.Fail("an integer is outside of its limits")
	return low
}

// Size of the model in memory, in bytes.
func (m *Model) Size() int {
	return int(unsafe.Sizeof(*m)) + 10*(len(m.season.day.value)+len(m.season.week.value)) + 16*len(m.spread.hour)
}
