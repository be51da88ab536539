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
	for _, m := range migrations[:min(version, 2)] {
		exec(m.sql)
	}
	exec("INSERT INTO series (id, key) VALUES (1, '1|of a version that is no longer read')")
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
	}
	for i := range 3 {
		exec("INSERT INTO ledger VALUES (?, '111111111111', 'us-east-1', 'GetMetricData', ?, 100, ?, '')",
			epoch.Add(time.Duration(i)*40*time.Minute).UnixMilli(), i+1, 0.01*float64(i+1))
	}
	addOldChunks(t, exec)
	if version >= 2 {
		addOldStates(t, exec)
	}
	if version >= 3 {
		require.NoError(t, transact(context.Background(), db, func(ctx context.Context, tx *sql.Tx) error {
			_, err := migrations[2].run(ctx, tx)
			require.NoError(t, err)
			addThirdSchema(t, ctx, tx)
			return nil
		}))
	}
	exec(fmt.Sprintf("PRAGMA user_version = %d", version))
	exec("PRAGMA journal_mode = DELETE") // one file
	require.NoError(t, db.Close())
}

// addOldChunks writes the points as the first two schemas held them.
func addOldChunks(t *testing.T, exec func(string, ...any)) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	exec("INSERT INTO chunks VALUES (1, 0, ?)", packOld(encoder, make([]float64, oldChunkLen)))
	for i, o := range oldContent() {
		span := oldChunkLen * o.key.Period
		for start := series.Floor(o.from, span); start.Before(o.window().End); start = start.Add(span) {
			old := newBlock(series.Window{Start: start, End: start.Add(span), Period: o.key.Period})
			old.put(block{o.window(), o.values, nil})
			exec("INSERT INTO chunks VALUES (?, ?, ?)", 10*(i+1), start.Unix(), packOld(encoder, old.values))
		}
	}
}

func addOldStates(t *testing.T, exec func(string, ...any)) {
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

// addThirdSchema adds what the third schema brought: a tail, savings, events and runs. A series of its own has the tail.
func addThirdSchema(t *testing.T, ctx context.Context, tx *sql.Tx) {
	for _, w := range []series.Window{window(0, 100), window(95, 110)} {
		values := filled(key("tailed"), w, func(i int) float64 { return float64(w.Time(i).Unix()) })
		_, _, err := saveOne(ctx, tx, Write{Series: values, FinalUntil: window(0, 80).End, FetchedAt: fetched})
		require.NoError(t, err)
	}
	require.NoError(t, appendEvents(ctx, tx, oldEvents()))
	for _, query := range []string{
		fmt.Sprintf("INSERT INTO ledger VALUES (%d, '111111111111', 'us-east-1', 'GetMetricData', 4, 100, 0.04, 'throttled', 'rule x')", epoch.UnixMilli()),
		fmt.Sprintf("UPDATE spent SET cost_usd = cost_usd + 0.04 WHERE hour_s = %d", epoch.Unix()),
		fmt.Sprintf("INSERT INTO savings VALUES (%d, '111111111111', 'us-east-1', 'rule x', 9)", epoch.Unix()),
		"INSERT INTO runs (started_ms, ended_ms, kind, series, asked, fetched, revised, error) VALUES (1000, 2000, 'warm', 3, 2, 1, 0, '')",
	} {
		_, err := tx.ExecContext(ctx, query)
		require.NoError(t, err)
	}
}

func oldEvents() []Event {
	return []Event{event("minutes", EventOpened, 3), event("minutes", EventChanged, 5)}
}

// A database of each earlier schema, as the code of its time made it, opens with every point, extent, state and row of the ledger.
func TestDatabasesOfEarlierSchemas(t *testing.T) {
	for version := 1; version < len(migrations); version++ {
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
	lost, _ := s.Damaged()
	require.Zero(t, lost)
	later, err := s.Spending(context.Background(), epoch.Add(70*time.Minute))
	require.NoError(t, err)
	require.Equal(t, []Spent{{AccountID: "111111111111", Calls: 1, Metrics: 3, CostUSD: 0.03}}, later)
	if version >= 2 {
		for _, st := range oldStates() {
			requireState(t, s, st)
		}
	}
	want := [][]Cost{
		{{"111111111111", "us-east-1", "", 2, 0, 3, 200, 0.03, 0}}, {{"111111111111", "us-east-1", "", 1, 0, 3, 100, 0.03, 0}},
	}
	more := 0
	if version >= 3 {
		want[0] = append(want[0], Cost{"111111111111", "us-east-1", "rule x", 1, 1, 4, 100, 0.04, 9})
		more = 1
		requireThirdSchema(t, s)
	}
	costs, err := s.CostsBy(context.Background(), series.Align(epoch, epoch.Add(2*time.Hour), time.Hour))
	require.NoError(t, err)
	require.Equal(t, want, costs)
	sums, err := s.Spending(context.Background(), epoch)
	require.NoError(t, err)
	require.Len(t, sums, 1)
	require.Equal(t, 6+4*more, sums[0].Metrics)
	require.Equal(t, len(oldContent())+more, rows(t, s, "series"), "what has a key of another version is gone")
	mode := 0
	require.NoError(t, s.write.QueryRow("PRAGMA auto_vacuum").Scan(&mode))
	require.Equal(t, 2, mode, "pages can be given back")
}

func requireThirdSchema(t *testing.T, s *Store) {
	held := load(t, s, key("tailed"), window(0, 110))
	require.Equal(t, []Extent{{Window: window(0, 80)}, {window(80, 95), fetched}, {window(95, 110), fetched}}, held.Extents)
	for i, v := range held.Series.Values {
		require.Equal(t, float64(window(0, 110).Time(i).Unix()), v)
	}
	requireMarksAgree(t, s, key("tailed"))
	events, err := s.Events(context.Background(), 0, EventFilter{}, 10)
	require.NoError(t, err)
	for i := range events {
		require.Equal(t, int64(i+1), events[i].Seq)
		events[i].Seq = 0
	}
	require.Equal(t, oldEvents(), events)
	runs, err := s.Runs(context.Background(), 10)
	require.NoError(t, err)
	require.Len(t, runs, 1)
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
			if final != b.final.Get(i) && (!math.IsNaN(v) || b.final.Get(i)) {
				require.Fail(t, "marks and extents disagree", "%s at %s: final by its extents %t", k.Metric, at, final)
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
