//go:build cgo

package store

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// keyOf is a key of that statistic and period.
func keyOf(metric, stat string, period time.Duration) series.Key {
	k := key(metric)
	k.Stat, k.Period = stat, period
	return k
}

// hold fills a window of a key, all of it final.
func hold(t testing.TB, s *Store, k series.Key, from, to time.Time, at func(i int) float64) {
	w := series.Align(from, to, k.Period)
	_, err := s.Save(context.Background(), []Write{{filled(k, w, at), w.End, w.End}})
	require.NoError(t, err)
}

func maintain(t testing.TB, s *Store, now time.Time, p Policy) Report {
	report, err := s.Maintain(context.Background(), now, p)
	require.NoError(t, err)
	return report
}

func linear(i int) float64 { return float64(i) }

// What is older than its tier keeps goes, with its extents; what is younger stays.
func TestRetentionByTier(t *testing.T) {
	now := epoch
	for _, tier := range []struct {
		period, keep time.Duration
	}{
		{10 * time.Second, 7 * day}, {time.Minute, 90 * day}, {5 * time.Minute, 455 * day}, {time.Hour, 3 * 365 * day}, {24 * time.Hour, 3 * 365 * day},
	} {
		s := open(t, "")
		k := keyOf("m", "p99", tier.period)
		span := chunkSpan(tier.period)
		cut := series.Floor(now.Add(-tier.keep), span)
		hold(t, s, k, cut.Add(-2*span), cut.Add(2*span), linear)
		report := maintain(t, s, now, Policy{})
		require.Equal(t, 2*chunkLen, report.Points)
		require.Equal(t, 2, report.Chunks)
		require.Zero(t, report.RolledUp, "percentiles cannot be")
		held := load(t, s, k, series.Align(cut.Add(-2*span), cut.Add(2*span), tier.period))
		require.Len(t, held.Extents, 1)
		require.Equal(t, series.Align(cut, cut.Add(2*span), tier.period), held.Extents[0].Window)
		require.Equal(t, 2.0*chunkLen, held.Series.Slice(held.Extents[0].Window).Values[0])
		require.Zero(t, maintain(t, s, now, Policy{}).Points, "once is enough")
	}
}

func TestForeverIsForever(t *testing.T) {
	s := open(t, "")
	hold(t, s, key("m"), epoch, epoch.Add(24*time.Hour), linear)
	require.Zero(t, maintain(t, s, epoch.Add(100*365*day), Policy{UnderFiveMinutes: -1}).Points)
}

// Before points leave, they are the buckets of the next coarser period: exactly, whatever is missing.
func TestRollUp(t *testing.T) {
	for stat, want := range map[string]func(v []float64) float64{
		"Sum":         sum,
		"SampleCount": sum,
		"Minimum":     func(v []float64) float64 { return fold(v, math.Min) },
		"Maximum":     func(v []float64) float64 { return fold(v, math.Max) },
		"Average":     func(v []float64) float64 { return sum(v) / float64(len(v)) },
	} {
		t.Run(stat, func(t *testing.T) {
			s := open(t, "")
			fine, coarse := keyOf("m", stat, time.Minute), keyOf("m", stat, 5*time.Minute)
			from := series.Floor(epoch, chunkSpan(time.Minute))
			at := func(i int) float64 {
				if i%7 == 0 || i >= 100 && i < 110 {
					return math.NaN()
				}
				return float64(i*i%1009) / 10
			}
			hold(t, s, fine, from, from.Add(2*chunkSpan(time.Minute)), at)
			mine := series.Window{Start: from.Add(20 * time.Minute), End: from.Add(30 * time.Minute), Period: 5 * time.Minute}
			_, err := s.Save(context.Background(), []Write{{filled(coarse, mine, func(int) float64 { return -1 }), mine.End, mine.End}})
			require.NoError(t, err)

			report := maintain(t, s, from.Add(200*day), Policy{})
			require.Equal(t, 2, report.Chunks)
			w := series.Align(from, from.Add(2*chunkSpan(time.Minute)), 5*time.Minute)
			held := load(t, s, coarse, w)
			require.Equal(t, []Extent{{series.Window{Start: w.Start, End: mine.Start, Period: w.Period}, longAgo}, {Window: mine},
				{series.Window{Start: mine.End, End: w.End, Period: w.Period}, longAgo}}, held.Extents, "what AWS did not say, it is asked")
			points := 0
			for i, got := range held.Series.Values {
				var values []float64
				for j := range 5 {
					if v := at(5*i + j); !math.IsNaN(v) {
						values = append(values, v)
					}
				}
				switch {
				case i == 4 || i == 5:
					require.Equal(t, -1.0, got, "what AWS said stays")
				case len(values) == 0:
					require.True(t, math.IsNaN(got))
				default:
					points++
					require.InDelta(t, want(values), got, 1e-9)
				}
			}
			require.Equal(t, points, report.RolledUp)
			require.Empty(t, load(t, s, fine, series.Align(w.Start, w.End, time.Minute)).Extents)
			requireMarksAgree(t, s, coarse)
		})
	}
}

