package detect

import (
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// autoVersion of the saved state; a change of what auto learns or how it scores raises it.
const autoVersion = 1

// Save writes the detector's state.
func (a *auto) Save(w *state.Writer) {
	w.Byte(autoVersion)
	w.Int(a.seen)
	w.Floats(a.scalars())
	w.Floats(a.ring[:])
	a.model.Save(w)
	for i := range a.rareness {
		a.rareness[i].save(w)
	}
	a.joint.save(w)
	if a.forest != nil {
		a.forest.Save(w)
	}
}

func (a *auto) scalars() []float64 {
	return []float64{a.level.mean, a.level.deviation}
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
	a.level = robustMean{scalars[0], scalars[1]}
	a.model = forecast.RestoreModel(s.model(), r)
	for i := range a.rareness {
		a.rareness[i].restore(r)
	}
	a.joint.restore(r)
	if a.forest != nil {
		a.forest = forest.Restore(autoForest(), r)
	}
	return a
}

// Explain says what Step would, what each channel says of the observation, and in the column what the forest holds against it.
func (a *auto) Explain(o Observation) Explanation {
	e := Explanation{Result: a.Clone().Step(o)}
	if math.IsNaN(e.Score) {
		return e
	}
	v := a.look(o.Value, a.model.Predict(o.Phase))
	all, agree := 0.0, 0.0
	for i, name := range channelNames {
		if !v.heard[i] {
			continue
		}
		c := Channel{Name: name, Rarity: v.rarity[i]}
		if i != channelForest {
			c.Direction = signOf(v.statistic[i])
		}
		all += channelWeights[i] * c.Rarity
		if c.Direction == e.Direction || c.Direction == 0 {
			agree += channelWeights[i] * c.Rarity
		}
		e.Channels = append(e.Channels, c)
	}
	if e.Direction != 0 && all > 0 {
		e.Strength = agree / all
	}
	slices.SortStableFunc(e.Channels, func(x, y Channel) int {
		switch {
		case x.Rarity > y.Rarity:
			return -1
		case x.Rarity < y.Rarity:
			return 1
		}
		return 0
	})
	return e
}
