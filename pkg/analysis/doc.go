// Package analysis joins a series with a detector and a forecaster: it decides how far back training reaches, where each bucket lies in
// the day and in the week by the wall clock of the user's zone, and what a score means.
//
// # Why a score does not depend on who looks
//
// Time is cut into epochs on a fixed grid (epochs.go). The buckets of an epoch are scored by a detector that began to learn a fixed span
// before the epoch's start. Both follow from the bucket's own time and the period, so a score at t is a function of the stored
// observations up to t and of configuration: never of the dashboard's range, of its resolution or of the moment of the refresh.
//
// Everything that learns on the way of a series is one pipeline (pipeline.go): the detector, then what is not asked for and what a rule
// skips, then where an anomaly begins. Pipelines are kept in memory at the newest final point, so that a refresh costs the new points and
// not the training. What is kept is only believed while the observations it was made from are the same, bit for bit; a late point that
// changes history is scored anew.
//
// A store keeps them over restarts (keep.go): the pipeline at its epoch's start, the newest one, and the results of finished buckets. The last
// two days of a pipeline are marked in memory (marks.go), so that a point that comes late costs the way from the mark before it. What is believed
// is memory, else the latest of marks, newest state and epoch's start, else the origin. The answer is the same to the bit from each.
//
// Groups of series are joined, compared with one another and rolled up by pure functions (group.go, rollup.go).
package analysis