// A bucket of which part was never asked for is not rolled up. What was last read when it could still change is: nothing better will come.
func TestRollUpOfWholeBucketsOnly(t *testing.T) {
	s := open(t, "")
	fine, coarse := keyOf("m", "Sum", time.Minute), keyOf("m", "Sum", 5*time.Minute)
	from := series.Floor(epoch, chunkSpan(time.Minute))
	looked := series.Align(from.Add(2*time.Minute), from.Add(21*time.Minute), time.Minute)
	save(t, s, Write{filled(fine, looked, linear), from.Add(7 * time.Minute), looked.End})
	maintain(t, s, from.Add(200*day), Policy{})
	held := load(t, s, coarse, series.Align(from, from.Add(time.Hour), 5*time.Minute))
	require.Equal(t, []Extent{{series.Align(from.Add(5*time.Minute), from.Add(20*time.Minute), 5*time.Minute), longAgo}}, held.Extents)
	require.Equal(t, 3.+4+5+6+7, held.Series.Values[1])
	require.Equal(t, 13.+14+15+16+17, held.Series.Values[3])
}

func TestCoarserPeriods(t *testing.T) {
	for fine, want := range map[time.Duration]time.Duration{
		time.Second: time.Minute, 10 * time.Second: time.Minute, time.Minute: 5 * time.Minute, 2 * time.Minute: 0, 5 * time.Minute: time.Hour,
		15 * time.Minute: time.Hour, 7 * time.Minute: 0, time.Hour: 0, day: 0,
	} {
		require.Equal(t, want, coarser(fine), fine)
	}
}

func TestSumIsCompensated(t *testing.T) {
	require.Equal(t, 2.0, sum([]float64{1, 1e100, 1, -1e100}))
	require.True(t, math.IsInf(sum([]float64{math.MaxFloat64, math.MaxFloat64}), 1))
}

