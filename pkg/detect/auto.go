package detect

import (
	"math"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// The channels of auto: each is a statistic with a distribution of its own.
const (
	channelStep     = iota // the one-step error of the seasonal model: a jump
	channelBaseline        // the distance from season and level: what lasts
	channelShift           // the mean of that distance over twelve buckets: what creeps
	channelLevel           // the distance from a robust mean of days, whatever the hour: what is unusual at any time
	channelForest          // the random cut forest's score of the last eight values: an unusual shape
	channels
)

var channelNames = [channels]string{"step", "baseline", "shift", "level", "forest"}

// channelWeights were chosen on the even files of NAB and of cloud-monitoring; see `bench:nab`, which scores the odd ones apart.
var channelWeights = [channels]float64{1.25, 1.25, 0.75, 1.5, 2}

const (
	// channelCap bounds what a channel adds, in rarity: no single one, however sure, speaks for all.
	channelCap = 8
	// jointPower is the power mean by which channels are joined: between a sum, in which many that are a little surprised count, and
	// the maximum, in which one does.
	jointPower = 1.5
	// extreme statistics are cut here, before they are learnt.
	extreme = 1e6

	// The second opinion counts up to secondCap; from secondAlarm on it is alarmed, and after n such buckets it counts less by
	// secondFade log10(n).
	secondCap, secondAlarm, secondFade = 5, 2, 1.75

	autoTrees, autoSample, autoShingle, autoSeed = 30, 256, 8, 1

	// levelMemory is that of the robust mean, in buckets. From levelTrust buckets on a residual moves the mean by levelHeld
	// deviations at most, and the deviation by levelScaleHeld.
	levelMemory, levelTrust, levelHeld, levelScaleHeld = 1000, 50, 3, 6
)

var autoParameters = []Parameter{{
	Name: "forest", Title: "Random cut forest", Default: 1, Min: 0, Max: 1, Whole: true,
	Help: "0: without the forest, a tenth of the time and of the memory, and blinder to unusual shapes.",
}}

var autoDefinition = Definition{
	Name: Auto, Title: "Automatic", Parameters: autoParameters,
	Help:    "Joins what five views of a metric say: step, season, drift, level and shape. Right for nearly every metric.",
	make:    func(s Spec) Detector { return newAuto(s) },
	restore: restoreAuto,
}

// auto is the default detector: a calibrated combination. Each channel is turned into a rarity by the decayed distribution of its own
// statistic on this series; their weighted power mean is the joint statistic, whose law on clean data is known (calm.go). What comes
// again and again is soon no news to them, an incident that comes every week included; for those there is a second opinion, Seasonal's,
// which learns nothing from excursions.
type auto struct {
	robust   *Seasonal      // the second opinion; it holds the model
	alarmed  int            // buckets in which it has been alarmed, of late
	alarm    float64        // the rarity with which that began
	forest   *forest.Forest // nil: without
	rareness [channels]rareness
	joint    calm
	seen     int
	level    robustMean
	ring     [shiftSpan]float64
	row      [1]float64
}

var _ Detector = (*auto)(nil)

func newAuto(s Spec) *auto {
	perDay := float64(s.model().Normal().BucketsPerDay)
	memory := math.Max(28*perDay, 1500)
	a := &auto{robust: NewSeasonal(s.model()), joint: newCalm(math.Max(14*perDay, 4000))}
	for i := range a.rareness {
		a.rareness[i] = newRareness(memory)
	}
	if s.withForest() {
		a.forest = newAutoForest()
	}
	return a
}

func (s Spec) withForest() bool {
	v, ok := s.Parameters[autoParameters[0].Name]
	return !ok || v != 0
}

func autoForest() forest.Config {
	return forest.Config{Trees: autoTrees, SampleSize: autoSample, TimeDecay: 10 * autoSample, Shingle: autoShingle, Columns: 1, Seed: autoSeed}
}

func newAutoForest() *forest.Forest {
	f, err := forest.New(autoForest())
	if err != nil {
		panic("the forest of auto: " + err.Error())
	}
	return f
}

// Clone returns an independent copy that continues exactly as the detector would.
func (a *auto) Clone() Detector {
	c := *a
	c.robust = a.robust.Clone().(*Seasonal)
	if a.forest != nil {
		c.forest = a.forest.Clone()
	}
	return &c
}

// Model returns the detector's model as it stands, to forecast from. Whoever wants to teach it clones it first.
func (a *auto) Model() *seasonal.Model { return a.robust.model }

// Size of the detector in memory.
func (a *auto) Size() int {
	n := int(unsafe.Sizeof(*a)) + a.robust.Size()
	if a.forest != nil {
		n += a.forest.Size()
	}
	return n
}

// Step scores one observation, then learns it.
func (a *auto) Step(o Observation) Result {
	d := a.robust.model.Predict(o.Phase)
	r := Result{Expected: d.Mean, Lower: d.Lower, Upper: d.Upper, Score: math.NaN(), Rarity: math.NaN()}
	if o.Quiet || missing(o.Value) {
		a.robust.learn(Observation{Value: math.NaN(), Phase: o.Phase})
		return r
	}
	v := a.look(o.Value, d)
	if !math.IsNaN(d.Mean) {
		r.Raw = v.joint()
		second := a.robust.judge(o.Value, d)
		r.Rarity, r.Direction = a.conclude(&v, r.Raw, second)
		r.Score = score(r.Rarity)
		if r.Score < 25 {
			r.Direction = 0
		}
		a.joint.learn(r.Raw, d.Away)
	}
	a.learn(o, v, d.Away)
	return r
}

// conclude joins what the channels say together with the second opinion: the rarer of two probabilities, doubled for there being two. An
// alarm of the second fades while it lasts, since what lasts is not news, and the channels judge how unusual it still is.
func (a *auto) conclude(v *view, joint float64, second verdict) (rarity float64, direction int8) {
	rarity, direction = a.joint.rarity(joint)-math.Log10(multiplicity), v.direction()
	if other := a.fade(math.Min(rarityOf(second.p), secondCap)); other > rarity {
		rarity, direction = other, second.sign
	}
	rarity = math.Max(rarity-math.Log10(2), 0)
	if a.robust.model.Ready() != nil {
		rarity = math.Min(rarity, learningRarity)
	}
	return rarity, direction
}

// fade takes from a rarity what its alarm has lasted; one that is rarer by an order of magnitude is a new alarm.
func (a *auto) fade(rarity float64) float64 {
	switch {
	case rarity < secondAlarm:
		a.alarmed = a.alarmed * 9 / 10
		if a.alarmed == 0 {
			a.alarm = 0
		}
	case rarity >= a.alarm+1:
		a.alarmed, a.alarm = 1, rarity
	default:
		a.alarmed = min(a.alarmed+1, longestRun)
	}
	return rarity - secondFade*math.Log10(math.Max(float64(a.alarmed), 1))
}

// view is what the channels see of one observation: their statistics, and how rare these are.
type view struct {
	statistic [channels]float64
	p, rarity [channels]float64 // p on the statistic's side, rarity on both
	heard     [channels]bool    // the channel has something to say
	far       float64           // what shift learns
}

func (a *auto) look(x float64, d seasonal.Distribution) (v view) {
	if a.seen < seasonal.MinObservations {
		a.lookForest(x, &v)
		return v
	}
	v.put(channelLevel, a.level.standardise(x))
	if !math.IsNaN(d.Mean) {
		v.far = clip(smallest(x-d.Baseline, x-d.Other)/d.BaselineScale, extreme)
		v.put(channelStep, clip((x-d.Mean)/d.Scale, extreme))
		v.put(channelBaseline, v.far)
		v.put(channelShift, a.shift(v.far))
	}
	a.lookForest(x, &v)
	for i, heard := range v.heard {
		if !heard {
			continue
		}
		v.p[i] = a.rareness[i].p(v.statistic[i])
		sides := 2.0
		if i == channelForest { // a score is never negative
			sides = 1
		}
		v.rarity[i] = rarityOf(sides * v.p[i])
	}
	return v
}

func (v *view) put(channel int, statistic float64) {
	v.statistic[channel], v.heard[channel] = statistic, true
}

func (a *auto) lookForest(x float64, v *view) {
	if a.forest == nil {
		return
	}
	a.row[0] = x
	if s := a.forest.Score(a.row[:]); s > 0 {
		v.put(channelForest, s)
	}
}

// shift is the mean of the last distances with this one.
func (a *auto) shift(far float64) float64 {
	sum := clip(far, shiftClip) - a.ring[a.seen%shiftSpan]
	for _, z := range a.ring {
		sum += z
	}
	return sum / shiftSpan
}

// shiftClip bounds what one bucket adds to a mean shift, in standard deviations.
const shiftClip = 8

// joint is the weighted power mean of the rarities of the channels that have something to say.
func (v *view) joint() float64 {
	sum, weights := 0.0, 0.0
	for i, w := range channelWeights {
		if !v.heard[i] {
			continue
		}
		weights += w
		if r := math.Min(v.rarity[i], channelCap); r > 0 {
			sum += w * r * math.Sqrt(r) // r^jointPower
		}
	}
	if weights == 0 {
		return 0
	}
	return math.Cbrt(sum * sum / (weights * weights)) // ^(1/jointPower)
}

// direction is that of the channel that speaks loudest of those that have one.
func (v *view) direction() int8 {
	loudest := channelBaseline
	for _, i := range []int{channelStep, channelShift, channelLevel} {
		if v.rarity[i] > v.rarity[loudest] {
			loudest = i
		}
	}
	return signOf(v.statistic[loudest])
}

func (a *auto) learn(o Observation, v view, excursion bool) {
	for i := range v.statistic {
		if v.heard[i] {
			a.rareness[i].learn(v.statistic[i], v.p[i], excursion)
		}
	}
	a.ring[a.seen%shiftSpan] = clip(v.far, shiftClip)
	a.seen++
	a.level.learn(o.Value, float64(a.seen))
	if a.forest != nil {
		a.row[0] = o.Value
		a.forest.Learn(a.row[:])
	}
	a.robust.learn(o)
}

// robustMean is a mean and a mean deviation over some days, which outliers move a little only.
type robustMean struct{ mean, deviation float64 }

func (m *robustMean) standardise(x float64) float64 {
	return clip((x-m.mean)/math.Max(m.deviation, leastDeviation*(1+math.Abs(m.mean))), extreme)
}

// leastDeviation, relative to the mean, keeps quotients of constant series finite.
const leastDeviation = 1e-9

// learn adds the n-th observation. Outliers are held to some deviations; before there is a deviation, there are none.
func (m *robustMean) learn(x, n float64) {
	if n == 1 {
		m.mean = x
		return
	}
	gain := math.Max(1/n, 1.0/levelMemory)
	held := n > levelTrust && m.deviation > leastDeviation*(1+math.Abs(m.mean))
	step := x - m.mean
	if held {
		step = clip(step, levelHeld*m.deviation)
	}
	m.mean += gain * step
	far := math.Abs(x - m.mean)
	if held {
		far = math.Min(far, levelScaleHeld*m.deviation)
	}
	m.deviation += gain * (absToSigma*far - m.deviation)
}

// absToSigma turns a Gaussian's mean absolute deviation into its standard deviation.
const absToSigma = 1.2533141373155
