package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring a database from version i to i+1. They are only ever appended to.
var migrations = []string{
	`CREATE TABLE series (
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
	CREATE INDEX ledger_at ON ledger (at_ms);`,

	// What analysis has worked out of the points and can work out again: what its pipelines had learnt after count buckets (slot 0 at
	// the start of the epoch, 1 the newest), and the results of count finished buckets (slot 2). hash is of the input they saw.
	`CREATE TABLE states (
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
	CREATE INDEX results_until ON results (until_s);`,
}

func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil) // the writer's transactions take the write lock at once
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
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
		if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
			return fmt.Errorf("migrate schema to version %d: %w", version+1, err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return err
	}
	return tx.Commit()
}
