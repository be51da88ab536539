// Package monitoring scores detections on labelled rows by F1 with a delay, as Microsoft evaluates them: Ren et al., "Time-series
// anomaly detection service at Microsoft", KDD 2019, get_range_proba of its published evaluation. An anomaly is found when it is
// met soon enough, and then all of it is.
package monitoring

import (
	"cmp"
	"math"
	"slices"
)

// Delay is how many rows after its first an anomaly may still be met.
const Delay = 7

// Series is what a detector made of the rows that count: a score by row, NaN never fires, and whether the row is labelled.
type Series struct {
	Scores []float64
	Labels []bool
}

// Tally counts rows.
type Tally struct{ Hits, Misses, Cries int }

// F1 is the harmonic mean of precision and recall; NaN when there is nothing to find and nothing fired.
func (t Tally) F1() float64 {
	return float64(2*t.Hits) / float64(2*t.Hits+t.Misses+t.Cries)
}

// chance is what fires at or under a score: an anomaly's rows, or one row beside them.
type chance struct {
	score float64
	hits  int // 0: a false alarm
}

// chances lists what can fire, and how many rows are labelled.
func chances(all []Series) (list []chance, labelled int) {
	for _, s := range all {
		for i := 0; i < len(s.Scores); {
			if !s.Labels[i] {
				list = append(list, chance{score: s.Scores[i]})
				i++
				continue
			}
			end := i
			for end < len(s.Labels) && s.Labels[end] {
				end++
			}
			list = append(list, chance{highest(s.Scores[i:min(i+Delay+1, end)]), end - i})
			labelled += end - i
			i = end
		}
	}
	return slices.DeleteFunc(list, func(c chance) bool { return math.IsNaN(c.score) }), labelled
}

// highest of scores that are not NaN; NaN where there is none.
func highest(scores []float64) float64 {
	h := math.NaN()
	for _, s := range scores {
		if !(s <= h) && !math.IsNaN(s) {
			h = s
		}
	}
	return h
}

// Count the rows when those at or over the threshold fire.
func Count(all []Series, threshold float64) Tally {
	list, labelled := chances(all)
	t := Tally{Misses: labelled}
	for _, c := range list {
		if c.score >= threshold {
			t.fire(c)
		}
	}
	return t
}

// Sweep finds the threshold of the highest F1, the highest of equals; +Inf where nothing can be found.
func Sweep(all []Series) (threshold float64) {
	list, labelled := chances(all)
	slices.SortFunc(list, func(a, b chance) int { return cmp.Compare(b.score, a.score) })
	t := Tally{Misses: labelled}
	threshold, best := math.Inf(1), 0.0
	for i, c := range list {
		t.fire(c)
		if i+1 < len(list) && list[i+1].score == c.score {
			continue
		}
		if f := t.F1(); f > best {
			threshold, best = c.score, f
		}
	}
	return threshold
}

func (t *Tally) fire(c chance) {
	if c.hits == 0 {
		t.Cries++
		return
	}
	t.Hits += c.hits
	t.Misses -= c.hits
}

// Skip returns the series without its first quarter, in which detectors learn.
func (s Series) Skip() Series {
	from := len(s.Scores) / 4
	return Series{Scores: s.Scores[from:], Labels: s.Labels[from:]}
}
