package plugin

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// idle waits until nothing is under way behind the queries.
func (w *world) idle() {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		w.instance.mutex.Lock()
		defer w.instance.mutex.Unlock()
		return w.instance.users == 0
	}, time.Minute, time.Millisecond)
}

// What is too old goes behind a query.
func TestCacheIsMaintained(t *testing.T) {
	w := newWorld(t, set("cache", map[string]any{"keepDays": map[string]any{"fiveMinutes": 40}}), set("collector", map[string]any{"enabled": false}))
	old := w.lastDays(50)
	old.To = old.From.Add(24 * time.Hour)
	q := cpu(fields{"output": "value", "accounts": []string{"staging"}})
	held := func() (buckets int) {
		raw, err := json.Marshal(q)
		require.NoError(t, err)
		parsed, err := query.Parse("A", raw)
		require.NoError(t, err)
		p, err := w.instance.plan(context.Background(), parsed, series.Align(old.From, old.To, 5*time.Minute))
		require.NoError(t, err)
		found, err := w.instance.store.Load(context.Background(), p.keys, p.window)
		require.NoError(t, err)
		for _, h := range found {
			for _, e := range h.Extents {
				buckets += e.Len()
			}
		}
		return buckets
	}
	w.frames(old, q)
	w.idle()
	before := held()
	require.Positive(t, before, "not at once")
	w.pass(30 * time.Minute) // the session of the test ends after an hour
	w.frames(w.lastDays(0.1), q)
	w.idle()
	require.Zero(t, held())
}

// Of several data sources that share a cache none loses what it wants to be kept, and it is maintained once an hour for all of them.
func TestUpkeepIsShared(t *testing.T) {
	var u upkeep
	shared, now := new(store.Store), worldStart
	a, b, elsewhere := &Instance{store: shared}, &Instance{store: shared}, &Instance{store: new(store.Store)}
	u.join(a, store.Policy{UnderHour: 40 * 24 * time.Hour}, now)
	u.join(b, store.Policy{UnderHour: 60 * 24 * time.Hour, MaxBytes: 1 << 20}, now)
	_, due := u.due(a, now)
	require.False(t, due, "not while a dashboard opens")
	now = now.Add(time.Hour)
	p, due := u.due(a, now)
	require.True(t, due)
	require.Equal(t, 60*24*time.Hour, p.UnderHour)
	require.Equal(t, int64(2<<30), p.MaxBytes, "the default is more than the megabyte")
	_, due = u.due(b, now.Add(30*time.Minute))
	require.False(t, due)
	u.leave(b)
	p, due = u.due(a, now.Add(61*time.Minute))
	require.True(t, due)
	require.Equal(t, 40*24*time.Hour, p.UnderHour)
	_, due = u.due(elsewhere, now)
	require.False(t, due, "it has not joined")
}
