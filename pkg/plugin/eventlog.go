package plugin

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// maxTold bounds the chapters that are known to be in the log; beyond it they are compared anew.
	maxTold = 100_000
	// eventPage is how many events are read at a time.
	eventPage = 2_000
	// recordTries is how often a query tries to continue chapters that other processes continue at the same time.
	recordTries = 8
	// leastRevision is by how much a score must differ from the recorded one to be a revision.
	leastRevision = 1.0
)

// eventLog writes down what became of anomalies, as the final buckets tell it that queries have scored. The log is append-only and belongs
// to one data source. What stands in it follows from the observations: each epoch of a series is a chapter, told from the epoch's
// beginning on, whatever range is asked for, and a query adds what its journal knows beyond the newest recorded event. So it does not matter who
// looks, how often and in which order; and nothing but the log itself has to be remembered.
type eventLog struct {
	store     *store.Store
	source    string      // of the data source's events, in place of the source of points
	recording *sync.Mutex // of the process, as two instances of a data source overlap
	clock     func() time.Time
	unkept    sync.Once
	log       discreet

	ways ways

	mutex sync.Mutex
	told  map[chapter]compared
}

// chapter is what the log tells of one series in one epoch by one way of looking.
type chapter struct {
	series string
	spec   uint64
	epoch  int64
}

// compared is what a chapter was last found to be in the log.
type compared struct {
	until time.Time
	hash  uint64
	end   int64 // of the epoch
}

// draft is a journal on its way into the log.
type draft struct {
	key     series.Key
	chapter chapter
	journal analysis.Journal
	whole   bool // nothing that it follows from is missing
}

func newEventLog(s *store.Store, uid string, recording *sync.Mutex, clock func() time.Time) *eventLog {
	return &eventLog{store: s, source: fmt.Sprintf("events %q", uid), recording: recording, clock: clock, told: map[chapter]compared{}}
}

// key is that of a series in the log. Points belong to whoever signs in alike, events to the data source, however it signs in. What a split
// has joined and what peers were compared with stays told apart by what the query chose from.
func (l *eventLog) key(k series.Key, choice string) series.Key {
	k.Source, k.RoleARN = l.source, ""
	if choice != "" {
		k.Source += " " + choice
	}
	return k
}

// owns says that an event is of this data source.
func (l *eventLog) owns(e store.Event) bool {
	return e.Series.Source == l.source || strings.HasPrefix(e.Series.Source, l.source+" ")
}

// How a series in the log came about, where it is none of AWS's by itself.
const (
	bySplit = "split "
	byPeers = "peers "
)

// joined says that a series in the log is what a split has joined.
func (l *eventLog) joined(k series.Key) bool {
	return strings.HasPrefix(k.Source, l.source+" "+bySplit)
}

// record continues the log by what was scored. Where it cannot be written it is logged once: the next query finds the same.
func (l *eventLog) record(ctx context.Context, subjects []subject) {
	drafts := l.drafts(subjects)
	if len(drafts) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	err := func() (err error) {
		defer caught(&err)
		if ok, err := l.admits(ctx, drafts[0].chapter.spec); err != nil || !ok { // those of a query look alike
			return err
		}
		return l.continueBy(ctx, drafts)
	}()
	if err != nil {
		l.unkept.Do(func() { l.log.warn("events of anomalies cannot be stored", "error", err) })
	}
}

// drafts are the journals that the log may not have yet. One of a series that could not be read in part says nothing.
func (l *eventLog) drafts(subjects []subject) []draft {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var out []draft
	for _, s := range subjects {
		if s.partial || s.blind || s.shown.Analysis.Err != nil {
			continue
		}
		key := l.key(s.request.Series.Key, s.choice)
		id := key.ID()
		for _, j := range s.shown.Analysis.Journals {
			d := draft{key: key, chapter: chapter{id, s.way, j.Start.Unix()}, journal: j, whole: !j.Read.Start.Before(s.since)}
			before, known := l.told[d.chapter]
			now := comparedTo(j)
			switch {
			case !known:
			case j.Until.Before(before.until):
				continue
			case now.hash == before.hash:
				l.told[d.chapter] = now
				continue
			}
			out = append(out, d)
		}
	}
	return out
}

func comparedTo(j analysis.Journal) compared {
	return compared{j.Until, hashOf(j), j.Read.End.Unix()}
}

