package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const (
	// recentSpan is the number of the newest buckets that must still show a mean shift.
	recentSpan = 2
	// distanceClip bounds what one bucket adds to a mean shift, in standard deviations.
	distanceClip = 6
)

var seasonalDefinition = Definition{
	Name: SeasonalRobust, Title: "Seasonal, robust", Help: "The distance from a robust level with daily and weekly rhythm.",
	make:    func(s Spec) Detector { return NewSeasonal(s.model()) },
	restore: restoreSeasonal,
}

// Seasonal is the detector on seasonal.Model alone: step, baseline and shift, each by its own tails, joined by a quadratic mean that has tails
// again. Excursions teach it nothing. Use NewSeasonal.
type Seasonal struct {
	model    *seasonal.Model
	distance seasonal.Tails // of the distance from the baseline
	shift    seasonal.Tails // of its mean over shiftSpan
	joint    seasonal.Tails // of the three together
	ring     [shiftSpan]float64
	at       int
}

var _ Detector = (*Seasonal)(nil)

// NewSeasonal returns a detector that has seen nothing.
func NewSeasonal(cfg seasonal.Config) *Seasonal {
	m := seasonal.New(cfg)
	memory := math.Max(28*float64(m.Config().BucketsPerDay), 1024)
	return &Seasonal{
		model:    m,
		distance: seasonal.NewTails(memory),
		shift:    seasonal.NewTails(memory),
		joint:    seasonal.NewRarityTails(memory),
	}
}

// Clone returns an independent copy that continues exactly as the detector would.
func (s *Seasonal) Clone() Detector {
	c := *s
	c.model = s.model.Clone()
	return &c
}

// Model returns the detector's model as it stands, to forecast from. Whoever wants to teach it clones it first.
func (s *Seasonal) Model() *seasonal.Model { return s.model }

// Step scores one observation, then learns it.
func (s *Seasonal) Step(o Observation) Result {
	d := s.model.Predict(o.Phase)
	r := Result{Expected: d.Mean, Lower: d.Lower, Upper: d.Upper, Score: math.NaN(), Rarity: math.NaN()}
	if o.Quiet || missing(o.Value) {
		s.learn(Observation{Value: math.NaN(), Phase: o.Phase})
		return r
	}
	if !math.IsNaN(d.Mean) {
		v := s.judge(o.Value, d)
		r.Rarity = rarityOf(v.p)
		if s.model.Ready() != nil {
			r.Rarity = math.Min(r.Rarity, learningRarity)
		}
		r.Score = score(r.Rarity)
		if r.Score >= 25 {
			r.Direction = v.sign
		}
	}
	s.learn(o)
	return r
}

// learn teaches the model; when it enters a new stage its errors become smaller, and what was known of them nearly goes.
func (s *Seasonal) learn(o Observation) {
	before := s.model.Stage()
	s.model.Update(o.Value, o.Phase)
	if stage := s.model.Stage(); stage == before || stage <= seasonal.Daily {
		return
	}
	s.distance.Fade(seasonal.FadeOnStage)
	s.shift.Fade(seasonal.FadeOnStage)
	s.joint.Fade(seasonal.FadeOnStage)
}

// verdict is what the statistics say of an observation: the rarity of each with its direction, and their common probability.
type verdict struct {
	p                                 float64
	sign                              int8
	step, baseline, shift             float64
	stepSign, baselineSign, shiftSign int8
}

// judge finds the probability of an observation at least as unusual as x, and its direction; then it learns the statistics.
func (s *Seasonal) judge(x float64, d seasonal.Distribution) verdict {
	step := smallest(x-d.Mean, x-d.Other) / d.Scale
	far := clip(smallest(x-d.Baseline, x-d.Other)/d.BaselineScale, 1e6)
	v := verdict{stepSign: signOf(step), baselineSign: signOf(far)}
	if s.model.Ready() != nil {
		up, down := d.Tail(x)
		v.step, v.sign = rarity(up, down), v.stepSign
		v.p = math.Min(2*multiplicity*math.Min(up, down), 1)
		return v
	}
	v.step = rarity(d.Tail(d.Mean + step*d.Scale))
	v.baseline = rarity(s.distance.P(far))
	m := s.mean(far)
	v.shift, v.shiftSign = rarity(s.shift.P(m)), signOf(m)
	joint := math.Sqrt((v.step*v.step + v.baseline*v.baseline + v.shift*v.shift) / 3)
	up, _ := s.joint.P(joint)
	if !d.Away {
		s.distance.Learn(far)
		s.shift.Learn(m)
		s.joint.Learn(joint)
	}
	v.p = math.Min(multiplicity*up, 1)
	v.sign = v.baselineSign
	if v.step > v.baseline {
		v.sign = v.stepSign
	}
	return v
}

// mean pushes a distance and returns the shift over the last buckets that the newest of them still show, 0 when they do not.
func (s *Seasonal) mean(far float64) float64 {
	s.ring[s.at] = clip(far, distanceClip)
	s.at = (s.at + 1) % shiftSpan
	sum, recent := 0.0, 0.0
	for i := range s.ring {
		sum += s.ring[i]
	}
	for i := 1; i <= recentSpan; i++ {
		recent += s.ring[(s.at-i+shiftSpan)%shiftSpan]
	}
	sum /= shiftSpan
	recent /= recentSpan
	if sum*recent <= 0 {
		return 0
	}
	return math.Copysign(min(math.Abs(sum), math.Abs(recent), 2*math.Abs(far)), sum)
}

// rarity is -log10 of the two-sided probability.
func rarity(up, down float64) float64 {
	return -math.Log10(math.Min(math.Max(2*math.Min(up, down), 1e-300), 1))
}
