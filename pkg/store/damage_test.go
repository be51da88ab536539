//go:build cgo

package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// damageChunk changes the blob of a chunk or tail.
func damageChunk(t require.TestingT, s *Store, at place, to func(blob []byte) []byte) {
	query, update, row := "SELECT chunk FROM tails WHERE series_id = ?", "UPDATE tails SET chunk = ? WHERE series_id = ?", at.id
	if !at.tail {
		query, update, row = "SELECT chunk FROM points WHERE id = ?", "UPDATE points SET chunk = ? WHERE id = ?", rowOf(at.id, at.start)
	}
	var blob []byte
	require.NoError(t, s.write.QueryRow(query, row).Scan(&blob))
	_, err := s.write.Exec(update, to(blob), row)
	require.NoError(t, err)
}

// places are where the chunks and tails of a database stand, in order.
func places(t require.TestingT, s *Store) (all []place) {
	for query, tail := range map[string]bool{"SELECT id >> 34, id & ((1 << 34) - 1) FROM points": false, "SELECT series_id, start_s FROM tails": true} {
		rows, err := s.write.Query(query)
		require.NoError(t, err)
		for rows.Next() {
			p := place{tail: tail}
			require.NoError(t, rows.Scan(&p.id, &p.start))
			all = append(all, p)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	slices.SortFunc(all, func(a, b place) int { return slices.Compare([]int64{a.id, a.start}, []int64{b.id, b.start}) })
	return all
}

// requireSame says that the same is held, bit for bit.
func requireSame(t require.TestingT, a, b Held) {
	require.Equal(t, a.Extents, b.Extents)
	require.True(t, slices.EqualFunc(a.Series.Values, b.Series.Values, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }))
}

// spanOf is extents without their standing, neighbours joined.
func spanOf(extents []Extent) (out []Extent) {
	for _, w := range join(windows(extents)) {
		out = append(out, Extent{Window: w})
	}
	return out
}

// flipped is a blob with some of its bits flipped, each once.
func flipped(blob []byte, bits []int) []byte {
	done := map[int]bool{}
	for _, n := range bits {
		if n %= 8 * len(blob); !done[n] {
			done[n] = true
			blob[n/8] ^= 1 << (n % 8)
		}
	}
	return blob
}

const damagedSeries = 2

func damagedKey(k int) series.Key { return keyOf(fmt.Sprint("d", k), "Sum", time.Minute) }

func damagedValue(k, minute int) float64 {
	if minute%17 == 0 {
		return math.NaN()
	}
	return math.Sqrt(float64(minute)) * float64(k+1)
}

// fillDamaged writes some chunks and a tail of each series, by everyday writes, and returns until when.
func fillDamaged(t require.TestingT, s *Store) (end int) {
	end = 1100
	for k := range damagedSeries {
		for _, w := range []series.Window{window(0, 900), window(870, 960), window(940, 1050), window(1020, end)} {
			from := int(w.Start.Sub(epoch) / time.Minute)
			_, err := s.Save(context.Background(), []Write{{filled(damagedKey(k), w, func(i int) float64 { return damagedValue(k, from+i) }), w.Time(w.Len() - 45), window(end, 0).Start}})
			require.NoError(t, err)
		}
	}
	return end
}

// Whatever bits of whatever chunks are flipped, and whoever meets them first: each read gives the true values or says that the span is not
// held; what other chunks hold stays; the damage is counted with its series and span; asked for again, all is there.
func TestFlippedBitsCostTheirChunkAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(context.Background(), "")
		require.NoError(rt, err)
		defer s.Close()
		end := fillDamaged(rt, s)
		whole := window(-20, end+20)
		before := make([]Held, damagedSeries)
		ids := make([]int64, damagedSeries)
		for k := range before {
			before[k] = load(rt, s, damagedKey(k), whole)
			require.NoError(rt, s.write.QueryRow("SELECT id FROM series WHERE key = ?", damagedKey(k).ID()).Scan(&ids[k]))
		}
		all := places(rt, s)
		hurt := map[place]bool{}
		for range rapid.IntRange(1, 4).Draw(rt, "chunks") {
			at := rapid.SampledFrom(all).Draw(rt, "chunk")
			bits := rapid.SliceOfNDistinct(rapid.IntRange(0, 20_000), 1, 5, func(n int) int { return n }).Draw(rt, "bits")
			if !hurt[at] {
				hurt[at] = true
				damageChunk(rt, s, at, func(blob []byte) []byte { return flipped(blob, bits) })
			}
		}
		gone := make([][]Extent, damagedSeries)
		for p := range hurt {
			k := slices.Index(ids, p.id)
			span := p.span(damagedKey(k))
			if !p.tail { // what it has before the tail
				newer := slices.IndexFunc(all, func(q place) bool { return q.tail && q.id == p.id })
				span = span.Intersect(series.Window{Start: span.Start, End: unix(all[newer].start), Period: span.Period})
			}
			gone[k] = append(gone[k], Extent{Window: span})
		}

		written := series.Window{}
		if rapid.Bool().Draw(rt, "written before it is read") {
			from := rapid.IntRange(0, end-1).Draw(rt, "from")
			written = window(from, rapid.IntRange(from+1, end).Draw(rt, "to"))
			var writes []Write
			for k := range damagedSeries {
				writes = append(writes, Write{filled(damagedKey(k), written, func(i int) float64 { return damagedValue(k, from+i) }), window(0, end-45).End, window(0, end).End})
			}
			_, err := s.Save(context.Background(), writes)
			require.NoError(rt, err)
		}

		for k := range damagedSeries {
			held := load(rt, s, damagedKey(k), whole)
			for i, v := range held.Series.Values {
				at, want, there := whole.Time(i), math.NaN(), false
				if holds(before[k].Extents, at) && (!holds(gone[k], at) || holds([]Extent{{Window: written}}, at)) {
					want, there = before[k].Series.Values[i], true
				}
				if holds(held.Extents, at) != there || math.Float64bits(want) != math.Float64bits(v) && !(math.IsNaN(want) && math.IsNaN(v)) {
					rt.Fatalf("series %d bucket %d: %v, held %t; want %v, held %t", k, i-20, v, holds(held.Extents, at), want, there)
				}
			}
			requireSame(rt, held, load(rt, s, damagedKey(k), whole))
			requireMarksAgree(rt, s, damagedKey(k))
		}
		require.Empty(rt, s.SetAside())
		chunks, newest := s.Damaged()
		require.Equal(rt, len(hurt), chunks)
		for _, d := range newest {
			require.False(rt, d.Window.Empty())
			require.Contains(rt, []string{"d0", "d1"}, d.Series.Metric)
		}

		fillDamaged(rt, s)
		for k := range damagedSeries {
			again := load(rt, s, damagedKey(k), whole)
			again.Extents, before[k].Extents = spanOf(again.Extents), spanOf(before[k].Extents)
			requireSame(rt, before[k], again)
		}
	})
}