func hashOf(j analysis.Journal) uint64 {
	h := fnv.New64a()
	for _, c := range j.Changes {
		_, _ = h.Write([]byte(c.Kind))
		for _, n := range []int64{c.At.Unix(), c.Start.Unix(), c.Until.Unix(), int64(c.Direction)} {
			_ = binary.Write(h, binary.LittleEndian, n)
		}
		_ = binary.Write(h, binary.LittleEndian, []float64{c.Score, c.Value})
	}
	return h.Sum64()
}

// continueBy brings drafts into the log. Other processes may write in the same log: where one has continued a chapter between our reading and
// our writing, what is beyond it is worked out again. The lock only keeps the instances of this process from doing so in vain.
func (l *eventLog) continueBy(ctx context.Context, drafts []draft) error {
	l.recording.Lock()
	defer l.recording.Unlock()
	for range recordTries {
		late, err := l.tell(ctx, drafts)
		if err != nil || len(late) == 0 {
			return err
		}
		drafts = late
	}
	return fmt.Errorf("%d of them are being written by another process as well; the next query tries again", len(drafts))
}

// tell adds to the log what the drafts know beyond it, and returns those that others were quicker to continue.
func (l *eventLog) tell(ctx context.Context, drafts []draft) (late []draft, err error) {
	recorded, err := l.recorded(ctx, drafts)
	if err != nil {
		return nil, err
	}
	next := make([]store.Continuation, len(drafts))
	for n, d := range drafts {
		next[n] = d.continuing(recorded[d.chapter], l.clock())
	}
	behind, err := l.store.ContinueEvents(ctx, next)
	if err != nil {
		return nil, err
	}
	var told []draft
	for n, d := range drafts {
		if slices.Contains(behind, n) {
			late = append(late, d)
			continue
		}
		told = append(told, d)
	}
	l.remember(told)
	return late, nil
}

// remember notes that the log says what the drafts say.
func (l *eventLog) remember(drafts []draft) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.told) > maxTold {
		clear(l.told)
	}
	for _, d := range drafts {
		l.told[d.chapter] = comparedTo(d.journal)
	}
}

