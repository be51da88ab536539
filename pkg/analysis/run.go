package analysis

import (
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// run is one pipeline's way through one epoch of one series: from the origin, through training, to the end of the epoch or of the
// data.
type run struct {
	engine   *Engine
	epoch    epoch
	key      series.Key
	input    *input
	first    int // number of training buckets: where the epoch starts
	final    int // number of buckets that will not change any more
	detector Detector
	spec     detect.Spec
	id       keptID
	place    place
}

func (e *Engine) newRun(r Request, ep epoch) *run {
	period := r.Series.Window.Period
	w := series.Window{Start: ep.origin, End: ep.end, Period: period}.Intersect(r.Series.Window)
	first := max(0, min(w.Index(ep.start), w.Len()))
	in := newInput(r, w, first, newPhases(e.location, period))
	// A run is made with the limits of its past; they are part of what a kept one is known by.
	b := bounds(r.Series.Key, in.rows[0].values[:first])
	out := &run{
		engine: e, epoch: ep, key: r.Series.Key, input: in, first: first, final: in.count(r.FinalUntil.Unix()), detector: r.Detector,
		spec: detect.Spec{
			Name: nameOf(r.Detector), BucketsPerDay: bucketsPerDay(period), Lower: b.lower, Upper: b.upper,
			Columns: len(r.Columns), Parameters: r.Detector.Parameters,
		},
	}
	if out.spec.Name == detect.Peers {
		out.spec.Columns = 0 // what it looks at beside the value is no column of its own
	}
	if isCount(r.Series.Key) {
		out.final = min(out.final, in.whole)
	}
	out.id = keptID{series: out.key.ID(), epoch: ep.start.Unix(), spec: out.identity(r)}
	out.place = newPlace(out, r.FinalUntil)
	return out
}

// identity is a hash of all that the scores of the run depend on, but the observations and which of them are quiet.
func (r *run) identity(of Request) uint64 {
	var d identity
	d.number(specVersion)
	d.text(r.engine.version)
	d.detector(r.detector)
	d.number(float64(r.spec.BucketsPerDay))
	for _, name := range of.Calendars.Names() {
		d.text(name) // so that queries with other calendars do not take turns in one place
	}
	d.number(r.spec.Lower)
	d.number(r.spec.Upper)
	d.clock(r.engine.location, series.Window{Start: r.epoch.origin, End: r.epoch.end, Period: r.input.window.Period})
	// The input begins later than the origin where a series is young.
	d.number(float64(r.input.window.Start.Unix()))
	for i := range r.input.rows {
		if i > 0 {
			d.text(of.Columns[i-1].Key.ID())
		}
		d.number(map[bool]float64{true: 1}[r.input.rows[i].sparse])
	}
	return d.sum()
}

// score calls emit for each bucket of the epoch that the input holds, numbered from the epoch's start.
func (r *run) score(emit func(bucket int, p point)) error {
	s, err := r.say()
	if err != nil {
		return err
	}
	s.points.each(0, emit)
	return nil
}

// say is what is said of the epoch. What was said of this very input is said again; else what the kept pipeline has not seen is stepped
// through, and the pipeline is kept anew at the last final bucket. Of many who ask at the same time one does so.
func (r *run) say() (said, error) {
	if s, ok := r.saidBefore(); ok {
		return s, nil
	}
	turn := r.engine.running.of(r.id)
	turn.Lock()
	defer turn.Unlock()
	if s, ok := r.saidBefore(); ok { // meanwhile
		return s, nil
	}
	k, err := r.recall(r.final, true)
	if err != nil {
		return said{}, err
	}
	k = r.advance(k)
	r.engine.kept.put(r.id, k)
	return r.remember(k, r.open(k)), nil
}

// open scores, on a copy of a pipeline, the buckets after it: they may still be revised.
func (r *run) open(k kept) []point {
	if k.at >= r.input.len() {
		return nil
	}
	pipe := k.pipe.clone()
	open := make([]point, 0, r.input.len()-k.at)
	for i := k.at; i < r.input.len(); i++ {
		if p := r.step(pipe, i); i >= r.first {
			open = append(open, p)
		}
	}
	return open
}

func (r *run) step(pipe *pipeline, i int) point {
	return pipe.step(r.input.at(i), &r.detector, i >= r.input.whole && isCount(r.key))
}

// recall returns the latest pipeline that was made from this very input and has seen no more than until buckets of it: from memory, else
// a marked or a stored one, else a new one at the origin. Where only scores are wanted the pipeline of a finished epoch may be nil.
func (r *run) recall(until int, scores bool) (kept, error) {
	k, ok := r.engine.kept.get(r.id)
	if ok && k.at <= until && k.hash == r.input.hash(k.at) && (scores || k.pipe != nil) {
		return k, nil
	}
	stored, ok := r.load(until, scores)
	if k, marked := r.fromMark(until); marked && k.at > stored.at {
		return k, nil
	}
	if ok {
		return stored, nil
	}
	pipe, err := newPipeline(r.spec, r.detector.eventScore())
	return kept{pipe: pipe, hash: r.input.hash(0)}, err
}

// advance steps through the final buckets that the kept pipeline has not seen. It leaves the kept one as it is: another query may hold
// it.
func (r *run) advance(k kept) kept {
	if k.at >= r.final {
		return k
	}
	pipe := k.pipe.clone()
	more := make([]point, 0, max(0, r.final-max(k.at, r.first)))
	marker := r.newMarker()
	for i := k.at; i < r.final; i++ {
		marker.pass(i, pipe, k.points, more)
		if i == r.first {
			r.engine.keeper.start(r.place, pipe, r.input.hash(i))
		}
		if p := r.step(pipe, i); i >= r.first {
			more = append(more, p)
		}
	}
	marker.keep()
	next := kept{pipe: pipe, at: r.final, hash: r.input.hash(r.final), points: k.points.with(more), stored: k.stored, place: r.place}
	r.engine.keeper.newest(&next)
	return next
}

// before returns a pipeline, free to be changed, that has seen the first n buckets.
func (r *run) before(n int) (*pipeline, error) {
	k, err := r.recall(n, false)
	if err != nil {
		return nil, err
	}
	pipe := k.pipe.clone()
	for i := k.at; i < n; i++ {
		r.step(pipe, i)
	}
	return pipe, nil
}

// modeller is a detector that has a seasonal model of its own to forecast from.
type modeller interface{ Model() *seasonal.Model }