// blobOf is what stands in the place of a chunk.
func blobOf(t require.TestingT, s *Store, at place) (blob []byte) {
	damageChunk(t, s, at, func(b []byte) []byte { blob = slices.Clone(b); return b })
	return blob
}

// Whatever stands in the place of a chunk and is not this chunk is damaged.
func TestWhatIsNoChunkIsDamaged(t *testing.T) {
	for name, to := range map[string]func(blob, other []byte) []byte{
		"empty":              func(_, _ []byte) []byte { return []byte{} },
		"cut":                func(blob, _ []byte) []byte { return blob[:len(blob)/2] },
		"longer":             func(blob, _ []byte) []byte { return append(blob, 0) },
		"zeroes":             func(blob, _ []byte) []byte { return make([]byte, len(blob)) },
		"of another version": func(blob, _ []byte) []byte { blob[0]++; return blob },
		"of another series":  func(_, other []byte) []byte { return other },
	} {
		for _, tail := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, tail %t", name, tail), func(t *testing.T) {
				s := open(t, t.TempDir())
				end := fillDamaged(t, s)
				all := places(t, s)
				is := func(p place) bool { return p.tail == tail }
				first := slices.IndexFunc(all, is)
				at, other := all[first], all[first+1+slices.IndexFunc(all[first+1:], is)]
				foreign := blobOf(t, s, other)
				damageChunk(t, s, at, func(blob []byte) []byte { return to(blob, foreign) })
				held := load(t, s, damagedKey(0), window(0, end))
				require.False(t, holds(held.Extents, unix(at.start)))
				require.True(t, math.IsNaN(held.Series.Slice(at.span(damagedKey(0))).Values[1]))
				require.Equal(t, slices.DeleteFunc(slices.Clone(all), func(p place) bool { return p == at }), places(t, s))
				chunks, newest := s.Damaged()
				require.Equal(t, 1, chunks)
				require.Equal(t, damagedKey(0), newest[0].Series)
				require.Equal(t, window(0, end).Intersect(at.span(damagedKey(0))), newest[0].Window)
			})
		}
	}
}

