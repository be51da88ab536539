//go:build race

package plugin

// incidentParameters leave auto's forest out: under the race detector it takes ten times as long. The test runs a second time without
// the race detector, with what race_off_test.go says.
func incidentParameters() fields { return fields{"forest": 0} }
