//go:build cgo

package store

import (
	"context"
	"database/sql"
	"math"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// called writes so many calls into the ledger, one each second up to a time.
func called(t *testing.T, s *Store, until time.Time, calls int) {
	require.NoError(t, s.change(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
		for i := range calls {
			_, err := tx.ExecContext(ctx, "INSERT INTO ledger VALUES (?, '123456789012', 'us-east-1', 'GetMetricData', 10, 10, 0.0001, '', 'rule abcdefghij')",
				until.Add(-time.Duration(i)*time.Second).UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

func sizeOf(t *testing.T, s *Store) int64 {
	measured, err := (&upkeep{Store: s}).size(context.Background())
	require.NoError(t, err)
	return measured.used()
}

// Of a ledger that fills the cache the calls leave, and no point; what they cost stays.
func TestCallsLeaveBeforePoints(t *testing.T) {
	s := open(t, t.TempDir())
	now := epoch.Add(20 * day)
	k := keyOf("m", "Sum", time.Minute)
	hold(t, s, k, now.Add(-3*day), now, func(i int) float64 { return float64(i) * 1.37 })
	require.NoError(t, s.Record(context.Background(), Entry{At: now.Add(-2 * day), AccountID: "1", Metrics: 7, CostUSD: 0.5}))
	before := sizeOf(t, s)
	called(t, s, now.Add(-25*time.Hour), 10_000)
	report := maintain(t, s, now, Policy{MaxBytes: before + 1<<16})
	require.Zero(t, report.Evicted)
	require.Zero(t, report.OverBytes)
	require.Equal(t, 10_001, report.Calls)
	require.Equal(t, 3*1440, load(t, s, k, series.Align(now.Add(-3*day), now, time.Minute)).present())
	sums, err := s.Spending(context.Background(), now.Add(-3*day))
	require.NoError(t, err)
	require.Equal(t, []Spent{{AccountID: "1", Calls: 1, Metrics: 7, CostUSD: 0.5}}, sums)
}

// Where something else is what is too much, history is not let go for it: that would not help.
func TestPointsStayWhereTheyAreNotWhatIsTooMuch(t *testing.T) {
	s := open(t, t.TempDir())
	now := epoch.Add(20 * day)
	k := keyOf("m", "Sum", time.Minute)
	hold(t, s, k, now.Add(-3*day), now, func(i int) float64 { return float64(i) * 1.37 })
	called(t, s, now, 20_000) // of today: they stay
	report := maintain(t, s, now, Policy{MaxBytes: sizeOf(t, s) / 2})
	require.Positive(t, report.OverBytes)
	require.Zero(t, report.Evicted)
	require.Equal(t, 3*1440, load(t, s, k, series.Align(now.Add(-3*day), now, time.Minute)).present())
}

// Calls leave after five weeks; what they cost, and whatever it was for, stays.
func TestCostsOutliveTheirCalls(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	for i := range 60 {
		at := epoch.Add(time.Duration(i) * day)
		require.NoError(t, s.Record(ctx, Entry{At: at, AccountID: "1", Region: "r", AskedBy: "rule x", Metrics: 1, CostUSD: 0.25}))
	}
	before, err := s.Costs(ctx, epoch, epoch.Add(60*day))
	require.NoError(t, err)
	require.Equal(t, 25, maintain(t, s, epoch.Add(60*day-time.Minute), Policy{}).Calls)
	require.Equal(t, 35, rows(t, s, "ledger"))
	after, err := s.Costs(ctx, epoch, epoch.Add(60*day))
	require.NoError(t, err)
	require.Equal(t, before, after)
	sums, err := s.Spending(ctx, epoch)
	require.NoError(t, err)
	require.Equal(t, []Spent{{AccountID: "1", Calls: 60, Metrics: 60, CostUSD: 15}}, sums)
}

// Of users of one cache, one that sets no bound is not bound by another.
func TestWidestPolicy(t *testing.T) {
	for _, p := range []Policy{Policy{MaxBytes: -1, Events: -1}.Widest(Policy{}), Policy{}.Widest(Policy{MaxBytes: -1, Events: -1})} {
		require.Negative(t, p.MaxBytes)
		require.Greater(t, p.Events, 100*365*day)
		require.Equal(t, 90*day, p.UnderFiveMinutes)
	}
	require.Equal(t, int64(3<<30), Policy{}.Widest(Policy{MaxBytes: 3 << 30}).MaxBytes)
	require.Equal(t, int64(2<<30), Policy{}.Widest(Policy{MaxBytes: 1 << 30}).MaxBytes)
}

// One look by a clock that is years ahead lets nothing go for good, and is told. A cache that nobody used for long goes on as usual after a week.
func TestClockYearsAheadRemovesNothing(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	used := func(at time.Time) {
		require.NoError(t, s.Record(ctx, Entry{At: at, AccountID: "1"}))
	}
	for i := range 100 {
		used(epoch.Add(time.Duration(i) * day))
	}
	k := keyOf("m", "p90", time.Minute)
	hold(t, s, k, epoch, epoch.Add(10*day), linear)
	tell(t, s, event("m", EventOpened, 60))
	kept := func() [3]int {
		return [3]int{load(t, s, k, series.Align(epoch, epoch.Add(10*day), time.Minute)).present(), rows(t, s, "events"), rows(t, s, "costs")}
	}
	whole := kept()

	future := epoch.AddDate(4, 0, 0)
	used(future)
	report, err := s.Maintain(ctx, future, Policy{})
	require.ErrorContains(t, err, "by the clock it is "+future.Format(time.RFC3339))
	require.Equal(t, Report{Bytes: report.Bytes, LongestLock: report.LongestLock}, report)
	whole[2]++ // what the look cost
	require.Equal(t, whole, kept())

	report = maintain(t, s, epoch.Add(100*day), Policy{})
	require.Positive(t, report.Points, "the clock is right again")
	require.Zero(t, report.Events, "the wrong one has moved nothing")

	for i := range 7 {
		used(future.Add(time.Duration(i) * day))
		_, err = s.Maintain(ctx, future.Add(time.Duration(i)*day), Policy{})
		require.Error(t, err)
	}
	report = maintain(t, s, future.Add(7*day), Policy{})
	require.Positive(t, report.Points)
	require.Equal(t, 1, report.Events)
}

// Maintenance rests as long as it holds the lock, after each step: another process that waits for the lock would starve.
func TestMaintenanceRests(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	hold(t, s, keyOf("m", "p90", time.Minute), epoch, epoch.Add(110*day), func(i int) float64 { return math.Sin(float64(i)) })
	ctx := context.Background()
	var rests []time.Duration
	u := &upkeep{Store: s, now: epoch.Add(210 * day), policy: Policy{}.withDefaults(), pause: func(_ context.Context, d time.Duration) error {
		rests = append(rests, d)
		return nil
	}}
	require.NoError(t, u.retire(ctx))
	require.GreaterOrEqual(t, len(rests), u.report.Chunks/stepChunks)
	retired := len(rests)
	require.NoError(t, u.shrink(ctx))
	require.Positive(t, u.report.BytesFreed)
	require.Greater(t, len(rests), retired)
	longest := time.Duration(0)
	for _, d := range rests {
		require.Positive(t, d)
		longest = max(longest, d)
	}
	require.Equal(t, u.report.LongestLock, longest)

	stopped, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, pause(stopped, time.Hour), context.Canceled, "who waits for its end does not wait for long")
}

// After a reader that stayed for long the write-ahead log takes no more of the disk than it may.
func TestWriteAheadLogIsCut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	reader, err := s.read.Begin()
	require.NoError(t, err)
	var n int
	require.NoError(t, reader.QueryRow("SELECT count(*) FROM series").Scan(&n))
	write := func(spec, bytes int) {
		_, err := s.write.Exec("INSERT INTO states VALUES (0, ?, 0, 0, 0, 0, 0, zeroblob(?))", spec, bytes)
		require.NoError(t, err)
	}
	log := func() int64 {
		info, err := os.Stat(path(dir, 0) + "-wal")
		require.NoError(t, err)
		return info.Size()
	}
	for i := range 10 {
		write(i, 4<<20)
	}
	require.Greater(t, log(), int64(2*maxLogBytes))
	require.NoError(t, reader.Rollback())
	for i := range 3 {
		write(100+i, 1)
	}
	require.LessOrEqual(t, log(), int64(maxLogBytes))
}

// What a process commits to a file that another has set aside, it commits again to the one that will be read.
func TestCommitsFollowToTheNextFile(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir) // two processes
	hold(t, a, key("m"), epoch, epoch.Add(time.Hour), linear)
	require.NoError(t, a.replaceDamaged(context.Background(), 0)) // a finds damage
	require.NoError(t, a.replaceDamaged(context.Background(), 1)) // twice
	require.Equal(t, 60, load(t, b, key("m"), window(0, 60)).present(), "reading goes on")
	for i := range 3 {
		hold(t, b, key("m"), window(60+i, 0).Start, window(61+i, 0).Start, linear)
		require.NoError(t, b.Record(context.Background(), Entry{At: epoch, AccountID: "1", CostUSD: 1}))
	}
	require.Equal(t, []string{path(dir, 0), path(dir, 1)}, b.SetAside())
	a.Close()
	b.Close()
	c := open(t, dir)
	require.Equal(t, 3, load(t, c, key("m"), window(0, 100)).present())
	sums, err := c.Spending(context.Background(), epoch)
	require.NoError(t, err)
	require.Equal(t, []Spent{{AccountID: "1", Calls: 3, CostUSD: 3}}, sums)
	require.Equal(t, b.SetAside(), c.SetAside())
	require.False(t, exists(context.Background(), path(dir, 3)), "no further file is begun")
}

// Maintenance that began with a file does nothing to the next one, where the same numbers are those of other series.
func TestMaintenanceKeepsToItsFile(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	old := keyOf("old", "p90", time.Minute)
	hold(t, a, old, epoch, epoch.Add(30*day), linear)
	rests := 0
	u := &upkeep{Store: b, now: epoch.Add(200 * day), policy: Policy{}.withDefaults(), pause: func(ctx context.Context, _ time.Duration) error {
		if rests++; rests > 1 {
			return nil
		}
		err := a.replaceDamaged(ctx, 0)
		hold(t, a, keyOf("new", "p90", 5*time.Minute), epoch, epoch.Add(30*day), linear)
		return err
	}}
	require.ErrorIs(t, u.run(context.Background()), errFileChanged)
	held := load(t, b, keyOf("new", "p90", 5*time.Minute), series.Align(epoch, epoch.Add(30*day), 5*time.Minute))
	require.Equal(t, 30*288, held.present())
	require.Equal(t, 30*288, maintain(t, b, epoch.Add(500*day), Policy{}).Points, "the next one is of the new file")
}
