package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

const (
	// eventClip standard deviations and more are an event. Of an event no more is learnt than this, or than is usual of events.
	eventClip = 4
	// events whose median is what is usual of them: one gross event changes nothing.
	events = 3
)

// deviation is a standard deviation that one incident hardly moves, and that does not vanish where most errors are zero: a count that is 1
// now and then has small errors and events, and the events are as usual as the errors.
type deviation struct {
	square float64 // decayed mean of squared errors, events bounded
	event  [events]float64
	at     int
	in     bool // an event goes on: it counts once
}

func (d *deviation) sigma() float64 { return math.Sqrt(d.square) }

// learn takes an error with a gain from 0 to 1. Errors are bounded relative to sigma, the standard deviation in force with its floor.
func (d *deviation) learn(e, gain, sigma float64) {
	a := math.Abs(e)
	event := a > eventClip*sigma
	if event && !d.in {
		d.event[d.at] = a
		d.at = (d.at + 1) % events
	}
	d.in = event
	if event {
		a = math.Min(a, math.Max(eventClip*sigma, d.usual()))
	}
	d.square += gain * (a*a - d.square)
}

// usual size of an event: the median of the last.
func (d *deviation) usual() float64 {
	a, b, c := d.event[0], d.event[1], d.event[2]
	return math.Max(math.Min(a, b), math.Min(math.Max(a, b), c))
}

func (d *deviation) save(w *state.Writer) {
	w.Float(d.square)
	w.Floats(d.event[:])
	w.Int(d.at)
	w.Bool(d.in)
}

func (d *deviation) restore(r *state.Reader) {
	d.square = positive(r)
	for i := range d.event {
		d.event[i] = 0
	}
	r.Floats(d.event[:])
	for _, x := range d.event {
		if !(x >= 0 && x <= math.MaxFloat64) {
			r.Fail("an error is not finite")
		}
	}
	d.at = bounded(r, events-1)
	d.in = r.Bool()
}
