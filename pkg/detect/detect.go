package detect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// Observation is one bucket of a series.
type Observation struct {
	Value float64 // NaN or infinite: a missing bucket
	// Columns are the further columns of a forest of several metrics, or of Peers the centre and the spread of the others at the
	// same moment. The detector reads it during the call only. NaN: missing.
	Columns []float64
	Phase   seasonal.Phase
	Quiet   bool // a planned event: no score, and nothing is learnt
}

// Result is what a detector says of one observation.
type Result struct {
	Expected, Lower, Upper float64 // what was expected; NaN before there is a model and where a detector has no such notion
	Score                  float64 // 0 to 100; NaN while learning, for missing and for quiet buckets
	Rarity                 float64 // -log10 of the probability behind the score, not cut at the score's ends, 0 to MaxRarity; NaN as Score
	Raw                    float64 // in the detector's own unit: of a forest its score, of auto the joint statistic; 0 while learning
	Direction              int8    // +1 above, -1 below what was expected, 0 for scores under 25
}

// MaxRarity bounds a rarity: less likely than 10^-12 is not told apart.
const MaxRarity = 12

// Detector scores a series as it comes. It is not safe for concurrent use.
type Detector interface {
	Step(Observation) Result         // score first, then learn; allocates nothing
	Explain(Observation) Explanation // what Step would say and why; nothing is learnt
	Clone() Detector                 // an independent copy, for points that may still be revised
	Save(*state.Writer)              // everything learnt: what Restore makes of it continues bit for bit
	Size() int                       // memory held, in bytes, about
}

// Explanation says why an observation has its score.
type Explanation struct {
	Result
	Channels []Channel     // what looked at it, the rarest first
	Columns  []Attribution // of forests: their sum is Result.Raw
	Strength float64       // 0 to 1: share of the score in its direction; 0 where the detector does not say
}

// rank finds the strength of what the channels say, each with its weight (nil: all alike), and puts the rarest first. A channel without a
// direction agrees with every one.
func (e *Explanation) rank(weights []float64) {
	all, agree := 0.0, 0.0
	for i, c := range e.Channels {
		share := c.Rarity
		if weights != nil {
			share *= weights[i]
		}
		all += share
		if c.Direction == e.Direction || c.Direction == 0 {
			agree += share
		}
	}
	if e.Direction != 0 && all > 0 {
		e.Strength = agree / all
	}
	slices.SortStableFunc(e.Channels, func(a, b Channel) int { return cmp.Compare(b.Rarity, a.Rarity) })
}

// Channel is one statistic that looks at an observation.
type Channel struct {
	Name      string // step, baseline, shift, level, forest, seasonal ...
	Rarity    float64
	Direction int8
}

// Attribution is a column's share of a forest's score.
type Attribution struct {
	Column    int     // 0 is the value, then Observation.Columns
	High, Low float64 // their sums over columns are the score
	Strength  float64 // 0 to 1
	Direction int8
}

// Spec says which detector and how.
type Spec struct {
	Name          string             // of Catalogue; empty: Auto
	BucketsPerDay int                // 288 at 5 minutes; 1 for periods of a day and more
	Lower, Upper  float64            // natural bounds of the metric, infinite where there is none
	Columns       int                // beyond the value
	Parameters    map[string]float64 // by name; what is absent has its default
}

// Parameter of the spec by name: the given value or the catalogue's default.
func (s Spec) Parameter(name string) float64 {
	if v, ok := s.Parameters[name]; ok {
		return v
	}
	d, err := Lookup(s.Name)
	if err != nil {
		return math.NaN()
	}
	for _, p := range d.Parameters {
		if p.Name == name {
			return p.Default
		}
	}
	return math.NaN()
}

// New returns a detector that has seen nothing.
func New(s Spec) (Detector, error) {
	d, err := Lookup(s.Name)
	if err != nil {
		return nil, err
	}
	if err := d.check(s); err != nil {
		return nil, err
	}
	return d.make(s), nil
}

// Save returns the state of a detector.
func Save(d Detector) []byte {
	var w state.Writer
	d.Save(&w)
	return w.Bytes()
}

// Restore returns the detector that Save was given, of the same spec. Damage is an error that wraps state.ErrDamaged.
func Restore(s Spec, saved []byte) (Detector, error) {
	definition, err := Lookup(s.Name)
	if err != nil {
		return nil, err
	}
	if err := definition.check(s); err != nil {
		return nil, err
	}
	r := state.NewReader(saved)
	d := definition.restore(s, r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("restore detector %s: %w", definition.Name, err)
	}
	return d, nil
}

// What several detectors share.
const (
	// shiftSpan is the number of buckets over which a mean shift is looked for.
	shiftSpan = 12
	// learningRarity is the highest before a season is known, a score of 74: no alarm is critical on two days of history.
	learningRarity = 3.96
	// multiplicity makes p the probability of what a watcher meets, not of what a point does: with it critical scores come at
	// most once in ten weeks of clean 5-minute data, major once in two, warnings once in two days.
	multiplicity = 6
)

func missing(x float64) bool { return !(math.Abs(x) <= seasonal.MaxMagnitude) }

// score turns a rarity into 0 to 100.
func score(rarity float64) float64 { return math.Min(math.Max(25*(rarity-1), 0), 100) }

// rarityOf a probability.
func rarityOf(p float64) float64 {
	return math.Min(math.Max(-math.Log10(math.Max(p, 1e-300)), 0), MaxRarity)
}

// model is the configuration of the seasonal model.
func (s Spec) model() seasonal.Config {
	return seasonal.Config{BucketsPerDay: s.BucketsPerDay, Lower: s.Lower, Upper: s.Upper}
}

// smallest of two distances by magnitude; NaN counts as far away.
func smallest(a, b float64) float64 {
	if math.Abs(b) < math.Abs(a) {
		return b
	}
	return a
}

func clip(x, bound float64) float64 { return math.Min(math.Max(x, -bound), bound) }

func signOf(x float64) int8 {
	if x < 0 {
		return -1
	}
	return 1
}
