package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store/chunk"
)

// Every chunk has a checksum. One that is wrong costs what this chunk held and nothing else: the chunk goes, what was held by it is held no
// more, and so whoever reads asks AWS for that span again. What AWS keeps no longer is lost with it. Only damage that SQLite itself finds sets
// the file aside.

// Damage is a stretch of a series whose stored points turned out damaged.
type Damage struct {
	Series series.Key
	Window series.Window // from the first to the last bucket that was held there, and is not any more; empty: none was
}

// maxDamages is how many Store.Damaged tells.
const maxDamages = 100

// damages counts what was found. The zero value is ready.
type damages struct {
	mutex  sync.Mutex
	count  int
	newest []Damage
}

func (d *damages) note(found ...Damage) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.count += len(found)
	d.newest = append(d.newest, found...)
	if over := len(d.newest) - maxDamages; over > 0 {
		d.newest = append([]Damage(nil), d.newest[over:]...)
	}
}

// Damaged says how many damaged chunks this Store has found since it was opened, and the newest of them, at most 100, in the order of finding.
func (s *Store) Damaged() (chunks int, newest []Damage) {
	s.damages.mutex.Lock()
	defer s.damages.mutex.Unlock()
	return s.damages.count, append([]Damage(nil), s.damages.newest...)
}

// place is where a chunk stands.
type place struct {
	id    int64 // of the series
	start int64 // Unix seconds
	tail  bool
}

// badChunk is the error of a chunk that does not decode.
type badChunk struct {
	place
	err error // wraps chunk.ErrDamaged
}

func (b *badChunk) Error() string {
	return fmt.Sprintf("points of series %d from %d: %v", b.id, b.start, b.err)
}
func (b *badChunk) Unwrap() error { return b.err }

// placeOf is where the damaged chunk stands that an error is about; the zero place: it is about something else.
func placeOf(err error) place {
	var bad *badChunk
	if !errors.As(err, &bad) {
		return place{}
	}
	return bad.place
}

// span is what the chunk may have held: the newest points of a series are all in its tail.
func (p place) span(key series.Key) series.Window {
	if p.tail {
		return series.Window{Start: series.Floor(unix(p.start), key.Period), End: unix(lastSecond), Period: key.Period}
	}
	return chunkWindow(unix(p.start), key.Period)
}

// cut removes a damaged chunk in a transaction of its own, and notes it.
func (s *Store) cut(ctx context.Context, write *sql.DB, at place) error {
	var found []Damage
	err := transact(ctx, write, func(ctx context.Context, tx *sql.Tx) (err error) {
		found, err = cutChunk(ctx, tx, at)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove a damaged chunk: %w", err)
	}
	s.damages.note(found...)
	return nil
}

// cutChunk removes a chunk with the extents of what it held. It looks at it again: another may have written it anew meanwhile.
func cutChunk(ctx context.Context, tx *sql.Tx, at place) ([]Damage, error) {
	version := 0
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return nil, err
	}
	if version != len(migrations) { // a newer process has the file open too: what we cannot read may be its
		return nil, fmt.Errorf("the cache has schema %d by now, and this version of the plugin knows %d", version, len(migrations))
	}
	if still, err := damagedStill(ctx, tx, at); err != nil || !still {
		return nil, err
	}
	key, tail, err := ownerOf(ctx, tx, at.id)
	if err != nil {
		return nil, err
	}
	span := at.span(key)
	remove, row := "DELETE FROM tails WHERE series_id = ?", at.id
	if !at.tail {
		remove, row = "DELETE FROM points WHERE id = ?", rowOf(at.id, at.start)
		if tail.Valid { // from which on the chunk held nothing
			span = span.Intersect(series.Window{Start: span.Start, End: unix(tail.Int64), Period: span.Period})
		}
	}
	if _, err := tx.ExecContext(ctx, remove, row); err != nil {
		return nil, err
	}
	lost, err := cutExtents(ctx, tx, at.id, span)
	return []Damage{{key, lost}}, err
}

// damagedStill says that a chunk is there and does not decode.
func damagedStill(ctx context.Context, tx *sql.Tx, at place) (bool, error) {
	query, row := "SELECT chunk FROM tails WHERE series_id = ? AND start_s = ?", []any{at.id, at.start}
	if !at.tail {
		query, row = "SELECT chunk FROM points WHERE id = ?", []any{rowOf(at.id, at.start)}
	}
	var packed []byte
	if err := tx.QueryRowContext(ctx, query, row...).Scan(&packed); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return false, err
	}
	n, err := chunk.Len(packed)
	if err != nil || !at.tail && n != chunkLen {
		return true, nil
	}
	return chunk.Decode(packed, uint64(rowOf(at.id, at.start)), make([]float64, n), nil, nil) != nil, nil
}

// ownerOf returns the key of a series, and where its tail begins.
func ownerOf(ctx context.Context, tx *sql.Tx, id int64) (key series.Key, tail sql.NullInt64, err error) {
	var text string
	row := tx.QueryRowContext(ctx, "SELECT key, start_s FROM series LEFT JOIN tails ON series_id = id WHERE id = ?", id)
	if err := row.Scan(&text, &tail); err != nil {
		return key, tail, err
	}
	key, err = parseKey(text)
	return key, tail, err
}

// cutExtents takes a span out of what is held. It returns from where to where anything was held in it.
func cutExtents(ctx context.Context, tx *sql.Tx, id int64, span series.Window) (lost series.Window, err error) {
	before, err := loadExtents(ctx, tx, id, span)
	if err != nil {
		return lost, err
	}
	for _, e := range before {
		lost = lost.Union(e.Intersect(span))
	}
	return lost, saveExtents(ctx, tx, id, before, without(before, span))
}

// without is what extents hold outside of some spans.
func without(extents []Extent, spans ...series.Window) (rest []Extent) {
	for _, e := range extents {
		for _, w := range e.Subtract(spans) {
			rest = append(rest, Extent{Window: w, FetchedAt: e.FetchedAt})
		}
	}
	return rest
}
