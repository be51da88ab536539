package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// retire lets go what is older than its tier keeps.
func (u *upkeep) retire(ctx context.Context) error {
	all, err := u.all(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		until := u.now.Add(-u.policy.keep(o.key.Period))
		for more := true; more; {
			if more, err = u.leave(ctx, o, until); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave rolls up and removes some of the oldest chunks that end by a time, with what is held of the time before. It says whether there
// was anything.
func (u *upkeep) leave(ctx context.Context, o owned, until time.Time) (more bool, err error) {
	cut := series.Floor(until, chunkSpan(o.key.Period))
	if cut.Unix() <= 0 {
		return false, nil
	}
	if more, err = u.hasOld(ctx, o, cut); err != nil || !more {
		return false, err
	}
	return true, u.step(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := settleTail(ctx, tx, o, cut); err != nil {
			return err
		}
		leaving, err := oldest(ctx, tx, o, cut)
		if err != nil {
			return err
		}
		return u.remove(ctx, tx, o, leaving, cut)
	})
}

// hasOld says whether a series has chunks, a tail or extents from before a time. It only reads.
func (u *upkeep) hasOld(ctx context.Context, o owned, cut time.Time) (old bool, err error) {
	err = u.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		return read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM points WHERE id >= ?1 AND id < ?2)
			OR EXISTS (SELECT 1 FROM extents WHERE series_id = ?3 AND start_s < ?4)`,
			firstRow(o.id), rowOf(o.id, cut.Unix()), o.id, cut.Unix()).Scan(&old)
	})
	return old, err
}

// settleTail moves a tail that begins before a time to chunks; an empty one stays behind it.
func settleTail(ctx context.Context, tx *sql.Tx, o owned, cut time.Time) error {
	e, err := entryOf(ctx, tx, o.key)
	if err != nil {
		return err
	}
	tail, ok, err := e.tailOf(o.key.Period)
	if err != nil || !ok || tail.window.Empty() || !tail.window.Start.Before(cut) {
		return err
	}
	if _, err := saveChunks(ctx, tx, o.id, tail, tail.window, nil); err != nil {
		return err
	}
	return putTail(ctx, tx, o.id, newBlock(series.Window{Start: tail.window.End, End: tail.window.End, Period: o.key.Period}))
}

// oldest are the chunks of a step: of those that end by a time the oldest, near each other.
func oldest(ctx context.Context, tx *sql.Tx, o owned, cut time.Time) (leaving []series.Window, err error) {
	span := chunkSpan(o.key.Period)
	rows, err := chunkRows(ctx, tx, firstRow(o.id), rowOf(o.id, cut.Unix())-1, stepChunks)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		w := chunkWindow(startOf(row), o.key.Period)
		if len(leaving) > 0 && w.Start.Sub(leaving[0].Start) >= stepChunks*span {
			break
		}
		leaving = append(leaving, w)
	}
	return leaving, nil
}

// remove rolls up the chunks that leave, then removes them and the extents up to them; up to cut where there is no chunk.
func (u *upkeep) remove(ctx context.Context, tx *sql.Tx, o owned, leaving []series.Window, cut time.Time) error {
	whole := series.Window{Start: cut, End: cut, Period: o.key.Period}
	chunks, points := len(leaving), 0
	for i, w := range leaving {
		held, err := getChunk(ctx, tx, o.id, w)
		if err != nil {
			return err
		}
		points += held.present()
		if i == 0 {
			whole = w
		}
		whole.End = w.End
	}
	rolled, err := rollUp(ctx, tx, o, whole)
	if err != nil {
		return err
	}
	end := whole.End.Unix()
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM points WHERE id >= ? AND id < ?", []any{firstRow(o.id), rowOf(o.id, end)}},
		{"DELETE FROM extents WHERE series_id = ? AND end_s <= ?", []any{o.id, end}},
		{"UPDATE extents SET start_s = ?2 WHERE series_id = ?1 AND start_s < ?2", []any{o.id, end}},
	} {
		if _, err := tx.ExecContext(ctx, q.sql, q.args...); err != nil {
			return err
		}
	}
	u.report.Chunks += chunks
	u.report.Points += points
	u.report.RolledUp += rolled
	return nil
}

// oldCalls removes some calls from before a time. What they cost stays, by the hour.
const oldCalls = "DELETE FROM ledger WHERE rowid IN (SELECT rowid FROM ledger WHERE at_ms < ? LIMIT ?)"

// retireRows lets go events, calls, costs and runs whose time is over.
func (u *upkeep) retireRows(ctx context.Context) error {
	events := u.now.Add(-u.policy.Events)
	err := u.step(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE events_horizon SET before_ms = max(before_ms, ?)", events.UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	for _, rows := range []struct {
		delete string
		before int64
		count  *int
	}{
		{"DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE at_ms < ? LIMIT ?)", events.UnixMilli(), &u.report.Events},
		{oldCalls, u.now.Add(-u.policy.Calls).UnixMilli(), &u.report.Calls},
		{"DELETE FROM costs WHERE hour_s IN (SELECT hour_s FROM costs WHERE hour_s < ? LIMIT ?)", hour(u.now.Add(-u.policy.Costs)), nil},
		{"DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE started_ms < ? LIMIT ?)", u.now.Add(-u.policy.Runs).UnixMilli(), &u.report.Runs},
	} {
		n, err := u.deleteRows(ctx, rows.delete, rows.before, stepRows)
		if rows.count != nil {
			*rows.count += n
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteRows repeats a statement, whose last argument is the limit of rows, until it finds none.
func (u *upkeep) deleteRows(ctx context.Context, statement string, args ...any) (total int, err error) {
	for {
		var n int64
		err := u.step(ctx, func(ctx context.Context, tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, statement, args...)
			if err != nil {
				return err
			}
			n, err = result.RowsAffected()
			return err
		})
		total += int(n)
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// nothingLeft says in SQL that a series has neither points nor extents nor anything else. Seven bytes is a tail without values.
var nothingLeft = fmt.Sprintf(`NOT EXISTS (SELECT 1 FROM points WHERE points.id >= series.id << %[1]d AND points.id < (series.id + 1) << %[1]d)
	AND NOT EXISTS (SELECT 1 FROM extents WHERE series_id = series.id)
	AND NOT EXISTS (SELECT 1 FROM tails WHERE series_id = series.id AND length(chunk) > 7)
	AND NOT EXISTS (SELECT 1 FROM events WHERE series_id = series.id)
	AND NOT EXISTS (SELECT 1 FROM states WHERE series_id = series.id)
	AND NOT EXISTS (SELECT 1 FROM results WHERE series_id = series.id)`, rowBits)

// dropEmpty removes series of which nothing is left. They are looked for without the write lock, and looked at again with it.
func (u *upkeep) dropEmpty(ctx context.Context) error {
	var empty []int64
	err := u.use(ctx, func(ctx context.Context, read, _ *sql.DB) (err error) {
		empty, err = numbers(ctx, read, "SELECT id FROM series WHERE "+nothingLeft)
		return err
	})
	if err != nil {
		return err
	}
	for len(empty) > 0 {
		n := min(len(empty), stepSeries)
		if err := u.drop(ctx, empty[:n]); err != nil {
			return err
		}
		empty = empty[n:]
	}
	return nil
}

func (u *upkeep) drop(ctx context.Context, ids []int64) error {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return u.step(ctx, func(ctx context.Context, tx *sql.Tx) error {
		these := " IN (SELECT id FROM series WHERE id IN (" + marks(len(ids)) + ") AND " + nothingLeft + ")"
		if _, err := tx.ExecContext(ctx, "DELETE FROM tails WHERE series_id"+these, args...); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "DELETE FROM series WHERE id"+these, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		u.report.Series += int(n)
		return err
	})
}

// numbers are the rows of a query of one integer.
func numbers(ctx context.Context, db *sql.DB, query string) (out []int64, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}
