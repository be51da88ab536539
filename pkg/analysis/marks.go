package analysis

import (
	"slices"
	"time"
)

const (
	// marksPerEpoch is how many times in an epoch a pipeline is marked: each day of one of a week.
	marksPerEpoch = 7
	// keptMarks of a pipeline are kept, the newest: what AWS adds late it adds within a day.
	keptMarks = 2
	// maxMarks bounds the marks in memory, in bytes: at 5 minutes those of some 15 series of the detector auto, 40 of the seasonal one. What
	// does not fit goes back to the epoch's start.
	maxMarks = 4 << 20
)

// mark is a pipeline as it was after the first at buckets of its input. It is saved, because that takes a tenth of the memory.
type mark struct {
	at     int
	hash   uint64 // of the input it had seen
	saved  []byte
	points points // what it had said of the epoch, shared with the kept pipeline
}

// marked are the marks of one pipeline, the oldest first. They are never changed once they are in memory.
type marked []mark

func (m marked) size() int {
	size := 0
	for _, x := range m {
		size += len(x.saved) + pointSize*blockLen
	}
	if n := len(m); n > 0 {
		size += pointSize * m[n-1].points.len() // the others share it
	}
	return size
}

// markEach is the number of buckets between two marks.
func markEach(period time.Duration) int {
	return max(1, int(spanOf(period).epoch/period)/marksPerEpoch)
}

// marker gathers the marks of a pipeline that goes through the final buckets.
type marker struct {
	run  *run
	made marked
	from int // the first bucket whose mark will be kept
}

func (r *run) newMarker() *marker {
	return &marker{run: r, from: r.final - keptMarks*markEach(r.input.window.Period)}
}

// pass is called before bucket i, with what was said of the buckets of the epoch so far: some blocks, and more after them.
func (m *marker) pass(i int, pipe *pipeline, said points, more []point) {
	if i <= m.from || (i-m.run.first)%markEach(m.run.input.window.Period) != 0 {
		return
	}
	m.made = append(m.made, mark{at: i, hash: m.run.input.hash(i), saved: pipe.save(), points: said.with(more)})
}

// keep puts the new marks in the place of those of the same buckets, and of those that lie ahead, which a clock that was wrong has made.
func (m *marker) keep() {
	if len(m.made) == 0 {
		return
	}
	r := m.run
	before, _ := r.engine.marks.get(r.id)
	all := slices.DeleteFunc(slices.Clone(before), func(x mark) bool { return x.at >= m.made[0].at })
	all = append(all, m.made...)
	r.engine.marks.put(r.id, slices.Clone(all[max(0, len(all)-keptMarks):]))
}

// fromMark returns the latest marked pipeline that was made from the run's input and has seen no more than until buckets of it.
func (r *run) fromMark(until int) (kept, bool) {
	all, _ := r.engine.marks.get(r.id)
	for _, m := range slices.Backward(all) {
		if m.at > until || m.hash != r.input.hash(m.at) {
			continue
		}
		pipe, err := restorePipeline(r.spec, r.detector.eventScore(), m.saved)
		return kept{pipe: pipe, at: m.at, hash: m.hash, points: m.points, place: r.place}, err == nil
	}
	return kept{}, false
}
