// Package detect turns a series of observations into anomaly scores, one observation at a time and without looking ahead.
//
// # The score
//
// A score is clamp(25 (-log10 p - 1), 0, 100) of the probability p of an observation at least as unusual: 25 is a warning
// (1 %), 50 major (0.1 %), 75 critical (0.01 %).
//
// # How p is found
//
// Three statistics look at each observation: its one-step error, which sees a jump; its distance from the baseline of
// season and level, which sees what lasts; the mean of that distance over twelve buckets, which sees what creeps. Each becomes
// a probability by its own decayed distribution, up and down apart. The quadratic mean of their -log10 is again a statistic with a
// decayed distribution, and p is its tail times a factor, because one who watches a series all week asks for alarms to be rare
// by the week and not by the point.
package detect
