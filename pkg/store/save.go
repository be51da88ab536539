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

// Write is one fetched range of a series.
type Write struct {
	Series     series.Series
	FinalUntil time.Time // buckets that begin before it will not change any more
	FetchedAt  time.Time // when AWS was asked
}

// final is the part of the write that is final.
func (w Write) final() series.Window {
	window := w.Series.Window
	return window.Intersect(series.Window{Start: window.Start, End: series.Floor(w.FinalUntil, window.Period), Period: window.Period})
}

// Save stores fetched ranges in one transaction and returns for each how many held points it changed. A bucket without data never
// erases a held point: AWS forgets, the store does not.
func (s *Store) Save(ctx context.Context, writes []Write) ([]int, error) {
	revised := make([]int, len(writes))
	err := s.change(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		for i, w := range writes {
			var id int64
			if id, revised[i], err = saveOne(ctx, tx, w); err != nil {
				return fmt.Errorf("save series: %w", err)
			}
			s.used.mark(id)
		}
		return nil
	})
	return revised, err
}

// change runs f in a transaction that writes. Where f meets a damaged chunk, that is cut and f run again; and so it is in the next file, where
// another process has set this one aside by the time of the commit: nobody will read it again.
func (s *Store) change(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	return explain(s.dir, s.use(ctx, func(ctx context.Context, _, write *sql.DB) error {
		for cut := map[place]bool{}; ; {
			err := transact(ctx, write, f)
			if err == nil && s.outdated(ctx) {
				return errOutdated
			}
			at := placeOf(err)
			if at == (place{}) || cut[at] { // the same again: cutting it did not help
				return err
			}
			if err := s.cut(ctx, write, at); err != nil {
				return err
			}
			cut[at] = true
		}
	}))
}

