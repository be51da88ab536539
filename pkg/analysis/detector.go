package analysis

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Detector says how a series is looked at. The zero value is detect.Auto in both directions without rules.
type Detector struct {
	Name       string             // of detect.Catalogue
	Parameters map[string]float64 // what is absent has its default
	Direction  int8               // +1: only what is too high; -1: only what is too low; 0: both
	Rules      []Rule
	EventScore float64 // from which an anomaly is an event; 0: detect.DefaultEventScore
}

func (d Detector) eventScore() float64 {
	if d.EventScore == 0 {
		return detect.DefaultEventScore
	}
	return d.EventScore
}

// Rule is a reason not to score. Any of its conditions is enough; nil is no condition.
type Rule struct {
	SkipWithin        *float64 // of the expected value, absolutely
	SkipWithinPercent *float64 // of the expected value, relatively
	OnlyAbove         *float64 // values up to it are not scored
	OnlyBelow         *float64 // values from it on are not scored
}

// skips says whether the rule silences the value. What is not expected in numbers cannot be near to it.
func (r Rule) skips(value, expected float64) bool {
	distance := math.Abs(value - expected)
	switch {
	case r.SkipWithin != nil && distance < *r.SkipWithin,
		r.SkipWithinPercent != nil && distance < *r.SkipWithinPercent/100*math.Abs(expected),
		r.OnlyAbove != nil && value <= *r.OnlyAbove,
		r.OnlyBelow != nil && value >= *r.OnlyBelow:
		return true
	}
	return false
}

// specVersion is raised when the way from a detector to a score changes, so that nothing kept of an earlier way is believed.
const specVersion = 1

// identity gathers everything but the observations that a score depends on.
type identity struct{ b []byte }

func (d *identity) text(s string) {
	d.number(float64(len(s)))
	d.b = append(d.b, s...)
}

func (d *identity) number(x float64) {
	d.b = binary.LittleEndian.AppendUint64(d.b, math.Float64bits(x))
}

func (d *identity) optional(x *float64) {
	if x == nil {
		d.text("")
		return
	}
	d.text(strconv.FormatFloat(*x, 'g', -1, 64))
}

func (d *identity) detector(x Detector) {
	d.text(nameOf(x))
	for _, name := range slices.Sorted(maps.Keys(x.Parameters)) {
		d.text(name)
		d.number(x.Parameters[name])
	}
	d.number(float64(x.Direction))
	d.number(x.eventScore())
	d.number(float64(len(x.Rules)))
	for _, r := range x.Rules {
		d.optional(r.SkipWithin)
		d.optional(r.SkipWithinPercent)
		d.optional(r.OnlyAbove)
		d.optional(r.OnlyBelow)
	}
}

// clock adds what the wall clock of the zone shows in a window: a zone whose rules change is another one.
func (d *identity) clock(location *time.Location, w series.Window) {
	for at := w.Start; at.Before(w.End); {
		local := at.In(location)
		_, offset := local.Zone()
		d.number(float64(offset))
		_, until := local.ZoneBounds()
		if until.IsZero() || !until.Before(w.End) {
			return
		}
		d.number(float64(until.Unix()))
		at = until
	}
}

func (d *identity) sum() uint64 {
	h := sha256.Sum256(d.b)
	return binary.LittleEndian.Uint64(h[:])
}

func nameOf(x Detector) string {
	if x.Name == "" {
		return detect.Auto
	}
	return x.Name
}
