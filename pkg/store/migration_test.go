//go:build cgo

package store

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

var update = flag.Bool("update", false, "make the databases of earlier schemas in testdata anew")

// An oldSeries is what the databases in testdata hold of a series.
type oldSeries struct {
	key         series.Key
	from        time.Time
	values      []float64
	final       int // how many of the first buckets are final
	provisional int // how many of those that follow are held, asked for at fetched
}

var fetched = time.Unix(1_700_600_000, 0).UTC()

// oldContent is 700 buckets over several old chunks with gaps and odd values, 90 buckets of 5 minutes, and a series without a value.
func oldContent() []oldSeries {
	minutes := oldSeries{key: key("minutes"), from: epoch.Add(-7 * time.Minute), values: make([]float64, 700), final: 650, provisional: 50}
	for i := range minutes.values {
		minutes.values[i] = math.Round(1000*math.Sin(float64(i))) / 1000
		if i%50 > 44 {
			minutes.values[i] = math.NaN()
		}
	}
	minutes.values[3], minutes.values[4], minutes.values[5] = math.Copysign(0, -1), math.MaxFloat64, 5e-324
	five := oldSeries{key: key("five"), from: epoch, values: make([]float64, 90), final: 90}
	five.key.Period = 5 * time.Minute
	five.key.Dimensions = []series.Dimension{{Name: "InstanceId", Value: "i-0|1:a"}}
	for i := range five.values {
		five.values[i] = math.Sqrt(float64(i))
	}
	silent := oldSeries{key: key("silent"), from: epoch, values: []float64{math.NaN(), math.NaN()}, final: 2}
	return []oldSeries{minutes, five, silent}
}

func (o oldSeries) window() series.Window {
	return series.Window{Start: o.from, End: o.from.Add(time.Duration(len(o.values)) * o.key.Period), Period: o.key.Period}
}

func (o oldSeries) extents() []Extent {
	w := o.window()
	edge := w.Time(o.final)
	all := []Extent{{Window: series.Window{Start: w.Start, End: edge, Period: w.Period}}}
	if o.provisional > 0 {
		all = append(all, Extent{series.Window{Start: edge, End: w.Time(o.final + o.provisional), Period: w.Period}, fetched})
	}
	return all
}

func oldStates() []State {
	return []State{stateOf("minutes", 7, epoch, SlotStart, 3), stateOf("minutes", 7, epoch, SlotNewest, 9), stateOf("silent", 8, epoch, SlotResults, 5)}
}

// makeOld writes a database as the code of that schema wrote it.
func makeOld(t *testing.T, file string, version int) {
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL")
	require.NoError(t, err)
	exec := func(query string, args ...any) {
		_, err := db.Exec(query, args...)
		require.NoError(t, err)
	}
	for _, m := range migrations[:version] {
		exec(m.sql)
	}
	exec(fmt.Sprintf("PRAGMA user_version = %d", version))
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	exec("INSERT INTO series (id, key) VALUES (1, '1|of a version that is no longer read')")
	exec("INSERT INTO chunks VALUES (1, 0, ?)", packOld(encoder, make([]float64, oldChunkLen)))
	for i, o := range oldContent() {
		id := 10 * (i + 1)
		exec("INSERT INTO series (id, key) VALUES (?, ?)", id, o.key.ID())
		for _, e := range o.extents() {
			at := int64(0)
			if !e.Final() {
				at = e.FetchedAt.Unix()
			}
			exec("INSERT INTO extents VALUES (?, ?, ?, ?)", id, e.Start.Unix(), e.End.Unix(), at)
		}
		span := oldChunkLen * o.key.Period
		for start := series.Floor(o.from, span); start.Before(o.window().End); start = start.Add(span) {
			old := newBlock(series.Window{Start: start, End: start.Add(span), Period: o.key.Period})
			old.put(block{o.window(), o.values, nil})
			exec("INSERT INTO chunks VALUES (?, ?, ?)", id, start.Unix(), packOld(encoder, old.values))
		}
	}
	for i := range 3 {
		exec("INSERT INTO ledger VALUES (?, '111111111111', 'us-east-1', 'GetMetricData', ?, 100, ?, '')",
			epoch.Add(time.Duration(i)*40*time.Minute).UnixMilli(), i+1, 0.01*float64(i+1))
	}
	if version >= 2 {
		c, err := newCodec()
		require.NoError(t, err)
		for _, st := range oldStates() {
			id := map[string]int{"minutes": 10, "silent": 30}[st.Series.Metric]
			table, slot := "states", fmt.Sprintf("%d, ", st.Slot)
			if st.Slot == SlotResults {
				table, slot = "results", ""
			}
			exec(fmt.Sprintf("INSERT INTO %s VALUES (?, ?, ?, %s?, ?, ?, ?)", table, slot),
				id, int64(st.Spec), st.Epoch.Unix(), st.Until.Unix(), st.Count, int64(st.Hash), c.pack(st.Blob))
		}
	}
	exec("PRAGMA journal_mode = DELETE") // one file
	require.NoError(t, db.Close())
}

