package history

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// purse is a meter that can be shut.
type purse struct {
	mutex   sync.Mutex
	shut    error
	checked int
	metrics int            // allowed, and not settled yet
	most    int            // of metrics
	saved   map[string]int // by who asked and region
}

func (p *purse) Allow(_ context.Context, metrics int) (settle func(), err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.checked++
	if p.shut != nil {
		return nil, p.shut
	}
	p.metrics += metrics
	p.most = max(p.most, p.metrics)
	return func() {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.metrics -= metrics
	}, nil
}

func (p *purse) Saved(ctx context.Context, scope cloudwatch.Scope, metrics int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.saved[cloudwatch.Asker(ctx)+" "+scope.Region] += metrics
}

func newMetered(t *testing.T) (*bench, *purse) {
	b, done := newBench(t)
	t.Cleanup(done)
	p := &purse{saved: map[string]int{}}
	b.Metered(p)
	return b, p
}

// What a read answers without AWS is saved once per metric and read, however many of its statistics are read; the collector saves nothing.
func TestSavingsAreWhatWouldHaveBeenAsked(t *testing.T) {
	b, p := newMetered(t)
	maximum, west := keyOf("a"), keyOf("a")
	maximum.Stat, west.Region = "Maximum", "us-west-2"
	keys := []series.Key{keyOf("a"), maximum, keyOf("b"), west, keyOf("b")}
	ask := func(who string) Usage {
		_, usage, err := b.Read(cloudwatch.WithAsker(context.Background(), who), keys, hours(24))
		require.NoError(t, err)
		return usage
	}
	require.Zero(t, ask("panel x/1").MetricsSaved)
	require.Empty(t, p.saved)
	require.Equal(t, 3, ask("panel x/2").MetricsSaved)
	require.Equal(t, 3, ask("panel x/2").MetricsSaved)
	require.Zero(t, ask(cloudwatch.Collector).MetricsSaved)
	require.Equal(t, map[string]int{"panel x/2 us-east-1": 4, "panel x/2 us-west-2": 2}, p.saved)

	keys = append(keys, keyOf("new"))
	require.Equal(t, 3, ask("rule r").MetricsSaved)
	b.aws.fail["a"] = errors.New("throttled")
	b.set(start.Add(period))
	require.Zero(t, ask("rule r").MetricsSaved)
}

// A shut purse: what is stored is answered, with the reason and how far it goes; a series of which nothing is stored is empty; what is warm
// is not even checked.
func TestWithheldSeriesAreAnsweredFromTheStore(t *testing.T) {
	b, p := newMetered(t)
	whole, _ := read(t, b, hours(24), "a")
	p.shut, p.checked = errors.New("spent"), 0
	again, usage := read(t, b, hours(24), "a")
	require.Equal(t, fmt.Sprint(whole[0].Series), fmt.Sprint(again[0].Series))
	require.NoError(t, again[0].Err)
	require.Zero(t, p.checked)
	require.Equal(t, 1, usage.CacheHits)

	asked := len(b.aws.asked["a"])
	b.set(start.Add(4 * period))
	late, usage := read(t, b, series.Window{Start: start.Add(-24 * time.Hour), End: start.Add(4 * period), Period: period}, "a", "cold")
	require.ErrorIs(t, late[0].Err, p.shut)
	require.Equal(t, whole[0].AskedUntil, late[0].AskedUntil)
	require.Equal(t, Settled("Custom", period, start), late[0].AskedUntil)
	require.Equal(t, fmt.Sprint(whole[0].Series), fmt.Sprint(late[0].Series.Slice(whole[0].Series.Window)))
	require.ErrorIs(t, late[1].Err, p.shut)
	require.Zero(t, late[1].AskedUntil)
	require.Len(t, b.aws.asked["a"], asked)
	require.Empty(t, b.aws.asked["cold"])
	require.Zero(t, usage.MetricsSaved)
	require.Zero(t, usage.CacheHits)

	p.shut = nil
	opened, _ := read(t, b, series.Window{Start: start.Add(-24 * time.Hour), End: start.Add(4 * period), Period: period}, "a", "cold")
	require.NoError(t, errors.Join(opened[0].Err, opened[1].Err))
	require.Equal(t, Settled("Custom", period, b.now()), opened[0].AskedUntil)
}

