//go:build !race

package chunk

// raceEnabled says that allocations cannot be counted.
const raceEnabled = false
