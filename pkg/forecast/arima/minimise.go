package arima

import "math"

const (
	// edge bounds the partial autocorrelations: the closest to the unit circle a root may come.
	edge = 1 - 1e-4
	// A sum of squares of numbers up to 1 that is smaller than this for each of them is nothing but rounding.
	exact = 1e-28
)

// point is one choice of the unknowns: partial autocorrelations of ar, sar, ma and sma, then the mean of the differenced series.
type point struct {
	x    [maxParameters]float64
	ssq  float64
	coef coefficients
}

// precision says when the search ends: a step that gains less than gain of the sum, or that many steps.
type precision struct {
	gain  float64
	steps int
}

var (
	rough = precision{gain: 1e-3, steps: 10}
	fine  = precision{gain: 1e-10, steps: 100}
)

// search minimises the sum of squares over the unknowns of one order.
type search struct {
	*css
	order  Order
	by     [4]gradient // of the coefficients by the partial autocorrelations
	normal [maxParameters][maxParameters]float64
	slope  [maxParameters]float64
}

// blocks are the numbers of unknowns of ar, sar, ma and sma.
func (o Order) blocks() [4]int { return [4]int{o.P, o.SP, o.Q, o.SQ} }

// evaluate makes the coefficients, the residuals and their sum of squares of x.
func (s *search) evaluate(p *point) {
	from := 0
	for i, to := range [4]*polynomial{&p.coef.ar, &p.coef.sar, &p.coef.ma, &p.coef.sma} {
		n := s.order.blocks()[i]
		*to = fromPartial(p.x[from:from+n], &s.by[i])
		from += n
	}
	if s.order.Constant {
		p.coef.mean = p.x[from]
	}
	p.ssq = s.residuals(&p.coef)
}

// minimise descends from the unknowns of p by Levenberg-Marquardt steps within the bounds. With the derivatives at hand it takes 0.3 of the
// time that gonum's BFGS with numerical ones takes to the same sum (960 points, five terms).
func (s *search) minimise(p *point, to precision) {
	k := s.order.parameters()
	s.evaluate(p)
	damping := 1e-3
	floor := exact * float64(len(s.w))
	s.linearise(p)
	for range to.steps {
		if k == 0 || p.ssq <= floor {
			return
		}
		next, expected := s.step(p, k, damping)
		if math.Abs(expected) <= to.gain*p.ssq {
			return
		}
		s.evaluate(&next)
		if !(next.ssq < p.ssq) {
			if damping *= 8; damping > 1e8 {
				return
			}
			continue
		}
		gained := p.ssq - next.ssq
		*p = next
		if gained <= to.gain*p.ssq {
			return
		}
		damping = math.Max(damping/8, 1e-9)
		s.linearise(p)
	}
}

// linearise fills the normal equations at p, whose residuals have just been computed.
func (s *search) linearise(p *point) {
	k := s.derive(&p.coef, s.order.Constant)
	e := s.e[s.first:]
	for i := range k {
		ci := s.columns[i][s.first:]
		s.slope[i] = dot(ci, e)
		for j := range i + 1 {
			s.normal[i][j] = dot(ci, s.columns[j][s.first:])
			s.normal[j][i] = s.normal[i][j]
		}
	}
	from := 0
	for b, n := range s.order.blocks() {
		s.chain(&s.by[b], from, n, k)
		from += n
	}
}

// chain turns derivatives by the coefficients of one polynomial into derivatives by its partial autocorrelations.
func (s *search) chain(by *gradient, from, n, k int) {
	if n < 2 { // the same number
		return
	}
	turn := func(at func(i int) *float64) {
		var old [maxTerms]float64
		for i := range n {
			old[i] = *at(from + i)
		}
		for i := range n {
			sum := 0.0
			for j := range n {
				sum += by[j][i] * old[j]
			}
			*at(from + i) = sum
		}
	}
	turn(func(i int) *float64 { return &s.slope[i] })
	for row := range k {
		turn(func(i int) *float64 { return &s.normal[row][i] })
	}
	for column := range k {
		turn(func(i int) *float64 { return &s.normal[i][column] })
	}
}

// step solves the damped normal equations of the unknowns that are not held by a bound, and says how much the linear
// model gains: less than nothing where a bound bent the step.
func (s *search) step(p *point, k int, damping float64) (next point, expected float64) {
	var free [maxParameters]int
	n, bounded := 0, k
	if s.order.Constant {
		bounded--
	}
	for i := range k {
		held := i < bounded && (p.x[i] >= edge && s.slope[i] < 0 || p.x[i] <= -edge && s.slope[i] > 0)
		if !held && s.normal[i][i] > 0 {
			free[n] = i
			n++
		}
	}
	var delta [maxParameters]float64
	s.solve(free[:n], damping, &delta)
	next = *p
	for i, u := range free[:n] {
		next.x[u] += delta[i]
		if u < bounded {
			next.x[u] = math.Min(math.Max(next.x[u], -edge), edge)
		}
		delta[i] = next.x[u] - p.x[u]
	}
	for i, u := range free[:n] {
		curve := 0.0
		for j, v := range free[:n] {
			curve += s.normal[u][v] * delta[j]
		}
		expected -= delta[i] * (2*s.slope[u] + curve)
	}
	return next, expected
}

// solve is Cholesky's factorisation of the normal equations with their diagonal made larger by the damping.
func (s *search) solve(free []int, damping float64, delta *[maxParameters]float64) {
	var l [maxParameters][maxParameters]float64
	for i, u := range free {
		for j, v := range free[:i+1] {
			sum := s.normal[u][v]
			if i == j {
				sum *= 1 + damping
			}
			for m := range j {
				sum -= l[i][m] * l[j][m]
			}
			if i > j {
				l[i][j] = sum / l[j][j]
				continue
			}
			l[i][i] = math.Sqrt(math.Max(sum, 1e-14*s.normal[u][u]))
		}
		sum := -s.slope[u]
		for m := range i {
			sum -= l[i][m] * delta[m]
		}
		delta[i] = sum / l[i][i]
	}
	for i := len(free) - 1; i >= 0; i-- {
		for m := i + 1; m < len(free); m++ {
			delta[i] -= l[m][i] * delta[m]
		}
		delta[i] /= l[i][i]
	}
}

// dot has four sums, because each addition of a single one would wait for the one before.
func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}
