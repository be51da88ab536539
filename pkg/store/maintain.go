package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const day = 24 * time.Hour

// Policy says how long what is kept. A zero field is its default, a negative one is for ever (or, of MaxBytes, without bound).
type Policy struct {
	// Points, by their period.
	UnderMinute      time.Duration // 7 days: AWS keeps 3 hours
	UnderFiveMinutes time.Duration // 90 days: AWS keeps 15
	UnderHour        time.Duration // 455 days: AWS keeps 63
	HourAndMore      time.Duration // 3 years: AWS keeps 455 days

	Events time.Duration // 3 years
	Ledger time.Duration // 455 days, of calls and savings
	Runs   time.Duration // 90 days

	MaxBytes int64 // of the database: 2 GiB
}

func (p Policy) withDefaults() Policy {
	const forever = 250 * 365 * day // a Duration does not hold 300
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&p.UnderMinute, 7 * day}, {&p.UnderFiveMinutes, 90 * day}, {&p.UnderHour, 455 * day}, {&p.HourAndMore, 3 * 365 * day},
		{&p.Events, 3 * 365 * day}, {&p.Ledger, 455 * day}, {&p.Runs, 90 * day},
	} {
		switch {
		case *f.field == 0:
			*f.field = f.value
		case *f.field < 0:
			*f.field = forever
		}
	}
	if p.MaxBytes == 0 {
		p.MaxBytes = 2 << 30
	}
	return p
}

// Widest keeps whatever either of the policies keeps: of several users of one cache none loses what it asked for.
func (p Policy) Widest(q Policy) Policy {
	p, q = p.withDefaults(), q.withDefaults()
	for _, f := range [][2]*time.Duration{
		{&p.UnderMinute, &q.UnderMinute}, {&p.UnderFiveMinutes, &q.UnderFiveMinutes}, {&p.UnderHour, &q.UnderHour},
		{&p.HourAndMore, &q.HourAndMore}, {&p.Events, &q.Events}, {&p.Ledger, &q.Ledger}, {&p.Runs, &q.Runs},
	} {
		*f[0] = max(*f[0], *f[1])
	}
	p.MaxBytes = max(p.MaxBytes, q.MaxBytes)
	return p
}

// keep is how long points of a period are kept.
func (p Policy) keep(period time.Duration) time.Duration {
	switch {
	case period < time.Minute:
		return p.UnderMinute
	case period < 5*time.Minute:
		return p.UnderFiveMinutes
	case period < time.Hour:
		return p.UnderHour
	default:
		return p.HourAndMore
	}
}

// Report is what maintenance did.
type Report struct {
	Points, Chunks      int           // that left
	RolledUp            int           // points of coarser periods that were made of them before
	Evicted             int           // points of those that left before their time, because the database was too large
	Series              int           // that have nothing left, and went
	Events, Calls, Runs int           // rows whose retention ended
	BytesFreed          int64         // given back to the disk
	Bytes               int64         // of the database, at the end
	OverBytes           int64         // that are too many and could not be freed
	CannotShrink        bool          // free pages stay in the file: it is of an earlier version, and the next start tries again to prepare it
	LongestLock         time.Duration // that others had to wait at most
}

// What a step of maintenance does at most, so that it holds the write lock for some milliseconds.
const (
	stepChunks = 8
	stepRows   = 1000
	stepPages  = 256
	stepSeries = 500
)

// upkeep is one Maintain on its way.
type upkeep struct {
	*Store
	now    time.Time
	policy Policy
	report Report
}

// Maintain does what is due, as of now: retention, roll-ups, the size cap, and the return of free pages to the disk. It works in small
// steps between which others read and write; it may be called at any time, and goes on where an earlier one was cut off. The report is
// of what was done, also beside an error.
func (s *Store) Maintain(ctx context.Context, now time.Time, p Policy) (Report, error) {
	s.maintenance.Lock()
	defer s.maintenance.Unlock()
	u := &upkeep{Store: s, now: now, policy: p.withDefaults()}
	for _, step := range []func(context.Context) error{u.noteUse, u.retire, u.retireRows, u.capSize, u.dropEmpty, u.shrink} {
		if err := step(ctx); err != nil {
			return u.report, fmt.Errorf("maintain the cache: %w", err)
		}
	}
	return u.report, nil
}

// step runs f in a transaction that writes, measures how long it holds the lock, and rests for as long: another process that waits for
// the lock looks now and then whether it is free, and would starve.
func (u *upkeep) step(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	began := time.Now()
	err := u.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		began = time.Now() // the lock is ours
		return f(ctx, tx)
	})
	if err != nil {
		return err
	}
	return u.rest(ctx, time.Since(began))
}

// rest notes for how long the lock was held, and waits for as long.
func (u *upkeep) rest(ctx context.Context, took time.Duration) error {
	u.report.LongestLock = max(u.report.LongestLock, took)
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// noteUse writes down which series were used since the last time.
func (u *upkeep) noteUse(ctx context.Context) error {
	ids := u.used.take()
	for len(ids) > 0 {
		n := min(len(ids), stepSeries)
		err := u.step(ctx, func(ctx context.Context, tx *sql.Tx) error {
			for _, id := range ids[:n] {
				if _, err := tx.ExecContext(ctx, "UPDATE series SET used_s = ? WHERE id = ?", u.now.Unix(), id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// owned is a series and when it was last used.
type owned struct {
	id   int64
	key  series.Key
	used time.Time
}

// all lists the series, the least used first.
func (u *upkeep) all(ctx context.Context) (all []owned, err error) {
	err = u.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		all = nil
		rows, err := read.QueryContext(ctx, "SELECT id, key, used_s FROM series ORDER BY used_s, id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var o owned
			var key string
			var used int64
			if err := rows.Scan(&o.id, &key, &used); err != nil {
				return err
			}
			if o.key, err = parseKey(key); err != nil {
				return err
			}
			o.used = unix(used)
			all = append(all, o)
		}
		return rows.Err()
	})
	return all, err
}
