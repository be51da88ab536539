package main

import (
	"fmt"
	"io"
	"math"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/clean"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// Each clean series is learnt for four weeks, then counted for eight.
const (
	trainWeeks   = 4
	countWeeks   = 8
	seriesByKind = 12
)

// levels of the score, and how long one passing of each may take by its contract.
var levels = [3]struct {
	name  string
	score float64
	weeks float64
}{{"warning_per_2_days", 25, 2.0 / 7}, {"major_per_2_weeks", 50, 2}, {"critical_per_10_weeks", 75, 10}}

// passings counts buckets, by level the ones at or over it.
type passings struct {
	scored int
	over   [len(levels)]int
}

func (p *passings) add(q passings) {
	p.scored += q.scored
	for i, n := range q.over {
		p.over[i] += n
	}
}

// rate is how often a level is passed in the time of its contract: 1 keeps it. NaN where nothing was scored.
func (p passings) rate(level int) float64 {
	return float64(p.over[level]) / float64(p.scored) * clean.Week * levels[level].weeks
}

func runCalibration(o options, out io.Writer) error {
	kinds := clean.Kinds()
	counts := make([]passings, len(kinds)*seriesByKind)
	name := fmt.Sprintf("score %d clean series of %d kinds", len(counts), len(kinds))
	err := parallel(name, len(counts), func(i int) (err error) {
		counts[i], err = countPassings(kinds[i/seriesByKind], o.spec, uint64(i%seriesByKind))
		return err
	})
	if err != nil {
		return err
	}
	t := newTable(out)
	t.row("clean series", "weeks", "25 in 2 days", "50 in 2 weeks", "75 in 10 weeks")
	var all passings
	for i, k := range kinds {
		var kind passings
		for _, c := range counts[i*seriesByKind : (i+1)*seriesByKind] {
			kind.add(c)
		}
		t.passings(k.Name, kind)
		all.add(kind)
	}
	t.passings("all", all)
	if err := t.close(); err != nil {
		return err
	}
	for i, level := range levels {
		figure(out, "calibration_"+level.name, all.rate(i), "buckets")
	}
	return nil
}

func (t table) passings(name string, p passings) {
	t.row(name, number(float64(p.scored)/clean.Week, 0), fraction(p.rate(0)), fraction(p.rate(1)), fraction(p.rate(2)))
}

// countPassings counts what a detector says of one clean series after it has learnt.
func countPassings(k clean.Kind, spec detect.Spec, seed uint64) (passings, error) {
	d, err := detect.New(k.Spec(spec))
	if err != nil {
		return passings{}, err
	}
	var p passings
	for i, o := range k.Generate(seed, (trainWeeks+countWeeks)*clean.Week) {
		score := d.Step(o).Score
		if i < trainWeeks*clean.Week || math.IsNaN(score) {
			continue
		}
		p.scored++
		for level := range levels {
			if score >= levels[level].score {
				p.over[level]++
			}
		}
	}
	return p, nil
}