// A database of each earlier schema, as the code of its time made it, opens with every point, extent, state and row of the ledger.
func TestDatabasesOfEarlierSchemas(t *testing.T) {
	for version := 1; version <= 2; version++ {
		t.Run(fmt.Sprint("schema ", version), func(t *testing.T) {
			file := filepath.Join("testdata", fmt.Sprintf("schema%d.sqlite", version))
			if *update {
				_ = os.Remove(file)
				makeOld(t, file, version)
			}
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(path(dir, 0), content, 0o600))
			for range 2 { // brought forward, and opened again
				s, err := Open(context.Background(), dir)
				require.NoError(t, err)
				requireOldContent(t, s, version)
				s.Close()
			}
		})
	}
}

func requireOldContent(t *testing.T, s *Store, version int) {
	require.Empty(t, s.SetAside())
	for _, o := range oldContent() {
		w := o.window()
		held := load(t, s, o.key, series.Window{Start: w.Time(-3), End: w.Time(w.Len() + 3), Period: w.Period})
		require.Equal(t, o.extents(), held.Extents)
		for i, v := range held.Series.Values {
			want := math.NaN()
			if i >= 3 && i < 3+len(o.values) {
				want = o.values[i-3]
			}
			if math.IsNaN(want) {
				require.True(t, math.IsNaN(v))
				continue
			}
			require.Equal(t, math.Float64bits(want), math.Float64bits(v), "%s %d", o.key.Metric, i)
		}
		requireMarksAgree(t, s, o.key)
	}
	require.Equal(t, len(oldContent()), rows(t, s, "series"), "what has a key of another version is gone")
	sums, err := s.Spending(context.Background(), epoch)
	require.NoError(t, err)
	require.Len(t, sums, 1)
	require.Equal(t, 6, sums[0].Metrics)
	spent, err := s.SpentSince(context.Background(), epoch.Add(30*time.Minute))
	require.NoError(t, err)
	require.InDelta(t, 0.05, spent, 1e-12)
	if version >= 2 {
		for _, st := range oldStates() {
			requireState(t, s, st)
		}
	}
	mode := 0
	require.NoError(t, s.write.QueryRow("PRAGMA auto_vacuum").Scan(&mode))
	require.Equal(t, 2, mode, "pages can be given back")
}

// requireMarksAgree says that the final marks of a series' points, where there are any, are those of its extents.
func requireMarksAgree(t require.TestingT, s *Store, k series.Key) {
	ctx := context.Background()
	tx, err := s.write.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	e, err := entryOf(ctx, tx, k)
	if errors.Is(err, sql.ErrNoRows) {
		return
	}
	require.NoError(t, err)
	blocks, err := blocksOf(ctx, tx, e, k.Period)
	require.NoError(t, err)
	for _, b := range blocks {
		extents, err := loadExtents(ctx, tx, e.id, b.window)
		require.NoError(t, err)
		for i, v := range b.values {
			at := b.window.Time(i)
			final := false
			for _, e := range extents {
				final = final || e.Final() && holds([]Extent{e}, at)
			}
			if !math.IsNaN(v) || b.final.Get(i) {
				require.Equal(t, final, b.final.Get(i), "%s at %s", k.Metric, at)
			}
		}
	}
}

// blocksOf are the chunks and the tail of a series.
func blocksOf(ctx context.Context, tx *sql.Tx, e entry, period time.Duration) (blocks []block, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id FROM points WHERE id BETWEEN ? AND ?", firstRow(e.id), lastRow(e.id))
	if err != nil {
		return nil, err
	}
	var starts []int64
	for rows.Next() {
		var row int64
		if err := rows.Scan(&row); err != nil {
			return nil, err
		}
		starts = append(starts, row)
	}
	_ = rows.Close()
	for _, row := range starts {
		b, err := getChunk(ctx, tx, e.id, chunkWindow(startOf(row), period))
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	tail, ok, err := e.tailOf(period)
	if ok {
		blocks = append(blocks, tail)
	}
	return blocks, err
}
