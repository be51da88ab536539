package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store/chunk"
)

// Extent is a contiguous range that is held.
type Extent struct {
	series.Window
	FetchedAt time.Time // when it was last asked for; zero: the range is final and never asked again
}

// Final says that the range is not asked for again.
func (e Extent) Final() bool { return e.FetchedAt.IsZero() }

// Held is what the store has of a series in a window.
type Held struct {
	Series  series.Series
	Extents []Extent // in order of time, clipped to the window
}

// Load reads what is held of each key in the window, in the order of the keys.
func (s *Store) Load(ctx context.Context, keys []series.Key, w series.Window) ([]Held, error) {
	held := make([]Held, len(keys))
	err := s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		// Readers wait for no one, so SQLite is not made to watch the context, which costs as much as reading: we look between series.
		tx, err := read.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true}) // extents and points of the same moment
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for i, key := range keys {
			if err := ctx.Err(); err != nil {
				return err
			}
			var id int64
			if id, held[i], err = loadOne(context.WithoutCancel(ctx), tx, key, w); err != nil {
				return fmt.Errorf("load series: %w", err)
			}
			s.used.mark(id)
		}
		return nil
	})
	return held, explain(s.dir, err)
}

// entry is the row of a series, with its tail as it is stored.
type entry struct {
	id    int64
	start sql.NullInt64
	tail  []byte
}

func entryOf(ctx context.Context, tx *sql.Tx, key series.Key) (e entry, err error) {
	row := tx.QueryRowContext(ctx, "SELECT id, start_s, chunk FROM series LEFT JOIN tails ON series_id = id WHERE key = ?", key.ID())
	return e, row.Scan(&e.id, &e.start, &e.tail)
}

// tailOf unpacks the tail; ok is false where there is none.
func (e entry) tailOf(period time.Duration) (tail block, ok bool, err error) {
	if !e.start.Valid {
		return block{}, false, nil
	}
	tail, err = unpackTail(e.id, e.start.Int64, e.tail, period)
	return tail, err == nil, err
}

// loadOne reads one series; its number is 0 where there is none.
func loadOne(ctx context.Context, tx *sql.Tx, key series.Key, w series.Window) (id int64, held Held, err error) {
	held.Series = series.New(key, w)
	if w.Empty() {
		return 0, held, nil
	}
	if key.Period != w.Period {
		return 0, held, fmt.Errorf("metric %s of account %s has a period of %s, and is asked for by %s", key.Metric, key.AccountID, key.Period, w.Period)
	}
	e, err := entryOf(ctx, tx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, held, nil
	}
	if err != nil {
		return 0, held, err
	}
	extents, err := loadExtents(ctx, tx, e.id, w)
	if err != nil {
		return 0, held, err
	}
	for _, e := range extents {
		e.Window = e.Intersect(w)
		if !e.Empty() {
			held.Extents = append(held.Extents, e)
		}
	}
	tail, ok, err := e.tailOf(w.Period)
	if err != nil {
		return 0, held, err
	}
	chunked := w
	if ok {
		common := w.Intersect(tail.window)
		copy(held.Series.Slice(common).Values, tail.slice(common))
		chunked = w.Intersect(series.Window{Start: w.Start, End: tail.window.Start, Period: w.Period}) // none is newer
	}
	return e.id, held, loadChunks(ctx, tx, e.id, held.Series.Slice(chunked))
}

func seriesID(ctx context.Context, tx *sql.Tx, key series.Key) (int64, error) {
	var id int64
	err := tx.QueryRowContext(ctx, "SELECT id FROM series WHERE key = ?", key.ID()).Scan(&id)
	return id, err
}

// loadChunks reads what chunks hold of a window.
func loadChunks(ctx context.Context, tx *sql.Tx, id int64, into series.Series) error {
	w := into.Window
	from, to := max(series.Floor(w.Start, chunkSpan(w.Period)).Unix(), 0), min(w.End.Unix()-1, lastSecond)
	if w.Empty() || to < 0 || from > lastSecond {
		return nil
	}
	rows, err := tx.QueryContext(ctx, "SELECT id, chunk FROM points WHERE id BETWEEN ? AND ?", rowOf(id, from), rowOf(id, to))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var values [chunkLen]float64
	for rows.Next() {
		var row int64
		var packed sql.RawBytes
		if err := rows.Scan(&row, &packed); err != nil {
			return err
		}
		held := chunkWindow(startOf(row), w.Period)
		if held.Intersect(w) == held { // whole: no copy
			err = chunk.Decode(packed, uint64(row), into.Slice(held).Values, nil, nil)
		} else if err = chunk.Decode(packed, uint64(row), values[:], nil, nil); err == nil {
			common := held.Intersect(w)
			copy(into.Slice(common).Values, values[held.Index(common.Start):])
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
