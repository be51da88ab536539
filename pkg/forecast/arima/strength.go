package arima

import "math"

const (
	// strong is the strength from which a season is differenced, R's nsdiffs.
	strong = 0.64
	// A season is smoothed over this many of its cycles, R's mstl.
	smoothedCycles = 11
	// kpss5 is the critical value of the KPSS statistic around a mean at 5 %.
	kpss5 = 0.463
)

// seasonalStrength is 1 - var(remainder)/var(season + remainder), at least 0 (Wang, Smith and Hyndman 2006). The trend is a centred
// moving average over a season, and the half season at each end that it does not reach is left out.
func seasonalStrength(z []float64, season int) float64 {
	inner := detrended(z, season)
	all := variance(inner)
	if all == 0 {
		return 0
	}
	return math.Max(0, 1-variance(deseasoned(inner, season))/all)
}

// detrended is z less that moving average over a season, shorter by half a season at each end.
func detrended(z []float64, season int) []float64 {
	half := season / 2
	inner := make([]float64, len(z)-2*half)
	sum := 0.0
	for _, v := range z[:2*half] {
		sum += v
	}
	for i := range inner {
		sum += z[i+2*half] // of the 2 half + 1 values around it
		average := sum / float64(2*half+1)
		if season%2 == 0 { // the outermost two count half
			average = (sum - (z[i]+z[i+2*half])/2) / float64(season)
		}
		inner[i] = z[i+half] - average
		sum -= z[i]
	}
	return inner
}

// deseasoned is x less its season: each phase's values, smoothed over the nearest cycles with tricube weights (Cleveland et al. 1990).
func deseasoned(x []float64, season int) []float64 {
	remainder := make([]float64, len(x))
	cycles := (len(x) + season - 1) / season
	for cycle := range cycles {
		left := max(0, min(cycle-smoothedCycles/2, cycles-smoothedCycles))
		right := min(left+smoothedCycles, cycles)
		reach := float64(max(cycle-left, right-1-cycle)) + math.Max(0, float64(smoothedCycles-cycles)/2)
		for t := cycle * season; t < min((cycle+1)*season, len(x)); t++ {
			sum, total := 0.0, 0.0
			for other := left; other < right; other++ {
				at := t + (other-cycle)*season
				if at >= len(x) {
					break
				}
				weight := tricube(float64(other-cycle) / reach)
				sum += weight * x[at]
				total += weight
			}
			remainder[t] = x[t] - sum/total
		}
	}
	return remainder
}

// tricube is 1 at 0 and 0 from 1 on.
func tricube(distance float64) float64 {
	distance = math.Abs(distance)
	if distance >= 1 {
		return 0
	}
	cube := 1 - distance*distance*distance
	return cube * cube * cube
}

// stationary reports that the test of Kwiatkowski, Phillips, Schmidt and Shin (1992) does not refuse w at 5 %: the long-run
// variance has Bartlett's weights over 3 sqrt(n)/13 lags, as in R's ndiffs.
func stationary(w []float64) bool {
	n := float64(len(w))
	lags := int(3 * math.Sqrt(n) / 13)
	x := make([]float64, len(w))
	centre := mean(w)
	sum, sums := 0.0, 0.0
	for i, v := range w {
		x[i] = v - centre
		sum += x[i]
		sums += sum * sum
	}
	longRun := dot(x, x)
	for lag := 1; lag <= lags; lag++ {
		longRun += 2 * (1 - float64(lag)/float64(lags+1)) * dot(x[lag:], x[:len(x)-lag])
	}
	return !(sums > kpss5*n*longRun) // sums/n^2 over longRun/n
}
