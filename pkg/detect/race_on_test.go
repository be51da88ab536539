//go:build race

package detect_test

// underRace makes tests that count take fewer series: the race detector makes each ten times as slow.
const underRace = true
