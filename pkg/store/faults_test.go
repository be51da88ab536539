//go:build cgo

package store

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// A child is this test's binary, started to run one of these with a directory.
const childVariable = "VIGIA_STORE_CHILD"

var children = map[string]func(t *testing.T, dir string, from int){"writer": childWriter, "locker": childLocker}

// TestChild does nothing but in a child.
func TestChild(t *testing.T) {
	role, rest, ok := strings.Cut(os.Getenv(childVariable), " ")
	if !ok {
		return
	}
	from, dir, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(from)
	require.NoError(t, err)
	children[role](t, dir, n)
}

// startChild starts one; what it says comes line by line.
func startChild(t *testing.T, role, dir string, from int) (*exec.Cmd, *bufio.Scanner) {
	child := exec.Command(os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", childVariable, role, from, dir))
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	_, err = child.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	return child, bufio.NewScanner(out)
}

// The load of the writer: rounds of a few series, each of which gets so many buckets and says the last ones again, as a collector does.
const (
	loadSeries = 4
	loadStep   = 20
	loadReread = 6
	loadKept   = 2000 * time.Minute // then points are rolled up and leave
)

func loadKey(i int) series.Key { return keyOf(fmt.Sprint("load", i), "Sum", time.Minute) }

func loadValue(k, bucket int) float64 { return math.Sqrt(float64(bucket+1)) * float64(k+1) }

func loadWrites(round int) []Write {
	w := window(max(0, round*loadStep-loadReread), (round+1)*loadStep)
	writes := make([]Write, loadSeries)
	for k := range writes {
		s := filled(loadKey(k), w, func(i int) float64 { return loadValue(k, int(w.Time(i).Sub(epoch)/time.Minute)) })
		writes[k] = Write{s, window(0, round*loadStep).End, w.End}
	}
	return writes
}

// childWriter writes rounds from one on, and says which are committed.
func childWriter(t *testing.T, dir string, from int) {
	s, err := Open(context.Background(), dir)
	require.NoError(t, err)
	for round := from; ; round++ {
		writes := loadWrites(round)
		_, err := s.Save(context.Background(), writes)
		require.NoError(t, err)
		require.NoError(t, s.Record(context.Background(), Entry{At: writes[0].FetchedAt, AccountID: "1", Metrics: 1, CostUSD: 1}))
		fmt.Println("round", round)
		if round%10 == 9 {
			_, err := s.Maintain(context.Background(), writes[0].FetchedAt, Policy{UnderFiveMinutes: loadKept, Calls: -1, Costs: -1})
			require.NoError(t, err)
		}
	}
}

// childLocker holds the write lock until it is killed.
func childLocker(t *testing.T, dir string, _ int) {
	s, err := Open(context.Background(), dir)
	require.NoError(t, err)
	_, err = s.write.Begin()
	require.NoError(t, err)
	fmt.Println("locked")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

// Killed at any moment, as it opens, writes, rolls up or gives pages back, a process loses nothing that it committed, and nothing is
// wrong afterwards.
func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 8))
	next := 0 // the first round that is not known to be committed
	for range kills {
		child, says := startChild(t, "writer", dir, next)
		timer := time.AfterFunc(time.Duration(r.IntN(60_000))*time.Microsecond, func() { _ = child.Process.Kill() })
		for says.Scan() {
			text, ok := strings.CutPrefix(says.Text(), "round ")
			require.True(t, ok, says.Text())
			round, err := strconv.Atoi(text)
			require.NoError(t, err)
			next = round + 1
		}
		_ = child.Wait()
		timer.Stop()
		requireLoad(t, dir, &next)
	}
	require.Greater(t, next, kills/10, "something was written")
	t.Logf("%d kills, %d rounds of %d series committed", kills, next, loadSeries)
}

// requireLoad says that all rounds before next are there. The round after may be, as a whole.
func requireLoad(t *testing.T, dir string, next *int) {
	s, err := Open(context.Background(), dir)
	require.NoError(t, err)
	defer s.Close()
	require.Empty(t, s.SetAside())
	var check string
	require.NoError(t, s.write.QueryRow("PRAGMA quick_check").Scan(&check))
	require.Equal(t, "ok", check)
	end := (*next + 1) * loadStep
	from := max(0, *next*loadStep-int(loadKept/time.Minute))
	last := 0
	for k := range loadSeries {
		held := load(t, s, loadKey(k), window(0, end+100))
		newest := -1
		for i, v := range held.Series.Values {
			if math.IsNaN(v) {
				require.False(t, i >= from && i < *next*loadStep, "series %d lost bucket %d of %d", k, i, *next*loadStep)
				continue
			}
			require.Equal(t, math.Float64bits(loadValue(k, i)), math.Float64bits(v), "series %d bucket %d", k, i)
			newest = i
		}
		require.Contains(t, []int{*next*loadStep - 1, end - 1}, newest, "a round is there or not")
		require.True(t, k == 0 || last == newest, "a round is there for all series")
		last = newest
		requireMarksAgree(t, s, loadKey(k))
		requireRolled(t, s, k)
	}
	if last == end-1 {
		*next++
	}
	sums, err := s.Spending(context.Background(), time.Unix(0, 0))
	require.NoError(t, err)
	for _, sum := range sums {
		require.Equal(t, rows(t, s, "ledger"), sum.Calls, "the sums are those of the ledger")
		require.Equal(t, float64(sum.Calls), sum.CostUSD)
	}
}

// requireRolled says that what was rolled up is right, bucket for bucket.
func requireRolled(t *testing.T, s *Store, k int) {
	coarse := loadKey(k)
	coarse.Period = 5 * time.Minute
	start := series.Floor(epoch, coarse.Period)
	held := load(t, s, coarse, series.Align(start, start.AddDate(0, 1, 0), coarse.Period))
	for i, v := range held.Series.Values {
		if math.IsNaN(v) {
			continue
		}
		var values []float64
		for j := range 5 {
			values = append(values, loadValue(k, 5*i+j))
		}
		require.Equal(t, sum(values), v)
	}
}

