package analysis

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Member is one series of a group, with what its labels say.
type Member struct {
	Labels map[string]string
	Result Result
}

// RollUpWindow is what the members of a roll-up are analysed in for a roll-up in w: from the start of its first epoch on, because where
// an anomaly begins depends on what came before, and must not depend on the range. (What has to be read is the same.)
func RollUpWindow(w series.Window) series.Window {
	if w.Empty() {
		return w
	}
	w.Start = epochOf(w.Start, w.Period).start
	return w
}

// RollUp is the score of a group in w: each bucket's by Simes' combined probability over the members that have a score. The members are
// analysed in RollUpWindow(w). Scores from eventScore on can begin an event. Expected values and the forecast are null.
func RollUp(members []Result, w series.Window, eventScore float64) Result {
	whole := newResult(RollUpWindow(w))
	rarities := make([]float64, 0, len(members))
	for _, ep := range epochsOf(whole.Range) {
		events := detect.NewEvents(bucketsPerDay(w.Period), eventScore)
		for at := ep.start; at.Before(ep.end) && at.Before(whole.Range.End); at = at.Add(w.Period) {
			i := whole.Range.Index(at)
			rarities = raritiesAt(members, at, rarities[:0])
			p := point{Result: combined(rarities)}
			p.begins = events.Step(p.Rarity)
			p.Direction = directionAt(members, at, p.Score)
			whole.set(i, p)
		}
	}
	return whole.cut(w)
}

// cut is the part of a result that lies in w, without its forecast.
func (out Result) cut(w series.Window) Result {
	cut := newResult(out.Range.Intersect(w))
	if cut.Range.Empty() {
		return cut
	}
	from := out.Range.Index(cut.Range.Start)
	to := from + cut.Range.Len()
	cut.Expected, cut.Lower, cut.Upper = out.Expected[from:to], out.Lower[from:to], out.Upper[from:to]
	cut.Score, cut.Direction, cut.Event = out.Score[from:to], out.Direction[from:to], out.Event[from:to]
	cut.Raw, cut.Rarity, cut.Err = out.Raw[from:to], out.Rarity[from:to], out.Err
	return cut
}

// index of the bucket at t in the result, false where it has none.
func (out *Result) index(t time.Time) (int, bool) {
	if out.Range.Empty() || t.Before(out.Range.Start) || !t.Before(out.Range.End) {
		return 0, false
	}
	i := out.Range.Index(t)
	return i, i < len(out.Rarity)
}

func raritiesAt(members []Result, t time.Time, into []float64) []float64 {
	for k := range members {
		if i, ok := members[k].index(t); ok && !math.IsNaN(members[k].Rarity[i]) {
			into = append(into, members[k].Rarity[i])
		}
	}
	return into
}

// combined is the result of rarities together, which it sorts: NaN where there are none. Simes 1986: p = min over k of n p(k) / k.
func combined(rarities []float64) detect.Result {
	nan := math.NaN()
	out := detect.Result{Expected: nan, Lower: nan, Upper: nan, Score: nan, Rarity: nan, Raw: nan}
	if len(rarities) == 0 {
		return out
	}
	slices.Sort(rarities)
	n := len(rarities)
	best := 0.0
	for k := 1; k <= n; k++ {
		best = math.Max(best, rarities[n-k]-math.Log10(float64(n)/float64(k)))
	}
	out.Rarity = math.Min(best, detect.MaxRarity)
	out.Score = ScoreOf(out.Rarity)
	return out
}

// ScoreOf is the score, 0 to 100, of a rarity, as that of a channel; NaN for NaN.
func ScoreOf(rarity float64) float64 { return math.Min(math.Max(25*(rarity-1), 0), 100) }

// directionAt is the direction of the rarest members; 0 where they contradict each other and for scores under 25.
func directionAt(members []Result, t time.Time, score float64) int8 {
	if !(score >= 25) {
		return 0
	}
	most, sum := 0.0, 0.0
	for k := range members {
		m := &members[k]
		i, ok := m.index(t)
		if !ok || math.IsNaN(m.Rarity[i]) || m.Rarity[i] < most {
			continue
		}
		if m.Rarity[i] > most {
			most, sum = m.Rarity[i], 0
		}
		sum += m.Direction[i]
	}
	return int8(cmp.Compare(sum, 0))
}

// Influence is how much of an anomaly of a group one value of a label carries.
type Influence struct {
	Label, Value string
	Score        float64 // of the roll-up of the value's own members
	Share        float64 // 0 to 1, of what all members exceed the expected
	Series       int     // members with that value
}

// Influences is who carries the worst bucket of a range.
type Influences struct {
	Time        time.Time // of the worst bucket; zero: no bucket has a score
	Score       float64   // of the whole group there; NaN: none
	Influencers []Influence
}

// Influencers finds the worst bucket of the group in w, the first of equals, and says for each value of the labels (nil: of every label
// with more than one value) what it carries of it, the strongest first. Members without a label have no part in its values.
func Influencers(members []Member, labels []string, w series.Window) Influences {
	results := make([]Result, len(members))
	for i, m := range members {
		results[i] = m.Result
	}
	out := Influences{Score: math.NaN()}
	worst := -1.0
	for i := range w.Len() {
		r := combined(raritiesAt(results, w.Time(i), nil))
		if r.Rarity > worst {
			worst, out.Time, out.Score = r.Rarity, w.Time(i), r.Score
		}
	}
	if worst < 0 {
		return out
	}
	if labels == nil {
		labels = differing(members)
	}
	total := excess(raritiesAt(results, out.Time, nil))
	for _, label := range labels {
		for value, of := range byValue(members, label) {
			r := raritiesAt(of, out.Time, nil)
			influence := Influence{Label: label, Value: value, Series: len(of)}
			if total > 0 {
				influence.Share = excess(r) / total
			}
			if c := combined(r); !math.IsNaN(c.Score) {
				influence.Score = c.Score
			}
			out.Influencers = append(out.Influencers, influence)
		}
	}
	slices.SortFunc(out.Influencers, func(a, b Influence) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.Score, a.Score), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// excess is the sum of what rarities have beyond 1, an unremarkable tenth, added in an order of their own.
func excess(rarities []float64) float64 {
	slices.Sort(rarities)
	sum := 0.0
	for _, r := range rarities {
		sum += math.Max(r-1, 0)
	}
	return sum
}

// differing lists the labels in which the members differ.
func differing(members []Member) []string {
	values := map[string]map[string]bool{}
	for _, m := range members {
		for label, value := range m.Labels {
			if values[label] == nil {
				values[label] = map[string]bool{}
			}
			values[label][value] = true
		}
	}
	maps.DeleteFunc(values, func(_ string, v map[string]bool) bool { return len(v) < 2 })
	return slices.Sorted(maps.Keys(values))
}

func byValue(members []Member, label string) map[string][]Result {
	groups := map[string][]Result{}
	for _, m := range members {
		if value, ok := m.Labels[label]; ok {
			groups[value] = append(groups[value], m.Result)
		}
	}
	return groups
}
