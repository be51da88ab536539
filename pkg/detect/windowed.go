package detect

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const (
	// valueFeatures of a row describe the value: its one-step error, its distance from the baseline, and the mean shift that lasts.
	valueFeatures = 3
	// featureKnee standard deviations and more are taken by their logarithm, up to featureClip: an incident in the window must not be
	// all that a fit sees, and yet a burst is to be told from the single errors of a sparse count.
	featureKnee = 6
	featureClip = 24
	// firstFit is the number of rows of the first fit. The next ones come when the rows have doubled, later after a fixed number.
	firstFit = 32
	// growthFade is the share of what is known of the statistic that a fit on twice the rows leaves: it has become another.
	growthFade = 0.1
	// maxFeatureColumns is how many further metrics a windowed detector looks at.
	maxFeatureColumns = 31
)

// estimator is what is fitted on a window and says how far out a row is. Between fits it is only read.
type estimator interface {
	fit(rows *rowRing, seed uint64)
	// judge returns the detector's own number, and a statistic of about unit scale that goes on growing with what is unusual.
	judge(row []float32) (raw, statistic float64)
	// attribute shares the number among the features; high is nil where the estimator cannot say.
	attribute(row []float32) (high, low []float64)
	size() int
}

// windowed is a detector that fits an estimator anew on the last buckets. Its features are residuals: what the seasonal model leaves of
// the value, and what a simpler one leaves of each further column. So the window knows habits and not hours of the day.
//
// The estimator is a function of the window as it was at the last fit, which the ring still holds: that is how a restored detector
// has the same one, though no tree is saved.
type windowed struct {
	spec   Spec
	kind   windowedKind
	model  *seasonal.Model
	drift  drift
	others []covariate
	row    []float32 // of the observation at hand
	ring   rowRing
	fitted *fitted
	joint  seasonal.Tails // of the estimator's statistic
}

// windowedKind is what sets one windowed detector apart from another.
type windowedKind struct {
	channel    string
	parameters []Parameter
	tails      func(memory float64) seasonal.Tails // of the statistic
	make       func(s Spec, width int) estimator
}

// fitted is an estimator that clones share until one of them fits anew.
type fitted struct {
	estimator
	shared atomic.Bool
}

var _ Detector = (*windowed)(nil)

// newWindowed returns a detector that has seen nothing. The parameters window and refit are in buckets.
func newWindowed(s Spec, kind windowedKind) *windowed {
	m := seasonal.New(s.model())
	s.BucketsPerDay = m.Config().BucketsPerDay
	width := valueFeatures + s.Columns
	w := &windowed{
		spec:   s,
		kind:   kind,
		model:  m,
		others: make([]covariate, s.Columns),
		row:    make([]float32, width),
		ring:   newRowRing(width, parameterInt(s, kind.parameters, "window"), parameterInt(s, kind.parameters, "refit")),
		joint:  kind.tails(math.Max(28*float64(s.BucketsPerDay), 1024)),
	}
	for i := range w.others {
		w.others[i] = newCovariate(s.BucketsPerDay)
	}
	return w
}

// parameterFloat of a spec by name: the given value, or the default in the list.
func parameterFloat(s Spec, list []Parameter, name string) float64 {
	if v, ok := s.Parameters[name]; ok {
		return v
	}
	for _, p := range list {
		if p.Name == name {
			return p.Default
		}
	}
	return math.NaN()
}

func parameterInt(s Spec, list []Parameter, name string) int {
	return int(parameterFloat(s, list, name))
}

// Step scores one observation, then learns it.
func (w *windowed) Step(o Observation) Result {
	d := w.model.Predict(o.Phase)
	r := Result{Expected: d.Mean, Lower: d.Lower, Upper: d.Upper, Score: math.NaN(), Rarity: math.NaN()}
	if o.Quiet || missing(o.Value) {
		w.advance(math.NaN(), o.Phase)
		return r
	}
	if !math.IsNaN(d.Mean) {
		w.look(o, d)
		w.judge(o, d, &r)
	}
	for i := range w.others {
		w.others[i].learn(column(o, i), o.Phase)
	}
	w.advance(o.Value, o.Phase)
	return r
}

// column i of an observation, NaN where it has none.
func column(o Observation, i int) float64 {
	if i >= len(o.Columns) {
		return math.NaN()
	}
	return o.Columns[i]
}

// look makes the row of an observation.
func (w *windowed) look(o Observation, d seasonal.Distribution) {
	far := smallest(o.Value-d.Baseline, o.Value-d.Other) / d.BaselineScale
	w.row[0] = feature(smallest(o.Value-d.Mean, o.Value-d.Other) / d.Scale)
	w.row[1] = feature(far)
	w.row[2] = feature(w.drift.push(far))
	for i := range w.others {
		w.row[valueFeatures+i] = feature(w.others[i].standardise(column(o, i), o.Phase))
	}
}

