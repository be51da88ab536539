package detect

import "github.com/vigia-cloudwatch/vigia/pkg/state"

// NewForest is New for the random cut forest.
func NewForest(s Spec) (Detector, error) {
	if err := forestDefinition.check(s); err != nil {
		return nil, err
	}
	return forestDefinition.make(s), nil
}

// RestoreForest is Restore for the random cut forest.
func RestoreForest(s Spec, saved []byte) (Detector, error) {
	r := state.NewReader(saved)
	d := forestDefinition.restore(s, r)
	return d, r.Close()
}
