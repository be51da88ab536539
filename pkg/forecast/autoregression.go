package forecast

import "math"

const (
	shortLags = 4
	// rowsPerColumn are needed before coefficients are believed.
	rowsPerColumn = 3
	// halfLife in seasons is when a row of the forgetting regression counts half.
	halfLife = 5
)

// autoregression is linear in the last values and in those about the same time of the wall clock a day, two days and a week ago, fitted by
// ridge regression on standardised values or their logarithms.
type autoregression struct {
	logs          bool
	shift         float64 // of the logarithms
	centre, scale float64
	coef          regressors
}

func (a *autoregression) String() string {
	if a.logs {
		return "autoregression of logarithms"
	}
	return "autoregression"
}

// view is the series on the scale of the model.
func (a *autoregression) view(s *series) []float64 {
	if !a.logs {
		return s.y
	}
	if s.logs.values == nil || s.logs.shift != a.shift {
		s.takeLogs(a.shift)
	}
	return s.logs.values
}

// autoregressions fits a model at each origin, on what was before it: the normal equations are added up once and solved on the way.
// memory in seasons is when a row counts half, +Inf: never. Nil: there are no logarithms.
func autoregressions(s *series, origins []int, logs bool, memory float64) []model {
	plain := autoregression{logs: logs}
	if logs {
		if plain.shift = s.logShiftOf(origins[0]); !(plain.shift > 0) {
			return nil
		}
	}
	z := standardised(&plain, plain.view(s), origins[0])
	plain.coef[2+shortLags] = 1 // what was a season ago

	growth := math.Exp2(1 / (memory * float64(s.season)))
	from := max(s.seasoned(), shortLags)
	if origins[0] >= s.whole()+s.season {
		from = s.whole()
	}
	models := make([]model, 0, len(origins))
	var g gram
	var x regressors
	weight := 1.0
	t := from
	for _, n := range origins {
		for ; t < n; t++ {
			s.row(&x, z, t, 0)
			g.add(&x, z[t], weight)
			weight *= growth
		}
		a := plain
		if coef, ok := g.solve(); ok && t-from >= rowsPerColumn*columns {
			a.coef = coef
		}
		models = append(models, &a)
	}
	return models
}

// standardised sets centre and scale by the first n values and returns all of them so.
func standardised(a *autoregression, v []float64, n int) []float64 {
	for _, x := range v[:n] {
		a.centre += x / float64(n)
	}
	for _, x := range v[:n] {
		a.scale += math.Abs(x-a.centre) / float64(n)
	}
	if a.scale = math.Max(a.scale, 1e-9*math.Abs(a.centre)); a.scale == 0 {
		a.scale = 1
	}
	z := make([]float64, len(v))
	for i, x := range v {
		z[i] = (x - a.centre) / a.scale
	}
	return z
}

// row fills in what bucket t is foreseen from; z begins with bucket from.
func (s *series) row(x *regressors, z []float64, t, from int) {
	x[0] = 1
	for lag := 1; lag <= shortLags; lag++ {
		x[lag] = z[t-from-lag]
	}
	p := 1 + shortLags
	for i := range s.back {
		b := int(s.back[i][t]) - from
		x[p], x[p+1], x[p+2] = z[b-1], z[b], z[b+1]
		p += 3
	}
}

// limits of a path some steps after n values, on the scale of the model.
func (a *autoregression) limits(s *series, n, steps int) (low, high float64) {
	low, high = s.within(n, steps, room)
	if a.logs {
		low, high = s.logs.in(low), s.logs.in(high)
	}
	return (low - a.centre) / a.scale, (high - a.centre) / a.scale
}

func (a *autoregression) path(s *series, n int, out []float64) {
	v := a.view(s)
	low, high := a.limits(s, n, 0)
	lower, higher := a.limits(s, n, n)
	lower, higher = (lower-low)/float64(n), (higher-high)/float64(n) // with every step
	from := max(0, n-s.whole()-s.slack)
	z := s.buffer(n - from + len(out))
	for i, x := range v[from:n] {
		z[i] = (x - a.centre) / a.scale
	}
	var x regressors
	for i := range out {
		s.row(&x, z, n+i, from)
		sum := 0.0
		for k, c := range a.coef {
			sum += c * x[k]
		}
		sum = math.Min(math.Max(sum, low+lower*float64(i)), high+higher*float64(i))
		z[n-from+i] = sum
		out[i] = sum*a.scale + a.centre
		if a.logs {
			out[i] = s.logs.out(out[i])
		}
	}
}
