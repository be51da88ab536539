package arima

import (
	"math"
	"slices"
)

// polynomial is 1 - c[0] B - c[1] B^2 - ... in a lag B of one bucket or one season.
type polynomial struct {
	c [maxTerms]float64
	n int
}

// gradient holds the derivatives of coefficients by partial autocorrelations: [k][i] of coefficient k by number i.
type gradient [maxTerms][maxTerms]float64

// fromPartial makes the coefficients of the partial autocorrelations r, all within (-1, 1), by Durbin and Levinson's recursion,
// and their derivatives.
func fromPartial(r []float64, by *gradient) polynomial {
	p := polynomial{n: len(r)}
	for m, rm := range r {
		before, beforeBy := p.c, *by
		for j := range m {
			mirror := m - 1 - j
			p.c[j] = before[j] - rm*before[mirror]
			for i := range m {
				by[j][i] = beforeBy[j][i] - rm*beforeBy[mirror][i]
			}
			by[j][m] = -before[mirror]
			by[m][j] = 0
		}
		p.c[m], by[m][m] = rm, 1
	}
	return p
}

// outside reports that every root has a modulus above the given one: the recursion backwards, on the polynomial in B times modulus,
// finds partial autocorrelations within (-1, 1) alone.
func (p polynomial) outside(modulus float64) bool {
	power := 1.0
	for j := range p.n {
		power *= modulus
		p.c[j] *= power
	}
	for m := p.n - 1; m >= 0; m-- {
		rm := p.c[m]
		if math.Abs(rm) >= 1 {
			return false
		}
		before := p.c
		for j := range m {
			p.c[j] = (before[j] + rm*before[m-1-j]) / (1 - rm*rm)
		}
	}
	return true
}

// atOne is the polynomial's value where B is 1.
func (p polynomial) atOne() float64 {
	sum := 1.0
	for _, c := range p.c[:p.n] {
		sum -= c
	}
	return sum
}

// term is one lag of a sparse polynomial.
type term struct {
	lag  int
	coef float64
}

// expand multiplies a sparse polynomial by p in the lag given; the first term is 1 at the lag 0.
func expand(product []term, p polynomial, lag int) []term {
	for _, t := range slices.Clone(product) {
		for j, c := range p.c[:p.n] {
			product = addTerm(product, t.lag+(j+1)*lag, -c*t.coef)
		}
	}
	return product
}

func addTerm(terms []term, lag int, coef float64) []term {
	for i := range terms {
		if terms[i].lag == lag {
			terms[i].coef += coef
			return terms
		}
	}
	return append(terms, term{lag, coef})
}