func TestPatienceIsAShareOfTheRange(t *testing.T) {
	r := NewReader(nil, nil, nil)
	for span, want := range map[time.Duration]time.Duration{
		time.Hour: 12500 * time.Millisecond, 24 * time.Hour: 5 * time.Minute, 30 * 24 * time.Hour: 5 * time.Minute,
	} {
		require.Equal(t, want, r.Patience(series.Window{Start: start, End: start.Add(span), Period: time.Minute}))
	}
	require.Zero(t, r.MaxStaleness(0).Patience(hours(24)))
}

// The bound of the administrator holds whatever patience whoever reads has: with none, a picture is asked for as a rule's query is; with more
// than usual, long ranges at 5 minutes are asked for less often too.
func TestMaxStalenessBoundsPatience(t *testing.T) {
	for _, c := range []struct {
		most   time.Duration
		period time.Duration
		span   time.Duration
		asks   int // in an hour and a half
	}{
		{0, time.Minute, 24 * time.Hour, 90},
		{2 * time.Minute, time.Minute, 24 * time.Hour, 45},
		{DefaultMaxStaleness, time.Minute, 24 * time.Hour, 18},
		{time.Hour, time.Minute, 24 * time.Hour, 18},
		{DefaultMaxStaleness, 5 * time.Minute, 7 * 24 * time.Hour, 18},
		{time.Hour, 5 * time.Minute, 7 * 24 * time.Hour, 3},
	} {
		b, done := newBench(t)
		b.MaxStaleness(c.most)
		k := keyOf("m")
		k.Period = c.period
		for range 90 {
			end := series.Floor(b.now(), k.Period)
			w := series.Window{Start: end.Add(-c.span), End: end, Period: k.Period}
			results, _, err := b.Read(WithPatience(context.Background(), Patience(w)), []series.Key{k}, w)
			require.NoError(t, err)
			require.Less(t, Settled("Custom", k.Period, b.now()).Sub(results[0].AskedUntil), max(c.most, 1))
			b.set(b.now().Add(time.Minute))
		}
		require.InDelta(t, c.asks, len(b.aws.asked["m"]), 1, "%+v", c)
		done()
	}
}

// Read from the store alone, nothing is asked of AWS: what was not asked for lately is as final as it was then, and what is not whole says so.
func TestOnlyStored(t *testing.T) {
	b, p := newMetered(t)
	stored := OnlyStored(context.Background())
	look := func(w series.Window) Result {
		t.Helper()
		before := p.checked
		results, usage, err := b.Read(stored, []series.Key{keyOf("m")}, w)
		require.NoError(t, err)
		require.Zero(t, usage.MetricsAsked+usage.MetricsSaved)
		require.Equal(t, before, p.checked)
		return results[0]
	}
	require.ErrorIs(t, look(hours(6)).Err, ErrNotStored)
	require.Empty(t, b.aws.asked)
	read(t, b, hours(6), "m")
	fresh := look(hours(6))
	require.NoError(t, fresh.Err)
	requireSame(t, b.aws.truth(keyOf("m"), fresh.Series.Window).Values, fresh.Series.Values)
	require.ErrorIs(t, look(hours(7)).Err, ErrNotStored, "an hour is missing")

	b.set(start.Add(2 * time.Hour))
	now := series.Window{Start: start.Add(-6 * time.Hour), End: b.now(), Period: period}
	late := look(now)
	require.NoError(t, late.Err)
	require.Equal(t, fresh.FinalUntil, late.FinalUntil)
	b.aws.gate = make(chan struct{}) // somebody asks AWS, which does not answer
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = b.Read(context.Background(), []series.Key{keyOf("m")}, now)
	}()
	results, _, err := b.Read(stored, []series.Key{keyOf("m")}, now)
	require.NoError(t, err)
	require.NoError(t, results[0].Err, "nobody is waited for")
	close(b.aws.gate)
	<-ended
	require.True(t, look(now).FinalUntil.After(late.FinalUntil))
}