// Points that are damaged are not rolled up when they leave, and keep nothing else from it.
func TestDamagedPointsAreNotRolledUp(t *testing.T) {
	s := open(t, t.TempDir())
	fine, coarse := keyOf("m", "Sum", time.Minute), keyOf("m", "Sum", 5*time.Minute)
	from := series.Floor(epoch, chunkSpan(time.Minute))
	hold(t, s, fine, from, from.Add(6*chunkSpan(time.Minute)), linear)
	all := places(t, s)
	damageChunk(t, s, all[2], func(blob []byte) []byte { return flipped(blob, []int{777}) })
	report := maintain(t, s, from.Add(200*day), Policy{})
	require.Equal(t, 5*chunkLen, report.Points)
	held := load(t, s, coarse, series.Align(from, from.Add(6*chunkSpan(time.Minute)), 5*time.Minute))
	hole := series.Window{Start: unix(all[2].start), End: unix(all[3].start), Period: 5 * time.Minute}
	require.Equal(t, []Extent{
		{series.Window{Start: from, End: hole.Start, Period: hole.Period}, longAgo},
		{series.Window{Start: hole.End, End: held.Series.Window.End, Period: hole.Period}, longAgo},
	}, held.Extents)
	require.Equal(t, 5*chunkLen/5, held.present())
	require.Equal(t, 5.0+6+7+8+9, held.Series.Values[1])
	_, newest := s.Damaged()
	require.Equal(t, []Damage{{fine, series.Window{Start: hole.Start, End: hole.End, Period: time.Minute}}}, newest)
}

// Where the damage cannot be cut, because nothing can be written, reading still answers what is right and says what is missing.
func TestDamageOfADatabaseThatCannotBeWritten(t *testing.T) {
	s := open(t, t.TempDir())
	end := fillDamaged(t, s)
	at := places(t, s)[0]
	damageChunk(t, s, at, func(blob []byte) []byte { return flipped(blob, []int{100}) })
	_, err := s.write.Exec("PRAGMA query_only = 1")
	require.NoError(t, err)
	for range 2 {
		held := load(t, s, damagedKey(0), window(0, end))
		for i, v := range held.Series.Values {
			inside := holds([]Extent{{Window: at.span(damagedKey(0))}}, window(0, end).Time(i))
			require.Equal(t, !inside, holds(held.Extents, window(0, end).Time(i)))
			require.True(t, inside && math.IsNaN(v) || !inside && math.Float64bits(v) == math.Float64bits(damagedValue(0, i)))
		}
	}
	chunks, _ := s.Damaged()
	require.Zero(t, chunks, "it is counted when it is cut")
	_, err = s.write.Exec("PRAGMA query_only = 0")
	require.NoError(t, err)
	load(t, s, damagedKey(0), window(0, end))
	chunks, _ = s.Damaged()
	require.Equal(t, 1, chunks)
}

// What another has written anew meanwhile stays; and what a newer version of the plugin has written is not for us to judge.
func TestOnlyDamageIsCut(t *testing.T) {
	s := open(t, t.TempDir())
	end := fillDamaged(t, s)
	before := load(t, s, damagedKey(0), window(0, end))
	all := places(t, s)
	for _, at := range append(slices.Clone(all), place{id: 1, start: 77}, place{id: 99, start: 77, tail: true}) {
		require.NoError(t, s.cut(context.Background(), s.write, at))
	}
	require.Equal(t, all, places(t, s))
	requireSame(t, before, load(t, s, damagedKey(0), window(0, end)))

	damageChunk(t, s, all[0], func(blob []byte) []byte { return flipped(blob, []int{3}) })
	_, err := s.write.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(migrations)+1))
	require.NoError(t, err)
	require.ErrorContains(t, s.cut(context.Background(), s.write, all[0]), "schema")
	require.Equal(t, all, places(t, s))
	chunks, _ := s.Damaged()
	require.Zero(t, chunks)
}

// However much is damaged, the newest is told and all is counted.
func TestMuchDamage(t *testing.T) {
	var d damages
	for i := range 3 * maxDamages {
		d.note(Damage{Window: window(i, i+1)})
	}
	require.Len(t, d.newest, maxDamages)
	require.Equal(t, 3*maxDamages, d.count)
	require.Equal(t, window(3*maxDamages-1, 3*maxDamages), d.newest[maxDamages-1].Window)
}

