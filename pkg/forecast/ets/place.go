package ets

import "math"

// Coordinates that most series are not far from: beta a twentieth of alpha, gamma a fiftieth of what alpha leaves, phi near 0.96. Some
// seasons move faster.
const (
	usualBeta  = -3
	usualGamma = -4
	quickGamma = -1
	usualPhi   = 2
)

// A place is the parameters of a form as unbounded numbers, one for each that the form has, in the order alpha, beta, gamma, phi.
// paceAt bounds them to the usual region: each in (0, 1), beta below alpha, gamma below 1-alpha, phi from 0.8 to 0.98.
func paceAt(f form, at []float64) pace {
	x := coordinates(f, at)
	p := pace{alpha: logistic(x[0]), phi: 1}
	if f.trend != noTrend {
		p.beta = p.alpha * logistic(x[1])
	}
	if f.season != noSeason {
		p.gamma = (1 - p.alpha) * logistic(x[2])
	}
	if f.trend == dampedTrend {
		p.phi = 0.8 + 0.18*logistic(x[3])
	}
	return p
}

// coordinates are those of all four parameters; one that the form does not have is where a search for it would begin.
func coordinates(f form, at []float64) [4]float64 {
	x := [4]float64{0, usualBeta, usualGamma, usualPhi}
	next := 0
	for i, has := range f.has() {
		if has {
			x[i] = at[next]
			next++
		}
	}
	return x
}

// place is where the form has these coordinates.
func place(f form, alpha, beta, gamma, phi float64) []float64 {
	var made []float64
	x := [...]float64{alpha, beta, gamma, phi}
	for i, has := range f.has() {
		if has {
			made = append(made, x[i])
		}
	}
	return made
}

// has says which of alpha, beta, gamma and phi the form has.
func (f form) has() [4]bool {
	return [4]bool{true, f.trend != noTrend, f.season != noSeason, f.trend == dampedTrend}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
