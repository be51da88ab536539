package arima

// coefficients are the four polynomials and the mean of the differenced series. Moving average terms have the sign of
// 1 - ma[0] B - ..., the opposite of the sign in which they are published.
type coefficients struct {
	ar, sar, ma, sma polynomial
	mean             float64
}

// css computes the conditional sum of squares of a differenced series, and its derivatives.
type css struct {
	w       []float64
	season  int
	first   int       // residuals before are zero; at least p + P s
	a       []float64 // w less its mean, after the seasonal autoregression
	f       []float64 // room
	e       []float64 // residuals
	columns [maxParameters][]float64
}

func newCSS(w []float64, season, first int) *css {
	return &css{w: w, season: season, first: first, a: make([]float64, len(w)), f: make([]float64, len(w)), e: make([]float64, len(w))}
}

// residuals fills a and e, and returns the sum of squares.
func (s *css) residuals(c *coefficients) float64 {
	filter(s.a, s.w, &c.sar, s.season, s.first-c.ar.n)
	shift := c.mean * c.sar.atOne()
	for t := s.first - c.ar.n; t < len(s.a); t++ {
		s.a[t] -= shift
	}
	filter(s.e, s.a, &c.ar, 1, s.first)
	s.unmix(s.e, c)
	sum := 0.0
	for _, e := range s.e[s.first:] {
		sum += e * e
	}
	return sum
}

// unmix undoes both moving averages in place.
func (s *css) unmix(x []float64, c *coefficients) {
	invert(x, &c.sma, s.season, s.first)
	invert(x, &c.ma, 1, s.first)
}

// derive fills the columns with the derivatives of the residuals by ar, sar, ma, sma and, where it is estimated, the mean, and returns
// how many there are. The residuals must be those of the same coefficients.
func (s *css) derive(c *coefficients, mean bool) (k int) {
	next := func() []float64 {
		if s.columns[k] == nil {
			s.columns[k] = make([]float64, len(s.w))
		}
		k++
		return s.columns[k-1]
	}
	for j := range c.ar.n {
		column := next()
		negate(column[s.first:], s.a[s.first-j-1:])
		s.unmix(column, c)
	}
	s.deriveSeasonal(c, next)
	s.deriveMoving(&c.ma, 1, next)
	s.deriveMoving(&c.sma, s.season, next)
	if mean {
		column := next()
		level := -c.ar.atOne() * c.sar.atOne()
		for t := s.first; t < len(column); t++ {
			column[t] = level
		}
		s.unmix(column, c)
	}
	return k
}

func (s *css) deriveSeasonal(c *coefficients, next func() []float64) {
	if c.sar.n == 0 {
		return
	}
	from := s.first - c.sar.n*s.season
	filter(s.f, s.w, &c.ar, 1, from)
	shift := c.mean * c.ar.atOne()
	for t := from; t < len(s.f); t++ {
		s.f[t] -= shift
	}
	for j := range c.sar.n {
		column := next()
		negate(column[s.first:], s.f[s.first-(j+1)*s.season:])
		s.unmix(column, c)
	}
}

// deriveMoving makes the columns of one moving average: the residuals once more through its inverse, each lag later.
func (s *css) deriveMoving(p *polynomial, lag int, next func() []float64) {
	if p.n == 0 {
		return
	}
	copy(s.f[s.first:], s.e[s.first:])
	invert(s.f, p, lag, s.first)
	for j := range p.n {
		column := next()
		late := min((j+1)*lag, len(column)-s.first)
		clear(column[s.first : s.first+late])
		copy(column[s.first+late:], s.f[s.first:])
	}
}

func negate(to, from []float64) {
	for i := range to {
		to[i] = -from[i]
	}
}

// filter applies p: to[t] = x[t] - c[0] x[t-lag] - ... for t >= from, which must be at least the longest lag.
func filter(to, x []float64, p *polynomial, lag, from int) {
	to, n := to[:len(x)], p.n
	if n == 0 {
		copy(to[from:], x[from:])
		return
	}
	now, back := x[from:], x[from-lag:]
	c := p.c[0]
	for i := range to[from:] {
		to[from+i] = now[i] - c*back[i]
	}
	for j := 1; j < n; j++ {
		back, c := x[from-(j+1)*lag:], p.c[j]
		for i := range to[from:] {
			to[from+i] -= c * back[i]
		}
	}
}

// invert undoes p in place: x[t] += c[0] x[t-lag] + ... for t >= from, where what lies before from counts as zero.
func invert(x []float64, p *polynomial, lag, from int) {
	x = x[from:]
	switch {
	case p.n == 0:
	case p.n == 1 && lag > 1:
		c := p.c[0]
		for t := lag; t < len(x); t++ {
			x[t] += c * x[t-lag]
		}
	case p.n <= 2 && lag == 1: // the last two stay in registers
		c0, c1 := p.c[0], p.c[1]
		last, before := 0.0, 0.0
		for t, v := range x {
			last, before = v+c1*before+c0*last, last
			x[t] = last
		}
	default:
		for t := range x {
			for j := 0; j < p.n && t >= (j+1)*lag; j++ {
				x[t] += p.c[j] * x[t-(j+1)*lag]
			}
		}
	}
}
