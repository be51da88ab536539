// Package theta forecasts by the Theta method (Assimakopoulos, Nikolopoulos 2000) with an optimised theta (Fiorucci, Pellegrini,
// Louzada, Petropoulos, Koehler 2016).
//
// The series without its season is seen as the mean of two lines: its linear trend, and a theta line whose bends are theta times as
// deep, which simple exponential smoothing extends. Theta 2 is the standard method, that of the M3 competition; theta 1 is
// simple exponential smoothing. A season is taken out beforehand where the autocorrelation at its lag is significant at 90 %, by
// classical decomposition, multiplied where all values are positive and added elsewhere, and put back afterwards.
//
// In its state space form, with the smoothing level l, the trend's a + b t and w = 1 - 1/theta, the next value is expected at
//
//	l + w ((1-alpha)^(t-1) a + (1-(1-alpha)^t)/alpha b)
//
// For a given alpha that is linear in w and in the level at the beginning: both are solved for, and the search is over alpha alone.
package theta
