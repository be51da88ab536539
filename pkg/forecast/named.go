package forecast

// method fits a model to the first n values of a series.
type method func(s *series, n int) (model, error)

// methods are the forecasters that are one model.
var methods = map[string]method{
	SARIMA:        fitSARIMA,
	ETS:           fitETS,
	Theta:         fitTheta,
	MSTL:          fitMSTL,
	SeasonalNaive: fitNaive,
}

// refits are how often a method is fitted along the back-tests; between, a fit goes on from newer values, as it does later.
const refits = 2

// named fits a method to what is before some of the origins, and to everything. A method that finds too little before the first origin has
// no back-tests.
func named(s *series, origins []int, fit method) ([][]model, []int, error) {
	whole, err := fit(s, s.n)
	if err != nil {
		return nil, nil, err
	}
	last := len(origins) - 1
	models := make([]model, 0, len(origins))
	for k, n := range origins[:last] {
		if k%((last+refits-1)/refits) == 0 {
			m, err := fit(s, n)
			if err != nil && k == 0 {
				return [][]model{{whole}}, []int{s.n}, nil
			}
			if err == nil {
				models = append(models, m)
				continue
			}
		}
		models = append(models, models[k-1])
	}
	return [][]model{append(models, whole)}, origins, nil
}

// fitNaive chooses what to repeat: yesterday, or last week where that was nearer so far.
func fitNaive(s *series, n int) (model, error) {
	var miss [2]float64
	for t := s.whole(); t < n; t++ {
		for i, lag := range [2]int{oneSeason, oneCycle} {
			d := s.y[t] - s.y[s.back[lag][t]]
			miss[i] += max(d, -d)
		}
	}
	if miss[1] < miss[0] || s.perDay == 1 {
		return repeat(oneCycle), nil
	}
	return repeat(oneSeason), nil
}
