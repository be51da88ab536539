package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// What is kept warm is scored too, so that the log of anomalies does not wait for somebody to look: what is on the watch list by the detector
// auto, what a dashboard scored as it was scored there. It is the way of a query, less AWS and less the answer: the same series are read, of
// the store alone, and given to the same engine. So the log says what it would say if somebody looked.

const (
	// scoreEach is the least time between two looks at the same series. What is told is final, and so half an hour old.
	scoreEach = 5 * time.Minute
	// scoredTogether bounds the series whose points are in memory at a time: weeks of each.
	scoredTogether = 32
	// maxLooks bounds the queries of dashboards that are followed, without the watch list.
	maxLooks = 200
)

// look is one way of looking at series, which is followed while nobody is there.
type look struct {
	query  query.Query
	listed bool      // on the watch list
	until  time.Time // if it is not listed: from then on nobody wants it
	due    time.Time
	since  time.Time            // what is final until then is told by who looked
	told   map[string]time.Time // by series as it is scored: until when it is told
}

// looks are those of one instance. It is safe for concurrent use, but a look is the scorer's alone.
type looks struct {
	mutex sync.Mutex
	all   map[string]*look
	over  bool // one had to give way to another
}

// newLooks are the entries of the watch list that are no mere history.
func newLooks(watched []watchedQuery, now time.Time) *looks {
	l := &looks{all: map[string]*look{}}
	for _, w := range watched {
		if q := scoredBy(w.query); !w.lazy {
			l.all[idOf(q)] = &look{query: q, listed: true, due: now, told: map[string]time.Time{}}
		}
	}
	return l
}

// scoredBy is of a query what its scores depend on.
func scoredBy(q query.Query) query.Query {
	return query.Query{
		Kind: query.KindMetric, Accounts: q.Accounts, Regions: q.Regions, Namespace: q.Namespace, Metric: q.Metric, Statistic: q.Statistic,
		Dimensions: q.Dimensions, Period: q.Period, Detector: q.Detector, Measures: []query.Measure{query.Score},
	}
}

func idOf(q query.Query) string {
	raw, err := json.Marshal(q)
	if err != nil {
		return fmt.Sprintf("%+v", q) // two of the same are one too many, and no harm
	}
	return string(raw)
}

// follow has a query scored until nobody wants it any more. It was just asked, so what was final then is told. Where there are too many, the
// one that was asked longest ago gives way.
func (l *looks) follow(asked query.Query, now, told, until time.Time) {
	q := scoredBy(asked)
	id := idOf(q)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if known := l.all[id]; known != nil {
		known.until = until
		return
	}
	l.all[id] = &look{query: q, until: until, due: now.Add(max(scoreEach, q.Period)), since: told, told: map[string]time.Time{}}
	oldest, n := "", 0
	for id, other := range l.all {
		if other.listed {
			continue
		}
		if n++; oldest == "" || other.until.Before(l.all[oldest].until) {
			oldest = id
		}
	}
	if l.over = n > maxLooks; l.over {
		delete(l.all, oldest)
	}
}

// next is a look that is due; nil: none is. It is due again after a pause, however it goes. What nobody wants is forgotten.
func (l *looks) next(now time.Time) *look {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var first *look
	for id, one := range l.all {
		pause := max(scoreEach, one.query.Period)
		if one.due.After(now.Add(pause)) { // a clock was ahead
			one.due = now
		}
		if !one.listed && !now.Before(one.until) {
			delete(l.all, id)
			l.over = false
		} else if !one.due.After(now) && (first == nil || one.due.Before(first.due)) {
			first = one
		}
	}
	if first != nil {
		first.due = now.Add(max(scoreEach, first.query.Period))
	}
	return first
}

func (l *looks) full() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.over
}

// scoreKept scores what is kept and due, one series after the other: it takes one core at most.
func (i *Instance) scoreKept(ctx context.Context) error {
	began, failures := i.clock(), 0
	var first error
	for l := i.collector.looks.next(began); l != nil && ctx.Err() == nil; l = i.collector.looks.next(began) {
		if err := i.tell(ctx, l); err != nil && ctx.Err() == nil {
			failures, first = failures+1, cmp.Or(first, err)
		}
	}
	if first != nil {
		return fmt.Errorf("what is kept cannot be scored, of %d queries, the first of them: %w", failures, first)
	}
	return nil
}

