package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// ways are the ways of looking that the log takes. One enters it by whoever may write what lasts: an alert rule, an Editor, an Admin, the
// watch list. From then on it is told whoever looks. What the log does not show, as no anomaly was found yet, is known until a restart. The zero
// value is ready.
type ways struct {
	mutex  sync.Mutex
	begun  map[uint64]bool
	barred map[uint64]bool // of those who may not, as long as nobody else has looked so
	read   int64           // of the log: the ways of its events up to this number are begun
}

// wayOf identifies a way of looking at a series: a hash of what a query says of it. What the administrator sets for all of a data source is no
// part of it, as the time zone, the checks, which calendars there are and what is in them: where that changes the past, it is a revision.
func wayOf(d query.Detector) uint64 {
	d.Function = query.None // which is seen in the statistic
	d.Calendars = slices.Sorted(slices.Values(d.Calendars))
	h := fnv.New64a()
	raw, err := json.Marshal(d)
	if err != nil {
		raw = []byte(fmt.Sprintf("%+v", d)) // a parameter that is no number; none is
	}
	_, _ = h.Write(raw)
	return h.Sum64()
}

type onlookerKey struct{}

// lookedBy is the context of a look by a user, who may begin to tell what stays in everybody's log only as an Editor or Admin, or as an alert
// rule. One who is not named may be anybody: a public dashboard, a report.
func lookedBy(ctx context.Context, user *backend.User, alert bool) context.Context {
	mayWrite := alert || user != nil && (user.Role == "Admin" || user.Role == "Editor")
	return context.WithValue(ctx, onlookerKey{}, !mayWrite)
}

func onlooking(ctx context.Context) bool {
	onlooker, _ := ctx.Value(onlookerKey{}).(bool)
	return onlooker
}

// writeDown continues the log by what a query has scored. What is watched is told whoever looks at it so.
func (i *Instance) writeDown(ctx context.Context, p plan, subjects []subject) {
	way := wayOf(p.query.Detector)
	if slices.ContainsFunc(i.watched, func(w watchedQuery) bool { return !w.lazy && wayOf(w.query.Detector) == way }) {
		ctx = context.WithValue(ctx, onlookerKey{}, false)
	}
	i.events.record(ctx, subjects)
}

// admits says whether what is seen by a way of looking is written down.
func (l *eventLog) admits(ctx context.Context, way uint64) (bool, error) {
	w := &l.ways
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.begun == nil {
		w.begun, w.barred = map[uint64]bool{}, map[uint64]bool{}
	}
	// The collector looks for whoever looked before, and so begins nothing that was barred, or may have been.
	barred := cloudwatch.Asker(ctx) == cloudwatch.Collector && (w.barred[way] || len(w.barred) >= maxTold)
	if mayBegin := !onlooking(ctx) && !barred; mayBegin || w.begun[way] {
		w.begun[way] = true
		delete(w.barred, way)
		return true, nil
	}
	err := l.each(ctx, w.read, store.EventFilter{}, func(e store.Event) bool {
		w.read = e.Seq
		if l.owns(e) {
			w.begun[e.Spec] = true
		}
		return true
	})
	if !w.begun[way] && len(w.barred) < maxTold {
		w.barred[way] = true
	}
	return w.begun[way], err
}
