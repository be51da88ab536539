package detect

import (
	"math"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// seasonalVersion of the saved state; a change of what it learns raises it.
const seasonalVersion = 1

// Save writes the detector's state: at 288 buckets a day 13 KB.
func (s *Seasonal) Save(w *state.Writer) {
	w.Byte(seasonalVersion)
	s.model.Save(w)
	s.distance.Save(w)
	s.shift.Save(w)
	s.joint.Save(w)
	w.Floats(s.ring[:])
	w.Int(s.at)
}

// restoreSeasonal reads what Save wrote. The reader knows of damage; what is returned can be stepped all the same.
func restoreSeasonal(spec Spec, r *state.Reader) Detector {
	s := NewSeasonal(spec.model())
	r.Version(seasonalVersion)
	s.model = seasonal.RestoreModel(spec.model(), r)
	s.distance.Restore(r)
	s.shift.Restore(r)
	s.joint.Restore(r)
	r.Floats(s.ring[:])
	if s.at = r.Int(); s.at < 0 || s.at >= shiftSpan {
		r.Fail("a position lies outside of its ring")
		s.at = 0
	}
	return s
}

// Size of the detector in memory.
func (s *Seasonal) Size() int { return int(unsafe.Sizeof(*s)) + s.model.Size() }

// Explain says what Step would, and what each of the three statistics says of the observation. While no season is known there is one.
func (s *Seasonal) Explain(o Observation) Explanation {
	c := s.Clone().(*Seasonal)
	d := c.model.Predict(o.Phase)
	e := Explanation{Result: s.Clone().Step(o)}
	if math.IsNaN(e.Score) {
		return e
	}
	v := c.judge(o.Value, d)
	e.Channels = []Channel{{"step", v.step, v.stepSign}}
	if c.model.Ready() == nil {
		e.Channels = append(e.Channels, Channel{"baseline", v.baseline, v.baselineSign}, Channel{"shift", v.shift, v.shiftSign})
	}
	for i := range e.Channels {
		e.Channels[i].Rarity = math.Min(e.Channels[i].Rarity, MaxRarity)
	}
	e.rank(nil)
	return e
}
