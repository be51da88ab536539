package forecast

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

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
	normal := mat.NewSymDense(columns, nil)
	for i := range columns {
		for j := i; j < columns; j++ {
			normal.SetSym(i, j, g.xx[i][j])
		}
		if i > 0 {
			normal.SetSym(i, i, g.xx[i][i]+more)
		}
	}
	var factors mat.Cholesky
	if !factors.Factorize(normal) {
		return coef, false
	}
	solution := mat.NewVecDense(columns, coef[:])
	var condition mat.Condition
	if err := factors.SolveVecTo(solution, mat.NewVecDense(columns, g.xy[:])); err != nil && !errors.As(err, &condition) {
		return coef, false
	}
	return coef, !slices.ContainsFunc(coef[:], func(c float64) bool { return math.IsNaN(c) || math.IsInf(c, 0) })
}
