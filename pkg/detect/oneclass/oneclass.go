// Package oneclass is the one-class support vector machine of Schölkopf, Platt, Shawe-Taylor, Smola and Williamson (2001) with the kernel
// exp(-gamma |x-y|^2): a boundary around a sample that leaves about the share nu of it outside. The decision value of a row is
//
//	sum of alpha_i K(x_i, x) - rho
//
// over the support vectors: positive inside, negative outside. It is trained by sequential minimal optimisation with the second-order working
// set of Fan, Chen and Lin (JMLR 2005), in the scale of LIBSVM: alpha from 0 to 1, their sum nu n.
package oneclass

import (
	"math"
	"sync"
)

// MaxSample bounds the rows of a machine: training takes memory by their square.
const MaxSample = 1024

// Rows is what a machine is trained on. A row is valid until the next call of Row.
type Rows interface {
	Len() int
	Row(i int) []float32
}

// Config of a machine. Numbers outside their limits are drawn to them.
type Config struct {
	Nu        float64 // share left outside, above 0 to 1
	Gamma     float64 // of the kernel; 0: 1 / (width x variance of all numbers in the sample), as "scale" of scikit-learn
	Variance  float64 // the least that Gamma 0 believes; 0: any, and gamma 1 where nothing varies, as scikit-learn
	Sample    int     // rows drawn for training; 0: all there are, to MaxSample
	Width     int     // features of a row
	Tolerance float64 // of the optimum; 0: 0.001
}

// Machine is trained by Fit and then only read: Decision may be called by many at once, Fit by one alone.
type Machine struct {
	cfg     Config
	gamma   float64
	rho     float64
	vectors []float32 // row after row
	alpha   []float64 // of the vectors, all above 0
}

// New returns a machine that is not trained.
func New(c Config) *Machine {
	c.Nu = math.Min(math.Max(c.Nu, 1e-4), 1)
	if c.Sample <= 0 || c.Sample > MaxSample {
		c.Sample = MaxSample
	}
	c.Width = max(c.Width, 1)
	if !(c.Tolerance > 0) {
		c.Tolerance = 1e-3
	}
	return &Machine{cfg: c}
}

// Fit trains the machine anew on a sample of rows of finite numbers. The same rows and seed make the same machine. It reuses its memory.
func (m *Machine) Fit(rows Rows, seed uint64) {
	n := min(m.cfg.Sample, rows.Len())
	m.vectors, m.alpha, m.rho = m.vectors[:0], m.alpha[:0], 0
	if n == 0 {
		return
	}
	p := problems.Get().(*problem)
	defer problems.Put(p)
	p.draw(rows, n, m.cfg.Width, seed)
	m.gamma = m.cfg.Gamma
	if m.gamma <= 0 {
		m.gamma = scale(p.rows, m.cfg.Width, m.cfg.Variance)
	}
	p.kernelise(m.cfg.Width, m.gamma)
	p.solve(m.cfg.Nu, m.cfg.Tolerance)
	m.rho = p.rho()
	for i, a := range p.alpha {
		if a > 0 {
			m.alpha = append(m.alpha, a)
			m.vectors = append(m.vectors, p.rows[i*m.cfg.Width:(i+1)*m.cfg.Width]...)
		}
	}
}

// Ready says that the machine is trained.
func (m *Machine) Ready() bool { return len(m.alpha) > 0 }

// Vectors is the number of support vectors.
func (m *Machine) Vectors() int { return len(m.alpha) }

// Decision value of a row: positive inside the boundary, -rho far from everything; 0 before Fit.
func (m *Machine) Decision(row []float32) float64 {
	sum := 0.0
	for i, a := range m.alpha {
		sum += a * math.Exp(-m.gamma*squared(row, m.vectors[i*m.cfg.Width:]))
	}
	return sum - m.rho
}

// Distance is log(rho / (decision value + rho)): 0 on the boundary, positive outside, where it goes on growing with the square of
// the distance while the decision value comes to rest at -rho.
func (m *Machine) Distance(row []float32) float64 {
	if !m.Ready() {
		return 0
	}
	nearest := math.Inf(1)
	for i := range m.alpha {
		nearest = math.Min(nearest, squared(row, m.vectors[i*m.cfg.Width:]))
	}
	sum := 0.0
	for i, a := range m.alpha {
		sum += a * math.Exp(-m.gamma*(squared(row, m.vectors[i*m.cfg.Width:])-nearest))
	}
	return m.gamma*nearest - math.Log(sum) + math.Log(math.Max(m.rho, 1e-300))
}

// Size of the machine in memory, in bytes.
func (m *Machine) Size() int { return 4*cap(m.vectors) + 8*cap(m.alpha) + 128 }

func squared(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		d := float64(x) - float64(b[i])
		sum += d * d
	}
	return sum
}

// scale is 1 / (width x variance), 1 where nothing varies and least is 0.
func scale(rows []float32, width int, least float64) float64 {
	mean := 0.0
	for _, x := range rows {
		mean += float64(x)
	}
	mean /= float64(len(rows))
	variance := 0.0
	for _, x := range rows {
		d := float64(x) - mean
		variance += d * d
	}
	variance = math.Max(variance/float64(len(rows)), least)
	if variance <= 0 {
		return 1
	}
	return 1 / (float64(width) * variance)
}

// problems are kept for reuse: they are large, and needed for a moment only.
var problems = sync.Pool{New: func() any { return new(problem) }}
