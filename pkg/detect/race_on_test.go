//go:build race

package detect_test

import "flag"

// Under the race detector each round of a property takes ten times as long, and what goroutines share shows in fewer. All of them run
// without it: `mage test` has two passes.
func init() {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
}

// stormDays is the length of the longest storm of a property.
const stormDays = 10
