package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// windowedVersion of the saved state; a change of what a windowed detector learns, or of how it fits, raises it.
const windowedVersion = 1

// Save writes the detector's state.
func (w *windowed) Save(s *state.Writer) {
	s.Byte(windowedVersion)
	w.model.Save(s)
	s.Floats(w.drift.ring[:])
	s.Int(w.drift.at)
	for i := range w.others {
		w.others[i].save(s)
	}
	w.ring.save(s)
	w.joint.Save(s)
}

// restoreWindowed reads what Save wrote. The reader knows of damage; what is returned can be stepped all the same.
func restoreWindowed(spec Spec, kind windowedKind, r *state.Reader) Detector {
	w := newWindowed(spec, kind)
	r.Version(windowedVersion)
	w.model = seasonal.RestoreModel(spec.model(), r)
	r.Floats(w.drift.ring[:])
	w.drift.at = bounded(r, driftSpan-1)
	for i := range w.others {
		w.others[i].restore(r)
	}
	w.ring.restore(r)
	w.joint.Restore(r)
	if r.Err() != nil {
		return newWindowed(spec, kind)
	}
	if w.ring.rows > 0 {
		w.fit()
	}
	return w
}

// bounded reads an integer from 0 to most.
func bounded(r *state.Reader, most int) int {
	n := r.Int()
	if n < 0 || n > most {
		r.Fail("a number lies outside of what it can be")
		return 0
	}
	return n
}

// finite reads a number of a magnitude that can be.
func finite(r *state.Reader) float64 {
	x := r.Float()
	if !(math.Abs(x) <= 1e6*seasonal.MaxMagnitude) {
		r.Fail("a number is not finite")
		return 0
	}
	return x
}

// positive reads a number from 0 that is finite.
func positive(r *state.Reader) float64 {
	x := r.Float()
	if !(x >= 0 && x <= math.MaxFloat64) {
		r.Fail("a number is negative or not finite")
		return 0
	}
	return x
}

// maxRows bounds a count of rows: at one a second it is 30,000 years.
const maxRows = 1 << 40

func (r *rowRing) save(s *state.Writer) {
	s.Int(r.added)
	s.Int(r.fit)
	s.Int(r.rows)
	kept := min(r.added, r.window+r.refit)
	s.Float32s(r.data[:kept*r.width])
}

func (r *rowRing) restore(s *state.Reader) {
	r.added = bounded(s, maxRows)
	r.fit = bounded(s, r.added)
	r.rows = bounded(s, min(r.fit, r.window))
	if r.rows > 0 && r.added-r.fit > r.refit {
		s.Fail("a window has lost rows of its last fit")
	}
	kept := min(r.added, r.window+r.refit)
	s.Float32s(r.data[:kept*r.width])
	for _, x := range r.data {
		if !(x >= -featureClip && x <= featureClip) {
			s.Fail("a row lies outside of what it can be")
			return
		}
	}
}

func (c *covariate) save(s *state.Writer) {
	s.Int(c.seen)
	s.Float(c.level)
	c.errors.save(s)
	s.Floats(c.hour[:c.slots()])
	s.Uint16s(c.known[:c.slots()])
	s.Float32s(c.week[:7*c.slots()])
	s.Uint16s(c.visits[:7*c.slots()])
}

func (c *covariate) restore(s *state.Reader) {
	c.seen = bounded(s, maxRows)
	c.level = finite(s)
	c.errors.restore(s)
	s.Floats(c.hour[:c.slots()])
	s.Uint16s(c.known[:c.slots()])
	s.Float32s(c.week[:7*c.slots()])
	s.Uint16s(c.visits[:7*c.slots()])
}
