//go:build !race

package store

// kills of a writer; race_on_test.go has fewer.
const kills = 200