// A picture of a day at a minute a bucket is asked for every five minutes, a rule every minute; a rule's asking serves the picture, and what
// the picture lacks is not taken for missing. At five minutes a bucket both ask alike.
func TestPatientReadsAskLess(t *testing.T) {
	b, p := newMetered(t)
	day := func(k series.Key) series.Window {
		return series.Window{Start: b.now().Add(-24 * time.Hour).Truncate(k.Period), End: b.now().Truncate(k.Period), Period: k.Period}
	}
	asks := func(metric string, period time.Duration, patient bool, rounds int) int {
		k := keyOf(metric)
		k.Period = period
		before := len(b.aws.asked[metric])
		for range rounds {
			ctx := context.Background()
			if patient {
				ctx = WithPatience(ctx, Patience(day(k)))
			}
			results, _, err := b.Read(ctx, []series.Key{k}, day(k))
			require.NoError(t, err)
			require.NoError(t, results[0].Err)
			settled := Settled("Custom", period, b.now())
			require.Equal(t, settled, results[0].Series.Window.End)
			require.LessOrEqual(t, settled.Sub(results[0].AskedUntil), DefaultMaxStaleness)
			require.False(t, results[0].FinalUntil.After(results[0].AskedUntil))
			b.set(b.now().Add(30 * time.Second))
		}
		return len(b.aws.asked[metric]) - before
	}
	require.Equal(t, 12, asks("picture", time.Minute, true, 120))
	require.Equal(t, 60, asks("rule", time.Minute, false, 120))
	require.Equal(t, 1+12, asks("usual picture", 5*time.Minute, true, 120)) // and when it was new, in the midst of a period
	require.Equal(t, 1+12, asks("usual rule", 5*time.Minute, false, 120))
	both := 0
	for range 60 {
		both += asks("both", time.Minute, false, 1) + asks("both", time.Minute, true, 1)
	}
	require.Equal(t, 60, both)
	require.Positive(t, p.checked)
}

// What a shut purse kept a read from is told bucket by bucket, before what is stored, in the middle of it and after it; what AWS was asked for
// is no part of it, also where it had nothing.
func TestWhatWasNeverAskedIsTold(t *testing.T) {
	b, p := newMetered(t)
	span := func(from, until int) series.Window {
		return series.Window{Start: start.Add(-time.Duration(from) * time.Hour), End: start.Add(-time.Duration(until) * time.Hour), Period: period}
	}
	p.shut = errors.New("spent")
	cold, _ := read(t, b, span(24, 2), "m")
	require.Equal(t, []series.Window{span(24, 2)}, cold[0].Unasked)
	p.shut = nil
	for _, w := range []series.Window{span(20, 18), span(12, 6)} {
		asked, _ := read(t, b, w, "m")
		require.Empty(t, asked[0].Unasked)
	}
	p.shut = errors.New("spent")
	held, _ := read(t, b, span(24, 2), "m")
	require.Equal(t, []series.Window{span(24, 20), span(18, 12), span(6, 2)}, held[0].Unasked)
	p.shut = nil
	whole, _ := read(t, b, span(24, 2), "m")
	require.Empty(t, whole[0].Unasked)
	old, _ := read(t, b, series.Window{Start: start.Add(-70 * 24 * time.Hour), End: start.Add(-50 * 24 * time.Hour), Period: period}, "m")
	require.Empty(t, old[0].Unasked, "what AWS no longer keeps can be asked for no more")
	require.False(t, old[0].Unkept.Empty())
}

// A meter is told how much a read is about to ask, as the bill counts it, until it is answered.
func TestTheMeterKnowsWhatIsBeingAsked(t *testing.T) {
	b, p := newMetered(t)
	maximum := keyOf("a")
	maximum.Stat = "Maximum"
	_, _, err := b.Read(context.Background(), []series.Key{keyOf("a"), maximum, keyOf("b")}, hours(3))
	require.NoError(t, err)
	require.Equal(t, 2, p.most, "two statistics of one metric count once")
	require.Zero(t, p.metrics)
}
