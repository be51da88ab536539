package history

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

var errFull = errors.New("the disk is full")

// sealed is a store that cannot be written while it is sealed.
type sealed struct {
	Store
	mutex sync.Mutex
	seal  error
}

func (s *sealed) set(seal error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.seal = seal
}

func (s *sealed) Save(ctx context.Context, writes []store.Write) ([]int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.seal != nil {
		return nil, s.seal
	}
	return s.Store.Save(ctx, writes)
}

func newSealed(t require.TestingT) (*bench, *sealed, func()) {
	b, done := newBench(t)
	disk := &sealed{Store: b.store, seal: errFull}
	b.store = disk
	return b, disk, done
}

// Where the store cannot be written, what AWS answered is shown, with the reason, and AWS is asked once and not at each refresh. Once it can be
// written what was paid for is stored, and only what came since is asked for.
func TestWhatCannotBeStoredIsNeitherLostNorPaidTwice(t *testing.T) {
	b, disk, done := newSealed(t)
	defer done()
	disk.set(nil)
	read(t, b, hours(6), "m")
	disk.set(errFull)
	before := b.aws.calls
	look := func(reach time.Duration) {
		t.Helper()
		now := series.Floor(b.now(), period)
		results, _ := read(t, b, series.Window{Start: now.Add(-reach), End: now, Period: period}, "m", "cold")
		for i, metric := range []string{"m", "cold"} {
			require.ErrorIs(t, results[i].Err, errFull)
			require.ErrorContains(t, results[i].Err, "the cache cannot be written")
			require.Equal(t, Settled("Custom", period, start), results[i].AskedUntil)
			require.Equal(t, start.Add(-usualFinalAge), results[i].FinalUntil)
			seen := results[i].Series.Slice(series.Window{Start: start.Add(-24 * time.Hour), End: results[i].AskedUntil, Period: period})
			requireSame(t, b.aws.truth(keyOf(metric), seen.Window).Values, seen.Values)
		}
	}
	for range 10 {
		look(24 * time.Hour)
	}
	for range 5 {
		b.set(b.now().Add(period))
		look(25 * time.Hour)
		look(24 * time.Hour)
	}
	require.Equal(t, before+1, b.aws.calls)

	disk.set(nil)
	mended, _ := read(t, b, series.Window{Start: start.Add(-24 * time.Hour), End: b.now(), Period: period}, "m", "cold")
	for i, metric := range []string{"m", "cold"} {
		require.NoError(t, mended[i].Err)
		requireSame(t, b.aws.truth(keyOf(metric), mended[i].Series.Window).Values, mended[i].Series.Values)
		asked := b.aws.asked[metric]
		require.False(t, asked[len(asked)-1].Start.Before(start.Add(-7*time.Hour)), "what was paid for is not asked for again")
	}
	b.Reader = NewReader(b.store, b.aws, b.now) // as after a restart
	before = b.aws.calls
	again, _ := read(t, b, mended[0].Series.Window, "m", "cold")
	requireSame(t, mended[1].Series.Values, again[1].Series.Values)
	require.Equal(t, before, b.aws.calls)
}

// Whatever comes and goes: what is shown is what AWS has, and once the store can be written a read is as one without a store.
func TestAStoreThatCannotAlwaysBeWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b, disk, done := newSealed(rt)
		defer done()
		for range rapid.IntRange(2, 12).Draw(rt, "reads") {
			seal := rapid.SampledFrom([]error{nil, errFull}).Draw(rt, "seal")
			disk.set(seal)
			b.set(b.now().Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "minutes")) * time.Minute))
			from := rapid.IntRange(1, 600).Draw(rt, "from")
			w := series.Window{Period: period, Start: series.Floor(b.now(), period).Add(-time.Duration(from) * period)}
			w.End = w.Start.Add(time.Duration(rapid.IntRange(1, from).Draw(rt, "length")) * period)
			results, _ := read(rt, b, w, "m")
			got := results[0].Series
			truth := b.aws.truth(keyOf("m"), got.Window)
			if results[0].Err == nil {
				requireSame(rt, truth.Values, got.Values)
			}
			for i, v := range got.Values {
				require.True(rt, v == truth.Values[i] || math.IsNaN(v))
			}
		}
		disk.set(nil)
		require.NoError(rt, b.flights.unsaved.save(context.Background(), b.store))
		require.Zero(rt, b.flights.unsaved.points)
	})
}

// What waits for the store is bounded, but for one series.
func TestUnsavedIsBounded(t *testing.T) {
	write := func(metric string, points int) store.Write {
		return store.Write{Series: series.Series{Key: keyOf(metric), Values: make([]float64, points)}}
	}
	var u unsaved
	u.keep([]store.Write{write("a", maxUnsaved+1), write("b", 1)}, errFull)
	require.Len(t, u.writes, 1)
	u.keep([]store.Write{write("a", 10), write("b", maxUnsaved-10), write("c", 1)}, errFull)
	require.Len(t, u.writes, 2)
	require.Equal(t, maxUnsaved, u.points)
	stored := u.some()
	u.keep([]store.Write{write("a", 5)}, errFull)
	u.saved(stored)
	require.Len(t, u.writes, 1, "what came while the older was stored still waits")
	require.Equal(t, 5, u.points)
}

// Many readers while the store comes and goes: nothing that was paid for is lost, and what waits is stored by the end.
func TestParallelReadersOfAStoreThatCannotBeWritten(t *testing.T) {
	b, disk, done := newSealed(t)
	defer done()
	for round := range 6 {
		b.set(start.Add(time.Duration(round) * period))
		disk.set([]error{errFull, nil}[round%2])
		var wait sync.WaitGroup
		for n := range 16 {
			wait.Add(1)
			go func() {
				defer wait.Done()
				read(t, b, series.Window{Start: start.Add(-6 * time.Hour), End: b.now(), Period: period}, fmt.Sprint("m", n%5), "shared")
			}()
		}
		wait.Wait()
	}
	require.NoError(t, b.flights.unsaved.waits())
	for metric, windows := range b.aws.asked {
		require.LessOrEqual(t, len(windows), 6, "metric %s is asked for once a period", metric)
	}
	before := b.aws.calls
	read(t, b, series.Window{Start: start.Add(-6 * time.Hour), End: b.now(), Period: period}, "m0", "m1", "m2", "m3", "m4", "shared")
	require.Equal(t, before, b.aws.calls)
}
