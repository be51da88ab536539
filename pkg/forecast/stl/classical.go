package stl

// Classical are the fixed seasonal indices of y, which is complete and finite, by classical decomposition: by phase, the mean distance from a centred moving mean over
// one period, or with ratio the mean quotient, so that the indices themselves have the mean 0 or 1. It is nil where two cycles do not
// fit or where a quotient would not be of positive numbers.
func Classical(y []float64, period int, ratio bool) []float64 {
	if period < 2 || period > len(y)/2 {
		return nil
	}
	means, counts := make([]float64, period), make([]float64, period)
	for i, level := range centred(y, period) {
		at := i + period/2
		if ratio && !(y[at] > 0 && level > 0) {
			return nil
		}
		value := y[at] - level
		if ratio {
			value = y[at] / level
		}
		counts[at%period]++
		means[at%period] += (value - means[at%period]) / counts[at%period]
	}
	whole := 0.0
	for i, v := range means {
		whole += (v - whole) / float64(i+1)
	}
	for i := range means {
		if ratio {
			means[i] /= whole
		} else {
			means[i] -= whole
		}
	}
	return means
}

// centred are the moving means over a period, the first for y[period/2]. Over an even period both ends count half.
func centred(y []float64, period int) []float64 {
	sum := 0.0
	for _, v := range y[:period] {
		sum += v
	}
	means := make([]float64, len(y)-period+1)
	means[0] = sum / float64(period)
	for i, v := range y[period:] {
		sum += v - y[i]
		means[i+1] = sum / float64(period)
	}
	if period%2 == 1 {
		return means
	}
	for i, next := range means[1:] {
		means[i] = (means[i] + next) / 2
	}
	return means[:len(means)-1]
}
