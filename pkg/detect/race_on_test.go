//go:build race

package detect_test

// stormDays is the length of the longest storm of a property. The race detector makes each ten times as slow; the tests run a second time
// without it.
const stormDays = 10
