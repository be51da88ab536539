// Package seasonal holds the seasonal model that anomaly scores and forecasts share.
//
// It is pure arithmetic: observations on a regular grid go in one at a time, each with its Phase (where its bucket lies
// in the day and in the week), and distributions come out. It knows no clock, no time zone and no metric.
//
// # The model
//
// An observation is
//
//	x = level + daily[phase] + weekly[phase] + short memory + noise
//
// The profiles are running means with gain 1/n down to a floor; the level is an exponential mean over a day; both learn
// from winsorised residuals (Hampel's redescending psi), so an incident teaches little and a gross one nothing. Each profile
// is shrunk by its own regression coefficient, measured on observations it had not yet seen: a profile that does not
// predict counts for nothing. The short memory regresses the residual on its last value and two exponential means of it
// and is bounded as well, so that an expected value does not walk after an incident.
//
// The scale of the noise follows the expected value (a power law, which covers Poisson and proportional noise) and the hour of
// the day. What the standardised residuals really look like is kept in a decayed histogram with generalised Pareto tails, up
// and down apart (Pickands 1975); bands and tail probabilities come from it, not from a Gaussian.
//
// When residuals stay beyond reach for half a day the level is anchored anew. The former level is remembered for some
// days, because a return to it is no surprise.
//
// Everything is deterministic, takes constant time for one observation (amortised) and allocates nothing after New.
package seasonal
