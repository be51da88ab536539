package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const (
	// driftSpan is the number of buckets over which a mean shift is looked for, driftRecent of them must still show it.
	driftSpan   = 12
	driftRecent = 3
	// driftClip bounds what one bucket adds to it, in standard deviations.
	driftClip = 6
)

// drift is the mean of the last distances, for what creeps.
type drift struct {
	ring [driftSpan]float64
	at   int
}

// push takes a distance and returns the shift over the last ones, scaled so that it has the spread of a single one where they are
// independent; 0 where the newest do not show it any more.
func (d *drift) push(far float64) float64 {
	if math.IsNaN(far) {
		return 0
	}
	d.ring[d.at] = clip(far, driftClip)
	d.at = (d.at + 1) % driftSpan
	all, recent := 0.0, 0.0
	for i, x := range d.ring {
		all += x
		if (d.at-1-i+2*driftSpan)%driftSpan < driftRecent {
			recent += x
		}
	}
	all, recent = all/driftSpan, recent/driftRecent
	if all*recent <= 0 {
		return 0
	}
	return math.Copysign(math.Sqrt(driftSpan)*math.Min(math.Abs(all), math.Min(math.Abs(recent), math.Abs(far))), all)
}

const (
	// The days over which a column learns its level and its profile by the hour of the day, and the visits of an hour of the week.
	levelDays   = 3
	profileDays = 10
	weekVisits  = 4
	// weekPrior is how many buckets an hour of the week must have shown before half of what it says is learnt.
	weekPrior = 12
	// columnClip bounds what one bucket teaches, in standard deviations.
	columnClip = 4
)

// covariate is what is usual in a further column: a level, a profile by the hour of the day, what sets the hours of the week apart from
// it, and the errors of the three together. It is a tenth of a seasonal model, so that many columns have room.
type covariate struct {
	perDay int
	seen   int
	level  float64
	errors deviation
	hour   [dayHours]float64
	known  [dayHours]uint16
	week   [weekHours]float32
	visits [weekHours]uint16
}

func newCovariate(perDay int) covariate { return covariate{perDay: perDay} }

// slots of a day.
func (c *covariate) slots() int { return min(c.perDay, dayHours) }

// between returns the slots of the week whose centres lie about a phase, and the share of the second.
func (c *covariate) between(ph seasonal.Phase) (a, b int, share float64) {
	n, buckets := 7*c.slots(), 7*c.perDay
	at := ((ph.Week % buckets) + buckets) % buckets
	if n == buckets {
		return at, at, 0
	}
	centre := (float64(at)+0.5)*float64(n)/float64(buckets) - 0.5 + float64(n)
	i := int(centre)
	return i % n, (i + 1) % n, centre - float64(i)
}

// expected is the level with both profiles, interpolated.
func (c *covariate) expected(ph seasonal.Phase) float64 {
	a, b, share := c.between(ph)
	n := c.slots()
	return c.level + (1-share)*(c.hour[a%n]+float64(c.week[a])) + share*(c.hour[b%n]+float64(c.week[b]))
}

// sigma is the scale of the errors, with a floor.
func (c *covariate) sigma() float64 {
	return math.Max(c.errors.sigma(), math.Max(1e-3*math.Abs(c.level), 1e-9))
}

// standardise returns the distance of x from what is usual, NaN where either is not known.
func (c *covariate) standardise(x float64, ph seasonal.Phase) float64 {
	if missing(x) || c.seen < seasonal.MinObservations {
		return math.NaN()
	}
	return (x - c.expected(ph)) / c.sigma()
}

func (c *covariate) learn(x float64, ph seasonal.Phase) {
	if missing(x) {
		return
	}
	if c.seen == 0 {
		c.level = x
	}
	e, sigma := x-c.expected(ph), math.Inf(1)
	if c.seen >= seasonal.MinObservations {
		sigma = c.sigma()
	}
	c.seen++
	day := float64(c.perDay)
	c.errors.learn(e, math.Max(1/float64(c.seen), 1/(5*day)), sigma)
	e = clip(e, columnClip*sigma)
	c.level += e * math.Max(1/float64(c.seen), 1/(levelDays*day))
	a, b, share := c.between(ph)
	if share > 0.5 {
		a = b
	}
	perSlot := day / float64(c.slots())
	h := a % c.slots()
	c.hour[h] += e * math.Max(1/(float64(c.known[h])+4), 1/(profileDays*perSlot))
	c.known[h] = min(c.known[h], math.MaxUint16-1) + 1
	if c.seen > 7*c.perDay { // in the first week there is no telling them from the hours of the day
		c.week[a] = float32(clip(float64(c.week[a])+e*math.Max(1/(float64(c.visits[a])+weekPrior), 1/(weekVisits*perSlot+weekPrior)), math.MaxFloat32))
		c.visits[a] = min(c.visits[a], math.MaxUint16-1) + 1
	}
}