// A disk that is full fails the write in words, keeps what was there, and serves again once there is room.
func TestFullDisk(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := context.Background()
	hold(t, s, key("m"), epoch, epoch.Add(time.Hour), linear)
	var pages int
	require.NoError(t, s.write.QueryRow("PRAGMA page_count").Scan(&pages))
	limit := func(n int) {
		_, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n))
		require.NoError(t, err)
	}
	limit(pages + 1)
	w := window(60, 60000)
	large := Write{filled(key("m"), w, func(i int) float64 { return math.Sin(float64(i)) }), w.End, w.End}
	_, err := s.Save(ctx, []Write{large})
	require.ErrorContains(t, err, "full or failing")
	held := load(t, s, key("m"), window(0, 60000))
	require.Equal(t, []Extent{{Window: window(0, 60)}}, held.Extents, "all or nothing")
	require.Equal(t, 59.0, held.Series.Values[59])
	require.Equal(t, 60, held.present())
	require.Empty(t, s.SetAside())

	limit(1 << 30)
	_, err = s.Save(ctx, []Write{large})
	require.NoError(t, err)
	require.Equal(t, 60000, load(t, s, key("m"), window(0, 60000)).present())
}

// A database that must not be written answers what it has, and says what to do. SQLite is told to refuse: a test that runs as root could
// write any directory.
func TestReadOnlyDatabase(t *testing.T) {
	s := open(t, t.TempDir())
	hold(t, s, key("m"), epoch, epoch.Add(time.Hour), linear)
	_, err := s.write.Exec("PRAGMA query_only = 1")
	require.NoError(t, err)
	_, err = s.Save(context.Background(), []Write{{filled(key("m"), window(60, 61), linear), epoch, epoch}})
	require.ErrorContains(t, err, "cache_path")
	require.ErrorContains(t, s.Check(context.Background()), "cache_path")
	require.Equal(t, 60, load(t, s, key("m"), window(0, 100)).present())
	require.Empty(t, s.SetAside())
}

// Garbage in any one page is noticed, or hurts nothing that is answered: a value is the one that was written, or is not there.
func TestGarbageInAnyPage(t *testing.T) {
	t.Parallel()
	made := t.TempDir()
	s, err := Open(context.Background(), made)
	require.NoError(t, err)
	for k := range 3 {
		hold(t, s, loadKey(k), epoch, epoch.Add(3000*time.Minute), func(i int) float64 { return loadValue(k, i) })
	}
	s.Close()
	content, err := os.ReadFile(path(made, 0))
	require.NoError(t, err)
	const page = 4096
	r := rand.New(rand.NewPCG(9, 10))
	dir := t.TempDir()
	noticed := 0
	for at := 0; at < len(content); at += page {
		hurt := append([]byte(nil), content...)
		for i := range page {
			hurt[at+i] = byte(r.Uint32())
		}
		sub := fmt.Sprintf("%s/%d", dir, at)
		require.NoError(t, os.Mkdir(sub, 0o700))
		require.NoError(t, os.WriteFile(path(sub, 0), hurt, 0o600))
		s, err := Open(context.Background(), sub)
		require.NoError(t, err)
		for k := range 3 {
			held := load(t, s, loadKey(k), window(-10, 3010))
			for i, v := range held.Series.Values {
				require.True(t, math.IsNaN(v) || v == loadValue(k, i-10), "page %d: series %d bucket %d is %v", at/page, k, i-10, v)
				if holds(held.Extents, held.Series.Window.Time(i)) {
					require.False(t, math.IsNaN(v), "page %d: what is held is there", at/page)
				}
			}
		}
		noticed += len(s.SetAside())
		s.Close()
	}
	require.Positive(t, noticed)
}

// While another process holds the lock, reading goes on, and writing fails in words; afterwards it goes on.
func TestLockedByAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	hold(t, s, key("m"), epoch, epoch.Add(time.Hour), linear)
	_, err := s.write.Exec("PRAGMA busy_timeout = 50")
	require.NoError(t, err)
	child, says := startChild(t, "locker", dir, 0)
	defer func() { _ = child.Wait() }()
	defer func() { _ = child.Process.Kill() }()
	require.True(t, says.Scan())
	require.Equal(t, "locked", says.Text())
	more := []Write{{filled(key("m"), window(60, 70), linear), epoch, epoch}}
	_, err = s.Save(context.Background(), more)
	require.ErrorContains(t, err, "locked by another process")
	require.Equal(t, 60, load(t, s, key("m"), window(0, 100)).present())
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	_, err = s.Save(context.Background(), more)
	require.NoError(t, err)
	require.Equal(t, 70, load(t, s, key("m"), window(0, 100)).present())
}

// Two instances on one directory, which write the same series in turn, lose nothing of each other.
func TestTwoInstancesOverlap(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{open(t, dir), open(t, dir)}
	const rounds = 300
	var wait sync.WaitGroup
	for which, s := range stores {
		wait.Go(func() {
			for i := which; i < rounds; i += 2 {
				w := window(i, i+1)
				_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, func(int) float64 { return loadValue(0, i) }), w.End, window(0, rounds).End}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for _, s := range stores {
		held := load(t, s, key("m"), window(0, rounds))
		for i, v := range held.Series.Values {
			require.Equal(t, loadValue(0, i), v, "bucket %d", i)
		}
		require.Equal(t, []Extent{{Window: window(0, rounds)}}, held.Extents)
		requireMarksAgree(t, s, key("m"))
	}
}
