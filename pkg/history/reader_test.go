package history

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const period = 5 * time.Minute

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fakeAWS answers a function of time, after a delay, with late revisions, and counts what it is asked.
type fakeAWS struct {
	mutex sync.Mutex
	now   func() time.Time
	asked map[string][]series.Window
	fail  map[string]error // by metric
	late  bool             // points younger than ten minutes are half of their final value
	gate  chan struct{}    // closed: let calls through
	hang  chan struct{}    // as gate, for the account "hanging" alone
	delay time.Duration    // after its end, before a bucket is published
	calls int              // how often it was asked, for however many metrics
	edit  func(series.Series)
}

func (f *fakeAWS) Fetch(ctx context.Context, scope cloudwatch.Scope, w series.Window, keys []series.Key) ([]cloudwatch.Outcome, cloudwatch.Usage) {
	if f.gate != nil {
		select {
		case <-f.gate:
		case <-ctx.Done():
			out := make([]cloudwatch.Outcome, len(keys))
			for i := range out {
				out[i].Err = ctx.Err()
			}
			return out, cloudwatch.Usage{}
		}
	}
	if scope.AccountID == "hanging" {
		<-f.hang
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls++
	out := make([]cloudwatch.Outcome, len(keys))
	for i, k := range keys {
		f.asked[k.Metric] = append(f.asked[k.Metric], w)
		out[i] = cloudwatch.Outcome{Series: f.truth(k, w), Err: f.fail[k.Metric]}
		if f.edit != nil {
			f.edit(out[i].Series)
		}
	}
	return out, cloudwatch.Usage{Requests: 1, MetricsAsked: len(keys)}
}

func (f *fakeAWS) truth(k series.Key, w series.Window) series.Series {
	s := series.New(k, w)
	for i := range s.Values {
		t := w.Time(i)
		if t.Add(w.Period+f.delay).After(f.now()) || t.Unix()/int64(w.Period/time.Second)%7 == 0 {
			continue // not yet, or a gap
		}
		s.Values[i] = float64(t.Unix()%100_000) + float64(len(k.Metric))
		if f.late && f.now().Sub(t) < 10*time.Minute+w.Period {
			s.Values[i] /= 2
		}
	}
	return s
}

type bench struct {
	*Reader
	aws  *fakeAWS
	mu   sync.Mutex
	time time.Time
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.time
}

func (b *bench) set(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.time = t
}

func newBench(t require.TestingT) (*bench, func()) {
	s, err := store.Open(context.Background(), "")
	require.NoError(t, err)
	b := &bench{time: start}
	b.aws = &fakeAWS{now: b.now, asked: map[string][]series.Window{}, fail: map[string]error{}}
	b.Reader = NewReader(s, b.aws, b.now)
	return b, s.Close
}

func keyOf(metric string) series.Key {
	return series.Key{AccountID: "1", Region: "us-east-1", Namespace: "Custom", Metric: metric, Stat: "Average", Period: period}
}

func read(t require.TestingT, b *bench, w series.Window, metrics ...string) ([]Result, Usage) {
	var keys []series.Key
	for _, m := range metrics {
		keys = append(keys, keyOf(m))
	}
	results, usage, err := b.Read(context.Background(), keys, w)
	require.NoError(t, err)
	return results, usage
}

func hours(n int) series.Window {
	return series.Window{Start: start.Add(-time.Duration(n) * time.Hour), End: start, Period: period}
}

func requireSame(t require.TestingT, want, got []float64) {
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, math.Float64bits(want[i]), math.Float64bits(got[i]), "bucket %d", i)
	}
}

// Invariant 2: a read through the cache equals a read without it, whatever was read before and whenever.
func TestCacheEqualsNoCache(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b, done := newBench(rt)
		defer done()
		for range rapid.IntRange(1, 8).Draw(rt, "reads") {
			b.set(b.now().Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "minutes")) * time.Minute))
			from := rapid.IntRange(1, 600).Draw(rt, "from")
			length := rapid.IntRange(1, from).Draw(rt, "length")
			w := series.Window{Period: period, Start: series.Floor(b.now(), period).Add(-time.Duration(from) * period)}
			w.End = w.Start.Add(time.Duration(length) * period)
			results, _ := read(rt, b, w, "m")
			require.NoError(rt, results[0].Err)
			settled := w.Intersect(series.Window{Start: w.Start, End: Settled("Custom", period, b.now()), Period: period})
			requireSame(rt, b.aws.truth(keyOf("m"), settled).Values, results[0].Series.Values)
		}
	})
}

