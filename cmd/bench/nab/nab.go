// Package nab scores detections as the Numenta Anomaly Benchmark does: Lavin and Ahmad, "Evaluating real-time anomaly detection
// algorithms", ICMLA 2015, and sweeper.py of github.com/numenta/NAB. It counts rows, not time.
package nab

import (
	"cmp"
	"math"
	"slices"
)

// Profile weighs hits, misses and false alarms.
type Profile struct {
	Name           string
	Hit, Miss, Cry float64
}

// Profiles are the benchmark's, of its config/profiles.json.
func Profiles() []Profile {
	return []Profile{{"standard", 1, 1, 0.11}, {"low FP", 1, 1, 0.22}, {"low FN", 1, 2, 0.11}}
}

// Window is a labelled stretch of rows, both ends inclusive.
type Window struct{ Left, Right int }

// File is what a detector made of one file: a score by row, the higher the stranger. Rows of score 0 or less and NaN never fire.
type File struct {
	Windows []Window // in order, apart from each other
	Scores  []float64
}

// Never is a threshold that nothing passes.
var Never = math.Inf(1)

// best is the sigmoid at the first row of a window, the most that a hit can be worth before weights.
var best = sigmoid(-1)

// sigmoid is worth 1 early in a window, 0 at its end and -1 far past it; position is in window widths from its end.
func sigmoid(position float64) float64 {
	if position > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*position)) - 1
}

// Probation is the number of first rows, of so many, that are neither scored nor counted.
func Probation(rows int) int { return min(rows*15/100, 750) }

// point is a row that can fire.
type point struct {
	score  float64
	window int     // of all files', -1: outside
	worth  float64 // if it fires: 0 to 1 inside, -1 to 0 outside
}

// points lists the rows of files that can fire, and how many windows could be hit.
func points(files []File) (list []point, windows int) {
	for _, f := range files {
		next := 0 // the window that a row is in or before
		for row, score := range f.Scores {
			for next < len(f.Windows) && f.Windows[next].Right < row {
				next++
			}
			if row < Probation(len(f.Scores)) || !(score > 0) {
				continue
			}
			p := point{score: score, window: -1}
			if next < len(f.Windows) && f.Windows[next].Left <= row {
				w := f.Windows[next]
				p.window = windows + next
				p.worth = sigmoid(-float64(w.Right-row+1)/float64(w.Right-w.Left+1)) / best
			} else {
				p.worth = past(f.Windows[:next], row)
			}
			list = append(list, p)
		}
		windows += len(f.Windows)
	}
	return list, windows
}

// past is the worth of a false alarm: the longer after the last window, the worse.
func past(before []Window, row int) float64 {
	if len(before) == 0 {
		return -1
	}
	last := before[len(before)-1]
	return sigmoid(float64(row-last.Right) / math.Max(float64(last.Right-last.Left), 1))
}

// Raw is the score of the profile when the rows at or over the threshold fire: what hits earn less what misses and false alarms cost.
func (p Profile) Raw(files []File, threshold float64) float64 {
	list, windows := points(files)
	t := p.tally(windows)
	for _, point := range list {
		if point.score >= threshold {
			t.fire(point)
		}
	}
	return t.raw
}

// Sweep finds the threshold of the highest raw score, the highest of equals; Never where alarms only cost.
func (p Profile) Sweep(files []File) (threshold float64) {
	list, windows := points(files)
	slices.SortFunc(list, func(a, b point) int { return cmp.Compare(b.score, a.score) })
	t := p.tally(windows)
	threshold, highest := Never, t.raw
	for i, point := range list {
		t.fire(point)
		if i+1 < len(list) && list[i+1].score == point.score {
			continue
		}
		if t.raw > highest {
			threshold, highest = point.score, t.raw
		}
	}
	return threshold
}

// Normalized is Raw where 0 is a detector that never fires and 100 one that fires once, at the first row of each window. NaN for
// files without windows.
func (p Profile) Normalized(files []File, threshold float64) float64 {
	windows := 0
	for _, f := range files {
		windows += len(f.Windows)
	}
	null, perfect := -p.Miss*float64(windows), p.Hit*float64(windows)
	if perfect == null {
		return math.NaN()
	}
	return 100 * (p.Raw(files, threshold) - null) / (perfect - null)
}

// FalseAlarms is what the rows that fire outside windows cost, 0 or less.
func (p Profile) FalseAlarms(files []File, threshold float64) (cost float64) {
	list, _ := points(files)
	for _, point := range list {
		if point.window < 0 && point.score >= threshold {
			cost += p.Cry * point.worth
		}
	}
	return cost
}

// tally is a raw score that grows alarm by alarm.
type tally struct {
	Profile
	raw     float64
	windows []float64 // what each is worth so far
}

func (p Profile) tally(windows int) tally {
	t := tally{Profile: p, windows: make([]float64, windows)}
	for i := range t.windows {
		t.windows[i] = -p.Miss
		t.raw -= p.Miss
	}
	return t
}

// fire counts an alarm: inside a window the best one counts, outside each.
func (t *tally) fire(p point) {
	if p.window < 0 {
		t.raw += t.Cry * p.worth
		return
	}
	if worth := t.Hit * p.worth; worth > t.windows[p.window] {
		t.raw += worth - t.windows[p.window]
		t.windows[p.window] = worth
	}
}
