package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migration brings a database to the next version: by SQL, and where that cannot say it by what follows.
type migration struct {
	sql  string
	then func(context.Context, *sql.Tx) ([]Damage, error)
}

// migrations bring a database from version i to i+1. They are only ever appended to.
var migrations = []migration{
	{sql: `CREATE TABLE series (
		id  INTEGER PRIMARY KEY,
		key TEXT NOT NULL UNIQUE
	);
	-- Held ranges, in Unix seconds, [start_s, end_s). fetched_s is 0 for a range that is final and else when it was last asked for.
	CREATE TABLE extents (
		series_id INTEGER NOT NULL REFERENCES series(id),
		start_s   INTEGER NOT NULL,
		end_s     INTEGER NOT NULL,
		fetched_s INTEGER NOT NULL,
		PRIMARY KEY (series_id, start_s)
	) WITHOUT ROWID;
	CREATE TABLE chunks (
		series_id INTEGER NOT NULL REFERENCES series(id),
		start_s   INTEGER NOT NULL,
		points    BLOB NOT NULL,
		PRIMARY KEY (series_id, start_s)
	) WITHOUT ROWID;
	CREATE TABLE ledger (
		at_ms      INTEGER NOT NULL,
		account_id TEXT NOT NULL,
		region     TEXT NOT NULL,
		operation  TEXT NOT NULL,
		metrics    INTEGER NOT NULL,
		datapoints INTEGER NOT NULL,
		cost_usd   REAL NOT NULL,
		error      TEXT NOT NULL
	);
	CREATE INDEX ledger_at ON ledger (at_ms);`},

	// What analysis has worked out of the points and can work out again: what its pipelines had learnt after count buckets (slot 0 at
	// the start of the epoch, 1 the newest), and the results of count finished buckets (slot 2). hash is of the input they saw.
	{sql: `CREATE TABLE states (
		series_id INTEGER NOT NULL REFERENCES series(id),
		spec      INTEGER NOT NULL,
		epoch_s   INTEGER NOT NULL,
		slot      INTEGER NOT NULL,
		until_s   INTEGER NOT NULL,
		count     INTEGER NOT NULL,
		hash      INTEGER NOT NULL,
		blob      BLOB NOT NULL,
		PRIMARY KEY (series_id, spec, epoch_s, slot)
	) WITHOUT ROWID;
	CREATE INDEX states_until ON states (until_s);
	CREATE TABLE results (
		series_id INTEGER NOT NULL REFERENCES series(id),
		spec      INTEGER NOT NULL,
		epoch_s   INTEGER NOT NULL,
		until_s   INTEGER NOT NULL,
		count     INTEGER NOT NULL,
		hash      INTEGER NOT NULL,
		blob      BLOB NOT NULL,
		PRIMARY KEY (series_id, spec, epoch_s)
	) WITHOUT ROWID;
	CREATE INDEX results_until ON results (until_s);`},

	{sql: `-- Points in chunks; id is the series and the start (rowOf). A table with a rowid, because its rows may fill a page: in one without,
	-- a blob over a quarter of a page takes a page for itself.
	CREATE TABLE points (
		id    INTEGER PRIMARY KEY,
		chunk BLOB NOT NULL
	);
	-- The newest points of each series, from start_s on. What is appended point by point rewrites these few alone.
	CREATE TABLE tails (
		series_id INTEGER PRIMARY KEY REFERENCES series(id),
		start_s   INTEGER NOT NULL,
		chunk     BLOB NOT NULL
	);
	-- When the series was last read or written, to the hour.
	ALTER TABLE series ADD COLUMN used_s INTEGER NOT NULL DEFAULT 0;

	ALTER TABLE ledger ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
	-- What the ledger says of each hour: a budget is asked about often.
	CREATE TABLE spent (
		hour_s   INTEGER PRIMARY KEY,
		cost_usd REAL NOT NULL
	);
	INSERT INTO spent SELECT at_ms / 3600000 * 3600 AS hour, sum(cost_usd) FROM ledger GROUP BY hour;
	-- Metrics that were answered from the cache.
	CREATE TABLE savings (
		hour_s     INTEGER NOT NULL,
		account_id TEXT NOT NULL,
		region     TEXT NOT NULL,
		asked_by   TEXT NOT NULL,
		metrics    INTEGER NOT NULL,
		PRIMARY KEY (hour_s, account_id, region, asked_by)
	) WITHOUT ROWID;

	-- What was found, in the order of finding. Nothing is changed; what is older than events_horizon may go, and nothing else.
	CREATE TABLE events (
		seq       INTEGER PRIMARY KEY AUTOINCREMENT,
		at_ms     INTEGER NOT NULL,
		series_id INTEGER NOT NULL REFERENCES series(id),
		spec      INTEGER NOT NULL,
		kind      TEXT NOT NULL CHECK (kind IN ('opened', 'changed', 'closed', 'revised')),
		start_s   INTEGER NOT NULL,
		until_s   INTEGER NOT NULL,
		score     REAL,
		direction INTEGER NOT NULL,
		value     REAL,
		expected  REAL,
		version   INTEGER NOT NULL
	);
	CREATE INDEX events_series ON events (series_id);
	CREATE INDEX events_at ON events (at_ms);
	CREATE TABLE events_horizon (before_ms INTEGER NOT NULL);
	INSERT INTO events_horizon VALUES (0);
	CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
		BEGIN SELECT raise(ABORT, 'events are not changed'); END;
	CREATE TRIGGER events_stay BEFORE DELETE ON events WHEN old.at_ms >= (SELECT max(before_ms) FROM events_horizon)
		BEGIN SELECT raise(ABORT, 'events stay until their retention ends'); END;

	CREATE TABLE runs (
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		started_ms INTEGER NOT NULL,
		ended_ms   INTEGER NOT NULL,
		kind       TEXT NOT NULL,
		series     INTEGER NOT NULL,
		asked      INTEGER NOT NULL,
		fetched    INTEGER NOT NULL,
		revised    INTEGER NOT NULL,
		error      TEXT NOT NULL
	);
	CREATE INDEX runs_started ON runs (started_ms);`, then: repack},

	// What the ledger and the savings come to, by the hour and who asked: whoever looks at costs or asks about a budget reads what is shown,
	// however many calls there were.
	{sql: `CREATE TABLE costs (
		hour_s     INTEGER NOT NULL,
		account_id TEXT NOT NULL,
		region     TEXT NOT NULL,
		asked_by   TEXT NOT NULL,
		calls      INTEGER NOT NULL,
		failed     INTEGER NOT NULL,
		metrics    INTEGER NOT NULL,
		datapoints INTEGER NOT NULL,
		cost_usd   REAL NOT NULL,
		saved      INTEGER NOT NULL,
		PRIMARY KEY (hour_s, account_id, region, asked_by)
	) WITHOUT ROWID;
	INSERT INTO costs
		SELECT hour, account_id, region, asked_by, sum(calls), sum(failed), sum(metrics), sum(datapoints), sum(cost_usd), sum(saved) FROM (
			SELECT at_ms / 3600000 * 3600 AS hour, account_id, region, asked_by, 1 AS calls, error <> '' AS failed, metrics, datapoints, cost_usd, 0 AS saved
			FROM ledger
			UNION ALL
			SELECT hour_s, account_id, region, asked_by, 0, 0, 0, 0, 0.0, metrics FROM savings
		) GROUP BY hour, account_id, region, asked_by;
	DROP TABLE savings;
	DROP TABLE spent;`},
}

