package history

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const tick = 10 * time.Second

// kept is a collector on a bench.
type kept struct {
	*bench
	*Collector
	t     require.TestingT
	watch []Watch
	wrong error // of the watch list
}

func newKept(t require.TestingT, b *bench, edits ...func(*Collecting)) *kept {
	k := &kept{bench: b, t: t}
	options := Collecting{
		Reader: b.Reader, Runs: b.Reader.store.(*store.Store), Clock: b.now, WarmFor: 6 * time.Hour, MetricsPerMinute: 1000,
		Watch: func(context.Context) ([]Watch, error) { return k.watch, k.wrong },
		Training: func(w series.Window) series.Window {
			w.Start = w.Start.Add(-28 * 24 * time.Hour)
			return w
		},
		Explain: func(k series.Key, err error) error { return fmt.Errorf("account %s: %w", k.AccountID, err) },
		Trouble: func(err error) { require.NoError(t, err) },
	}
	for _, edit := range edits {
		edit(&options)
	}
	k.Collector = NewCollector(options)
	return k
}

// pass lets time go by, a round at each tick.
func (k *kept) pass(d time.Duration) {
	for until := k.now().Add(d); k.now().Before(until); {
		k.set(k.now().Add(tick))
		require.NoError(k.t, k.Round(context.Background()))
	}
}

func (k *kept) asked() (n int) {
	k.aws.mutex.Lock()
	defer k.aws.mutex.Unlock()
	for _, windows := range k.aws.asked {
		n += len(windows)
	}
	return n
}

// look reads as a dashboard does.
func (k *kept) look(keys []series.Key, w series.Window) Usage {
	results, usage, err := k.Read(WithPatience(context.Background(), k.Patience(w)), keys, w)
	require.NoError(k.t, err)
	k.Warm(keys, w, k.Patience(w), func(n int) bool { return results[n].Err != nil })
	return usage
}

func (k *kept) until(d time.Duration) series.Window {
	end := series.Floor(k.now(), period)
	return series.Window{Start: end.Add(-d), End: end, Period: period}
}

func (k *kept) runs() []store.Run {
	runs, err := k.Reader.store.(*store.Store).Runs(context.Background(), 1000)
	require.NoError(k.t, err)
	return runs
}

func keysOf(n int) []series.Key {
	keys := make([]series.Key, n)
	for i := range keys {
		keys[i] = keyOf(fmt.Sprintf("m%03d", i))
	}
	return keys
}

// Whoever looks finds what is due, and AWS is asked once per period, whoever it is that asks; what nobody looks at any more is not asked for.
func TestWhatWasLookedAtIsKeptWarm(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b, done := newBench(rt)
		defer done()
		k := newKept(rt, b, func(c *Collecting) { c.WarmFor = 30 * time.Minute })
		keys := keysOf(3)
		k.look(keys, k.until(6*time.Hour))
		for range 12 {
			k.pass(time.Duration(rapid.IntRange(0, 300).Draw(rt, "seconds")) * time.Second)
			k.look(keys, k.until(time.Duration(rapid.IntRange(1, 6).Draw(rt, "hours"))*time.Hour))
		}
		settled := Settled("Custom", period, k.now())
		passed := int(settled.Sub(Settled("Custom", period, start)) / period)
		require.LessOrEqual(rt, k.asked(), 3*(1+passed))

		k.pass(15 * time.Minute)
		late := k.now().Sub(Settled("Custom", period, k.now())) - 2*time.Minute // since the newest bucket settled
		if late > period/10+tick {
			require.Equal(rt, 3, k.look(keys, k.until(time.Hour)).CacheHits)
		}
		k.pass(30*time.Minute + period)
		before := k.asked()
		k.pass(20 * time.Minute)
		require.Equal(rt, before, k.asked())
		require.Zero(rt, k.Status().Warm)
	})
}