// Invariant 5: AWS is asked for a metric at most once per period, however long that is; final points are never asked for again.
func TestAskedAtMostOncePerPeriod(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b, done := newBench(rt)
		defer done()
		const held = 200
		k := keyOf("m")
		k.Period = rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, time.Hour, 24 * time.Hour}).Draw(rt, "period")
		look := func(from int) {
			w := series.Window{Start: series.Floor(start, k.Period).Add(-time.Duration(from) * k.Period), End: series.Floor(b.now(), k.Period), Period: k.Period}
			_, _, err := b.Read(context.Background(), []series.Key{k}, w)
			require.NoError(rt, err)
		}
		look(held)
		settled := Settled("Custom", k.Period, start)
		oldest := series.Floor(settled.Add(-k.Period+publishDelay("Custom")-usualFinalAge), k.Period) // a gap may be the newest
		asked := map[time.Time]int{settled: 1}
		for range rapid.IntRange(1, 40).Draw(rt, "reads") {
			b.set(b.now().Add(time.Duration(rapid.IntRange(0, 2*int(k.Period/time.Second)/3).Draw(rt, "seconds")) * time.Second))
			before := len(b.aws.asked["m"])
			look(rapid.IntRange(1, held).Draw(rt, "from"))
			for _, window := range b.aws.asked["m"][before:] {
				asked[Settled("Custom", k.Period, b.now())]++
				require.False(rt, window.Start.Before(oldest), "a final point was asked for again: %v", window.Start)
			}
		}
		for epoch, times := range asked {
			require.LessOrEqual(rt, times, 1, "period that ends %v", epoch)
		}
	})
}

func TestSecondReadAsksForNothing(t *testing.T) {
	b, done := newBench(t)
	defer done()
	_, first := read(t, b, hours(24), "a", "b")
	require.Equal(t, Usage{Series: 2, Points: first.Points, Usage: cloudwatch.Usage{Requests: 1, MetricsAsked: 2}}, first)
	require.InDelta(t, 2*24*12*6/7, first.Points, 6)
	_, second := read(t, b, hours(24), "a", "b")
	require.Equal(t, Usage{Series: 2, CacheHits: 2, MetricsSaved: 2}, second)
}

// One ask reaches from the first gap to the last: AWS charges by the metric and not by the point.
func TestGapsAreAskedForAtOnce(t *testing.T) {
	b, done := newBench(t)
	defer done()
	read(t, b, series.Window{Start: start.Add(-20 * time.Hour), End: start.Add(-15 * time.Hour), Period: period}, "m")
	read(t, b, hours(40), "m")
	require.Len(t, b.aws.asked["m"], 2)
}

func TestLatePointsAreRevisedUntilFinal(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.late = true
	w := series.Window{Start: start.Add(-time.Hour), End: start.Add(3 * time.Hour), Period: period}
	read(t, b, w, "m")
	revised := 0
	for range 12 {
		b.set(b.now().Add(period))
		_, usage := read(t, b, w, "m")
		revised += usage.Revised
	}
	require.Positive(t, revised, "revisions are counted")
	b.set(start.Add(3 * time.Hour))
	results, _ := read(t, b, w, "m")
	final := b.aws.truth(keyOf("m"), results[0].Series.Window)
	for i := range final.Values {
		if final.Window.Time(i).Before(results[0].FinalUntil) && !math.IsNaN(final.Values[i]) {
			require.Equal(t, final.Values[i], results[0].Series.Values[i])
		}
	}
	require.Equal(t, start.Add(3*time.Hour-usualFinalAge), results[0].FinalUntil)
}

// A count is known to be whole by the time it was asked for, not by the time it is looked at.
func TestWholeUntilFollowsTheAsking(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.set(start.Add(2 * time.Minute))
	first, _ := read(t, b, hours(2), "m")
	require.Equal(t, start.Add(-10*time.Minute), first[0].WholeUntil)
	b.set(start.Add(6 * time.Minute)) // no bucket has settled since
	second, usage := read(t, b, hours(2), "m")
	require.Equal(t, 1, usage.CacheHits)
	require.Equal(t, first[0].WholeUntil, second[0].WholeUntil)
	b.set(start.Add(8 * time.Minute))
	third, _ := read(t, b, hours(2), "m")
	require.Equal(t, start.Add(-5*time.Minute), third[0].WholeUntil)
}

