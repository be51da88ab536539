package detect

import "github.com/vigia-cloudwatch/vigia/pkg/state"

// Named lists the detectors of these tests by name, whether or not the catalogue has them.
var Named = map[string]Definition{
	IsolationForest: isolationDefinition,
	OneClassSVM:     oneClassDefinition,
	EWMA:            ewmaDefinition,
	RareZero:        rareZeroDefinition,
	Peers:           peersDefinition,
}

// MakeNamed makes the detector of a spec.
func MakeNamed(s Spec) Detector { return Named[s.Name].make(s) }

// RestoreNamed restores it.
func RestoreNamed(s Spec, saved []byte) (Detector, error) {
	r := state.NewReader(saved)
	d := Named[s.Name].restore(s, r)
	return d, r.Close()
}
