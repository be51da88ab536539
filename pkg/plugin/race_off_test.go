//go:build !race

package plugin

// incidentParameters are auto's own.
func incidentParameters() fields { return fields{} }