// A picture of a day at a minute a bucket is kept warm as often as it would be asked for by who looks at it.
func TestTheCollectorIsAsPatientAsWhoLooks(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b)
	minutes := keyOf("m")
	minutes.Period = time.Minute
	window := func(d time.Duration) series.Window {
		end := series.Floor(b.now(), time.Minute)
		return series.Window{Start: end.Add(-d), End: end, Period: time.Minute}
	}
	k.look([]series.Key{minutes}, window(24*time.Hour))
	k.pass(time.Hour)
	require.InDelta(t, 1+12, k.asked(), 1)
	require.InDelta(t, 288*cloudwatch.PricePerMetric, k.Status().CostPerDayUSD, 1e-9)
	k.look([]series.Key{minutes}, window(time.Hour))
	before := k.asked()
	k.pass(time.Hour)
	require.InDelta(t, 60, k.asked()-before, 1)
}

// A range that ended long ago is looked at, and not kept.
func TestThePastIsNotKeptWarm(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b)
	w := k.until(6 * time.Hour)
	w.End = w.End.Add(-time.Hour)
	k.look(keysOf(3), w)
	require.Zero(t, k.Status().Warm)
	require.Zero(t, k.Status().Due)
}

// What scores are learnt from costs one metric a series, however long it is; the rate holds in every minute, and progress is seen.
func TestBackFillCostsOneMetricASeries(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b, func(c *Collecting) { c.MetricsPerMinute = 60 })
	k.watch = []Watch{{Keys: keysOf(100)}}
	var asked []int // by tick
	last := -1
	for range 30 {
		k.pass(tick)
		asked = append(asked, k.asked())
		s := k.Status()
		require.Equal(t, 100, s.Total)
		require.GreaterOrEqual(t, s.Done, last)
		last = s.Done
		if n := len(asked); n > 6 {
			require.LessOrEqual(t, asked[n-1]-asked[n-7], 60)
		}
		if s.Done == 100 {
			break
		}
	}
	require.Equal(t, 100, last)
	require.Equal(t, 100, k.asked(), "one metric a series")
	for _, windows := range b.aws.asked {
		require.InDelta(t, 28*24*12, windows[0].Len(), 3)
	}
	fetched, series := 0, 0
	for _, r := range k.runs() {
		require.Equal(t, RunBackFill, r.Kind)
		require.Empty(t, r.Error)
		require.Equal(t, r.Series, r.Asked)
		fetched, series = fetched+r.Fetched, series+r.Series
	}
	require.Equal(t, 100, series)
	require.InDelta(t, 100*28*24*12*6/7, fetched, 2000)
	s := k.Status()
	require.Equal(t, 100, s.Watched)
	require.InDelta(t, 100*288*cloudwatch.PricePerMetric, s.CostPerDayUSD, 1e-9)
	usage := k.look(keysOf(100), k.until(7*24*time.Hour))
	require.LessOrEqual(t, usage.MetricsAsked, 100-usage.CacheHits)
}

// Where the budget does not reach, every series has its turn, and what it waited for is fetched in one.
func TestABudgetThatIsTooSmallIsShared(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b, func(c *Collecting) { c.MetricsPerMinute = 5 })
	k.watch = []Watch{{Keys: keysOf(60)}}
	k.pass(2 * time.Hour)
	for metric, windows := range b.aws.asked {
		require.InDelta(t, 10, len(windows), 5, metric) // those that are filled in first are kept warm beside the others
	}
	require.LessOrEqual(t, k.asked(), 5*121)
	k.MetricsPerMinute = 1000
	results, _, err := k.Read(context.Background(), keysOf(60), k.until(24*time.Hour))
	require.NoError(t, err)
	for _, r := range results {
		requireSame(t, b.aws.truth(r.Series.Key, r.Series.Window).Values, r.Series.Values)
	}
}