// What could not be read is neither final nor whole: what is missing there may be a count of nothing, or one that was not heard.
func TestNothingUnreadIsFinal(t *testing.T) {
	b, done := newBench(t)
	defer done()
	now := series.Window{Start: start.Add(-10 * time.Hour), End: start.Add(24 * time.Hour), Period: period}
	read(t, b, now, "m")
	b.set(start.Add(5 * time.Hour))
	b.aws.fail["m"] = errors.New("denied")
	failed, _ := read(t, b, now, "m")
	require.Error(t, failed[0].Err)
	require.Equal(t, start.Add(-usualFinalAge), failed[0].FinalUntil)
	require.Equal(t, start.Add(-WholeAge), failed[0].WholeUntil)
	longer, _ := read(t, b, hours(40), "m")
	require.Equal(t, failed[0].WholeUntil, longer[0].WholeUntil, "what is missing before the first observation is nothing that was not heard")

	b.aws.fail = map[string]error{}
	mended, _ := read(t, b, now, "m")
	require.Equal(t, b.now().Add(-usualFinalAge), mended[0].FinalUntil)
	require.Equal(t, b.now().Add(-WholeAge), mended[0].WholeUntil)
}

func TestAHoleIsNotWhole(t *testing.T) {
	b, done := newBench(t)
	defer done()
	read(t, b, series.Window{Start: start.Add(-40 * time.Hour), End: start.Add(-35 * time.Hour), Period: period}, "m")
	b.aws.fail["m"] = errors.New("denied")
	results, _ := read(t, b, hours(40), "m")
	require.Equal(t, start.Add(-35*time.Hour), results[0].WholeUntil)
	require.Equal(t, start.Add(-35*time.Hour), results[0].FinalUntil)
}

// Invariant 3: one failing series leaves the others alone, and what is stored of it is still shown.
func TestFailureStaysWithItsSeries(t *testing.T) {
	b, done := newBench(t)
	defer done()
	read(t, b, hours(10), "bad")
	b.aws.fail["bad"] = errors.New("denied")
	results, usage := read(t, b, hours(20), "good", "bad")
	require.NoError(t, results[0].Err)
	require.ErrorContains(t, results[1].Err, "denied")
	require.Equal(t, 2, usage.MetricsAsked)
	stored := results[1].Series.Slice(hours(10))
	requireSame(t, b.aws.truth(keyOf("bad"), stored.Window).Values, stored.Values)
	b.aws.fail = map[string]error{}
	results, _ = read(t, b, hours(20), "bad")
	require.NoError(t, results[0].Err, "a failure is not remembered")
}

// Of many readers who want the same at the same time one asks, and the others wait for him.
func TestParallelReadersAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, done := newBench(t)
		defer done()
		b.aws.gate = make(chan struct{})
		var wait sync.WaitGroup
		for n := range 64 {
			wait.Add(1)
			go func() {
				defer wait.Done()
				metrics := []string{"a", "b", "c"}
				if n%2 == 1 {
					metrics = []string{"c", "a"}
				}
				results, _ := read(t, b, hours(24), metrics...)
				for _, r := range results {
					if r.Err != nil || len(r.Series.Values) != 24*12-1 {
						t.Errorf("reader %d: %v, %d values", n, r.Err, len(r.Series.Values))
					}
				}
			}()
		}
		synctest.Wait() // all of them have come
		close(b.aws.gate)
		wait.Wait()
		for _, m := range []string{"a", "b", "c"} {
			require.Len(t, b.aws.asked[m], 1, "metric %s", m)
		}
	})
}

// Of many readers of a series that fails one asks, and its failure is everybody's: they do not wait for one timeout after another.
func TestParallelReadersOfAFailingSeriesFailTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, done := newBench(t)
		defer done()
		read(t, b, hours(10), "m")
		b.aws.gate = make(chan struct{})
		b.aws.fail["m"] = errors.New("no answer")
		before := b.aws.calls
		var wait sync.WaitGroup
		for n := range 64 {
			wait.Add(1)
			go func() {
				defer wait.Done()
				results, usage := read(t, b, hours(24), "m", fmt.Sprint("other", n%3))
				stored := results[0].Series.Slice(hours(10))
				if results[0].Err == nil || observed(stored) < 100 || results[1].Err != nil || usage.CacheHits > 1 {
					t.Errorf("reader %d: %v %v", n, results[0].Err, results[1].Err)
				}
			}()
		}
		synctest.Wait()
		close(b.aws.gate)
		wait.Wait()
		require.Len(t, b.aws.asked["m"], 2)
		require.LessOrEqual(t, b.aws.calls-before, 4)
		require.Empty(t, b.flights.busy)

		b.aws.fail = map[string]error{}
		results, _ := read(t, b, hours(24), "m")
		require.NoError(t, results[0].Err, "a failure is not remembered")
	})
}

