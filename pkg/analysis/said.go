package analysis

const (
	// maxSaid bounds what was said in memory, in bytes: at 5 minutes of some 150 series over a week.
	maxSaid = 24 << 20
	// maxFresh bounds what the store does not hold of it: of some thousands of series.
	maxFresh = 8 << 20
)

// said is what was said of an epoch's buckets up to the newest, those that may still be revised among them. While no point of the input
// changes, a refresh is answered from it and needs no pipeline. It is never changed once it is in memory.
type said struct {
	input  seen
	points points
}

func (s said) size() int { return pointSize * s.points.len() }

// fresh is the part of what was said that the store does not hold: results are stored now and then, and only of final buckets. Small as it
// is, it is there for many more series than all that was said.
type fresh struct {
	input  seen
	from   int // the number of its first point in the epoch
	points []point
}

func (f fresh) size() int { return 64 + pointSize*len(f.points) }

// seen is what the results of a whole input depend on, beside all that a run is known by.
type seen struct {
	hash  uint64
	count int
	whole int // counts after it may still grow
}

func (in *input) seen() seen {
	return seen{hash: in.hash(in.len()), count: in.len(), whole: in.whole}
}

// saidBefore returns what was said of the run's very input.
func (r *run) saidBefore() (said, bool) {
	input := r.input.seen()
	if s, ok := r.engine.said.get(r.id); ok && s.input == input {
		return s, true
	}
	f, ok := r.engine.fresh.get(r.id)
	if !ok || f.input != input || r.engine.keeper.states == nil {
		return said{}, false
	}
	stored := r.loadResults()
	n := stored.points.len()
	if n < f.from || n > f.from+len(f.points) {
		return said{}, false
	}
	s := said{input: input, points: stored.points.with(f.points[n-f.from:])}
	r.engine.said.put(r.id, s)
	return s, true
}

// remember keeps what was said, by a kept pipeline and of the buckets after it, and returns it.
func (r *run) remember(k kept, open []point) said {
	input := r.input.seen()
	s := said{input: input, points: k.points.with(open)}
	r.engine.said.put(r.id, s)
	if from := k.stored - r.first; k.stored > 0 && from >= 0 {
		r.engine.fresh.put(r.id, fresh{input: input, from: from, points: s.points.from(from)})
	}
	return s
}