// tell writes into the log what has become final of a look's series since the last time. What cannot be listed or chosen, the collector and
// the dashboard say.
func (i *Instance) tell(ctx context.Context, l *look) (err error) {
	defer caught(&err)
	defer i.keep()
	if may, err := i.events.admits(ctx, wayOf(l.query.Detector)); err != nil || !may {
		return err
	}
	settled := history.Settled(l.query.Namespace, l.query.Period, i.clock())
	p, mistake := i.planLook(ctx, l, series.Window{Start: settled.Add(-leastBuckets * l.query.Period), End: settled, Period: l.query.Period})
	if mistake != nil {
		return nil
	}
	for _, units := range together(p) {
		if err := i.tellOf(ctx, l, p.only(units)); err != nil {
			return err
		}
	}
	return nil
}

// planLook is the plan of a look. A dashboard's query scores as many series as it shows; a watch list is not cut.
func (i *Instance) planLook(ctx context.Context, l *look, w series.Window) (plan, error) {
	if !l.listed {
		p, err := i.plan(ctx, l.query, w)
		if len(p.failures) > 0 && (len(l.query.Detector.Split) > 0 || l.query.Detector.Peers()) {
			p.units = nil // a part would be scored as if it were the whole
		}
		return p, err
	}
	p := plan{query: l.query, window: w}
	targets, _, err := i.directory.Select(l.query.Accounts, l.query.Regions)
	if err != nil {
		return p, err
	}
	if p.calendars, err = i.calendars.Choose(l.query.Detector.Calendars); err != nil {
		return p, err
	}
	if p.keys, _, err = i.expand(ctx, l.query, targets); err != nil {
		return p, err
	}
	p.choice = i.choice(l.query, targets)
	p.checks, p.others = i.checks(p)
	p.units = i.units(l.query.Detector, p.keys)
	return p, nil
}

// together cuts the units of a plan into parts of few series. Those that are compared with each other stay together.
func together(p plan) [][]unit {
	var parts [][]unit
	group := map[int]int{} // of peers, by their first: its part
	last, room := -1, 0
	for _, u := range p.units {
		if u.peers != nil {
			at, known := group[u.peers[0]]
			if !known {
				at = len(parts)
				group[u.peers[0]] = at
				parts = append(parts, nil)
			}
			parts[at] = append(parts[at], u)
			continue
		}
		if last < 0 || len(u.members) > room {
			last, room = len(parts), scoredTogether
			parts = append(parts, nil)
		}
		parts[last] = append(parts[last], u)
		room -= len(u.members)
	}
	return parts
}

// tellOf tells a part. Epochs know nothing of each other, so where one has ended since the last time, its end is told as well: what was told
// of it is found in the log. A watch list begins with the epoch before the present one, which may have ended while nothing ran.
func (i *Instance) tellOf(ctx context.Context, l *look, p plan) error {
	scored, err := i.scoreStored(ctx, p, func(id string, finalUntil time.Time) bool { return finalUntil.After(l.told[id]) })
	if err != nil {
		return err
	}
	behind := map[string]bool{}
	var begin time.Time // of the newest epoch that something is final of
	for _, s := range scored {
		id := s.request.Series.Key.ID()
		told, known := l.told[id]
		if !known {
			told = l.since
		}
		for _, j := range s.shown.Analysis.Journals {
			behind[id] = told.Before(j.Start)
			begin = later(begin, j.Start)
		}
	}
	if slices.Contains(slices.Collect(maps.Values(behind)), true) {
		p.window.Start, p.window.End = begin.Add(-p.window.Period), begin
		if _, err := i.scoreStored(ctx, p, func(id string, _ time.Time) bool { return behind[id] }); err != nil {
			return err
		}
	}
	for _, s := range scored {
		if len(s.shown.Analysis.Journals) > 0 {
			l.told[s.request.Series.Key.ID()] = s.request.FinalUntil
		}
	}
	return nil
}

// scoreStored scores what is stored of those of a plan's series that are wanted, by what they are scored as and until when they are final, and
// writes it into the log. It returns what it scored: series of which nothing is missing that AWS has.
func (i *Instance) scoreStored(ctx context.Context, p plan, wanted func(id string, finalUntil time.Time) bool) ([]subject, error) {
	read, err := i.read(history.OnlyStored(ctx), p)
	if err != nil {
		return nil, err
	}
	all, err := assemble(p, read)
	if err != nil {
		return nil, err
	}
	var scored []subject
	for _, s := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.partial || s.blind || !wanted(s.request.Series.Key.ID(), s.request.FinalUntil) {
			continue
		}
		s.request.Range, s.request.Journal = p.window, true
		s.shown.Analysis = i.engine.Analyse(s.request)
		scored = append(scored, s)
	}
	i.events.record(ctx, scored)
	return scored, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
