// Package series holds what every room of the plugin means by a time series: which one (Key), when (Window) and what was
// observed (Series). Time is cut into buckets of one period on a grid that begins at the Unix epoch, as CloudWatch aligns
// its own; a bucket is named by its start. Values are float64 with NaN for a bucket without data. The package does no I/O.
package series
