// Package stl parts a regularly spaced series into trend, seasons and remainder.
//
// One season is STL (Cleveland, Cleveland, McRae, Terpenning 1990): the cycle-subseries (all first hours, all second hours ...) are
// smoothed by loess, what they share with the trend is taken out by a low-pass filter, the rest is smoothed to the trend, and
// so on a few times. Several seasons are MSTL (Bandara, Hyndman, Bergmeir 2021): STL for each in turn, the shortest first, on the series
// without the others, twice.
//
// Each loess is fitted at every tenth of its window and joined by straight lines in between, as the authors' own program does: a
// smooth of such a window is nearly straight there, and the work no longer grows with window times length. The windows are so much
// wider than a bucket that the difference is far below what the method can tell.
//
// Everything is linear in the values as long as it is not robust, deterministic, and in time proportional to length.
package stl
