//go:build race

package chunk

// raceEnabled: the race detector makes pools forget on purpose, which allocates.
const raceEnabled = true