// transact runs f in a transaction, which is undone where f fails. Those of the writer take the write lock at once.
func transact(ctx context.Context, db *sql.DB, f func(context.Context, *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// saveOne stores one range. It returns the number of the series, 0 where there was nothing to store.
func saveOne(ctx context.Context, tx *sql.Tx, w Write) (id int64, revised int, err error) {
	if w.Series.Window.Empty() {
		return 0, 0, nil
	}
	if err := fits(w.Series); err != nil {
		return 0, 0, fmt.Errorf("metric %s of account %s: %w", w.Series.Key.Metric, w.Series.Key.AccountID, err)
	}
	e, err := entryOf(ctx, tx, w.Series.Key)
	if errors.Is(err, sql.ErrNoRows) {
		e.id, err = addSeries(ctx, tx, w.Series.Key, w.FetchedAt)
	}
	if err != nil {
		return 0, 0, err
	}
	before, err := extentsBeside(ctx, tx, e.id, w.Series.Window)
	if err != nil {
		return 0, 0, err
	}
	if wrong, found := ahead(before, w); found {
		if err := disown(ctx, tx, e, wrong, w); err != nil {
			return 0, 0, err
		}
		return saveOne(ctx, tx, w) // on what is held now
	}
	if revised, err = savePoints(ctx, tx, e, fetchedBlock(w), before); err != nil {
		return 0, 0, err
	}
	return e.id, revised, saveExtents(ctx, tx, e.id, before, mergeExtents(before, w))
}

// seriesOf is the number of a series, which is begun where there is none.
func seriesOf(ctx context.Context, tx *sql.Tx, key series.Key, at time.Time) (int64, error) {
	id, err := seriesID(ctx, tx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return addSeries(ctx, tx, key, at)
	}
	return id, err
}

func addSeries(ctx context.Context, tx *sql.Tx, key series.Key, at time.Time) (int64, error) {
	result, err := tx.ExecContext(ctx, "INSERT INTO series (key, used_s) VALUES (?, ?)", key.ID(), at.Unix())
	if err != nil {
		return 0, err
	}
	id, err := result.LastInsertId()
	if err == nil && id > lastSeries {
		err = errors.New("the cache is full of series")
	}
	return id, err
}

// savePoints lays fetched points over the held ones. A series has its newest points in a tail, from whose start on no chunk has any. So
// the everyday write, a few new points, touches the tail alone; every hundred or so the older ones move to their chunk.
func savePoints(ctx context.Context, tx *sql.Tx, e entry, fetched block, before []Extent) (int, error) {
	tail, ok, err := e.tailOf(fetched.window.Period)
	if err != nil {
		return 0, err
	}
	if ok && fetched.window.Start.Sub(tail.window.End) > chunkSpan(tail.window.Period) { // nothing came for long: the tail does not span that
		_, err = saveChunks(ctx, tx, e.id, tail, tail.window, nil)
		ok = false
	}
	if err != nil {
		return 0, err
	}
	if !ok {
		return beginTail(ctx, tx, e.id, fetched, before)
	}
	old := fetched.window.Intersect(series.Window{Start: fetched.window.Start, End: tail.window.Start, Period: fetched.window.Period})
	revised, err := saveChunks(ctx, tx, e.id, fetched, old, before)
	if err != nil || !fetched.window.End.After(tail.window.Start) {
		return revised, err
	}
	grown := tail
	if fetched.window.End.After(tail.window.End) {
		grown = tail.part(series.Window{Start: tail.window.Start, End: fetched.window.End, Period: tail.window.Period})
	}
	more, _ := grown.put(fetched, before...)
	return revised + more, saveTail(ctx, tx, e.id, grown)
}

// beginTail stores points of a series that has no tail in chunks, and lets its tail begin behind what is there.
func beginTail(ctx context.Context, tx *sql.Tx, id int64, fetched block, before []Extent) (int, error) {
	revised, err := saveChunks(ctx, tx, id, fetched, fetched.window, before)
	if err != nil {
		return 0, err
	}
	start := fetched.window.End
	newest, ok, err := newestChunk(ctx, tx, id, fetched.window.Period)
	if err != nil {
		return 0, err
	}
	if end := newest.window.Time(newest.last() + 1); ok && end.After(start) {
		start = end
	}
	return revised, putTail(ctx, tx, id, newBlock(series.Window{Start: start, End: start, Period: fetched.window.Period}))
}

func newestChunk(ctx context.Context, tx *sql.Tx, id int64, period time.Duration) (b block, ok bool, err error) {
	var row int64
	err = tx.QueryRowContext(ctx, "SELECT id FROM points WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", firstRow(id), lastRow(id)).Scan(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return block{}, false, nil
	}
	if err != nil {
		return block{}, false, err
	}
	b, err = getChunk(ctx, tx, id, chunkWindow(startOf(row), period))
	return b, err == nil, err
}

// saveTail stores a tail. Of one that has grown too long, the older part moves to chunks.
func saveTail(ctx context.Context, tx *sql.Tx, id int64, tail block) error {
	n := len(tail.values)
	if n <= tailMax {
		return putTail(ctx, tx, id, tail)
	}
	keep := 0
	for keep < tailKeep && !tail.final.Get(n-1-keep) {
		keep++
	}
	cut := tail.window.Time(n - keep)
	w := tail.window
	if _, err := saveChunks(ctx, tx, id, tail, series.Window{Start: w.Start, End: cut, Period: w.Period}, nil); err != nil {
		return err
	}
	return putTail(ctx, tx, id, tail.part(series.Window{Start: cut, End: w.End, Period: w.Period}))
}

// saveChunks lays the part of the fetched points that is in w over chunks, and writes those that this changes.
func saveChunks(ctx context.Context, tx *sql.Tx, id int64, fetched block, w series.Window, before []Extent) (revised int, err error) {
	for at := w; !at.Empty(); {
		held, err := getChunk(ctx, tx, id, chunkWindow(at.Start, w.Period))
		if err != nil {
			return 0, err
		}
		more, changed := held.put(fetched.view(at.Intersect(held.window)), before...)
		revised += more
		if changed {
			if err := putChunk(ctx, tx, id, held); err != nil {
				return 0, err
			}
		}
		at = at.Intersect(series.Window{Start: held.window.End, End: at.End, Period: w.Period})
	}
	return revised, nil
}

// view is the block in w, with values that it shares.
func (b block) view(w series.Window) block {
	from := b.window.Index(w.Start)
	out := block{w, b.slice(w), chunk.NewBits(w.Len())}
	for i := range out.values {
		if b.final.Get(from + i) {
			out.final.Set(i)
		}
	}
	return out
}
