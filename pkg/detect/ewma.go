package detect

import (
	"math"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

var ewmaDefinition = Definition{
	Name:       EWMA,
	Title:      "EWMA control chart",
	Help:       "The distance from an exponentially weighted mean; knows no rhythm, follows any level at once.",
	Parameters: ewmaParameters,
	make:       func(s Spec) Detector { return newEWMA(s) },
	restore:    restoreEWMA,
}

var ewmaParameters = []Parameter{
	{Name: "alpha", Title: "Weight of the newest", Help: "How fast the mean follows: 1 is the last value, 0.2 about the last five.", Default: 0.2, Min: 0.001, Max: 1},
	{Name: "halfLife", Title: "Half-life of the deviation", Help: "Buckets after which an error counts half in the standard deviation.", Default: 288, Min: 8, Max: 100_000},
	{Name: "width", Title: "Width of the band", Help: "Standard deviations from the mean to the edges of the band; the score does not depend on it.", Default: 3, Min: 0.5, Max: 20},
}

const (
	// chartClip standard deviations of an error are what one bucket teaches. It doubles with each further one on the same side, so a
	// spike is forgotten at once and a new level is followed within some buckets.
	chartClip = 4
	// maxDoublings keeps the bound finite.
	maxDoublings = 60
)

// ewma is the control chart of an exponentially weighted mean (Roberts 1959), in its form for errors one step ahead
// (Montgomery, Mastrangelo 1991), which suits series that are not independent: the mean of what was is the forecast of what comes.
type ewma struct {
	spec               Spec
	alpha, gain, width float64
	seen               int
	mean               float64
	scale              deviation
	run                int // errors beyond the clip on one side in a row, negative below
	gauge              gauge
}

var _ Detector = (*ewma)(nil)

func newEWMA(s Spec) *ewma {
	return &ewma{
		spec:  s,
		alpha: parameterFloat(s, ewmaParameters, "alpha"),
		gain:  1 - math.Exp2(-1/parameterFloat(s, ewmaParameters, "halfLife")),
		width: parameterFloat(s, ewmaParameters, "width"),
		gauge: newGauge(math.Max(28*float64(s.BucketsPerDay), 1024)),
	}
}

// Step scores one observation, then learns it.
func (c *ewma) Step(o Observation) Result {
	r := Result{Expected: math.NaN(), Lower: math.NaN(), Upper: math.NaN(), Score: math.NaN(), Rarity: math.NaN()}
	floor := sigmaFloor(c.mean, c.spec)
	sigma := math.Max(c.scale.sigma(), floor)
	known := c.seen >= seasonal.MinObservations
	if known {
		r.Expected = c.within(c.mean)
		r.Lower, r.Upper = c.within(c.mean-c.width*sigma), c.within(c.mean+c.width*sigma)
	}
	if o.Quiet || missing(o.Value) {
		return r
	}
	if known {
		if e := o.Value - c.mean; math.Abs(e) > chartClip*floor { // less is what a constant leaves of its one change
			r.Raw = clip(e/sigma, 1e6)
		}
		c.gauge.speak(&r, r.Raw, c.seen < c.spec.model().Need())
	}
	c.learn(o.Value, sigma)
	return r
}

// gauge makes a probability of a standardised deviation: by the distribution of its kind, and once more by that of the rarity that came
// out, which mends what the first does not follow (counts, errors that come in groups).
type gauge struct{ errors, rarity seasonal.Tails }

func newGauge(memory float64) gauge {
	return gauge{seasonal.NewTails(memory), seasonal.NewRarityTails(memory)}
}

// speak scores a deviation, then learns it. Nothing is critical on little history.
func (g *gauge) speak(r *Result, z float64, little bool) {
	a := rarity(g.errors.P(z))
	p, _ := g.rarity.P(a)
	r.Rarity = rarityOf(math.Min(multiplicity*p, 1))
	if little {
		r.Rarity = math.Min(r.Rarity, learningRarity)
	}
	r.Score = score(r.Rarity)
	if r.Score >= 25 {
		r.Direction = signOf(z)
	}
	g.errors.Learn(z)
	g.rarity.Learn(a)
}

func (g *gauge) save(w *state.Writer) {
	g.errors.Save(w)
	g.rarity.Save(w)
}

func (g *gauge) restore(r *state.Reader) {
	g.errors.Restore(r)
	g.rarity.Restore(r)
}

// sigmaFloor is the least standard deviation that is believed around a value.
func sigmaFloor(around float64, s Spec) float64 {
	floor := math.Max(1e-3*math.Abs(around), 1e-9)
	if w := s.Upper - s.Lower; w > 0 && !math.IsInf(w, 0) {
		return math.Max(floor, 1e-4*w)
	}
	return floor
}

func (c *ewma) within(x float64) float64 { return math.Min(math.Max(x, c.spec.Lower), c.spec.Upper) }

func (c *ewma) learn(x, sigma float64) {
	c.seen++
	e := x - c.mean
	if c.seen <= seasonal.MinObservations {
		n := float64(c.seen)
		if c.seen > 1 {
			c.scale.learn(e, 1/(n-1), math.Inf(1))
		}
		c.mean += e * math.Max(1/n, c.alpha)
		return
	}
	c.run = runOf(c.run, e, chartClip*sigma)
	bound := chartClip * sigma * math.Exp2(clip(math.Abs(float64(c.run))-1, maxDoublings))
	c.mean += c.alpha * clip(e, bound)
	c.scale.learn(e, c.gain, sigma)
}

// runOf counts the errors beyond a limit on one side in a row.
func runOf(run int, e, limit float64) int {
	switch {
	case e > limit:
		return min(max(run, 0)+1, maxRows)
	case e < -limit:
		return max(min(run, 0)-1, -maxRows)
	}
	return 0
}

// Explain says what Step would.
func (c *ewma) Explain(o Observation) Explanation { return explainByStep(c.Clone(), o, "deviation") }

// explainByStep lets a clone step: the one channel there is has the score's own rarity.
func explainByStep(clone Detector, o Observation, channel string) Explanation {
	e := Explanation{Result: clone.Step(o)}
	if math.IsNaN(e.Score) {
		return e
	}
	e.Channels = []Channel{{Name: channel, Rarity: e.Rarity, Direction: e.Direction}}
	if e.Direction != 0 {
		e.Strength = 1
	}
	return e
}

// Clone returns an independent copy.
func (c *ewma) Clone() Detector {
	d := *c
	return &d
}

// Size of the detector in memory.
func (c *ewma) Size() int { return int(unsafe.Sizeof(*c)) }

// ewmaVersion of the saved state; a change of what is learnt raises it.
const ewmaVersion = 1

// Save writes the detector's state.
func (c *ewma) Save(w *state.Writer) {
	w.Byte(ewmaVersion)
	w.Int(c.seen)
	w.Float(c.mean)
	c.scale.save(w)
	w.Int(c.run)
	c.gauge.save(w)
}

func restoreEWMA(s Spec, r *state.Reader) Detector {
	c := newEWMA(s)
	r.Version(ewmaVersion)
	c.seen = bounded(r, maxRows)
	c.mean = finite(r)
	c.scale.restore(r)
	c.run = signed(r, maxRows)
	c.gauge.restore(r)
	return c
}

// signed reads an integer from -most to most.
func signed(r *state.Reader, most int) int {
	n := r.Int()
	if n < -most || n > most {
		r.Fail("a number lies outside of what it can be")
		return 0
	}
	return n
}