// Over the cap, what was least used leaves first; the newest four weeks of what was used in the last day stay as long as anything else
// is there.
func TestLeastUsedLeavesFirst(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := context.Background()
	now := epoch.Add(60 * day)
	noise := func(i int) float64 { return math.Sin(float64(i) * 1.1) }
	metrics := []string{"a", "b", "c", "d"}
	for _, m := range metrics {
		hold(t, s, keyOf(m, "p90", 5*time.Minute), now.Add(-50*day), now, noise)
	}
	whole := func(m string) int {
		return load(t, s, keyOf(m, "p90", 5*time.Minute), series.Align(now.Add(-50*day), now, 5*time.Minute)).present()
	}
	used := func(m string, ago time.Duration) {
		_, err := s.write.Exec("UPDATE series SET used_s = ? WHERE key = ?", now.Add(-ago).Unix(), keyOf(m, "p90", 5*time.Minute).ID())
		require.NoError(t, err)
	}
	const all = 50 * 288
	maintain(t, s, now.Add(-3*day), Policy{}) // what was used is written down
	s.used.take()
	used("a", 30*day)
	used("b", 2*day)
	used("c", time.Hour)
	used("d", time.Minute)
	measured, err := (&upkeep{Store: s}).size(ctx)
	require.NoError(t, err)
	size := measured.used()

	report := maintain(t, s, now, Policy{MaxBytes: size * 9 / 10})
	require.Equal(t, report.Points, report.Evicted)
	require.Zero(t, report.OverBytes)
	require.Less(t, whole("a"), all)
	require.Equal(t, all, whole("b"))
	s.used.take()

	maintain(t, s, now, Policy{MaxBytes: size * 6 / 10})
	require.Zero(t, whole("a")+whole("b"))
	require.Equal(t, 2, rows(t, s, "series"), "a series of which nothing is left goes")
	require.Equal(t, all, whole("d"))
	s.used.take()

	maintain(t, s, now, Policy{MaxBytes: size / 2})
	require.Less(t, whole("c"), all)
	for _, m := range []string{"c", "d"} {
		held := load(t, s, keyOf(m, "p90", 5*time.Minute), series.Align(now.Add(-28*day), now, 5*time.Minute))
		require.Equal(t, 28*288, held.present(), "four weeks stay")
	}
	s.used.take()

	report = maintain(t, s, now, Policy{MaxBytes: size * 3 / 10})
	require.Less(t, whole("c")+whole("d"), 28*288)
	require.Zero(t, report.OverBytes)
	report, err = s.Maintain(ctx, now, Policy{MaxBytes: 1000})
	require.NoError(t, err)
	require.Positive(t, report.OverBytes, "what cannot be freed is said")
}

func (h Held) present() int { return block{values: h.Series.Values}.present() }

// Use is written down by Maintain, for what was read or written since.
func TestUseIsNoted(t *testing.T) {
	s := open(t, "")
	hold(t, s, key("m"), epoch, epoch.Add(time.Hour), linear)
	used := func() (at int64) {
		require.NoError(t, s.write.QueryRow("SELECT used_s FROM series").Scan(&at))
		return at
	}
	maintain(t, s, epoch.Add(2*time.Hour), Policy{})
	require.Equal(t, epoch.Add(2*time.Hour).Unix(), used())
	maintain(t, s, epoch.Add(3*time.Hour), Policy{})
	require.Equal(t, epoch.Add(2*time.Hour).Unix(), used(), "maintenance is no use")
	load(t, s, key("m"), window(0, 5))
	maintain(t, s, epoch.Add(4*time.Hour), Policy{})
	require.Equal(t, epoch.Add(4*time.Hour).Unix(), used())
}

// Free pages go back to the disk.
func TestFileShrinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	for m := range 4 {
		hold(t, s, keyOf(fmt.Sprint(m), "p90", time.Minute), epoch, epoch.Add(60*day), func(i int) float64 { return math.Sin(float64(i)) })
	}
	checkpoint := func() int64 {
		_, err := s.write.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		require.NoError(t, err)
		info, err := os.Stat(filepath.Join(dir, "vigia-cloudwatch.db"))
		require.NoError(t, err)
		return info.Size()
	}
	before := checkpoint()
	report := maintain(t, s, epoch.Add(170*day), Policy{})
	after := checkpoint()
	require.Less(t, after, before/2)
	require.Equal(t, before-after, report.BytesFreed)
	require.Equal(t, after, report.Bytes)
}