// An account with many series, or one that is being filled in, keeps the others waiting for no more than their own share.
func TestNoAccountStarvesAnother(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b, func(c *Collecting) {
		c.MetricsPerMinute = 10
		c.Training = func(w series.Window) series.Window {
			w.Start = w.Start.Add(-24 * time.Hour)
			return w
		}
	})
	small := keysOf(5)
	for i := range small {
		small[i].AccountID, small[i].Metric = "9", "small"+small[i].Metric // after the others, by name
	}
	k.look(small, k.until(6*time.Hour))
	k.watch = []Watch{{Keys: keysOf(300)}}
	k.pass(time.Hour)
	for _, key := range small {
		require.InDelta(t, 1+60/5, len(b.aws.asked[key.Metric]), 2, key.Metric)
	}
	require.Greater(t, k.Status().Done, 150, "new series and those that are kept warm have their turns")
	require.InDelta(t, 60*10, k.asked(), 20, "what the small one leaves is not lost")
}

// A batch at which something panics waits as one that fails does: the others have their turn, and nobody is locked out.
func TestAPanicStopsNoOther(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b)
	other := keyOf("other")
	other.Period = time.Minute
	k.watch = []Watch{{Keys: keysOf(1)}, {Keys: []series.Key{other}}}
	fetcher := b.Reader.fetcher
	b.Reader.fetcher = panicking{fetcher}
	panics := 0
	for range int(10 * time.Minute / tick) {
		b.set(b.now().Add(tick))
		func() {
			defer func() {
				if recover() != nil {
					panics++
				}
			}()
			require.NoError(t, k.Round(context.Background()))
		}()
	}
	require.InDelta(t, 2, panics, 1)
	require.GreaterOrEqual(t, len(b.aws.asked["other"]), 9)
	require.False(t, k.Status().Running)
	b.Reader.fetcher = fetcher
	k.pass(maxBackoff)
	require.Equal(t, 2, k.Status().Done)
}

// panicking has a defect at one series.
type panicking struct{ Fetcher }

func (p panicking) Fetch(ctx context.Context, s cloudwatch.Scope, w series.Window, keys []series.Key) ([]cloudwatch.Outcome, cloudwatch.Usage) {
	if keys[0].Metric == "m000" {
		panic("a defect")
	}
	return p.Fetcher.Fetch(ctx, s, w, keys)
}

// One that fails is tried less and less often, changes no other, and is told; once it answers it is filled in.
func TestFailingSeriesBackOff(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.fail["m001"], b.aws.fail["m002"] = errors.New("denied"), errors.New("denied")
	k := newKept(t, b)
	k.watch = []Watch{{Keys: keysOf(4)}}
	k.pass(6 * time.Hour)
	require.Less(t, len(b.aws.asked["m001"]), 12)
	require.InDelta(t, 6*12, len(b.aws.asked["m000"]), 2)
	require.Equal(t, 2, k.Status().Done)
	runs := k.runs()
	failed := 0
	for _, r := range runs {
		if r.Error != "" {
			failed++
			require.Contains(t, r.Error, "account 1")
			require.Contains(t, r.Error, "denied")
		}
	}
	require.Equal(t, len(b.aws.asked["m001"]), failed)
	b.aws.fail = map[string]error{}
	k.pass(maxBackoff + tick)
	require.Equal(t, 4, k.Status().Done)
	require.Equal(t, 4, k.look(keysOf(4), k.until(14*24*time.Hour)).CacheHits+k.look(keysOf(4), k.until(time.Hour)).MetricsAsked)
}

