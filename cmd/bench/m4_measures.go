package main

import "math"

// m4Season of hourly series; the M4 competition knows no other.
const m4Season = 24

// m4Score are the measures of the M4 competition of one forecast (Makridakis, Spiliotis, Assimakopoulos 2020).
type m4Score struct {
	smape, mase float64    // percent; 1
	msis        float64    // of the band of 95 %
	inside      [2]float64 // shares within the bands of 80 and 95 %
}

// seasonalScale is the mean absolute change over a season within a series: what MASE and MSIS are in units of.
func seasonalScale(y []float64) float64 {
	sum := 0.0
	for t := m4Season; t < len(y); t++ {
		sum += math.Abs(y[t] - y[t-m4Season])
	}
	return sum / float64(len(y)-m4Season)
}

// pointMeasures are sMAPE and MASE.
func pointMeasures(actual, forecast []float64, scale float64) (smape, mase float64) {
	n := float64(len(actual))
	for i, x := range actual {
		err := math.Abs(x - forecast[i])
		mase += err / scale / n
		if err > 0 {
			smape += 200 * err / (math.Abs(x) + math.Abs(forecast[i])) / n
		}
	}
	return smape, mase
}

// intervalScore is MSIS: the mean width of a band of 1-alpha, and 2/alpha times what lies outside (Gneiting and Raftery 2007).
func intervalScore(actual, lower, upper []float64, alpha, scale float64) (score float64) {
	for i, x := range actual {
		missed := math.Max(lower[i]-x, 0) + math.Max(x-upper[i], 0)
		score += (upper[i] - lower[i] + 2/alpha*missed) / scale / float64(len(actual))
	}
	return score
}

func insideShare(actual, lower, upper []float64) (share float64) {
	for i, x := range actual {
		if x >= lower[i] && x <= upper[i] {
			share += 1 / float64(len(actual))
		}
	}
	return share
}

// naive2 is the benchmark of the competition: the last value, after a multiplicative season is taken out where a test finds one.
func naive2(y []float64, steps int) []float64 {
	factors := seasonalFactors(y)
	last := y[len(y)-1] / factors[(len(y)-1)%m4Season]
	out := make([]float64, steps)
	for i := range out {
		out[i] = last * factors[(len(y)+i)%m4Season]
	}
	return out
}

// seasonalFactors are the seasonal indices of classical decomposition by position in the season; 1 where there is no season.
func seasonalFactors(y []float64) (factors [m4Season]float64) {
	for i := range factors {
		factors[i] = 1
	}
	if !seasonal90(y) {
		return factors
	}
	var sum, count [m4Season]float64
	const half = m4Season / 2
	for t := half; t+half < len(y); t++ {
		trend := (y[t-half] + y[t+half]) / 2
		for k := 1 - half; k < half; k++ {
			trend += y[t+k]
		}
		sum[t%m4Season] += y[t] * m4Season / trend
		count[t%m4Season]++
	}
	mean := 0.0
	for i := range factors {
		factors[i] = sum[i] / count[i]
		mean += factors[i] / m4Season
	}
	for i := range factors {
		factors[i] /= mean
	}
	return factors
}

// seasonal90 tests the autocorrelation over a season at 90 %.
func seasonal90(y []float64) bool {
	if len(y) < 3*m4Season {
		return false
	}
	squares := 0.0
	for lag := 1; lag < m4Season; lag++ {
		r := autocorrelation(y, lag)
		squares += r * r
	}
	const quantile = 1.645
	return math.Abs(autocorrelation(y, m4Season)) > quantile*math.Sqrt((1+2*squares)/float64(len(y)))
}

func autocorrelation(y []float64, lag int) float64 {
	mean, with, all := 0.0, 0.0, 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for t, v := range y {
		all += (v - mean) * (v - mean)
		if t >= lag {
			with += (v - mean) * (y[t-lag] - mean)
		}
	}
	return with / all
}
