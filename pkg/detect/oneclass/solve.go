package oneclass

import "math"

// problem is the dual: minimise a'Ka/2 with 0 <= a <= 1 and the sum of a given.
type problem struct {
	n        int
	rows     []float32
	kernel   []float64 // n x n
	alpha    []float64
	gradient []float64 // K a
	random   uint64
}

// draw takes n rows without replacement, by selection sampling (Knuth 3.4.2 S).
func (p *problem) draw(rows Rows, n, width int, seed uint64) {
	p.n, p.random = n, seed
	p.rows = resized(p.rows, n*width)
	taken := 0
	for i, left := 0, rows.Len(); taken < n; i, left = i+1, left-1 {
		if p.below(left) < n-taken {
			copy(p.rows[taken*width:(taken+1)*width], rows.Row(i))
			taken++
		}
	}
}

// below is uniform on 0 .. n-1, from the splitmix64 generator (Steele, Lea, Flood 2014).
func (p *problem) below(n int) int {
	p.random += 0x9E3779B97F4A7C15
	z := p.random
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return int((z ^ z>>31) >> 32 * uint64(n) >> 32)
}

func (p *problem) kernelise(width int, gamma float64) {
	n := p.n
	p.kernel = resized(p.kernel, n*n)
	for i := range n {
		p.kernel[i*n+i] = 1
		a := p.rows[i*width : (i+1)*width]
		for j := range i {
			k := math.Exp(-gamma * squared(a, p.rows[j*width:]))
			p.kernel[i*n+j], p.kernel[j*n+i] = k, k
		}
	}
}

// solve runs sequential minimal optimisation until no pair violates the optimum by more than the tolerance.
func (p *problem) solve(nu, tolerance float64) {
	p.begin(nu)
	for range max(100*p.n, 10_000) {
		i, j := p.pair(tolerance)
		if j < 0 {
			return
		}
		p.move(i, j)
	}
}

// begin gives the first rows all that there is to give, as LIBSVM does.
func (p *problem) begin(nu float64) {
	p.alpha, p.gradient = resized(p.alpha, p.n), resized(p.gradient, p.n)
	clear(p.gradient)
	left := nu * float64(p.n)
	for i := range p.alpha {
		a := math.Min(left, 1)
		p.alpha[i] = a
		left -= a
		if a <= 0 {
			continue
		}
		for j, k := range p.row(i) {
			p.gradient[j] += a * k
		}
	}
}

func (p *problem) row(i int) []float64 { return p.kernel[i*p.n : (i+1)*p.n] }

// pair is the working set: i may grow and has the smallest gradient, j may shrink and promises the largest gain together with i.
// j is -1 at the optimum.
func (p *problem) pair(tolerance float64) (i, j int) {
	i, j = -1, -1
	least := math.Inf(1)
	for t, g := range p.gradient {
		if p.alpha[t] < 1 && g < least {
			i, least = t, g
		}
	}
	if i < 0 {
		return i, j
	}
	row := p.row(i)
	most, gain := math.Inf(-1), 0.0
	for t, g := range p.gradient {
		if p.alpha[t] <= 0 {
			continue
		}
		most = math.Max(most, g)
		d := g - least
		if d <= 0 {
			continue
		}
		if q := d * d / curvature(row[t]); q > gain {
			j, gain = t, q
		}
	}
	if most-least < tolerance {
		return i, -1
	}
	return i, j
}

// curvature along a pair whose kernel is k.
func curvature(k float64) float64 { return math.Max(2-2*k, 1e-12) }

// move shifts weight from j to i.
func (p *problem) move(i, j int) {
	a, b := p.row(i), p.row(j)
	d := (p.gradient[j] - p.gradient[i]) / curvature(a[j])
	d = math.Min(d, math.Min(1-p.alpha[i], p.alpha[j]))
	p.alpha[i] = settle(p.alpha[i] + d)
	p.alpha[j] = settle(p.alpha[j] - d)
	for t := range p.gradient {
		p.gradient[t] += d * (a[t] - b[t])
	}
}

// settle puts what is at a bound but for rounding on it.
func settle(a float64) float64 {
	switch {
	case a < 1e-12:
		return 0
	case a > 1-1e-12:
		return 1
	}
	return a
}

// rho is the mean gradient of the rows on the boundary, or the middle of what bounds it where there are none.
func (p *problem) rho() float64 {
	sum, free := 0.0, 0
	below, above := math.Inf(-1), math.Inf(1)
	for i, g := range p.gradient {
		switch a := p.alpha[i]; {
		case a >= 1:
			below = math.Max(below, g)
		case a <= 0:
			above = math.Min(above, g)
		default:
			sum += g
			free++
		}
	}
	switch {
	case free > 0:
		return sum / float64(free)
	case math.IsInf(above, 1):
		return below
	case math.IsInf(below, -1):
		return above
	}
	return (below + above) / 2
}

// resized returns a slice of n entries, in the memory of s where it suffices. What they hold is whatever was there.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