// Of a lazy series AWS is asked each ten days at 1 minute, restart or not, and nothing is forgotten.
func TestLazySeriesAreFetchedBeforeAWSForgets(t *testing.T) {
	b, done := newBench(t)
	defer done()
	lazy := keyOf("lazy")
	lazy.Period = time.Minute
	begin := b.now().Add(-14 * 24 * time.Hour)
	k := newKept(t, b)
	k.watch = []Watch{{Keys: []series.Key{lazy}, Lazy: true}}
	for day := range 45 {
		if day%7 == 3 {
			watch := k.watch
			k = newKept(t, b) // a restart
			k.watch = watch
		}
		for range 24 {
			b.set(b.now().Add(time.Hour))
			require.NoError(t, k.Round(context.Background()))
		}
	}
	require.Len(t, b.aws.asked["lazy"], 5)
	require.InDelta(t, 0.1*cloudwatch.PricePerMetric, k.Status().CostPerDayUSD, 1e-9)
	w := series.Window{Start: begin, End: b.now(), Period: time.Minute}
	results, _, err := k.Read(context.Background(), []series.Key{lazy}, w)
	require.NoError(t, err)
	require.Len(t, b.aws.asked["lazy"], 6, "what is newer than the last time")
	requireSame(t, b.aws.truth(lazy, results[0].Series.Window).Values, results[0].Series.Values)

	k.look([]series.Key{lazy}, series.Window{Start: b.now().Add(-time.Hour), End: b.now(), Period: time.Minute})
	k.pass(10 * time.Minute)
	require.Greater(t, len(b.aws.asked["lazy"]), 14, "it is warm while it is looked at")
}

// An instance that ends and the one that takes its place ask once between them.
func TestOverlappingCollectorsAskOnce(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.gate = make(chan struct{})
	var flights Flights
	var all []*kept
	for seed := range 2 {
		k := newKept(t, b, func(c *Collecting) {
			c.Reader, c.Seed = NewReader(b.Reader.store, b.aws, b.now).Sharing(&flights), uint64(seed)
		})
		k.watch = []Watch{{Keys: keysOf(20)}}
		all = append(all, k)
	}
	b.set(start.Add(tick))
	ended := make(chan error, 2)
	for _, k := range all {
		go func() { ended <- k.Round(context.Background()) }()
	}
	close(b.aws.gate)
	for range all {
		require.NoError(t, <-ended)
	}
	for metric, windows := range b.aws.asked {
		require.Len(t, windows, 1, metric)
	}
	b.set(start.Add(period + 3*time.Minute))
	for _, k := range all {
		require.NoError(t, k.Round(context.Background()))
	}
	for metric, windows := range b.aws.asked {
		require.Len(t, windows, 2, metric)
	}
}

// What the watch list no longer holds is forgotten; what could not be listed is not.
func TestTheWatchListIsFollowed(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b)
	k.watch = []Watch{{Keys: keysOf(4)}, {Keys: keysOf(5)[3:], Lazy: true}}
	k.pass(tick)
	s := k.Status()
	require.Equal(t, []int{5, 5, 1}, []int{s.Warm, s.Watched, s.Lazy}, "watched in both ways is kept warm")
	k.watch, k.wrong = []Watch{{Keys: keysOf(1)}}, errors.New("account staging cannot be listed")
	k.pass(relistEach)
	require.Equal(t, 5, k.Status().Watched)
	require.ErrorContains(t, k.Status().Note, "staging")
	k.wrong = nil
	k.pass(relistEach)
	require.Equal(t, 1, k.Status().Watched)
	require.Equal(t, 1, k.Status().Warm)
	require.NoError(t, k.Status().Note)
}

// Of a series that somebody has looked at, the watch list fills in what it lacks: who looked may have read an hour.
func TestWhatWasLookedAtIsFilledInWhereItIsWatched(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		b, done := newBench(t)
		k := newKept(t, b)
		k.look(keysOf(1), k.until(time.Hour))
		k.watch = []Watch{{Keys: keysOf(1), Lazy: lazy}}
		k.pass(tick)
		require.Equal(t, []int{1, 1}, []int{k.Status().Done, k.Status().Total})
		days := 28
		if lazy {
			days = 62
		}
		before := k.asked()
		require.Equal(t, 1, k.look(keysOf(1), k.until(time.Duration(days)*24*time.Hour)).CacheHits, "lazy: %t", lazy)
		require.Equal(t, before, k.asked())
		k.pass(2 * relistEach)
		require.LessOrEqual(t, k.asked(), before+7, "it is filled in once")
		done()
	}
}