// spent is a meter that refuses, once it may.
type spent struct {
	unmetered
	gate chan struct{}
	err  error
}

func (s spent) Allow(context.Context, int) (func(), error) {
	<-s.gate
	return nil, s.err
}

// What is withheld from one reader is not withheld from another: each has a budget of its own.
func TestABudgetIsNotHeardByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, done := newBench(t)
		defer done()
		gate := make(chan struct{})
		poor := NewReader(b.store, b.aws, b.now).Sharing(b.flights).Metered(spent{gate: gate, err: errors.New("the budget is spent")})
		withheld := make(chan []Result, 1)
		go func() {
			results, _, err := poor.Read(context.Background(), []series.Key{keyOf("m")}, hours(24))
			if err != nil {
				t.Error(err)
			}
			withheld <- results
		}()
		synctest.Wait() // it has claimed the series
		rich := make(chan []Result, 1)
		go func() {
			results, _ := read(t, b, hours(24), "m")
			rich <- results
		}()
		synctest.Wait()
		close(gate)
		require.ErrorContains(t, (<-withheld)[0].Err, "the budget is spent")
		require.NoError(t, (<-rich)[0].Err)
	})
}

// What AWS has answered is kept though who asked has gone meanwhile, also beside what it has not answered any more.
func TestWhatACancelledReaderPaidForIsKept(t *testing.T) {
	for name, fail := range map[string]map[string]error{"all": {}, "some": {"a": context.Canceled}} {
		t.Run(name, func(t *testing.T) {
			b, done := newBench(t)
			defer done()
			ctx, cancel := context.WithCancel(context.Background())
			b.aws.fail = fail
			b.aws.edit = func(series.Series) { cancel() }
			_, _, err := b.Read(ctx, []series.Key{keyOf("a"), keyOf("b")}, hours(24))
			require.ErrorIs(t, err, context.Canceled)
			b.aws.fail = map[string]error{}
			results, usage := read(t, b, hours(24), "a", "b")
			require.Equal(t, 2-len(fail), usage.CacheHits)
			require.Len(t, b.aws.asked["b"], 1)
			for n, metric := range []string{"a", "b"} {
				requireSame(t, b.aws.truth(keyOf(metric), results[n].Series.Window).Values, results[n].Series.Values)
			}
		})
	}
}

// A query that is cancelled midway fails alone: who waits for the same series takes it over.
func TestCancelledOwnerIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, done := newBench(t)
		defer done()
		b.aws.gate = make(chan struct{})
		ctx, cancel := context.WithCancel(context.Background())
		claimed := make(chan error, 1)
		go func() {
			_, _, err := b.Read(ctx, []series.Key{keyOf("m")}, hours(24))
			claimed <- err
		}()
		synctest.Wait() // it is asking
		second := make(chan []Result, 1)
		go func() {
			results, _ := read(t, b, hours(24), "m")
			second <- results
		}()
		synctest.Wait() // it waits for the first
		cancel()
		require.ErrorIs(t, <-claimed, context.Canceled)
		close(b.aws.gate)
		require.NoError(t, (<-second)[0].Err)
		require.Empty(t, b.flights.busy)
	})
}

// One account that hangs keeps neither the others nor other readers waiting.
func TestHangingAccountStaysAlone(t *testing.T) {
	b, done := newBench(t)
	defer done()
	b.aws.hang = make(chan struct{})
	sick := keyOf("m")
	sick.AccountID = "hanging"
	first := make(chan []Result, 1)
	go func() {
		results, _, err := b.Read(context.Background(), []series.Key{keyOf("m"), sick}, hours(24))
		if err != nil {
			t.Error(err)
		}
		first <- results
	}()
	require.Eventually(t, func() bool {
		b.flights.mutex.Lock()
		defer b.flights.mutex.Unlock()
		return len(b.flights.busy) == 1 && b.flights.busy[sick.ID()] != nil
	}, 5*time.Second, time.Millisecond, "the healthy account's series is free again")
	results, usage := read(t, b, hours(24), "m")
	require.NoError(t, results[0].Err)
	require.Equal(t, 1, usage.CacheHits)
	close(b.aws.hang)
	for _, r := range <-first {
		require.NoError(t, r.Err)
	}
}