// migrate brings a database to the newest version, in one transaction. It returns what it found damaged and left out.
func migrate(ctx context.Context, db *sql.DB) (lost []Damage, err error) {
	err = transact(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		version := 0
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version > len(migrations) {
			return fmt.Errorf("the cache was written by a newer version of the plugin (schema %d, this one knows %d)", version, len(migrations))
		}
		if version == len(migrations) {
			return nil
		}
		for ; version < len(migrations); version++ {
			more, err := migrations[version].run(ctx, tx)
			if err != nil {
				return fmt.Errorf("migrate schema to version %d: %w", version+1, err)
			}
			lost = append(lost, more...)
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	})
	return lost, err
}

func (m migration) run(ctx context.Context, tx *sql.Tx) ([]Damage, error) {
	if _, err := tx.ExecContext(ctx, m.sql); err != nil || m.then == nil {
		return nil, err
	}
	return m.then(ctx, tx)
}

// shrinkable makes sure that pages can be given back to the disk step by step. A database that was made without needs one VACUUM. Where
// that fails, for want of space or because another process is at work, the database serves as it is, and the next start tries again.
func shrinkable(ctx context.Context, db *sql.DB) {
	const incremental = 2
	mode := 0
	if err := db.QueryRowContext(ctx, "PRAGMA auto_vacuum").Scan(&mode); err != nil || mode == incremental {
		return
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA auto_vacuum = %d", incremental)); err != nil {
		return
	}
	_, _ = db.ExecContext(ctx, "VACUUM")
}
