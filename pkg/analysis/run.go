package analysis

import (
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// run is one detector's way through one epoch of one series: from the origin, through training, to the end of the epoch or of the
// data.
type run struct {
	engine *Engine
	epoch  epoch
	input  series.Series // from the origin on
	first  int           // number of training buckets: where the epoch starts
	final  int           // number of buckets that will not change any more
	limits limits        // of the metric
	id     keptID
}

func (e *Engine) newRun(r Request, ep epoch) *run {
	w := series.Window{Start: ep.origin, End: ep.end, Period: r.Series.Window.Period}
	input := r.Series.Slice(w)
	// A new run is made with the limits of its past; they are part of what a kept detector is known by.
	count := func(until time.Time) int { return min(max(input.Window.Index(until), 0), len(input.Values)) }
	first := count(ep.start)
	b := bounds(r.Series.Key, input.Values[:first])
	return &run{
		engine: e, epoch: ep, input: input, first: first, final: count(r.FinalUntil), limits: b,
		id: keptID{series: r.Series.Key.ID(), origin: input.Window.Start.Unix(), epoch: ep.start.Unix(), limits: b},
	}
}

// score calls emit for each bucket of the epoch that the input holds, numbered from the epoch's start. Buckets before the kept detector
// are taken from memory, those after it are stepped through; the detector is kept anew at the last final bucket.
func (r *run) score(emit func(bucket int, score detect.Result)) {
	k := r.recall()
	for i, s := range k.scores {
		emit(i, s)
	}
	k = r.advance(k, emit)
	r.engine.kept.put(r.id, k)
	// What may still be revised is scored on a copy.
	detector := k.detector.Clone()
	p := newPhases(r.engine.location, r.input.Window.Period)
	for i := k.at; i < len(r.input.Values); i++ {
		s := detector.Step(r.observe(p, i))
		if i >= r.first {
			emit(i-r.first, s)
		}
	}
}

// recall returns the kept detector if it was made from this very input, else a new one at the origin.
func (r *run) recall() kept {
	k, ok := r.engine.kept.get(r.id)
	if ok && k.at <= r.final && k.hash == hashOf(r.input.Values[:k.at]) {
		return k
	}
	return kept{detector: newDetector(r.input.Key, r.limits)}
}

// advance steps through the final buckets that the kept detector has not seen. It leaves the kept one as it is: another query may hold
// it.
func (r *run) advance(k kept, emit func(int, detect.Result)) kept {
	if k.at >= r.final {
		return k
	}
	detector := k.detector.Clone()
	scores := slices.Clip(k.scores)
	p := newPhases(r.engine.location, r.input.Window.Period)
	for i := k.at; i < r.final; i++ {
		s := detector.Step(r.observe(p, i))
		if i >= r.first {
			scores = append(scores, s)
			emit(i-r.first, s)
		}
	}
	return kept{detector: detector, at: r.final, hash: hashOf(r.input.Values[:r.final]), scores: scores}
}

func (r *run) observe(p *phases, i int) detect.Observation {
	return detect.Observation{Value: r.input.Values[i], Phase: p.at(r.input.Window.Time(i))}
}

// modelAfter returns the model as it stands after the bucket at t.
func (r *run) modelAfter(t time.Time) *forecast.Model {
	end := r.input.Window.Index(t) + 1
	k := r.recall()
	if k.at > end {
		k = kept{detector: newDetector(r.input.Key, r.limits)}
	}
	detector := k.detector.Clone().(*detect.Seasonal)
	p := newPhases(r.engine.location, r.input.Window.Period)
	for i := k.at; i < end; i++ {
		detector.Step(r.observe(p, i))
	}
	return detector.Model()
}

// usual is the median of what was observed.
func usual(values []float64) float64 {
	observed := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			observed = append(observed, v)
		}
	}
	slices.Sort(observed)
	return observed[len(observed)/2]
}
