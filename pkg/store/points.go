package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
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

// Write is one fetched range of a series.
type Write struct {
	Series     series.Series
	FinalUntil time.Time // buckets that begin before it will not change any more
	FetchedAt  time.Time // when AWS was asked
}

// Load reads what is held of each key in the window, in the order of the keys.
func (s *Store) Load(ctx context.Context, keys []series.Key, w series.Window) ([]Held, error) {
	held := make([]Held, len(keys))
	err := s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		// One transaction: extents and points of the same moment.
		tx, err := read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for i, key := range keys {
			if held[i], err = s.loadOne(ctx, tx, key, w); err != nil {
				return fmt.Errorf("load series: %w", err)
			}
		}
		return nil
	})
	return held, explain(s.dir, err)
}

func (s *Store) loadOne(ctx context.Context, tx *sql.Tx, key series.Key, w series.Window) (Held, error) {
	held := Held{Series: series.New(key, w)}
	id, err := seriesID(ctx, tx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return held, nil
	}
	if err != nil {
		return held, err
	}
	extents, err := loadExtents(ctx, tx, id, w)
	if err != nil {
		return held, err
	}
	for _, e := range extents {
		e.Window = e.Intersect(w)
		if !e.Empty() {
			held.Extents = append(held.Extents, e)
		}
	}
	return held, s.loadPoints(ctx, tx, id, held.Series)
}

func seriesID(ctx context.Context, tx *sql.Tx, key series.Key) (int64, error) {
	var id int64
	err := tx.QueryRowContext(ctx, "SELECT id FROM series WHERE key = ?", key.ID()).Scan(&id)
	return id, err
}

// loadExtents reads the extents that touch or meet w, whole.
func loadExtents(ctx context.Context, tx *sql.Tx, id int64, w series.Window) ([]Extent, error) {
	rows, err := tx.QueryContext(ctx, "SELECT start_s, end_s, fetched_s FROM extents WHERE series_id = ? AND end_s >= ? AND start_s <= ? ORDER BY start_s",
		id, w.Start.Unix(), w.End.Unix())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var extents []Extent
	for rows.Next() {
		var start, end, fetched int64
		if err := rows.Scan(&start, &end, &fetched); err != nil {
			return nil, err
		}
		e := Extent{Window: series.Window{Start: unix(start), End: unix(end), Period: w.Period}}
		if fetched != 0 {
			e.FetchedAt = unix(fetched)
		}
		extents = append(extents, e)
	}
	return extents, rows.Err()
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func (s *Store) loadPoints(ctx context.Context, tx *sql.Tx, id int64, into series.Series) error {
	span := chunkSpan(into.Window.Period)
	first := series.Floor(into.Window.Start, span)
	rows, err := tx.QueryContext(ctx, "SELECT start_s, points FROM chunks WHERE series_id = ? AND start_s >= ? AND start_s < ?",
		id, first.Unix(), into.Window.End.Unix())
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var values [chunkLen]float64
	for rows.Next() {
		var start int64
		var packed sql.RawBytes
		if err := rows.Scan(&start, &packed); err != nil {
			return err
		}
		if err := s.codec.decode(packed, values[:]); err != nil {
			return err
		}
		chunk := series.Series{Window: chunkWindow(unix(start), into.Window.Period), Values: values[:]}
		common := chunk.Window.Intersect(into.Window)
		copy(into.Slice(common).Values, chunk.Slice(common).Values)
	}
	return rows.Err()
}

func chunkSpan(period time.Duration) time.Duration { return chunkLen * period }

func chunkWindow(start time.Time, period time.Duration) series.Window {
	return series.Window{Start: start, End: start.Add(chunkSpan(period)), Period: period}
}

// Save stores fetched ranges in one transaction and returns for each how many held points it changed. A bucket without data never
// erases a held point: AWS forgets, the store does not.
func (s *Store) Save(ctx context.Context, writes []Write) ([]int, error) {
	revised := make([]int, len(writes))
	err := s.use(ctx, func(ctx context.Context, _, write *sql.DB) error {
		tx, err := write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for i, w := range writes {
			if revised[i], err = s.saveOne(ctx, tx, w); err != nil {
				return fmt.Errorf("save series: %w", err)
			}
		}
		return tx.Commit()
	})
	return revised, explain(s.dir, err)
}

func (s *Store) saveOne(ctx context.Context, tx *sql.Tx, w Write) (int, error) {
	if w.Series.Window.Empty() {
		return 0, nil
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO series (key) VALUES (?) ON CONFLICT DO NOTHING", w.Series.Key.ID()); err != nil {
		return 0, err
	}
	id, err := seriesID(ctx, tx, w.Series.Key)
	if err != nil {
		return 0, err
	}
	before, err := loadExtents(ctx, tx, id, w.Series.Window)
	if err != nil {
		return 0, err
	}
	revised, err := s.savePoints(ctx, tx, id, w.Series, before)
	if err != nil {
		return 0, err
	}
	return revised, saveExtents(ctx, tx, id, before, mergeExtents(before, w))
}

func (s *Store) savePoints(ctx context.Context, tx *sql.Tx, id int64, fetched series.Series, before []Extent) (int, error) {
	revised := 0
	span := chunkSpan(fetched.Window.Period)
	for start := series.Floor(fetched.Window.Start, span); start.Before(fetched.Window.End); start = start.Add(span) {
		chunk := series.New(fetched.Key, chunkWindow(start, fetched.Window.Period))
		if err := s.loadPoints(ctx, tx, id, chunk); err != nil {
			return 0, err
		}
		common := chunk.Window.Intersect(fetched.Window)
		revised += overwrite(chunk.Slice(common), fetched.Slice(common), before)
		_, err := tx.ExecContext(ctx, "INSERT INTO chunks (series_id, start_s, points) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET points = excluded.points",
			id, start.Unix(), s.codec.encode(chunk.Values))
		if err != nil {
			return 0, err
		}
	}
	return revised, nil
}

// overwrite puts the fetched values over the held ones of the same window and counts those that changed inside a held extent.
func overwrite(held, fetched series.Series, before []Extent) int {
	revised := 0
	for i, v := range fetched.Values {
		if math.IsNaN(v) || v == held.Values[i] {
			continue
		}
		held.Values[i] = v
		at := held.Window.Time(i)
		for _, e := range before {
			if !at.Before(e.Start) && at.Before(e.End) {
				revised++
				break
			}
		}
	}
	return revised
}
