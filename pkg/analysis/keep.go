package analysis

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// The slots of a State.
const (
	slotStart   = iota // the pipeline when the epoch began
	slotNewest         // the pipeline at the newest final bucket
	slotResults        // the results of the epoch's final buckets
)

const (
	// saveEach is how many buckets newer than the stored state one must be to be stored: 6 hours at 5 minutes.
	saveEach = 72
	// keepFor is how long after its end an epoch's results are kept; what AWS keeps of 5-minute points.
	keepFor = 63 * day
	// pruneEach is how much time passes between two prunings.
	pruneEach = day
	// maxPending states wait to be stored together.
	maxPending = 96
)

// State is what was worked out of one series in one epoch, after Count buckets of its input.
type State struct {
	Series series.Key
	Spec   uint64    // what it was worked out by
	Epoch  time.Time // its start
	Slot   int       // 0: the pipeline at the epoch's start, 1: the newest, 2: results
	Until  time.Time // the end of what it has seen
	Count  int
	Hash   uint64 // of the input it has seen
	Blob   []byte
}

// States keeps states over restarts. It is a cache: what it loses is worked out again.
type States interface {
	// LoadState returns the state of a slot; ok is false where there is none that can be read.
	LoadState(ctx context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (s State, ok bool, err error)
	// PutStates keeps states together, each in the place of the one before it.
	PutStates(ctx context.Context, states []State) error
	// PruneStates drops states that have seen nothing since a time.
	PruneStates(ctx context.Context, before time.Time) error
}

// place says where a run's states belong.
type place struct {
	key     series.Key
	spec    uint64
	epoch   time.Time
	begin   time.Time // of the input
	period  time.Duration
	first   int  // buckets before the epoch
	whole   int  // buckets until the epoch's end
	current bool // the epoch has not ended: its pipeline will go on
	recent  bool // the epoch has not ended long ago
}

func newPlace(r *run, finalUntil time.Time) place {
	w := r.input.window
	return place{
		key: r.key, spec: r.id.spec, epoch: r.epoch.start, begin: w.Start, period: w.Period, first: r.first,
		whole:   series.Window{Start: w.Start, End: r.epoch.end, Period: w.Period}.Len(),
		current: finalUntil.Before(r.epoch.end), recent: finalUntil.Before(r.epoch.end.Add(keepFor)),
	}
}

func (p place) state(slot, count int, hash uint64, blob []byte) State {
	until := p.begin.Add(time.Duration(count) * p.period)
	return State{Series: p.key, Spec: p.spec, Epoch: p.epoch, Slot: slot, Until: until, Count: count, Hash: hash, Blob: blob}
}

// states of a kept pipeline: both slots that move while the epoch lasts, then the results alone.
func (p place) states(k kept) []State {
	results := p.state(slotResults, k.at, k.hash, k.points.pack())
	if !p.current {
		return []State{results}
	}
	return []State{results, p.state(slotNewest, k.at, k.hash, k.pipe.save())}
}

// due says that a kept pipeline is by at least some buckets newer than what is stored of it, and worth it.
func (k kept) due(buckets int) bool {
	p := k.place
	if k.pipe == nil || k.at <= p.first || k.at-k.stored < buckets {
		return false
	}
	return p.current || p.recent && k.at == p.whole
}

// keeper gathers what is to be stored. A nil States keeps nothing. It is safe for concurrent use.
type keeper struct {
	states States

	mutex   sync.Mutex
	pending map[pendingID]State
	failed  error     // of what was put on the way
	now     time.Time // the newest end of a stored state
	pruned  time.Time
}

type pendingID struct {
	keptID
	slot int
}

func (k *keeper) start(p place, pipe *pipeline, hash uint64) {
	if k.states == nil || !p.current {
		return
	}
	k.add(p.state(slotStart, p.first, hash, pipe.save()))
}

// newest gathers the states of a kept pipeline when they are due.
func (k *keeper) newest(next *kept) {
	least := saveEach
	if !next.place.current || next.stored == 0 {
		least = 1
	}
	if k.states == nil || !next.due(least) {
		return
	}
	next.stored = next.at
	k.add(next.place.states(*next)...)
}

func (k *keeper) add(states ...State) {
	k.mutex.Lock()
	if k.pending == nil {
		k.pending = map[pendingID]State{}
	}
	for _, s := range states {
		k.pending[pendingID{keptID{s.Series.ID(), s.Epoch.Unix(), s.Spec}, s.Slot}] = s
		if s.Until.After(k.now) {
			k.now = s.Until
		}
	}
	full := len(k.pending) >= maxPending
	k.mutex.Unlock()
	if !full {
		return
	}
	if err := k.flush(context.Background()); err != nil {
		k.mutex.Lock()
		k.failed = err // the next Flush says it
		k.mutex.Unlock()
	}
}

// flush stores what is pending, in one transaction. What cannot be stored is dropped: it can be worked out again.
func (k *keeper) flush(ctx context.Context) error {
	k.mutex.Lock()
	states := make([]State, 0, len(k.pending))
	for _, s := range k.pending {
		states = append(states, s)
	}
	clear(k.pending)
	err := k.failed
	k.failed = nil
	prune := !k.now.IsZero() && k.now.Sub(k.pruned) >= pruneEach
	if prune {
		k.pruned = k.now
	}
	before := k.now.Add(-keepFor)
	k.mutex.Unlock()
	if len(states) > 0 {
		err = errors.Join(err, k.states.PutStates(ctx, states))
	}
	if prune {
		err = errors.Join(err, k.states.PruneStates(ctx, before))
	}
	return err
}

// Flush stores states that are due, together. Call it after a query: where nothing is due it does nothing.
func (e *Engine) Flush(ctx context.Context) error {
	if e.keeper.states == nil {
		return nil
	}
	return e.keeper.flush(ctx)
}

// Close stores everything that is newer than what is stored. The engine can still be used, and closed again.
func (e *Engine) Close(ctx context.Context) error {
	if e.keeper.states == nil {
		return nil
	}
	var late []kept
	e.kept.each(func(_ keptID, k kept) {
		if k.due(1) {
			late = append(late, k)
		}
	})
	for _, k := range late {
		e.keeper.add(k.place.states(k)...)
	}
	return e.keeper.flush(ctx)
}

// load returns the latest pipeline in the store that was made from the run's input and has seen no more than until buckets of it.
func (r *run) load(until int, scores bool) (kept, bool) {
	if r.engine.keeper.states == nil {
		return kept{}, false
	}
	var done kept // results without a pipeline
	if scores {
		done = r.loadResults()
		if done.at > 0 && done.at == r.place.whole {
			return done, true
		}
	}
	if !r.place.current {
		return kept{}, false
	}
	if k, ok := r.loadPipeline(slotNewest, until); ok && (!scores || done.at >= k.at) {
		k.points = done.points.first(k.at - r.first)
		return k, true
	}
	return r.loadPipeline(slotStart, until)
}

func (r *run) loadResults() kept {
	s, ok := r.loadSlot(slotResults, r.final)
	if !ok {
		return kept{}
	}
	results, err := unpackPoints(s.Blob)
	if err != nil || results.len() != s.Count-r.first {
		return kept{}
	}
	return kept{at: s.Count, hash: s.Hash, points: results, stored: s.Count, place: r.place}
}

func (r *run) loadPipeline(slot, until int) (kept, bool) {
	s, ok := r.loadSlot(slot, until)
	if !ok {
		return kept{}, false
	}
	pipe, err := restorePipeline(r.spec, r.detector.eventScore(), s.Blob)
	return kept{pipe: pipe, at: s.Count, hash: s.Hash, stored: s.Count, place: r.place}, err == nil
}

// loadSlot returns a state of the run that was made from its input. A store that cannot be read is one that has nothing: the answer
// does not depend on it.
func (r *run) loadSlot(slot, until int) (State, bool) {
	s, ok, err := r.engine.keeper.states.LoadState(context.Background(), r.key, r.id.spec, r.epoch.start, slot)
	if err != nil || !ok || s.Count < r.first || s.Count > until {
		return State{}, false
	}
	return s, s.Hash == r.input.hash(s.Count)
}