// What AWS publishes hours late is not final as "no data" before.
func TestVeryLatePointsAreNotLost(t *testing.T) {
	for _, namespace := range []string{"AWS/S3", "Custom"} {
		b, done := newBench(t)
		b.aws.delay = 10 * time.Hour
		k := keyOf("m")
		k.Namespace = namespace
		w := series.Window{Start: start, End: start.Add(3 * 24 * time.Hour), Period: period}
		for range 4 * 24 {
			b.set(b.now().Add(time.Hour))
			_, _, err := b.Read(context.Background(), []series.Key{k}, w)
			require.NoError(t, err)
		}
		results, _, err := b.Read(context.Background(), []series.Key{k}, w)
		require.NoError(t, err)
		requireSame(t, b.aws.truth(k, w).Values, results[0].Series.Values)
		done()
	}
}

// A long bucket is read once it is whole: the next read would come a period later.
func TestLongBucketsAreReadWhole(t *testing.T) {
	require.Equal(t, 2*time.Minute, settleDelay("AWS/EC2", time.Minute))
	require.Equal(t, 2*time.Minute, settleDelay("AWS/EC2", 5*time.Minute))
	require.Equal(t, WholeAge, settleDelay("AWS/EC2", time.Hour))
	require.Equal(t, WholeAge, settleDelay("AWS/Unheard", time.Minute))
	require.Equal(t, 2*time.Minute, settleDelay("Shop", time.Minute))
}

func TestWhatAWSNoLongerKeepsIsSaid(t *testing.T) {
	b, done := newBench(t)
	defer done()
	w := series.Window{Start: start.Add(-70 * 24 * time.Hour), End: start, Period: period}
	results, _ := read(t, b, w, "m")
	require.False(t, results[0].Unkept.Empty())
	require.InDelta(t, 7*24+1, results[0].Unkept.End.Sub(results[0].Unkept.Start).Hours(), 1)
	require.False(t, b.aws.asked["m"][0].Start.Before(start.Add(-63*24*time.Hour)), "a request that begins too early gets no data at all")
}

// A clock that jumps back and forward: what is stored is shown throughout, and once the clock is right everything is there.
func TestClockThatJumps(t *testing.T) {
	for _, jump := range []time.Duration{-30 * time.Hour, -time.Hour, time.Hour, 24 * time.Hour, 10 * 24 * time.Hour} {
		b, done := newBench(t)
		right := start
		b.aws.now = func() time.Time { return right }
		pass := func(clock time.Duration) Result {
			right = right.Add(20 * time.Minute)
			b.set(right.Add(clock))
			end := series.Floor(b.now(), period)
			results, _ := read(t, b, series.Window{Start: end.Add(-48 * time.Hour), End: end, Period: period}, "m")
			require.NoError(t, results[0].Err)
			return results[0]
		}
		pass(0)
		for range 6 {
			got := pass(jump).Series
			seen := got.Slice(series.Window{Start: got.Window.Start, End: start.Add(-time.Hour), Period: period})
			requireSame(t, b.aws.truth(got.Key, seen.Window).Values, seen.Values)
		}
		var got series.Series
		for range 6 {
			got = pass(0).Series
		}
		requireSame(t, b.aws.truth(got.Key, got.Window).Values, got.Values)
		done()
	}
}

// What AWS has no more erases nothing that is held: neither in the answer nor in the store.
func TestWhatIsMissingErasesNothing(t *testing.T) {
	b, done := newBench(t)
	defer done()
	first, _ := read(t, b, hours(24), "m")
	b.aws.edit = func(s series.Series) {
		for i := range s.Values {
			s.Values[i] = math.NaN()
		}
	}
	b.set(start.Add(period))
	for range 2 {
		again, _ := read(t, b, hours(24), "m")
		requireSame(t, first[0].Series.Values, again[0].Series.Slice(first[0].Series.Window).Values)
	}
	require.Len(t, b.aws.asked["m"], 2)
}
