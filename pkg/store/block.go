package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store/chunk"
)

// chunkLen is the number of buckets in a chunk. It divides into whole buckets of the next coarser period (5 of 1 minute, 12 of 5 minutes),
// and a chunk of noise that nothing makes smaller fills a page of 4096 bytes without running over.
const chunkLen = 540

// A tail holds at most tailMax buckets, and keeps at least those that may still change when the older ones go to a chunk, if they are not
// more than tailKeep. A metric of a minute is settled after 30 of them.
const (
	tailMax  = 128
	tailKeep = 64
)

// A row of the table points is numbered by its series and its start: the lower rowBits are Unix seconds, which last until the year 2514.
const rowBits = 34

const (
	lastSecond = int64(1)<<rowBits - 1
	lastSeries = int64(1)<<(63-rowBits) - 1
)

func rowOf(id, start int64) int64 { return id<<rowBits | start }

// firstRow and lastRow are the bounds of the rows of a series.
func firstRow(id int64) int64 { return rowOf(id, 0) }
func lastRow(id int64) int64  { return rowOf(id, lastSecond) }

func startOf(row int64) time.Time { return unix(row & lastSecond) }

// chunkRows are the rows of the chunks from first to last, in order of time; of them the first so many, below 0 all.
func chunkRows(ctx context.Context, tx *sql.Tx, first, last int64, most int) (out []int64, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id FROM points WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?", first, last, most)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row int64
		if err := rows.Scan(&row); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// fits says that a series can be stored: its values are those of its window, on the grid of its key, in the time that rows can say.
func fits(s series.Series) error {
	w := s.Window
	if s.Key.Period != w.Period || !series.Floor(w.Start, w.Period).Equal(w.Start) {
		return fmt.Errorf("window from %s by %s is not on the grid of a period of %s", w.Start.Format(time.RFC3339), w.Period, s.Key.Period)
	}
	if len(s.Values) != w.Len() {
		return fmt.Errorf("%d values for %d buckets", len(s.Values), w.Len())
	}
	if w.Start.Unix() < 0 || w.End.Add(chunkSpan(w.Period)).Unix() > lastSecond {
		return fmt.Errorf("points from %s to %s are out of the range that can be stored", w.Start.Format(time.RFC3339), w.End.Format(time.RFC3339))
	}
	return nil
}

func chunkSpan(period time.Duration) time.Duration { return chunkLen * period }

// chunkWindow is the window of the chunk that holds t.
func chunkWindow(t time.Time, period time.Duration) series.Window {
	start := series.Floor(t, chunkSpan(period))
	return series.Window{Start: start, End: start.Add(chunkSpan(period)), Period: period}
}

// block is some buckets of a series: values, NaN where there is none, and which are final.
type block struct {
	window series.Window
	values []float64
	final  chunk.Bits
}

func newBlock(w series.Window) block {
	b := block{w, make([]float64, w.Len()), chunk.NewBits(w.Len())}
	for i := range b.values {
		b.values[i] = math.NaN()
	}
	return b
}

// fetchedBlock is what a write brings, sharing its values.
func fetchedBlock(w Write) block {
	b := block{w.Series.Window, w.Series.Values, chunk.NewBits(len(w.Series.Values))}
	b.setFinal(w.final())
	return b
}

func (b block) setFinal(w series.Window) {
	if w = b.window.Intersect(w); !w.Empty() {
		from := b.window.Index(w.Start)
		b.final.SetRange(from, from+w.Len())
	}
}

// slice is the values in w, which lies within the block.
func (b block) slice(w series.Window) []float64 {
	if w.Empty() {
		return nil
	}
	from := b.window.Index(w.Start)
	return b.values[from : from+w.Len()]
}

// part is a copy of what the block has in w.
func (b block) part(w series.Window) block {
	out := newBlock(w)
	out.put(b)
	return out
}

// last is the newest bucket with a value, -1 where there is none.
func (b block) last() int {
	i := len(b.values) - 1
	for i >= 0 && math.IsNaN(b.values[i]) {
		i--
	}
	return i
}

// present is the number of buckets with a value.
func (b block) present() (n int) {
	for _, v := range b.values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// put lays another block over this one, as far as it reaches: what is missing erases nothing, what is final stays so. It returns for how
// many buckets a value of before, in a held extent, changed, and whether anything did.
func (b block) put(other block, before ...Extent) (revised int, changed bool) {
	common := b.window.Intersect(other.window)
	if common.Empty() {
		return 0, false
	}
	to, from := b.window.Index(common.Start), other.window.Index(common.Start)
	for k := range common.Len() {
		if other.final.Get(from+k) && !b.final.Get(to+k) {
			b.final.Set(to + k)
			changed = true
		}
		v := other.values[from+k]
		if math.IsNaN(v) || v == b.values[to+k] {
			continue
		}
		b.values[to+k], changed = v, true
		if holds(before, common.Time(k)) {
			revised++
		}
	}
	return revised, changed
}

func holds(extents []Extent, t time.Time) bool {
	for _, e := range extents {
		if !t.Before(e.Start) && t.Before(e.End) {
			return true
		}
	}
	return false
}

// owner is what a block of a series is packed for: the row that it is, or would be.
func (b block) owner(id int64) uint64 { return uint64(rowOf(id, b.window.Start.Unix())) }

// pack returns the block of a series in its stored form.
func (b block) pack(id int64) ([]byte, error) {
	var missing chunk.Bits
	for i, v := range b.values {
		if math.IsNaN(v) {
			if missing == nil {
				missing = chunk.NewBits(len(b.values))
			}
			missing.Set(i)
		}
	}
	return chunk.Append(nil, b.owner(id), b.values, missing, b.final)
}

// putChunk stores a block that is a chunk.
func putChunk(ctx context.Context, tx *sql.Tx, id int64, b block) error {
	packed, err := b.pack(id)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO points (id, chunk) VALUES (?, ?) ON CONFLICT DO UPDATE SET chunk = excluded.chunk",
		rowOf(id, b.window.Start.Unix()), packed)
	return err
}

// getChunk returns the chunk of that window, without values where there is none.
func getChunk(ctx context.Context, tx *sql.Tx, id int64, w series.Window) (block, error) {
	b := newBlock(w)
	var packed []byte
	err := tx.QueryRowContext(ctx, "SELECT chunk FROM points WHERE id = ?", rowOf(id, w.Start.Unix())).Scan(&packed)
	if errors.Is(err, sql.ErrNoRows) {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	if err := chunk.Decode(packed, b.owner(id), b.values, nil, b.final); err != nil {
		return b, &badChunk{place{id: id, start: w.Start.Unix()}, err}
	}
	return b, nil
}

// unpackTail returns the block of a tail.
func unpackTail(id, start int64, packed []byte, period time.Duration) (b block, err error) {
	n, err := chunk.Len(packed)
	if err == nil {
		from := unix(start)
		b = newBlock(series.Window{Start: from, End: from.Add(time.Duration(n) * period), Period: period})
		err = chunk.Decode(packed, b.owner(id), b.values, nil, b.final)
	}
	if err != nil {
		return block{}, &badChunk{place{id, start, true}, err}
	}
	return b, nil
}

func putTail(ctx context.Context, tx *sql.Tx, id int64, b block) error {
	packed, err := b.pack(id)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO tails (series_id, start_s, chunk) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET start_s = excluded.start_s, chunk = excluded.chunk`, id, b.window.Start.Unix(), packed)
	return err
}
