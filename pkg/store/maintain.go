package store

import (
	"context"
	"database/sql"
	"errors"
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
	Calls  time.Duration // 35 days
	Costs  time.Duration // 455 days, by the hour
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
		{&p.Events, 3 * 365 * day}, {&p.Calls, 35 * day}, {&p.Costs, 455 * day}, {&p.Runs, 90 * day},
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
		{&p.HourAndMore, &q.HourAndMore}, {&p.Events, &q.Events}, {&p.Calls, &q.Calls}, {&p.Costs, &q.Costs}, {&p.Runs, &q.Runs},
	} {
		*f[0] = max(*f[0], *f[1])
	}
	if p.MaxBytes >= 0 && (q.MaxBytes < 0 || q.MaxBytes > p.MaxBytes) {
		p.MaxBytes = q.MaxBytes
	}
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
	Unreadable          int           // series that this version cannot read, and leaves as they are
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
	generation int // of the file that it began with, whose numbers of series it knows
	now        time.Time
	policy     Policy
	pause      func(context.Context, time.Duration) error
	report     Report
}

var errFileChanged = errors.New("another file is in use by now; its turn comes with the next maintenance")

// Maintain does what is due, as of now: retention, roll-ups, the size cap, and the return of free pages to the disk. It works in small
// steps between which others read and write; it may be called at any time, and goes on where an earlier one was cut off. By a clock that has
// leapt ahead nothing goes for its age, and an error says so. The report is of what was done, also beside an error.
func (s *Store) Maintain(ctx context.Context, now time.Time, p Policy) (Report, error) {
	s.maintenance.Lock()
	defer s.maintenance.Unlock()
	s.mutex.RLock()
	u := &upkeep{Store: s, generation: s.generation, now: now, policy: p.withDefaults(), pause: pause}
	s.mutex.RUnlock()
	if err := u.run(ctx); err != nil {
		return u.report, fmt.Errorf("maintain the cache: %w", err)
	}
	return u.report, nil
}

func (u *upkeep) run(ctx context.Context) error {
	leapt, err := u.leapt(ctx)
	if err != nil {
		return err
	}
	steps := []func(context.Context) error{u.noteUse, u.retire, u.retireRows, u.capSize, u.dropEmpty, u.shrink}
	if leapt {
		steps = []func(context.Context) error{u.noteUse, u.capSize, u.dropEmpty, u.shrink}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if leapt {
		return fmt.Errorf("nothing was removed for its age: by the clock it is %s, and in the month that ended a week before nobody used the cache; "+
			"if the clock is right, this ends by itself once the cache was in use for a week", u.now.UTC().Format(time.RFC3339))
	}
	return nil
}

// A clock that has leapt ahead by more than leap is believed once the cache was in use for as long as proof by it: a look by one that is years
// ahead must not let everything go. What leaves by a smaller leap would have left within the month.
const (
	leap  = 31 * day
	proof = 7 * day
)

// leapt says that the cache was in use before, and then for long not at all until some days ago, by the hours that have costs.
func (u *upkeep) leapt(ctx context.Context) (leapt bool, err error) {
	err = u.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		return read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM costs WHERE hour_s < ?1)
			AND NOT EXISTS (SELECT 1 FROM costs WHERE hour_s >= ?1 AND hour_s <= ?2)`,
			hour(u.now.Add(-proof-leap)), hour(u.now.Add(-proof))).Scan(&leapt)
	})
	return leapt, err
}

// step runs f in a transaction that writes, measures how long it holds the lock, and rests for as long: another process that waits for
// the lock looks now and then whether it is free, and would starve.
func (u *upkeep) step(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	began := time.Now()
	err := u.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		began = time.Now() // the lock is ours
		if u.generation != u.Store.generation {
			return errFileChanged
		}
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
	return u.pause(ctx, took)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
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

// all lists the series, the least used first. Those whose key cannot be read are left alone: a newer version of the plugin may have written
// them.
func (u *upkeep) all(ctx context.Context) (all []owned, err error) {
	err = u.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		all, u.report.Unreadable = nil, 0
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
				u.report.Unreadable++
				continue
			}
			o.used = unix(used)
			all = append(all, o)
		}
		return rows.Err()
	})
	return all, err
}
