// Package arima is the seasonal ARIMA(p,d,q)(P,D,Q)[s] of Box and Jenkins for regular, complete series.
//
// It is pure arithmetic: the caller fills gaps, removes what one season does not explain (a weekly profile), and puts bands around
// the forecasts. The model of a series y, with w = (1-B)^d (1-B^s)^D y and B the lag, is
//
//	(1 - ar1 B - ...)(1 - sar1 B^s - ...)(w - mean) = (1 + ma1 B + ...)(1 + sma1 B^s + ...) e
//
// # Estimation
//
// The conditional sum of squares (Box and Jenkins 1976, chapter 7): the first d + D s + p + P s residuals are zero, as in R's
// arima(method = "CSS"), and the sum of the squares of the others is least. The four polynomials are applied one after the other, so
// a residual costs p + P + q + Q products however long the season is, and the derivatives of the residuals are filters of the same
// kind: the sum is minimised by Levenberg-Marquardt steps with exact derivatives (Marquardt 1963) and not by a general optimiser.
// The unknowns are the partial autocorrelations of each polynomial (Barndorff-Nielsen and Schou 1973; Monahan 1984), each kept within
// (-1, 1), so every model that comes out is stationary and invertible.
//
// # Selection
//
// Differences come from tests, seasonal strength and KPSS, the rest from the least AICc of the whole grid p, q <= 2, P, Q <= 1, every
// member conditioned on the same observations and started from its best neighbour with one term less. What has a root near the unit
// circle is refused (Hyndman and Khandakar 2008).
package arima