// recorded is what the log has of the drafts' chapters, in order.
func (l *eventLog) recorded(ctx context.Context, drafts []draft) (map[chapter][]store.Event, error) {
	type span struct{ from, to int64 }
	keys := map[span][]series.Key{}
	for _, d := range drafts {
		s := span{d.chapter.epoch, d.journal.Read.End.Unix()}
		keys[s] = append(keys[s], d.key)
	}
	out := map[chapter][]store.Event{}
	for s, of := range keys {
		f := store.EventFilter{Series: of, From: time.Unix(s.from, 0), To: time.Unix(s.to, 0)}
		err := l.each(ctx, 0, f, func(e store.Event) bool {
			c := chapter{e.Series.ID(), e.Spec, s.from}
			out[c] = append(out[c], e)
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// each calls f for the events after a number, in order, until it returns false.
func (l *eventLog) each(ctx context.Context, after int64, filter store.EventFilter, f func(store.Event) bool) error {
	for {
		page, err := l.store.Events(ctx, after, filter, eventPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			if !f(e) {
				return nil
			}
			after = e.Seq
		}
		if len(page) < eventPage {
			return nil
		}
	}
}

// continuing is what a draft adds to its chapter, of which this is recorded.
func (d draft) continuing(recorded []store.Event, now time.Time) store.Continuation {
	c := store.Continuation{
		Chapter: store.Chapter{Series: d.key, Spec: d.chapter.spec, From: d.journal.Start, To: d.journal.Read.End},
		Events:  d.beyond(recorded, now),
	}
	if n := len(recorded); n > 0 {
		c.After = recorded[n-1].Seq
	}
	return c
}

// beyond is what a draft adds to what is recorded of its chapter. An event's time is the bucket that shows it (of a revision: when it was
// found), so the newest one says how far the log goes. A draft that knows less adds nothing. One that tells otherwise what is recorded
// revises it, unless it was made from less, or the record by another version of the plugin: then what stands in the log stays.
func (d draft) beyond(recorded []store.Event, now time.Time) []store.Event {
	var newest time.Time
	comparable := d.whole
	for _, e := range recorded {
		if e.Kind != store.EventRevised && e.At.After(newest) {
			newest = e.At
		}
		comparable = comparable && e.Version == analysis.JournalVersion
	}
	if d.journal.Known().Before(newest) {
		return nil
	}
	var before, events []store.Event
	for _, c := range d.journal.Changes {
		e := d.event(c)
		if e.At.After(newest) {
			events = append(events, e)
			continue
		}
		before = append(before, e)
	}
	if comparable && len(recorded) > 0 {
		events = append(d.revisions(recorded, before, now), events...)
	}
	return events
}

func (d draft) event(c analysis.Change) store.Event {
	return store.Event{
		At: c.At, Series: d.key, Spec: d.chapter.spec, Kind: string(c.Kind), Start: c.Start, Until: c.Until,
		Score: c.Score, Direction: int(c.Direction), Value: c.Value, Expected: c.Expected, Version: analysis.JournalVersion,
	}
}

// revisions are what makes the recorded events tell the same as the present ones.
func (d draft) revisions(recorded, present []store.Event, found time.Time) []store.Event {
	was, is := latest(recorded), latest(present)
	var out []store.Event
	for _, start := range slices.Sorted(maps.Keys(was)) {
		old, now := was[start], is[start]
		if _, still := is[start]; !still {
			now = old
			now.Until, now.Score, now.Value, now.Expected, now.Direction = old.Start, math.NaN(), math.NaN(), math.NaN(), 0
		}
		if same(old, now) {
			continue
		}
		now.Seq, now.Kind, now.At = 0, store.EventRevised, found
		out = append(out, now)
	}
	for _, e := range present { // found only now, though it lies before what is recorded
		if _, known := was[e.Start.Unix()]; !known {
			out = append(out, e)
		}
	}
	return out
}

// latest is what events, in their order, say in the end of each anomaly, by its start.
func latest(events []store.Event) map[int64]store.Event {
	out := map[int64]store.Event{}
	for _, e := range events {
		out[e.Start.Unix()] = e
	}
	return out
}

// same says that two events tell the same of an anomaly, but for what no one would call a revision.
func same(a, b store.Event) bool {
	number := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return a.Until.Equal(b.Until) && a.Direction == b.Direction && number(a.Value, b.Value) &&
		(number(a.Score, b.Score) || math.Abs(a.Score-b.Score) < leastRevision)
}

// anomaly is one that the log tells of.
type anomaly struct {
	series string
	way    uint64
	start  int64
}

func anomalyOf(e store.Event) anomaly { return anomaly{e.Series.ID(), e.Spec, e.Start.Unix()} }

// inForce is what still holds of the log: of each anomaly what stands since its last revision, and of each epoch of a series what was seen by
// the ways of looking in which it was looked at since the data source was started, where it was.
type inForce struct {
	revised map[anomaly]int64           // the number of its last revision
	used    map[stretch]map[uint64]bool // by ways
	revoked int                         // events that were revised since
	unused  int                         // events that nobody would see today
}

// stretch is an epoch of a series, by its end.
type stretch struct {
	series string
	end    int64
}

func (l *eventLog) inForce() *inForce {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	f := &inForce{revised: map[anomaly]int64{}, used: map[stretch]map[uint64]bool{}}
	for c, was := range l.told {
		s := stretch{c.series, was.end}
		if f.used[s] == nil {
			f.used[s] = map[uint64]bool{}
		}
		f.used[s][c.spec] = true
	}
	return f
}

// holds says that an event still holds, and counts it where it does not.
func (f *inForce) holds(e store.Event) bool {
	a := anomalyOf(e)
	if e.Seq < f.revised[a] {
		f.revoked++
		return false
	}
	bucket := series.Window{Start: e.Start, End: e.Start.Add(e.Series.Period), Period: e.Series.Period}
	for _, s := range analysis.Stretches(bucket) {
		if used := f.used[stretch{a.series, s.Read.End.Unix()}]; used != nil && !used[a.way] {
			f.unused++
			return false
		}
	}
	return true
}

// notice says what is left out; empty: nothing is.
func (f *inForce) notice() string {
	var parts []string
	if f.revoked > 0 {
		parts = append(parts, fmt.Sprintf("%d that were revised since", f.revoked))
	}
	if f.unused > 0 {
		parts = append(parts, fmt.Sprintf("%d of other ways of looking at these series, which nobody has used since the data source was last started", f.unused))
	}
	if len(parts) == 0 {
		return ""
	}
	return "left out are events that do not hold any more: " + strings.Join(parts, ", and ") + "; the resource \"events\" lists all"
}
