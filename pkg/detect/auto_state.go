package detect

import (
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// autoVersion of the saved state; a change of what auto learns or how it scores raises it.
const autoVersion = 2

// Save writes the detector's state.
func (a *auto) Save(w *state.Writer) {
	w.Byte(autoVersion)
	w.Int(a.seen)
	w.Floats(a.scalars())
	w.Floats(a.ring[:])
	w.Int(a.alarmed)
	a.robust.Save(w)
	for i := range a.rareness {
		a.rareness[i].save(w)
	}
	a.joint.save(w)
	if a.forest != nil {
		a.forest.Save(w)
	}
}

func (a *auto) scalars() []float64 {
	return []float64{a.level.mean, a.level.deviation, a.alarm}
}

// restoreAuto reads what Save wrote. The reader knows of damage; what is returned can be stepped all the same.
func restoreAuto(s Spec, r *state.Reader) Detector {
	a := newAuto(s)
	r.Version(autoVersion)
	if a.seen = r.Int(); a.seen < 0 {
		r.Fail("a count is negative")
		a.seen = 0
	}
	scalars := a.scalars()
	r.Floats(scalars)
	r.Floats(a.ring[:])
	if slices.ContainsFunc(append(scalars, a.ring[:]...), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
		r.Fail("a mean is not finite")
	}
	a.level, a.alarm = robustMean{scalars[0], scalars[1]}, scalars[2]
	a.alarmed = runLength(r)
	a.robust = restoreSeasonal(s, r).(*Seasonal)
	for i := range a.rareness {
		a.rareness[i].restore(r)
	}
	a.joint.restore(r)
	if a.forest != nil {
		a.forest = forest.Restore(autoForest(), r)
	}
	return a
}

// Explain says what Step would, and what each channel and the second opinion say of the observation.
func (a *auto) Explain(o Observation) Explanation {
	e := Explanation{Result: a.Clone().Step(o)}
	if math.IsNaN(e.Score) {
		return e
	}
	v := a.look(o.Value, a.robust.model.Predict(o.Phase))
	weights := make([]float64, 0, channels)
	for i, name := range channelNames {
		if !v.heard[i] {
			continue
		}
		c := Channel{Name: name, Rarity: v.rarity[i]}
		if i != channelForest {
			c.Direction = signOf(v.statistic[i])
		}
		e.Channels = append(e.Channels, c)
		weights = append(weights, channelWeights[i])
	}
	e.Channels = append(e.Channels, a.secondOpinion(o))
	e.rank(append(weights, 1))
	return e
}

// secondOpinion is what it says of an observation, faded; nothing is learnt.
func (a *auto) secondOpinion(o Observation) Channel {
	asked := auto{robust: a.robust.Clone().(*Seasonal), alarmed: a.alarmed, alarm: a.alarm}
	v := asked.robust.judge(o.Value, asked.robust.model.Predict(o.Phase))
	return Channel{Name: "seasonal", Rarity: math.Max(asked.fade(math.Min(rarityOf(v.p), secondCap)), 0), Direction: v.sign}
}
