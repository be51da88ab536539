package plugin

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// The slots of a state, as analysis numbers them.
const (
	slotStart  = 0 // written by whoever learns an epoch from its origin on
	slotNewest = 1
)

// watched counts what an engine loads and stores.
type watched struct {
	analysis.States
	fail error

	mutex  sync.Mutex
	loaded map[int]int // by slot, what was found
	put    map[int]int
}

func (s *watched) LoadState(ctx context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (analysis.State, bool, error) {
	found, ok, err := s.States.LoadState(ctx, k, spec, epoch, slot)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if ok {
		s.loaded[slot]++
	}
	return found, ok, errors.Join(err, s.fail)
}

func (s *watched) PutStates(ctx context.Context, all []analysis.State) error {
	s.mutex.Lock()
	for _, st := range all {
		s.put[st.Slot]++
	}
	s.mutex.Unlock()
	return errors.Join(s.States.PutStates(ctx, all), s.fail)
}

// restart begins another instance on the cache of one that has ended.
func (w *world) restart(fail error) *watched {
	w.t.Helper()
	states := &watched{fail: fail, loaded: map[int]int{}, put: map[int]int{}}
	f := NewFactory(w.cacheDir)
	f.clock, f.ticks = w.now, noTicks
	f.observe = func(inner analysis.States) analysis.States {
		states.States = inner
		return states
	}
	made, err := f.NewInstance(grafana(), settingsOf(w.sim, w.url))
	require.NoError(w.t, err)
	w.instance = made.(*Instance)
	w.t.Cleanup(w.instance.Dispose)
	return states
}

// end disposes of the instance and waits until it has stored what it learnt and let go of the cache.
func (w *world) end() {
	w.t.Helper()
	gone := make(chan struct{})
	release := w.instance.release
	w.instance.release = func() {
		release()
		close(gone)
	}
	w.instance.Dispose()
	<-gone
}

// What was learnt outlives a restart: the next instance answers the same to the bit, and learns nothing anew.
func TestARestartCostsNothing(t *testing.T) {
	w := newWorld(t)
	w.end()
	first := w.restart(nil)
	all := auto(fields{"events": true, "raw": true, "forecast": true})
	forest := server(fields{"detector": fields{"name": "random_cut_forest", "parameters": fields{"numberOfTrees": 10}, "columns": []fields{{"metric": "NetworkIn"}}}})
	split := auto(fields{"detector": fields{"split": []string{"account"}}, "events": true})
	peers := cpu(fields{"detector": fields{"name": "peers"}})
	rolledUp := auto(fields{"rollUp": []string{"account"}})
	queries := []fields{all, forest, split, peers, rolledUp}
	want := make([]string, len(queries))
	for n, q := range queries {
		want[n] = content(t, w.frames(w.lastDays(9), q))
	}
	w.end()
	require.Positive(t, first.put[slotStart])
	require.Zero(t, first.loaded[slotNewest])

	second := w.restart(nil)
	for n, q := range queries {
		require.True(t, want[n] == content(t, w.frames(w.lastDays(9), q)), "query %d", n)
	}
	w.end()
	require.Positive(t, second.loaded[slotNewest])
	require.Zero(t, second.put[slotStart], "nothing was learnt from its origin on")

	third := w.restart(nil)
	w.pass(3 * time.Hour)
	for _, q := range queries {
		w.frames(w.lastDays(1), q)
	}
	w.end()
	require.Zero(t, third.put[slotStart], "new points are learnt on top")
}

// A store that fails changes no answer.
func TestStatesThatCannotBeStoredFailNothing(t *testing.T) {
	w := newWorld(t)
	want := content(t, w.frames(w.lastDays(2), quick(nil)))
	w.end()
	w.restart(errors.New("disk on fire"))
	require.True(t, want == content(t, w.frames(w.lastDays(2), quick(nil))))
	w.end()
}