// A damaged chunk of an earlier schema costs what it held, and not the database.
func TestDamagedChunkOfAnEarlierSchema(t *testing.T) {
	dir := t.TempDir()
	content, err := os.ReadFile(filepath.Join("testdata", "schema2.sqlite"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path(dir, 0), content, 0o600))
	db, err := sql.Open("sqlite3", "file:"+path(dir, 0))
	require.NoError(t, err)
	o := oldContent()[0]
	bad := series.Window{Start: series.Floor(o.from, oldChunkLen*time.Minute).Add(oldChunkLen * time.Minute), Period: time.Minute}
	bad.End = bad.Start.Add(oldChunkLen * time.Minute)
	result, err := db.Exec("UPDATE chunks SET points = substr(points, 1, length(points) - 9) || zeroblob(9) WHERE series_id = 10 AND start_s = ?", bad.Start.Unix())
	require.NoError(t, err)
	changed, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, changed)
	require.NoError(t, db.Close())

	s := open(t, dir)
	require.Empty(t, s.SetAside())
	chunks, newest := s.Damaged()
	require.Equal(t, 1, chunks)
	require.Equal(t, Damage{o.key, bad.Intersect(o.window())}, newest[0])
	held := load(t, s, o.key, o.window())
	require.Equal(t, without(o.extents(), bad), held.Extents)
	for i, v := range held.Series.Values {
		if holds([]Extent{{Window: bad}}, o.window().Time(i)) {
			require.True(t, math.IsNaN(v))
			continue
		}
		require.Equal(t, math.Float64bits(o.values[i]), math.Float64bits(v))
	}
	requireMarksAgree(t, s, o.key)
}

// A bit that is flipped anywhere in the file makes no read answer what was not written, nor hold what is not there.
func TestFlippedBitInTheFile(t *testing.T) {
	made := t.TempDir()
	s, err := Open(context.Background(), made)
	require.NoError(t, err)
	end := fillDamaged(t, s)
	s.Close()
	content, err := os.ReadFile(path(made, 0))
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(11, 12))
	dir, cut := t.TempDir(), 0
	for n := range 60 {
		sub := filepath.Join(dir, fmt.Sprint(n))
		require.NoError(t, os.Mkdir(sub, 0o700))
		require.NoError(t, os.WriteFile(path(sub, 0), flipped(slices.Clone(content), []int{r.IntN(8 * len(content))}), 0o600))
		s, err := Open(context.Background(), sub)
		require.NoError(t, err)
		for k := range damagedSeries {
			held := load(t, s, damagedKey(k), window(0, end))
			for i, v := range held.Series.Values {
				is := holds(held.Extents, window(0, end).Time(i))
				if (is || !math.IsNaN(v)) && math.Float64bits(v) != math.Float64bits(damagedValue(k, i)) {
					t.Fatalf("flip %d: series %d bucket %d is %v, held %t", n, k, i, v, is)
				}
			}
		}
		chunks, _ := s.Damaged()
		cut += chunks
		s.Close()
	}
	require.Positive(t, cut)
}

// Extents have no checksum: what they call final is believed as far as the points' own marks say so.
func TestExtentsAreBelievedAsFarAsTheMarks(t *testing.T) {
	for name, change := range map[string]string{
		"reaches too far": "UPDATE extents SET end_s = end_s + 60 * 100", "much too far": "UPDATE extents SET end_s = end_s + 60 * 10000",
		"begins too early": "UPDATE extents SET start_s = start_s - 60 * 3000", "provisional made final": "UPDATE extents SET fetched_s = 0",
		"a chunk that is gone": "DELETE FROM points WHERE id = (SELECT id FROM points ORDER BY id LIMIT 1 OFFSET 1)",
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "")
			hold(t, s, key("m"), epoch, epoch.Add(2000*time.Minute), linear)
			later := window(2000, 2010)
			_, err := s.Save(context.Background(), []Write{{filled(key("m"), later, func(i int) float64 { return float64(2000 + i) }), later.Start, later.End}})
			require.NoError(t, err)
			_, err = s.write.Exec(change)
			require.NoError(t, err)
			held := load(t, s, key("m"), window(-5000, 15000))
			final := 0
			for i, v := range held.Series.Values {
				at := held.Series.Window.Time(i)
				require.True(t, math.IsNaN(v) || v == float64(i-5000))
				for _, e := range held.Extents {
					if e.Final() && holds([]Extent{e}, at) {
						final++
						if v != float64(i-5000) {
							t.Fatalf("bucket %d is %v, and held as final", i-5000, v)
						}
					}
				}
			}
			require.Equal(t, map[bool]int{false: 2000, true: 2000 - chunkLen}[name == "a chunk that is gone"], final)
		})
	}
}
