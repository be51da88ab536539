package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

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
	err := s.use(ctx, func(ctx context.Context, read, write *sql.DB) error {
		bad, err := s.loadAll(ctx, read, keys, w, held)
		if err != nil {
			return err
		}
		for _, at := range bad {
			if err := s.cut(ctx, write, at); isDamaged(err) {
				return err
			} else if err != nil {
				return nil // the answer stands; what cannot be cut now is found again
			}
		}
		return nil
	})
	return held, explain(s.dir, err)
}

// loadEach is the least number of series that are worth a connection of their own.
const loadEach = 16

// loadAll reads every key, on several connections where there are many, and returns where a chunk is damaged: of those nothing is held.
func (s *Store) loadAll(ctx context.Context, read *sql.DB, keys []series.Key, w series.Window, held []Held) (bad []place, err error) {
	parts := max(1, min(runtime.GOMAXPROCS(0), readers, len(keys)/loadEach))
	found := make([][]place, parts)
	var group errgroup.Group
	for n := range parts {
		from, to := n*len(keys)/parts, (n+1)*len(keys)/parts
		group.Go(func() (err error) {
			defer func() { // a panic here would end the process, and not the query alone
				if p := recover(); p != nil {
					err = fmt.Errorf("load series: %v", p)
				}
			}()
			found[n], err = s.loadSome(ctx, read, keys[from:to], w, held[from:to])
			return err
		})
	}
	err = group.Wait()
	return slices.Concat(found...), err
}

// loadSome reads keys on one connection.
func (s *Store) loadSome(ctx context.Context, read *sql.DB, keys []series.Key, w series.Window, held []Held) (bad []place, err error) {
	// Readers wait for no one, so SQLite is not made to watch the context, which costs as much as reading: we look between series.
	unwatched := context.WithoutCancel(ctx)
	tx, err := read.BeginTx(unwatched, &sql.TxOptions{ReadOnly: true}) // extents and points of the same moment
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	for i, key := range keys {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		one, err := loadOne(unwatched, tx, key, w)
		if err != nil {
			return nil, fmt.Errorf("load series: %w", err)
		}
		held[i], bad = one.Held, append(bad, one.bad...)
		s.used.mark(one.id)
	}
	return bad, nil
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

// loaded is what is held of one series, whose number is 0 where there is none.
type loaded struct {
	Held
	id  int64
	bad []place // of damaged chunks, of which nothing is held
}

func loadOne(ctx context.Context, tx *sql.Tx, key series.Key, w series.Window) (one loaded, err error) {
	one.Series = series.New(key, w)
	if w.Empty() {
		return one, nil
	}
	if key.Period != w.Period {
		return one, fmt.Errorf("metric %s of account %s has a period of %s, and is asked for by %s", key.Metric, key.AccountID, key.Period, w.Period)
	}
	e, err := entryOf(ctx, tx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return one, nil
	}
	if err != nil {
		return one, err
	}
	one.id = e.id
	extents, err := loadExtents(ctx, tx, e.id, w)
	if err != nil {
		return one, err
	}
	chunked := w
	tail, ok, err := e.tailOf(w.Period)
	bad := placeOf(err)
	switch {
	case bad != (place{}):
		chunked.End = bad.span(key).Start
		one.bad = append(one.bad, bad)
	case err != nil:
		return one, err
	case ok:
		common := w.Intersect(tail.window)
		copy(one.Series.Slice(common).Values, tail.slice(common))
		chunked.End = tail.window.Start // none is newer
	}
	chunked = w.Intersect(chunked)
	places, final, err := loadChunks(ctx, tx, e.id, one.Series.Slice(chunked))
	if err != nil {
		return one, err
	}
	var lost []series.Window
	for _, at := range one.bad {
		lost = append(lost, at.span(key))
	}
	for _, at := range places {
		lost = append(lost, at.span(key).Intersect(chunked))
	}
	one.bad = append(one.bad, places...)
	one.Extents = vouched(clip(without(extents, lost...), w), appendMarked(final, tail.final, tail.window, w))
	return one, nil
}

// vouched are the extents, as far as what is final in them is marked so with the points: extents have no checksum, marks have. What is not is
// asked for again.
func vouched(extents []Extent, marked []series.Window) []Extent {
	var doubtful []series.Window
	for _, e := range extents {
		if e.Final() {
			doubtful = append(doubtful, e.Subtract(marked)...)
		}
	}
	if len(doubtful) == 0 {
		return extents
	}
	return without(extents, doubtful...)
}

// appendMarked appends where the buckets of a window that lie in w are marked, in order of time, neighbours joined.
func appendMarked(to []series.Window, marks chunk.Bits, of, w series.Window) []series.Window {
	w = of.Intersect(w)
	if w.Empty() {
		return to
	}
	end := of.Index(w.Start) + w.Len()
	for i := marks.Next(of.Index(w.Start), end, true); i < end; {
		j := marks.Next(i, end, false)
		if n := len(to); n > 0 && to[n-1].End.Equal(of.Time(i)) {
			to[n-1].End = of.Time(j)
		} else {
			to = append(to, series.Window{Start: of.Time(i), End: of.Time(j), Period: of.Period})
		}
		i = marks.Next(j, end, true)
	}
	return to
}

// clip is the part of the extents that lies in w.
func clip(extents []Extent, w series.Window) (out []Extent) {
	for _, e := range extents {
		e.Window = e.Intersect(w)
		if !e.Empty() {
			out = append(out, e)
		}
	}
	return out
}

func seriesID(ctx context.Context, tx *sql.Tx, key series.Key) (int64, error) {
	var id int64
	err := tx.QueryRowContext(ctx, "SELECT id FROM series WHERE key = ?", key.ID()).Scan(&id)
	return id, err
}

// loadChunks reads what chunks hold of a window. It returns those that are damaged, and what the others have marked as final.
func loadChunks(ctx context.Context, tx *sql.Tx, id int64, into series.Series) (bad []place, final []series.Window, err error) {
	w := into.Window
	from, to := max(series.Floor(w.Start, chunkSpan(w.Period)).Unix(), 0), min(w.End.Unix()-1, lastSecond)
	if w.Empty() || to < 0 || from > lastSecond {
		return nil, nil, nil
	}
	rows, err := tx.QueryContext(ctx, "SELECT id, chunk FROM points WHERE id BETWEEN ? AND ?", rowOf(id, from), rowOf(id, to))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	var values [chunkLen]float64
	marks := chunk.NewBits(chunkLen)
	for rows.Next() {
		var row int64
		var packed sql.RawBytes
		if err := rows.Scan(&row, &packed); err != nil {
			return nil, nil, err
		}
		held := chunkWindow(startOf(row), w.Period)
		common := into.Slice(held)
		whole := common.Window == held // then no copy
		to := values[:]
		if whole {
			to = common.Values
		}
		switch err := chunk.Decode(packed, uint64(row), to, nil, marks); {
		case err != nil:
			bad = append(bad, place{id: id, start: row & lastSecond})
			for i := range common.Values {
				common.Values[i] = math.NaN() // what a failed Decode left there is no value
			}
			continue
		case !whole:
			copy(common.Values, values[held.Index(common.Window.Start):])
		}
		final = appendMarked(final, marks, held, w)
	}
	return bad, final, rows.Err()
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
