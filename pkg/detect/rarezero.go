package detect

import (
	"math"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

var rareZeroDefinition = Definition{
	Name:       RareZero,
	Title:      "Rare zero",
	Help:       "Speaks where nothing comes although something should: zeros are judged by how rare they are at this hour of the week.",
	Parameters: rareZeroParameters,
	make:       func(s Spec) Detector { return newRareZero(s) },
	restore:    restoreRareZero,
}

var rareZeroParameters = []Parameter{
	{Name: "memory", Title: "Memory", Help: "Days after which what was counted has faded to a third.", Default: 28, Min: 2, Max: 365},
	{Name: "shrinkage", Title: "Shrinkage", Help: "How many buckets an hour of the day or week must have shown before it counts half against the whole.", Default: 12, Min: 1, Max: 1000},
}

const (
	// dayHours and weekHours are the finest resolution of the habits of zeros.
	dayHours  = 24
	weekHours = 7 * dayHours
	// runPrior is how many zeros that followed a zero, and as many that did not, are believed to begin with: zeros come in runs.
	runPrior = 2
	// leastMemory in buckets, where days are all there is.
	leastMemory = 365
	// Evidence fades within a quarter of a day, within leastRun buckets at least.
	evidenceDays = 4
	leastRun     = 6
	// evidenceScale makes what is believed of evidence before there are data a little heavier than the model itself says.
	evidenceScale = 1.5
	// maxEvidence of a run, in powers of ten: more is not told apart.
	maxEvidence = 60
)

// rareZero is a Bernoulli model of "the bucket is zero" by the hour of the week, shrunk to that by the hour of the day, and that to the
// rate of all. A zero is evidence of -log10 of its probability. In a run each further zero adds that of a zero that follows a zero at
// this hour of the day, so that a long absence says more than a short one where long ones are rare.
type rareZero struct {
	perDay    int
	memory    float64 // in buckets
	shrinkage float64
	seen      int
	all       rate
	day       [dayHours]rate
	week      [weekHours]rate
	again     [dayHours]rate // zeros after a zero
	after     bool           // the last was zero
	evidence  float64        // of the run of zeros at hand; 0 after anything else
	rarity    seasonal.Tails // of the evidence
}

// rate is a decayed count of trials and of zeros among them.
type rate struct{ n, zeros float64 }

func (r *rate) learn(zero bool, keep float64) {
	r.n *= keep
	r.zeros *= keep
	r.n++
	if zero {
		r.zeros++
	}
}

// towards is the rate, drawn to that of a parent with the given weight.
func (r rate) towards(parent, weight float64) float64 {
	return (r.zeros + weight*parent) / (r.n + weight)
}

var _ Detector = (*rareZero)(nil)

func newRareZero(s Spec) *rareZero {
	perDay := min(max(s.BucketsPerDay, 1), 86400)
	return &rareZero{
		perDay:    perDay,
		memory:    math.Max(parameterFloat(s, rareZeroParameters, "memory")*float64(perDay), leastMemory),
		shrinkage: parameterFloat(s, rareZeroParameters, "shrinkage"),
		rarity:    seasonal.NewRarityTails(math.Max(28*float64(perDay), 1024)),
	}
}

// Step scores one observation, then learns it. Whoever counts missing buckets as zeros passes them as 0.
func (z *rareZero) Step(o Observation) Result {
	r := Result{Expected: math.NaN(), Lower: math.NaN(), Upper: math.NaN(), Score: math.NaN(), Rarity: math.NaN()}
	if o.Quiet || missing(o.Value) {
		return r
	}
	day, week := z.slots(o.Phase)
	chance := z.chance(day, week)
	zero := o.Value == 0
	z.evidence = z.weigh(zero, chance, day)
	if z.seen >= seasonal.MinObservations {
		r.Raw = z.evidence
		z.speak(&r)
	}
	z.seen++
	z.learn(zero, day, week)
	return r
}

func (z *rareZero) slots(ph seasonal.Phase) (day, week int) {
	n := 7 * z.perDay
	at := ((ph.Week % n) + n) % n
	of := ((ph.Day % z.perDay) + z.perDay) % z.perDay
	hours := min(z.perDay, dayHours)
	return of * hours / z.perDay, at * 7 * hours / n
}

// chance of a zero at a phase, from what was seen before.
func (z *rareZero) chance(day, week int) float64 {
	p := z.all.towards(0.5, 1)
	p = z.day[day].towards(p, z.shrinkage)
	return z.week[week].towards(p, z.shrinkage)
}

// weigh returns the evidence of the run with one more observation. Where most are zero, one more says nothing. Evidence fades within
// some hours: what goes on and on becomes a habit.
func (z *rareZero) weigh(zero bool, chance float64, day int) float64 {
	if !zero {
		return 0
	}
	faded := z.evidence * (1 - 1/math.Max(float64(z.perDay)/evidenceDays, leastRun))
	if chance >= 0.5 {
		return faded
	}
	if z.after {
		chance = math.Max(z.again[day].towards(0.5, 2*runPrior), chance)
	}
	return math.Min(faded-math.Log10(chance), maxEvidence)
}

func (z *rareZero) speak(r *Result) {
	statistic := evidenceScale * z.evidence
	up, _ := z.rarity.P(statistic)
	r.Rarity = rarityOf(math.Min(multiplicity*up, 1))
	if z.seen < max(2*z.perDay, seasonal.MinObservations) {
		r.Rarity = math.Min(r.Rarity, learningRarity)
	}
	r.Score = score(r.Rarity)
	if r.Score >= 25 {
		r.Direction = -1
	}
	z.rarity.Learn(statistic)
}

func (z *rareZero) learn(zero bool, day, week int) {
	hours := float64(min(z.perDay, dayHours))
	z.all.learn(zero, 1-1/z.memory)
	z.day[day].learn(zero, 1-1/math.Max(z.memory/hours, 8))
	z.week[week].learn(zero, 1-1/math.Max(z.memory/(7*hours), 4))
	if z.after {
		z.again[day].learn(zero, 1-1/math.Max(z.memory/hours, 8))
	}
	z.after = zero
}

// Explain says what Step would.
func (z *rareZero) Explain(o Observation) Explanation { return explainByStep(z.Clone(), o, "absence") }

// Clone returns an independent copy.
func (z *rareZero) Clone() Detector {
	c := *z
	return &c
}

// Size of the detector in memory.
func (z *rareZero) Size() int { return int(unsafe.Sizeof(*z)) }

// rareZeroVersion of the saved state; a change of what is learnt raises it.
const rareZeroVersion = 1

// Save writes the detector's state.
func (z *rareZero) Save(w *state.Writer) {
	w.Byte(rareZeroVersion)
	w.Int(z.seen)
	w.Bool(z.after)
	w.Float(z.evidence)
	z.rates(func(r *rate) {
		w.Float(r.n)
		w.Float(r.zeros)
	})
	z.rarity.Save(w)
}

func restoreRareZero(s Spec, r *state.Reader) Detector {
	z := newRareZero(s)
	r.Version(rareZeroVersion)
	z.seen = bounded(r, maxRows)
	z.after = r.Bool()
	if z.evidence = r.Float(); !(z.evidence >= 0 && z.evidence <= maxEvidence) {
		r.Fail("an evidence lies outside of what it can be")
	}
	z.rates(func(x *rate) {
		x.n, x.zeros = r.Float(), r.Float()
		if !(x.n >= 0 && x.n <= maxRows && x.zeros >= 0 && x.zeros <= x.n) {
			r.Fail("a rate is none")
		}
	})
	z.rarity.Restore(r)
	return z
}

// rates visits every rate that the periods of the series fill, in the order in which they are saved.
func (z *rareZero) rates(visit func(*rate)) {
	hours := min(z.perDay, dayHours)
	visit(&z.all)
	for i := range hours {
		visit(&z.day[i])
		visit(&z.again[i])
	}
	for i := range 7 * hours {
		visit(&z.week[i])
	}
}
