package detect

import "github.com/vigia-cloudwatch/vigia/pkg/state"

// Save writes the detector's state.
func (s *Seasonal) Save(w *state.Writer) { panic("not yet") }

func restoreSeasonal(spec Spec, r *state.Reader) Detector { panic("not yet") }

// Size of the detector in memory.
func (s *Seasonal) Size() int { return 15 << 10 }

// Explain says what Step would.
func (s *Seasonal) Explain(o Observation) Explanation { return Explanation{Result: s.Clone().Step(o)} }
