package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	// recent is how long ago a series was used that keeps its newest history until nothing else is left.
	recent = day
	// training is that history: what detectors and forecasters learn from.
	training = 28 * day
)

// capSize lets go while the database is too large. First the calls that are older than a day; then history: all of the series that were not used
// for a day, the least used first; then what is older than four weeks of the others; then whatever is oldest. It goes on to a twentieth below
// the cap, so as not to come back each time; but a quarter of the cap is history's, because beyond that something else is what is too much.
func (u *upkeep) capSize(ctx context.Context) error {
	over, err := u.over(ctx)
	if err != nil || !over {
		return err
	}
	calls, err := u.deleteRows(ctx, oldCalls, u.now.Add(-recent).UnixMilli(), stepRows)
	u.report.Calls += calls
	if err != nil {
		return err
	}
	if over, err = u.over(ctx); err != nil || !over {
		return err
	}
	goal, err := u.goal(ctx)
	if err != nil {
		return err
	}
	all, err := u.all(ctx)
	if err != nil {
		return err
	}
	before := u.report.Points
	defer func() { u.report.Evicted = u.report.Points - before }()
	for _, until := range []func(owned) time.Time{
		func(o owned) time.Time {
			if o.used.After(u.now.Add(-recent)) {
				return time.Time{}
			}
			return unix(lastSecond)
		},
		func(owned) time.Time { return u.now.Add(-training) },
		func(owned) time.Time { return unix(lastSecond) },
	} {
		for _, o := range all {
			done, err := u.evict(ctx, o, until(o), goal)
			if err != nil || done {
				return err
			}
		}
	}
	return nil
}

func (u *upkeep) over(ctx context.Context) (bool, error) {
	size, err := u.size(ctx)
	return u.policy.MaxBytes >= 0 && size.used() > u.policy.MaxBytes, err
}

// goal is the size at which enough history is gone, in bytes.
func (u *upkeep) goal(ctx context.Context) (bytes int64, err error) {
	size, err := u.size(ctx)
	if err != nil {
		return 0, err
	}
	var history int64
	err = u.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		return read.QueryRowContext(ctx, `SELECT (SELECT coalesce(sum(length(chunk)), 0) FROM points) + (SELECT coalesce(sum(length(chunk)), 0) FROM tails)
			+ (SELECT coalesce(sum(length(blob)), 0) FROM states) + (SELECT coalesce(sum(length(blob)), 0) FROM results)`).Scan(&history)
	})
	return max(u.policy.MaxBytes/20*19, size.used()-history+u.policy.MaxBytes/4), err
}

// evict lets a series' history go, the oldest first, until a time or until the database is as small as goal, which it says.
func (u *upkeep) evict(ctx context.Context, o owned, until time.Time, goal int64) (done bool, err error) {
	for more := true; more; {
		size, err := u.size(ctx)
		if err != nil || size.used() <= goal {
			return err == nil, err
		}
		if more, err = u.leave(ctx, o, until); err != nil {
			return false, err
		}
	}
	if until.Before(u.now) {
		return false, nil
	}
	// What was learnt of points that are gone is of no use.
	return false, u.step(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, table := range []string{"states", "results"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE series_id = ?", o.id); err != nil {
				return err
			}
		}
		return nil
	})
}

// size of a database in pages and bytes.
type size struct{ pages, free, page int64 }

// used are the bytes in use, whole those of the file.
func (s size) used() int64  { return (s.pages - s.free) * s.page }
func (s size) whole() int64 { return s.pages * s.page }

func (u *upkeep) size(ctx context.Context) (s size, err error) {
	err = u.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		const query = "SELECT page_count, freelist_count, page_size FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()"
		return read.QueryRowContext(ctx, query).Scan(&s.pages, &s.free, &s.page)
	})
	return s, err
}

// shrink gives free pages back to the disk, some at a time; a step's worth stays for what comes next.
func (u *upkeep) shrink(ctx context.Context) error {
	before, err := u.size(ctx)
	if err != nil {
		return err
	}
	now := before
	for now.free > stepPages {
		if err := u.vacuum(ctx, min(stepPages, now.free-stepPages)); err != nil {
			return err
		}
		next, err := u.size(ctx)
		if err != nil {
			return err
		}
		if next.pages >= now.pages {
			u.report.CannotShrink = u.dir != "" // memory needs no shrinking
			break
		}
		now = next
	}
	u.report.BytesFreed = before.whole() - now.whole()
	u.report.Bytes = now.whole()
	if over := now.used() - u.policy.MaxBytes; u.policy.MaxBytes >= 0 && over > 0 {
		u.report.OverBytes = over
	}
	return nil
}

// vacuum gives back so many pages. SQLite frees one with each row that is read.
func (u *upkeep) vacuum(ctx context.Context, pages int64) error {
	var took time.Duration
	err := u.use(ctx, func(ctx context.Context, _, write *sql.DB) error {
		began := time.Now()
		defer func() { took = time.Since(began) }()
		rows, err := write.QueryContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pages))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			continue
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	return u.rest(ctx, took)
}