// A file that was made without the means to shrink says so, and has them after the next start.
func TestFileThatCannotShrink(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := s.write.Exec("PRAGMA auto_vacuum = 0")
	require.NoError(t, err)
	_, err = s.write.Exec("VACUUM")
	require.NoError(t, err)
	hold(t, s, keyOf("m", "p90", time.Minute), epoch, epoch.Add(150*day), func(i int) float64 { return math.Sin(float64(i)) })
	report := maintain(t, s, epoch.Add(500*day), Policy{})
	require.True(t, report.CannotShrink)
	require.Zero(t, report.BytesFreed)
	s.Close()
	s = open(t, dir)
	report = maintain(t, s, epoch.Add(500*day), Policy{})
	require.False(t, report.CannotShrink)
	require.Less(t, report.Bytes, int64(1<<20))
}

// A series of which nothing came for long goes on as another does.
func TestLongSilence(t *testing.T) {
	s := open(t, "")
	for i := range 3 {
		hold(t, s, key("m"), epoch.Add(time.Duration(i)*time.Minute), epoch.Add(time.Duration(i+1)*time.Minute), func(int) float64 { return float64(i) })
	}
	later := epoch.Add(300 * day)
	for i := range 3 {
		at := later.Add(time.Duration(i) * time.Minute)
		hold(t, s, key("m"), at, at.Add(time.Minute), func(int) float64 { return float64(10 + i) })
	}
	require.Equal(t, []float64{0, 1, 2}, load(t, s, key("m"), window(0, 3)).Series.Values)
	held := load(t, s, key("m"), series.Align(epoch, later.Add(time.Hour), time.Minute))
	require.Equal(t, 6, held.present())
	require.Equal(t, 12.0, held.Series.Slice(series.Align(later.Add(2*time.Minute), later.Add(3*time.Minute), time.Minute)).Values[0])
	requireMarksAgree(t, s, key("m"))
}

// What lies beyond what a row can say is refused in words.
func TestTimesOutOfRange(t *testing.T) {
	s := open(t, "")
	for _, at := range []time.Time{time.Unix(-600, 0), time.Date(2600, 1, 1, 0, 0, 0, 0, time.UTC)} {
		w := series.Align(at, at.Add(time.Minute), time.Minute)
		_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, linear), w.End, epoch}})
		require.ErrorContains(t, err, "out of the range")
		require.Zero(t, load(t, s, key("m"), w).present())
	}
}

// What is no series is refused in words, and does no harm.
func TestWhatDoesNotFitIsRefused(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	good := filled(key("m"), window(0, 3), linear)
	short, between, foreign := good, good, good
	short.Values = good.Values[:2]
	between.Window.Start, between.Window.End = good.Window.Start.Add(time.Second), good.Window.End.Add(time.Second)
	foreign.Key.Period = time.Hour
	for says, bad := range map[string]series.Series{"2 values for 3 buckets": short, "not on the grid": between, "period of 1h": foreign} {
		_, err := s.Save(ctx, []Write{{good, epoch, epoch}, {bad, epoch, epoch}})
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "111111111111")
	}
	require.Zero(t, load(t, s, key("m"), window(0, 3)).present(), "all or nothing")
	_, err := s.Load(ctx, []series.Key{foreign.Key}, window(0, 3))
	require.ErrorContains(t, err, "period of 1h")
}

// While maintenance goes on, others read and write; it holds the lock for a short time only.
func TestOthersGoOnDuringMaintenance(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for m := range 5 {
		hold(t, s, keyOf(fmt.Sprint(m), "Sum", time.Minute), epoch, epoch.Add(30*day), func(i int) float64 { return float64(i * i % 1009) })
	}
	other := open(t, dir) // as another process
	done := make(chan Report)
	go func() {
		report, err := s.Maintain(context.Background(), epoch.Add(150*day), Policy{})
		if err != nil {
			t.Error(err)
		}
		done <- report
	}()
	writes, start := 0, epoch.Add(149*day)
	for k := keyOf("new", "Sum", time.Minute); ; writes++ {
		select {
		case report := <-done:
			require.Equal(t, 5*30*1440, report.Points)
			require.Greater(t, writes, 10, "writers go on")
			t.Logf("%d writes beside; longest lock %s", writes, report.LongestLock)
			require.Less(t, report.LongestLock, time.Second)
			require.Equal(t, writes, load(t, other, k, series.Align(start, start.Add(100*day), time.Minute)).present())
			return
		default:
		}
		w := series.Align(start.Add(time.Duration(writes)*time.Minute), start.Add(time.Duration(writes+1)*time.Minute), time.Minute)
		_, err := other.Save(context.Background(), []Write{{filled(k, w, linear), w.End, w.End}})
		require.NoError(t, err)
		_, err = other.Load(context.Background(), []series.Key{k}, w)
		require.NoError(t, err)
	}
}

