//go:build !race

package plugin

// autoParameters are auto's own.
func autoParameters() fields { return fields{} }
