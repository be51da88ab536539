package theta

import (
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/stl"
)

// ninetyPercent is the quantile of the standard normal distribution for a two-sided test at 90 %.
const ninetyPercent = 1.645

// leastIndex keeps a division by a seasonal index within reason.
const leastIndex = 1e-4

// indices are the seasonal indices of y, nil where the series has no significant season, and whether they multiply.
func indices(y []float64, season int) ([]float64, bool) {
	if season < 2 || season > (len(y)-1)/2 || !seasonal(y, season) {
		return nil, false
	}
	ratio := slices.Min(y) > 0
	found := stl.Classical(y, season, ratio)
	if ratio && found != nil && slices.Min(found) < leastIndex {
		ratio, found = false, stl.Classical(y, season, false)
	}
	return found, ratio
}

// seasonal tests the autocorrelation at the lag of the season against the variance it would have if only the shorter
// lags were correlated (Bartlett 1946), as Fiorucci et al. (2016) do.
func seasonal(y []float64, season int) bool {
	mean := 0.0
	for i, v := range y {
		mean += (v - mean) / float64(i+1)
	}
	centred := make([]float64, len(y))
	whole := 0.0
	for i, v := range y {
		centred[i] = v - mean
		whole += centred[i] * centred[i]
	}
	if !(math.Sqrt(whole/float64(len(y))) > 1e-14) { // constant, to rounding: the greatest magnitude is about 1
		return false
	}
	sum := 1.0
	for lag := 1; lag < season; lag++ {
		r := product(centred, lag) / whole
		sum += 2 * r * r
	}
	return math.Abs(product(centred, season)/whole) > ninetyPercent*math.Sqrt(sum/float64(len(y)))
}

func product(x []float64, lag int) float64 {
	late, sum := x[lag:], 0.0
	for i, v := range late {
		sum += v * x[i]
	}
	return sum
}