// A lazy series of which somebody once read an hour is filled in after a restart: the newest hour is not all of its history.
func TestALazySeriesThatIsHeldInPartIsFilledIn(t *testing.T) {
	b, done := newBench(t)
	defer done()
	read(t, b, hours(1), "m000")
	k := newKept(t, b)
	k.watch = []Watch{{Keys: keysOf(1), Lazy: true}}
	k.pass(tick)
	require.Equal(t, 1, k.Status().Done)
	require.Equal(t, 1, k.look(keysOf(1), k.until(62*24*time.Hour)).CacheHits)
}

// A clock that was weeks ahead leaves nothing out once it is right: what seemed final is still to come.
func TestACollectorWhoseClockWasWeeksAhead(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.now = func() time.Time { return start.Add(b.now().Sub(start) % (24 * time.Hour)) }
	b.set(start.Add(30 * 24 * time.Hour))
	k := newKept(t, b)
	k.watch = []Watch{{Keys: keysOf(2)}}
	k.pass(time.Hour)
	b.set(start.Add(time.Hour))
	before := k.asked()
	k.pass(time.Hour)
	require.InDelta(t, 2*13, k.asked()-before, 4)
}

// A simulated hour leaves no goroutine behind, nor does a round that is cut short.
func TestTheCollectorEndsWithItsContext(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b)
	k.watch = []Watch{{Keys: keysOf(10)}}
	before := runtime.NumGoroutine()
	ticks := make(chan time.Time)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Run(ctx, ticks)
	}()
	for range int(time.Hour / tick) {
		b.set(b.now().Add(tick))
		ticks <- b.now()
	}
	ticks <- b.now() // the round before it is over
	require.Equal(t, 10, k.Status().Done)
	b.aws.mutex.Lock()
	b.aws.gate = make(chan struct{}) // never opened
	b.aws.mutex.Unlock()
	b.set(b.now().Add(time.Hour))
	require.Eventually(t, func() bool {
		select {
		case ticks <- b.now():
		default:
		}
		return k.Status().Running
	}, 5*time.Second, time.Millisecond)
	cancel()
	<-ended
	require.False(t, k.Status().Running)
	require.Empty(t, b.flights.busy)
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 5*time.Second, time.Millisecond, "one is that which looks")
	for _, r := range k.runs() {
		require.Empty(t, r.Error, "a stop is no failure")
	}
}

// A clock that is set back or forward stops nothing, and costs no more than a period each.
func TestACollectorWhoseClockJumps(t *testing.T) {
	b, done := newBench(t)
	defer done()
	k := newKept(t, b)
	k.watch = []Watch{{Keys: keysOf(2)}}
	k.pass(time.Hour)
	before := k.asked()
	wrong := time.Duration(0) // AWS's clock is its own
	b.aws.now = func() time.Time { return b.now().Add(-wrong) }
	jump := func(d time.Duration) {
		wrong += d
		b.set(b.now().Add(d))
	}
	jump(-time.Hour)
	k.pass(30 * time.Minute)
	jump(time.Hour)
	k.pass(30 * time.Minute)
	require.LessOrEqual(t, k.asked()-before, 2*14)
	jump(24 * time.Hour)
	k.pass(2 * period)
	jump(-24 * time.Hour)
	before = k.asked()
	k.pass(time.Hour)
	require.InDelta(t, 2*12, k.asked()-before, 4)
	results, _, err := k.Read(context.Background(), keysOf(2), k.until(3*time.Hour))
	require.NoError(t, err)
	for _, r := range results {
		requireSame(t, b.aws.truth(r.Series.Key, r.Series.Window).Values, r.Series.Values)
	}
}
