// Package history reads through the cache: what of a series is stored, what is missing, fetch that, keep it, and answer from the whole.
// AWS is asked for a metric at most once per period, however many panels, people and rules look at it.
//
// Points settle: a bucket is shown only once it is complete and its settle delay has passed; it is asked for again once per period
// until it is final; what changed meanwhile is counted as a revision.
//
// The collector keeps warm what was looked at or is watched, through the same reader and at the same price (collector.go).
package history