// However history is written and retired, what is held is what was written, and marks and extents agree.
func TestMaintenanceKeepsWhatItKeeps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(context.Background(), "")
		require.NoError(rt, err)
		defer s.Close()
		k := keyOf("m", rapid.SampledFrom([]string{"Sum", "p50"}).Draw(rt, "stat"), time.Minute)
		truth := map[int64]float64{}
		at := epoch
		for range rapid.IntRange(1, 6).Draw(rt, "writes") {
			at = at.Add(time.Duration(rapid.IntRange(-300, 700).Draw(rt, "on")) * time.Minute)
			w := series.Align(at, at.Add(time.Duration(rapid.IntRange(1, 900).Draw(rt, "length"))*time.Minute), time.Minute)
			written := filled(k, w, func(i int) float64 { return float64(w.Time(i).Unix()%977) / 4 })
			for i, v := range written.Values {
				truth[w.Time(i).Unix()] = v
			}
			_, err := s.Save(context.Background(), []Write{{written, w.Start.Add(time.Duration(rapid.IntRange(0, w.Len()).Draw(rt, "final")) * time.Minute), w.End}})
			require.NoError(rt, err)
			if rapid.Bool().Draw(rt, "maintain") {
				_, err := s.Maintain(context.Background(), at.Add(time.Duration(rapid.IntRange(0, 2000).Draw(rt, "later"))*time.Minute), Policy{UnderFiveMinutes: 600 * time.Minute})
				require.NoError(rt, err)
			}
		}
		held := load(rt, s, k, window(-3000, 8000))
		for i, v := range held.Series.Values {
			at := held.Series.Window.Time(i)
			covered := holds(held.Extents, at)
			if covered {
				require.Equal(rt, truth[at.Unix()], v)
			}
			if !math.IsNaN(v) {
				require.Equal(rt, truth[at.Unix()], v)
				require.True(rt, covered, "what has a value is held")
			}
		}
		requireMarksAgree(rt, s, k)
	})
}

// A series whose key no one can read, as one of a newer version of the plugin, keeps neither maintenance nor the log of events from the others.
func TestUnreadableKeysStandInNoOnesWay(t *testing.T) {
	s := open(t, "")
	hold(t, s, key("old"), epoch, epoch.Add(24*time.Hour), linear)
	hold(t, s, key("foreign"), epoch, epoch.Add(24*time.Hour), linear)
	tell(t, s, event("foreign", EventOpened, 1), event("old", EventOpened, 2))
	_, err := s.write.Exec("UPDATE series SET key = '9|' || key WHERE key = ?", key("foreign").ID())
	require.NoError(t, err)
	events, err := s.Events(context.Background(), 0, EventFilter{}, 10)
	require.NoError(t, err)
	require.Equal(t, []series.Key{{}, key("old")}, []series.Key{events[0].Series, events[1].Series})

	report := maintain(t, s, epoch.Add(200*day), Policy{})
	require.Equal(t, 1440, report.Points)
	require.Equal(t, 1, report.Unreadable)
	_, err = s.write.Exec("UPDATE series SET key = substr(key, 3) WHERE key LIKE '9|%'")
	require.NoError(t, err)
	require.Equal(t, 1440, load(t, s, key("foreign"), window(0, 1440)).present(), "it is left alone")
}
