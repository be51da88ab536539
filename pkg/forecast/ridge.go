package forecast

import "math"

const columns = 14

// regressors are the columns of one row; the first is 1.
type regressors [columns]float64

// gram holds the normal equations of a regression; rows are added one after the other.
type gram struct {
	xx   [columns][columns]float64 // the upper triangle
	xy   regressors
	rows float64 // sum of their weights
}

// add takes a row, what it led to, and its weight.
func (g *gram) add(x *regressors, y, weight float64) {
	for i, v := range x {
		v *= weight
		row := &g.xx[i]
		for j := i; j < columns; j++ {
			row[j] += v * x[j]
		}
		g.xy[i] += v * y
	}
	g.rows += weight
}

const (
	// ridge is what is added to the diagonal, as a share of its mean: columns that are nearly the same share a coefficient.
	ridge = 1e-5
	// leastRidge is the same as a share of the rows.
	leastRidge = 1e-9
)

// solve returns the coefficients by Cholesky's factorisation; the intercept is not shrunk. ok is false where there are none.
func (g *gram) solve() (coef regressors, ok bool) {
	trace := 0.0
	for i := 1; i < columns; i++ {
		trace += g.xx[i][i]
	}
	more := ridge*trace/(columns-1) + leastRidge*g.rows
	var l [columns][columns]float64
	var z regressors
	for i := range columns {
		for j := range i {
			sum := g.xx[j][i]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			l[i][j] = sum / l[j][j]
		}
		square, sum := g.xx[i][i], g.xy[i]
		if i > 0 {
			square += more
		}
		for k := range i {
			square -= l[i][k] * l[i][k]
			sum -= l[i][k] * z[k]
		}
		if !(square > 0) || math.IsInf(square, 0) {
			return coef, false
		}
		l[i][i] = math.Sqrt(square)
		z[i] = sum / l[i][i]
	}
	for i := columns - 1; i >= 0; i-- {
		sum := z[i]
		for k := i + 1; k < columns; k++ {
			sum -= l[k][i] * coef[k]
		}
		coef[i] = sum / l[i][i]
		if math.IsNaN(coef[i]) || math.IsInf(coef[i], 0) {
			return coef, false
		}
	}
	return coef, true
}
