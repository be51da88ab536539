// Package forecast says how a series goes on, with bands that keep their promise.
//
// A forecaster of the Catalogue is fitted on a History and projects any number of buckets after it. How wide its bands are is never
// read from a model's own assumptions: it is forecast again from earlier moments (rolling-origin back-tests, Tashman 2000), with nothing
// known that was not known then, and the quantiles of those errors are the bands (split conformal prediction, Vovk et al. 2005, as
// Gibbs and Candès 2021 adapt it online). All forecasters are calibrated alike, and what the back-tests said stands in Report.
//
// # Auto
//
// Auto is a stack of simple models: what was a day and a week ago, the same with the growth of a week, the mean week with the present
// level, the usual day and plain medians (which noise cannot mislead), and ridge regressions on the last values and on those about the
// same time of the wall clock a day, two days and a week ago, of the values and of their logarithms. Each is trusted by the inverse fifth
// power of its back-tested error, by blocks of the horizon; where all fail it is the seasonal naive forecast.
//
// Before any model sees a series, gaps and the buckets of calendar events are filled from the same time of the past, single buckets out of
// all proportion are cut, and what was before a shift of the level is seen at the new level, each from what was known by then. What
// calendars did to marked buckets is learnt beside and put on top of any forecast; what they mark each night or each weekend alike is
// left to the seasons.
//
// It is pure arithmetic on a regular grid: it knows no clock, no time zone and no metric. Everything is deterministic, and a forecast of
// one day is the beginning of a forecast of a week.
package forecast
