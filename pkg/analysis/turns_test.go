package analysis

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// counted counts how often somebody begins to work out an epoch.
type counted struct {
	States
	begun atomic.Int32
}

func (c *counted) LoadState(ctx context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (State, bool, error) {
	if slot == slotResults {
		c.begun.Add(1)
	}
	return c.States.LoadState(ctx, k, spec, epoch, slot)
}

// Many who look at a series at the same time wait for the first, and say what it says.
func TestManyWhoLookLearnOnce(t *testing.T) {
	request := read(world(1), lastDays(2))
	request.Forecast = Forecaster{Horizon: day}
	alone := &counted{States: newStored(t)}
	want := New(Options{States: alone}).Analyse(request)

	together := &counted{States: newStored(t)}
	engine := New(Options{States: together})
	results := make([]Result, 8)
	var all sync.WaitGroup
	for n := range results {
		all.Go(func() { results[n] = engine.Analyse(request) })
	}
	all.Wait()
	for _, got := range results {
		requireSameResult(t, want, got)
		require.Equal(t, want.Forecast, got.Forecast)
	}
	require.Equal(t, alone.begun.Load(), together.begun.Load())
}
