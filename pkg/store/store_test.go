//go:build cgo

package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

var epoch = time.Unix(1_700_000_000, 0).UTC().Truncate(time.Hour)

func key(metric string) series.Key {
	return series.Key{AccountID: "111111111111", Region: "us-east-1", Namespace: "N", Metric: metric, Stat: "Average", Period: time.Minute}
}

func window(from, to int) series.Window {
	return series.Window{Start: epoch.Add(time.Duration(from) * time.Minute), End: epoch.Add(time.Duration(to) * time.Minute), Period: time.Minute}
}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func filled(k series.Key, w series.Window, f func(int) float64) series.Series {
	s := series.New(k, w)
	for i := range s.Values {
		s.Values[i] = f(i)
	}
	return s
}

func load(t require.TestingT, s *Store, k series.Key, w series.Window) Held {
	held, err := s.Load(context.Background(), []series.Key{k}, w)
	require.NoError(t, err)
	return held[0]
}

// Whatever is written in whatever order, a read gives the last value of each bucket, bit for bit, final ranges stay final, and extents
// cover exactly what was asked.
func TestStoreBehavesAsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(context.Background(), "")
		require.NoError(rt, err)
		defer s.Close()
		const span = 1500 // about three chunks
		values := map[int]float64{}
		asked, final := map[int]bool{}, map[int]bool{}
		for range rapid.IntRange(1, 8).Draw(rt, "writes") {
			from := rapid.IntRange(0, span-1).Draw(rt, "from")
			to := from + rapid.IntRange(1, span-from).Draw(rt, "length")
			finalUntil := rapid.IntRange(from, to).Draw(rt, "final")
			fetched := filled(key("m"), window(from, to), func(int) float64 { return math.NaN() })
			wantRevised := 0
			for i := range fetched.Values {
				if rapid.IntRange(0, 3).Draw(rt, "gap") == 0 {
					continue
				}
				v := rapid.Float64().Draw(rt, "v")
				if old, held := values[from+i]; asked[from+i] && (!held || old != v) {
					wantRevised++
				}
				fetched.Values[i], values[from+i] = v, v
			}
			revised, err := s.Save(context.Background(), []Write{{fetched, window(finalUntil, finalUntil).Start, window(span, 0).Start}})
			require.NoError(rt, err)
			require.Equal(rt, wantRevised, revised[0])
			for i := from; i < to; i++ {
				asked[i] = true
				final[i] = final[i] || i < finalUntil
			}
		}
		from := rapid.IntRange(-20, span).Draw(rt, "read from")
		w := window(from, from+rapid.IntRange(0, span).Draw(rt, "read length"))
		held := load(rt, s, key("m"), w)
		require.Len(rt, held.Series.Values, w.Len())
		for i, got := range held.Series.Values {
			want, ok := values[from+i]
			if !ok {
				want = math.NaN()
			}
			if got == 0 && want == 0 {
				continue // a zero of the other sign is the same number, and no revision
			}
			require.Equal(rt, math.Float64bits(want), math.Float64bits(got), "bucket %d", from+i)
		}
		for i := range w.Len() {
			covered, isFinal := 0, false
			for _, e := range held.Extents {
				if !w.Time(i).Before(e.Start) && w.Time(i).Before(e.End) {
					covered++
					isFinal = e.Final()
				}
			}
			require.LessOrEqual(rt, covered, 1, "extents overlap")
			require.Equal(rt, asked[from+i], covered == 1)
			require.Equal(rt, final[from+i], isFinal)
		}
		requireMarksAgree(rt, s, key("m"))
	})
}

func TestFinalNeighboursAreOneExtent(t *testing.T) {
	s := open(t, "")
	for _, w := range []series.Window{window(0, 10), window(20, 30), window(10, 20)} {
		_, err := s.Save(context.Background(), []Write{{series.New(key("m"), w), w.End, window(40, 0).Start}})
		require.NoError(t, err)
	}
	held := load(t, s, key("m"), window(0, 30))
	require.Equal(t, []Extent{{Window: window(0, 30)}}, held.Extents)
}

