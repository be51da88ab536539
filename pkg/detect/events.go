package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// DefaultEventScore is the score from which an anomaly counts as an event: a warning.
const DefaultEventScore = 25

const (
	eventsVersion = 2
	// eventMemory is the share of the last bucket's rarity in what is compared: a single bucket has to be the more unusual.
	eventMemory = 0.4
	// After an event comes a refractory time: at least leastRefractory buckets, later refractoryShare of the history seen, at most a day.
	leastRefractory = 100
	refractoryShare = 0.03
	// worse is by how much a rarity must exceed that of the last event to be another one before the refractory time is over.
	worse = 1.5
)

// Events says where an anomaly begins, which is what somebody should be told: the first bucket unusual enough, then none for a
// refractory time, unless it becomes rarer by more than an order of magnitude. It is a value: a copy is independent.
type Events struct {
	threshold float64 // rarity
	longest   int     // refractory time, in buckets
	seen      int     // buckets
	since     int     // buckets since the last event
	level     float64 // its rarity, which what follows must exceed to be worse
	last      float64 // the rarity before
}

// RarityOf is the rarity that has a score of 0 to 100.
func RarityOf(score float64) float64 { return score/25 + 1 }

// NewEvents returns Events before any observation. Scores from eventScore on can begin an event.
func NewEvents(bucketsPerDay int, eventScore float64) Events {
	longest := max(bucketsPerDay, leastRefractory)
	return Events{threshold: RarityOf(eventScore), longest: longest, since: longest}
}

// Step takes the rarity of the next observation, NaN where there is none, and says whether an anomaly begins there. It never does where
// the observation's own score is below the threshold.
func (e *Events) Step(rarity float64) bool {
	e.seen++
	e.since++
	if math.IsNaN(rarity) {
		return false
	}
	smooth := (1-eventMemory)*rarity + eventMemory*e.last
	e.last = rarity
	if math.Min(rarity, smooth) < e.threshold {
		return false
	}
	if e.since <= e.refractory() && smooth <= e.level+worse {
		return false
	}
	e.since, e.level = 0, math.Max(rarity, smooth)
	return true
}

func (e *Events) refractory() int {
	return min(max(leastRefractory, int(refractoryShare*float64(e.seen))), e.longest)
}

// Save writes the state; threshold and bucketsPerDay are not part of it.
func (e *Events) Save(w *state.Writer) {
	w.Byte(eventsVersion)
	w.Int(e.seen)
	w.Int(e.since)
	w.Float(e.level)
	w.Float(e.last)
}

// Restore reads what Save wrote into Events that were made alike. Damage is the reader's error.
func (e *Events) Restore(r *state.Reader) {
	r.Version(eventsVersion)
	e.seen, e.since = r.Int(), r.Int()
	e.level, e.last = r.Float(), r.Float()
	if e.seen < 0 || e.since < 0 || !(math.Abs(e.level) <= MaxRarity) || !(math.Abs(e.last) <= MaxRarity) {
		r.Fail("an event holds what cannot be")
		e.seen, e.since, e.level, e.last = 0, 0, 0, 0
	}
}
