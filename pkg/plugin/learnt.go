package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// keepTimeout bounds the writing of what was learnt behind a query, closeTimeout that at an instance's end.
	keepTimeout  = 30 * time.Second
	closeTimeout = 10 * time.Second
)

// states is the store as analysis knows it.
type states struct{ *store.Store }

func (s states) LoadState(ctx context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (analysis.State, bool, error) {
	found, ok, err := s.Store.LoadState(ctx, k, spec, epoch, slot)
	return analysis.State(found), ok, err
}

func (s states) PutStates(ctx context.Context, all []analysis.State) error {
	out := make([]store.State, len(all))
	for i, st := range all {
		out[i] = store.State(st)
	}
	return s.Store.PutStates(ctx, out)
}

// version tells one build of the plugin from another: what another one learnt is not believed.
func version() string {
	info, err := buildinfo.GetBuildInfo()
	if err != nil {
		return "" // a test
	}
	return fmt.Sprintf("%s %d", info.Version, info.Time)
}

// keep stores what the engine has learnt, behind the query. Where that is under way already, what is new waits for the next query.
func (i *Instance) keep() {
	if !i.keeping.CompareAndSwap(false, true) {
		return
	}
	done := i.use()
	go func() {
		defer done()
		defer i.keeping.Store(false)
		i.write(keepTimeout, i.engine.Flush)
		i.putSavings(keepTimeout, savingsPause)
	}()
}

// write runs a write of the engine. What cannot be written is worked out again: it is logged once and fails nothing.
func (i *Instance) write(timeout time.Duration, put func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err := func() (err error) {
		defer caught(&err)
		return put(ctx)
	}()
	if err != nil {
		i.unkept.Do(func() {
			i.guard.log().warn("what detectors have learnt cannot be stored; it is worked out again after a restart", "error", err)
		})
	}
}

// letGo stores the rest of what was learnt and lets go of the cache.
func (i *Instance) letGo() {
	if i.engine != nil {
		i.write(closeTimeout, i.engine.Close)
		i.putSavings(closeTimeout, 0)
	}
	i.upkeep.leave(i)
	if i.directory != nil {
		i.directory.Close()
	}
	i.release()
}
