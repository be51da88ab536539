//go:build !race

package forest_test

const raceDetector = false
