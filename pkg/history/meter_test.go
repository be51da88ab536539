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
	saved   map[string]int // by who asked and region
}

func (p *purse) Allow(context.Context) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.checked++
	return p.shut
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
	for span, want := range map[time.Duration]time.Duration{time.Hour: 12500 * time.Millisecond, 24 * time.Hour: 5 * time.Minute, 30 * 24 * time.Hour: 5 * time.Minute} {
		require.Equal(t, want, Patience(series.Window{Start: start, End: start.Add(span), Period: time.Minute}))
	}
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
			require.LessOrEqual(t, settled.Sub(results[0].AskedUntil), maxPatience)
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
