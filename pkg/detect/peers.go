package detect

import (
	"math"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// peersDefinition has no further columns of its own: Observation.Columns are the centre and the spread of the other members, which
// whoever steps the detector computes.
var peersDefinition = Definition{
	Name:       Peers,
	Title:      "Peers",
	Help:       "One member against the others of its group at the same moment: what all do together is no anomaly.",
	Parameters: peersParameters,
	make:       func(s Spec) Detector { return newPeers(s) },
	restore:    restorePeers,
}

var peersParameters = []Parameter{
	{Name: "memory", Title: "Memory", Help: "Days over which a member's habitual distance from its group is learnt.", Default: 7, Min: 1, Max: 90},
	{Name: "coverage", Title: "Coverage of the band", Help: "Share of usual values inside the band, in percent; the score does not depend on it.", Default: 99, Min: 50, Max: 99.99},
}

const (
	// habitClip standard deviations of an error are what one bucket teaches. It doubles with each half day on the same side: who has
	// left the group for days has another habit.
	habitClip = 3
	// spreadDays is how long the scale of errors and the usual spread of the group are remembered, in days.
	spreadDays = 5
	// maxTurmoil bounds how much a group in disorder excuses.
	maxTurmoil = 1e3
)

// peers looks at a member's distance from the centre of the others. Its habit is an offset or a ratio, whichever has foretold it
// better: a host may carry two percent more than the others, or twice as much. Where the others are further apart than usual, more is
// excused.
type peers struct {
	spec   Spec
	memory float64 // in buckets
	days   float64 // buckets of spreadDays
	share  float64 // outside the band, on one side
	seen   int
	offset habit
	ratio  habit
	cross  float64 // decayed mean of value x centre
	power  float64 // decayed mean of centre squared
	spread float64 // of the group, its usual
	run    int     // errors beyond the clip on one side in a row, negative below
	gauge  gauge
}

// habit is one way to foretell a member from its group: by how much or how many times it differs, and how far that is off.
type habit struct {
	by     float64
	errors deviation
}

var _ Detector = (*peers)(nil)

func newPeers(s Spec) *peers {
	perDay := float64(min(max(s.BucketsPerDay, 1), 86400))
	return &peers{
		spec:   s,
		memory: math.Max(parameterFloat(s, peersParameters, "memory")*perDay, 32),
		days:   math.Max(spreadDays*perDay, 64),
		share:  (1 - parameterFloat(s, peersParameters, "coverage")/100) / 2,
		ratio:  habit{by: 1},
		gauge:  newGauge(math.Max(28*perDay, 1024)),
	}
}

// Step scores one observation, then learns it.
func (p *peers) Step(o Observation) Result {
	r := Result{Expected: math.NaN(), Lower: math.NaN(), Upper: math.NaN(), Score: math.NaN(), Rarity: math.NaN()}
	centre, spread := column(o, 0), column(o, 1)
	if missing(centre) {
		return r
	}
	turmoil := p.turmoil(spread)
	expected, sigma := p.expect(centre, turmoil)
	known := p.seen >= seasonal.MinObservations
	if known {
		r.Expected = p.within(expected)
		r.Lower = p.within(expected - sigma*p.gauge.errors.Quantile(p.share, false))
		r.Upper = p.within(expected + sigma*p.gauge.errors.Quantile(p.share, true))
	}
	if o.Quiet || missing(o.Value) {
		return r
	}
	if known {
		r.Raw = clip((o.Value-expected)/sigma, 1e6)
		p.gauge.speak(&r, r.Raw, p.seen < p.spec.model().Need())
	}
	p.learn(o.Value, centre, spread, turmoil, sigma)
	return r
}

// turmoil is how many times further apart than usual the others are, at least 1; the member's own errors keep that of a group that hardly
// ever differs in bounds.
func (p *peers) turmoil(spread float64) float64 {
	own := math.Min(p.offset.errors.sigma(), p.ratio.errors.sigma())
	if missing(spread) || p.spread+own <= 0 {
		return 1
	}
	return math.Min(math.Max((spread+own)/(p.spread+own), 1), maxTurmoil)
}

// expect returns what the group's centre lets expect of the member, by the habit with the smaller errors.
func (p *peers) expect(centre, turmoil float64) (expected, sigma float64) {
	expected, sigma = centre+p.offset.by, p.offset.errors.sigma()
	if ratio := p.ratio.errors.sigma(); ratio < sigma {
		expected, sigma = centre*p.ratio.by, ratio
	}
	return expected, math.Max(sigma*turmoil, sigmaFloor(math.Max(math.Abs(expected), math.Abs(centre)), p.spec))
}

func (p *peers) within(x float64) float64 { return math.Min(math.Max(x, p.spec.Lower), p.spec.Upper) }

func (p *peers) learn(x, centre, spread, turmoil, sigma float64) {
	p.seen++
	n := float64(p.seen)
	expected, _ := p.expect(centre, turmoil)
	observed := x
	if p.seen > seasonal.MinObservations {
		e := x - expected
		p.run = runOf(p.run, e, habitClip*sigma)
		half := math.Max(float64(p.spec.BucketsPerDay)/2, 6)
		bound := habitClip * sigma * math.Exp2(math.Min(math.Abs(float64(p.run))/half, maxDoublings))
		x = expected + clip(e, bound)
	}
	gain := math.Max(1/n, 1/p.memory)
	slow := math.Max(1/n, 1/p.days)
	if p.seen > 1 { // the first says nothing of its error
		quiet := sigma / turmoil
		if p.seen <= seasonal.MinObservations {
			quiet = math.Inf(1)
		}
		p.offset.errors.learn((observed-centre-p.offset.by)/turmoil, slow, quiet)
		p.ratio.errors.learn((observed-centre*p.ratio.by)/turmoil, slow, quiet)
	}
	p.offset.by += gain * (x - centre - p.offset.by)
	p.cross += gain * (x*centre - p.cross)
	p.power += gain * (centre*centre - p.power)
	if p.power > 0 {
		p.ratio.by = p.cross / p.power
	}
	if !missing(spread) && spread >= 0 {
		p.spread += slow * (math.Min(spread, habitClip*math.Max(p.spread, sigma)) - p.spread)
	}
}

// Explain says what Step would.
func (p *peers) Explain(o Observation) Explanation { return explainByStep(p.Clone(), o, "group") }

// Clone returns an independent copy.
func (p *peers) Clone() Detector {
	c := *p
	return &c
}

// Size of the detector in memory.
func (p *peers) Size() int { return int(unsafe.Sizeof(*p)) }

// peersVersion of the saved state; a change of what is learnt raises it.
const peersVersion = 1

// Save writes the detector's state.
func (p *peers) Save(w *state.Writer) {
	w.Byte(peersVersion)
	w.Int(p.seen)
	w.Int(p.run)
	for _, x := range p.scalars() {
		w.Float(*x)
	}
	p.offset.errors.save(w)
	p.ratio.errors.save(w)
	p.gauge.save(w)
}

func restorePeers(s Spec, r *state.Reader) Detector {
	p := newPeers(s)
	r.Version(peersVersion)
	p.seen = bounded(r, maxRows)
	p.run = signed(r, maxRows)
	for _, x := range p.scalars() {
		*x = r.Float()
		if math.IsNaN(*x) || math.IsInf(*x, 0) {
			r.Fail("a number is not finite")
		}
	}
	p.offset.errors.restore(r)
	p.ratio.errors.restore(r)
	p.gauge.restore(r)
	return p
}

// scalars lists the numbers of the state, in the order in which they are saved.
func (p *peers) scalars() []*float64 {
	return []*float64{&p.offset.by, &p.ratio.by, &p.cross, &p.power, &p.spread}
}
