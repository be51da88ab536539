package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Run is one round of the collector.
type Run struct {
	ID             int64     // given by the store
	Started, Ended time.Time // to the millisecond
	Kind           string    // what it was for
	Series         int       // that it looked after
	Asked          int       // metrics asked of AWS
	Fetched        int       // points that came
	Revised        int       // of which a held value changed
	Error          string    // "" on success
}

// AppendRun adds a run to the log.
func (s *Store) AppendRun(ctx context.Context, r Run) error {
	return s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO runs (started_ms, ended_ms, kind, series, asked, fetched, revised, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			r.Started.UnixMilli(), r.Ended.UnixMilli(), r.Kind, r.Series, r.Asked, r.Fetched, r.Revised, r.Error)
		return err
	})
}

// Runs returns the newest runs, at most limit, the newest first.
func (s *Store) Runs(ctx context.Context, limit int) ([]Run, error) {
	if limit <= 0 {
		return nil, fmt.Errorf("limit of runs %d is not positive", limit)
	}
	var runs []Run
	err := s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		runs = nil
		rows, err := read.QueryContext(ctx, `SELECT id, started_ms, ended_ms, kind, series, asked, fetched, revised, error
			FROM runs ORDER BY id DESC LIMIT ?`, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var r Run
			var started, ended int64
			if err := rows.Scan(&r.ID, &started, &ended, &r.Kind, &r.Series, &r.Asked, &r.Fetched, &r.Revised, &r.Error); err != nil {
				return err
			}
			r.Started, r.Ended = time.UnixMilli(started).UTC(), time.UnixMilli(ended).UTC()
			runs = append(runs, r)
		}
		return rows.Err()
	})
	return runs, explain(s.dir, err)
}