// The everyday write, a new bucket and the ones that may still change, leaves the chunks alone; now and then the older ones move there.
func TestAppendsTouchTheTailAlone(t *testing.T) {
	s := open(t, "")
	hold(t, s, key("m"), epoch, epoch.Add(2000*time.Minute), linear)
	chunks := func() (content string) {
		require.NoError(t, s.write.QueryRow("SELECT group_concat(hex(chunk)) FROM points").Scan(&content))
		return content
	}
	before, moves := chunks(), 0
	const appends = 1000
	for i := range appends {
		w := window(max(2000, 2000+i-31), 2000+i+1)
		_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, func(k int) float64 { return float64(w.Time(k).Unix() % 1013) }), window(0, 2000+i-30).End, w.End}})
		require.NoError(t, err)
		if now := chunks(); now != before {
			before = now
			moves++
		}
	}
	require.Positive(t, moves)
	require.LessOrEqual(t, moves, appends/90)
	held := load(t, s, key("m"), window(2000, 2000+appends))
	for i, v := range held.Series.Values {
		require.Equal(t, float64(held.Series.Window.Time(i).Unix()%1013), v)
	}
	requireMarksAgree(t, s, key("m"))
}

// AWS forgets; the store does not.
func TestMissingNeverErases(t *testing.T) {
	s := open(t, "")
	w := window(0, 5)
	_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, func(i int) float64 { return float64(i) }), w.End, epoch}})
	require.NoError(t, err)
	revised, err := s.Save(context.Background(), []Write{{series.New(key("m"), w), w.End, epoch}})
	require.NoError(t, err)
	require.Zero(t, revised[0])
	require.Equal(t, []float64{0, 1, 2, 3, 4}, load(t, s, key("m"), w).Series.Values)
}

func TestSeriesDoNotMix(t *testing.T) {
	s := open(t, "")
	w := window(0, 5)
	other := key("m")
	other.AccountID = "222222222222"
	_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, func(int) float64 { return 1 }), w.End, epoch}})
	require.NoError(t, err)
	require.Empty(t, load(t, s, other, w).Extents)
}

func TestCommitOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	w := window(0, 700)
	first := open(t, dir)
	_, err := first.Save(context.Background(), []Write{{filled(key("m"), w, func(i int) float64 { return math.Sqrt(float64(i)) }), w.End, epoch}})
	require.NoError(t, err)
	// Not closed: a second process reads what the first committed.
	second := open(t, dir)
	require.Equal(t, math.Sqrt(699), load(t, second, key("m"), w).Series.Values[699])
}

func TestDamagedDatabaseIsSetAside(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"garbage header": func(b []byte) []byte { copy(b, "this is no database at all"); return b },
		"garbage pages": func(b []byte) []byte {
			for i := 4096; i < len(b); i++ {
				b[i] = byte(i * 31)
			}
			return b
		},
		"cut in half": func(b []byte) []byte { return b[:len(b)/2] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := window(0, 3000)
			s, err := Open(context.Background(), dir)
			require.NoError(t, err)
			save := func(s *Store) {
				_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, func(i int) float64 { return math.Sin(float64(i)) }), w.End, epoch}})
				require.NoError(t, err)
			}
			save(s)
			s.Close()
			file := filepath.Join(dir, "vigia-cloudwatch.db")
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			damaged := damage(content)
			require.NoError(t, os.WriteFile(file, damaged, 0o600))
			for _, rest := range []string{"-wal", "-shm"} {
				_ = os.Remove(file + rest)
			}

			s = open(t, dir)
			held := load(t, s, key("m"), w)
			require.Empty(t, held.Extents, "what is damaged is not believed")
			require.Equal(t, []string{file}, s.SetAside())
			save(s)
			kept, err := os.ReadFile(file)
			require.NoError(t, err)
			require.True(t, bytes.Equal(damaged, kept), "the damaged file stays as it is")

			again := open(t, dir)
			require.Equal(t, math.Sin(2999), load(t, again, key("m"), w).Series.Values[2999], "the new database is found again")
			require.Equal(t, []string{file}, again.SetAside())
		})
	}
}

// A cancelled query takes nothing away from a database in memory.
func TestMemoryOutlivesACancelledQuery(t *testing.T) {
	t.Parallel()
	s := open(t, "")
	w := window(0, 2000)
	_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, func(i int) float64 { return float64(i) }), w.End, epoch}})
	require.NoError(t, err)
	many := make([]series.Key, 100)
	for i := range many {
		many[i] = key("m")
	}
	for i := range 50 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*100*time.Microsecond)
		_, _ = s.Load(ctx, many, w)
		cancel()
	}
	require.Equal(t, 1999.0, load(t, s, key("m"), w).Series.Values[1999])
}

// Removing what was set aside, as health advises, does not hide the cache in use.
func TestRemovedGenerationsHideNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.replaceDamaged(context.Background(), 0))
	require.NoError(t, s.replaceDamaged(context.Background(), 1))
	w := window(0, 10)
	_, err := s.Save(context.Background(), []Write{{filled(key("m"), w, func(int) float64 { return 7 }), w.End, epoch}})
	require.NoError(t, err)
	s.Close()
	for _, file := range s.SetAside() {
		require.NoError(t, os.Remove(file))
	}
	again := open(t, dir)
	require.Equal(t, 7.0, load(t, again, key("m"), w).Series.Values[0])
	require.Empty(t, again.SetAside())
}

