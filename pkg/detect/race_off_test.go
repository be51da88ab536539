//go:build !race

package detect_test

// stormDays is the length of the longest storm of a property.
const stormDays = 40
