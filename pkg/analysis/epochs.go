package analysis

import (
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const day = 24 * time.Hour

// span is how long a detector learns before the epoch it scores, and how long an epoch is. Longer epochs cost fewer detectors for a
// long range, shorter ones less re-learning for a short one.
type span struct{ training, epoch time.Duration }

// spanOf follows what AWS keeps: four weeks of 5-minute points give the weekly season four examples.
func spanOf(period time.Duration) span {
	switch {
	case period < time.Minute:
		return span{training: 3 * time.Hour, epoch: time.Hour}
	case period < 5*time.Minute:
		return span{training: 14 * day, epoch: 7 * day}
	case period < time.Hour:
		return span{training: 28 * day, epoch: 7 * day}
	case period < day:
		return span{training: 91 * day, epoch: 28 * day}
	default:
		return span{training: 364 * day, epoch: 91 * day}
	}
}

// Training returns the window to read for scores or forecasts in w: w itself and what its first epoch's detector learns from.
func Training(w series.Window) series.Window {
	if w.Empty() {
		return w
	}
	first := epochOf(w.Start, w.Period)
	w.Start = first.origin
	return w
}

// epoch is one stretch of the fixed grid: the buckets of [start, end) are scored by a detector that learns from origin on.
type epoch struct{ origin, start, end time.Time }

func epochOf(t time.Time, period time.Duration) epoch {
	s := spanOf(period)
	start := series.Floor(t, s.epoch)
	return epoch{origin: series.Floor(start.Add(-s.training), period), start: start, end: start.Add(s.epoch)}
}

// epochsOf returns the epochs that w touches, in order of time.
func epochsOf(w series.Window) []epoch {
	var epochs []epoch
	for at := w.Start; at.Before(w.End); {
		e := epochOf(at, w.Period)
		epochs = append(epochs, e)
		at = e.end
	}
	return epochs
}