func TestUnwritableDirectoryIsSaidInWords(t *testing.T) {
	_, err := Open(context.Background(), filepath.Join(t.TempDir(), "absent"))
	require.ErrorContains(t, err, "cannot be written")
	require.ErrorContains(t, err, "cache_path")
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := s.write.Exec("PRAGMA user_version = 99")
	require.NoError(t, err)
	_, err = Open(context.Background(), dir)
	require.ErrorContains(t, err, "newer version")
}

func TestRegistrySharesAndCloses(t *testing.T) {
	var r Registry
	dir := t.TempDir()
	a, releaseA, err := r.Acquire(context.Background(), dir)
	require.NoError(t, err)
	b, releaseB, err := r.Acquire(context.Background(), dir)
	require.NoError(t, err)
	require.Same(t, a, b)
	releaseA()
	releaseA() // a second call does not count twice
	require.NoError(t, b.Check(context.Background()))
	releaseB()
	require.Error(t, b.Check(context.Background()), "the last one closes")
}

func TestLedgerSums(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	require.NoError(t, s.Record(ctx, Entry{At: epoch, AccountID: "1", Operation: "GetMetricData", Metrics: 10, CostUSD: 0.0001}))
	require.NoError(t, s.Record(ctx, Entry{At: epoch.Add(time.Hour), AccountID: "1", Operation: "GetMetricData", Metrics: 5, CostUSD: 0.00005, Error: "throttled"}))
	require.NoError(t, s.Record(ctx, Entry{At: epoch.Add(-time.Hour), AccountID: "1", Metrics: 1000}))
	sums, err := s.Spending(ctx, epoch)
	require.NoError(t, err)
	require.Len(t, sums, 1)
	require.Equal(t, 15, sums[0].Metrics)
	require.Equal(t, 2, sums[0].Calls)
	require.Equal(t, 1, sums[0].Failed)
	require.InDelta(t, 0.00015, sums[0].CostUSD, 1e-12)
}

func TestConcurrentReadersAndWriters(t *testing.T) {
	s := open(t, t.TempDir())
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			k := key(string(rune('a' + worker)))
			for i := range 20 {
				w := window(0, 10*(i+1))
				_, err := s.Save(context.Background(), []Write{{filled(k, w, func(j int) float64 { return float64(j) }), w.End, epoch}})
				if err != nil {
					t.Error(err)
					return
				}
				held, err := s.Load(context.Background(), []series.Key{k}, w)
				if err != nil || len(held[0].Extents) != 1 || held[0].Series.Values[w.Len()-1] != float64(w.Len()-1) {
					t.Errorf("worker %d round %d: %v %v", worker, i, held, err)
					return
				}
			}
		}()
	}
	wait.Wait()
}

// What the first schemas called a chunk decodes or is refused, whatever the bytes; nothing panics and nothing large is allocated.
func FuzzUnpackOld(f *testing.F) {
	encoder, err := zstd.NewWriter(nil)
	require.NoError(f, err)
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<20))
	require.NoError(f, err)
	f.Add(packOld(encoder, make([]float64, oldChunkLen)))
	f.Add([]byte{oldChunkVersion, 0x28, 0xb5, 0x2f, 0xfd})
	f.Fuzz(func(t *testing.T, packed []byte) {
		var values, again [oldChunkLen]float64
		if err := unpackOld(decoder, packed, values[:]); err != nil {
			require.ErrorIs(t, err, errBadChunk)
			return
		}
		require.NoError(t, unpackOld(decoder, packOld(encoder, values[:]), again[:]))
		for i := range values {
			require.Equal(t, math.Float64bits(values[i]), math.Float64bits(again[i]))
		}
	})
}

// packOld makes a chunk as the first two schemas held it.
func packOld(encoder *zstd.Encoder, values []float64) []byte {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	return encoder.EncodeAll(raw, []byte{oldChunkVersion})
}

// The messages that an administrator acts on, from the errors that SQLite's driver gives.
func TestErrorsAreExplained(t *testing.T) {
	for says, err := range map[string]error{
		"cache_path":        sqlite3.Error{Code: sqlite3.ErrReadonly},
		"full or failing":   sqlite3.Error{Code: sqlite3.ErrFull},
		"locked by another": sqlite3.Error{Code: sqlite3.ErrBusy},
	} {
		require.ErrorContains(t, explain("/cache", err), says)
		require.ErrorIs(t, explain("/cache", err), err)
	}
	require.NoError(t, explain("/cache", nil))
}