// feature bounds a standardised residual; what is not known is usual.
func feature(z float64) float32 {
	if math.IsNaN(z) {
		return 0
	}
	if a := math.Abs(z); a > featureKnee {
		z = math.Copysign(featureKnee*(1+math.Log(a/featureKnee)), z)
	}
	return float32(clip(z, featureClip))
}

// judge scores the row and learns it. An excursion is no example of the habits of a series.
func (w *windowed) judge(o Observation, d seasonal.Distribution, r *Result) {
	ready := w.model.Ready() == nil
	sign := w.sign()
	var p float64
	if w.fitted != nil {
		raw, statistic := w.fitted.judge(w.row)
		p, _ = w.joint.P(statistic)
		r.Raw = raw
		if !d.Away {
			w.joint.Learn(statistic)
		}
	} else {
		up, down := d.Tail(o.Value)
		p, sign = 2*math.Min(up, down), signOf(float64(w.row[0]))
	}
	r.Rarity = rarityOf(math.Min(multiplicity*p, 1))
	if !ready {
		r.Rarity = math.Min(r.Rarity, learningRarity)
	}
	r.Score = score(r.Rarity)
	if r.Score >= 25 {
		r.Direction = sign
	}
	if ready && !d.Away {
		w.ring.add(w.row)
		w.refit()
	}
}

// sign of the feature that is furthest out.
func (w *windowed) sign() int8 {
	far := w.row[0]
	for _, x := range w.row[1:] {
		if math.Abs(float64(x)) > math.Abs(float64(far)) {
			far = x
		}
	}
	return signOf(float64(far))
}

// refit fits the estimator where it is time to.
func (w *windowed) refit() {
	if !w.ring.due() {
		return
	}
	grown := w.fitted != nil && w.ring.growing()
	w.ring.freeze()
	w.fit()
	if grown {
		w.joint.Fade(growthFade)
	}
}

// fit makes the estimator of the frozen window, in the memory of the former one where no clone reads that.
func (w *windowed) fit() {
	if w.fitted == nil || w.fitted.shared.Load() {
		w.fitted = &fitted{estimator: w.kind.make(w.spec, w.ring.width)}
	}
	w.fitted.fit(&w.ring, uint64(w.ring.fit))
}

// advance teaches the model; when it enters a new stage its errors become smaller, and what was known of them nearly goes.
func (w *windowed) advance(x float64, ph seasonal.Phase) {
	before := w.model.Stage()
	w.model.Update(x, ph)
	if stage := w.model.Stage(); stage != before && stage > seasonal.Daily {
		w.joint.Fade(seasonal.FadeOnStage)
	}
}

// Clone returns an independent copy that continues exactly as the detector would.
func (w *windowed) Clone() Detector {
	c := *w
	c.model = w.model.Clone()
	c.others = append([]covariate(nil), w.others...)
	c.row = append([]float32(nil), w.row...)
	c.ring.data = append([]float32(nil), w.ring.data...)
	if w.fitted != nil {
		w.fitted.shared.Store(true)
	}
	return &c
}

// Model returns the seasonal model as it stands, to forecast from. Whoever wants to teach it clones it first.
func (w *windowed) Model() *seasonal.Model { return w.model }

// Explain says what Step would and, where the estimator can say, which columns carry it.
func (w *windowed) Explain(o Observation) Explanation {
	c := w.Clone().(*windowed)
	e := Explanation{Result: c.Step(o)}
	if math.IsNaN(e.Score) {
		return e
	}
	if w.fitted == nil {
		e.Channels = []Channel{{Name: "step", Rarity: e.Rarity, Direction: signOf(float64(c.row[0]))}}
		return e
	}
	e.Channels = []Channel{{Name: w.kind.channel, Rarity: e.Rarity, Direction: c.sign()}}
	high, low := w.fitted.attribute(c.row)
	if high == nil {
		return e
	}
	e.Columns = attributions(high, low)
	along := 0.0
	for _, a := range e.Columns {
		if e.Direction > 0 {
			along += a.High
		} else if e.Direction < 0 {
			along += a.Low
		}
	}
	if e.Raw > 0 {
		e.Strength = math.Min(along/e.Raw, 1)
	}
	return e
}

// attributions joins the features of the value, and gives each further column its own.
func attributions(high, low []float64) []Attribution {
	out := make([]Attribution, 1+len(high)-valueFeatures)
	for i := range high {
		a := &out[max(i-valueFeatures+1, 0)]
		a.High += high[i]
		a.Low += low[i]
	}
	for i := range out {
		a := &out[i]
		a.Column, a.Direction = i, signOf(a.High-a.Low)
		if sum := a.High + a.Low; sum > 0 {
			a.Strength = math.Max(a.High, a.Low) / sum
		}
	}
	return out
}

// Size of the detector in memory, the estimator that clones may share included.
func (w *windowed) Size() int {
	n := int(unsafe.Sizeof(*w)) + w.model.Size() + 4*len(w.row) + 4*len(w.ring.data) + len(w.others)*int(unsafe.Sizeof(covariate{}))
	if w.fitted != nil {
		n += w.fitted.size()
	}
	return n
}
