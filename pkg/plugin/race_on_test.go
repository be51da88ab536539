//go:build race

package plugin

import "flag"

// What goroutines share, a property shows in fewer rounds. All of them run without the race detector, as do all tests here: `mage test`
// has two passes.
func init() {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
}

// autoParameters leave auto's forest out: under the race detector it takes ten times as long.
func autoParameters() fields { return fields{"forest": 0} }
