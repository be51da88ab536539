package seasonal

import "math"

// anchor decides when the level is to be anchored anew: when residuals have been far away for most of half a day. An incident
// of hours stays an anomaly, a new normal becomes one.
type anchor struct {
	span    float64 // buckets far away that move the anchor
	count   float64
	recent  float64 // mean of the residual over a quarter of the span
	around  float64 // mean absolute difference of successive residuals
	last    float64
	settled float64 // buckets near the level since the last shift
	former  float64 // the level before the last shift, NaN when none
	left    int     // buckets until it is forgotten
	back    int     // consecutive observations near the former level and far from the present one
	since   float64 // buckets since the last shift
	restive float64 // decayed share of buckets on an excursion
}

const (
	// excursionBegins buckets far away, and not one of them alone, make an excursion.
	excursionBegins = 6
	// A series that is on excursions more than half of the time has no other nature: it is learnt as it is.
	restiveLimit = 0.5
)

// excursion reports that the series is away from where it belongs, or was moved less than a day ago: what it does now
// is no example of its habits.
func (a *anchor) excursion() bool {
	return a.restive < restiveLimit && (a.count >= excursionBegins || a.since < 2*a.span)
}

func newAnchor(span float64) anchor {
	return anchor{former: math.NaN(), span: span, since: 2 * span}
}

// watch takes a residual and its scale; where the level has to move it returns by how much, and the factor on the scale.
func (a *anchor) watch(residual, sigma float64) (shift, scale float64, moved bool) {
	bound := 1e6 * sigma
	residual = math.Min(math.Max(residual, -bound), bound)
	gain := 4 / a.span
	a.around += gain * (math.Abs(residual-a.last)/math.Sqrt2 - a.around)
	a.last = residual
	a.recent += gain * (residual - a.recent)
	if math.Abs(residual) <= far*sigma {
		a.count = math.Max(a.count-2, 0)
		a.settled++
		return 0, 0, false
	}
	if a.count++; a.count < a.span {
		return 0, 0, false
	}
	shift, scale = a.recent, a.around*absToSigma/sigma
	a.count, a.recent, a.around, a.since = 0, 0, 0, 0
	return shift, scale, true
}

// returned reports that the series is back at its former level for the second bucket running.
func (a *anchor) returned(fromFormer, fromLevel, sigma float64) bool {
	if math.Abs(fromFormer) > far*sigma || math.Abs(fromLevel) < far*sigma {
		a.back = 0
		return false
	}
	if a.back++; a.back < 2 {
		return false
	}
	a.back, a.count, a.recent, a.around, a.since = 0, 0, 0, 0, 2*a.span
	return true
}

// age lets one bucket pass.
func (a *anchor) age() {
	away := 0.0
	if a.count >= excursionBegins || a.since < 2*a.span {
		away = 1
	}
	a.restive += (away - a.restive) / (14 * a.span)
	a.since++
	if a.left--; a.left <= 0 {
		a.former = math.NaN()
	}
}
