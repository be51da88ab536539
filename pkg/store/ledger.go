package store

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Entry is one AWS call in the ledger.
type Entry struct {
	At                           time.Time
	AccountID, Region, Operation string
	Metrics, Datapoints          int
	CostUSD                      float64 // an estimate
	Error                        string  // "" on success
	AskedBy                      string  // who caused it: "panel <dashboard uid>/<panel id>", "rule <uid>", "collector", "explore"; "" unknown
}

// hour is the start of the hour of t, in Unix seconds.
func hour(t time.Time) int64 { return t.UTC().Truncate(time.Hour).Unix() }

// Record adds a call to the ledger.
func (s *Store) Record(ctx context.Context, e Entry) error {
	return s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO ledger (at_ms, account_id, region, operation, metrics, datapoints, cost_usd, error, asked_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.At.UnixMilli(), e.AccountID, e.Region, e.Operation, e.Metrics, e.Datapoints, e.CostUSD, e.Error, e.AskedBy)
		if err != nil || e.CostUSD == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO spent (hour_s, cost_usd) VALUES (?, ?) ON CONFLICT DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd",
			hour(e.At), e.CostUSD)
		return err
	})
}

// Saving is a number of metrics that were answered from the cache, and would have been asked of AWS without it.
type Saving struct {
	At                         time.Time
	AccountID, Region, AskedBy string
	Metrics                    int
}

// Saved counts savings, by the hour.
func (s *Store) Saved(ctx context.Context, savings []Saving) error {
	if len(savings) == 0 {
		return nil
	}
	return s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, v := range savings {
			_, err := tx.ExecContext(ctx, `INSERT INTO savings (hour_s, account_id, region, asked_by, metrics) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET metrics = metrics + excluded.metrics`, hour(v.At), v.AccountID, v.Region, v.AskedBy, v.Metrics)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Spent sums the ledger of one account.
type Spent struct {
	AccountID       string
	Calls, Metrics  int
	CostUSD         float64
	Failed          int
	First, LastCall time.Time
}

// Spending sums the calls since a time, by account.
func (s *Store) Spending(ctx context.Context, since time.Time) ([]Spent, error) {
	var out []Spent
	err := s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		out = nil
		rows, err := read.QueryContext(ctx, `SELECT account_id, count(*), sum(metrics), sum(cost_usd), sum(error <> ''), min(at_ms), max(at_ms)
			FROM ledger WHERE at_ms >= ? GROUP BY account_id ORDER BY account_id`, since.UnixMilli())
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var row Spent
			var first, last int64
			if err := rows.Scan(&row.AccountID, &row.Calls, &row.Metrics, &row.CostUSD, &row.Failed, &first, &last); err != nil {
				return err
			}
			row.First, row.LastCall = time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
			out = append(out, row)
		}
		return rows.Err()
	})
	return out, explain(s.dir, err)
}

// SpentSince is the estimated price in USD of all calls since a time: whole hours from running sums, the first one from the ledger.
func (s *Store) SpentSince(ctx context.Context, t time.Time) (usd float64, err error) {
	next := hour(t.Add(time.Hour - 1)) // the first whole hour
	err = s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		return read.QueryRowContext(ctx, `SELECT (SELECT total(cost_usd) FROM spent WHERE hour_s >= ?1)
			+ (SELECT total(cost_usd) FROM ledger WHERE at_ms >= ?2 AND at_ms < ?1 * 1000)`, next, t.UnixMilli()).Scan(&usd)
	})
	return usd, explain(s.dir, err)
}

// Cost is what one who asks caused in one account and region.
type Cost struct {
	AccountID, Region, AskedBy         string
	Calls, Failed, Metrics, Datapoints int
	CostUSD                            float64 // an estimate
	MetricsSaved                       int     // answered from the cache
}

// Costs sums calls and savings in [since, until), by account, region and who asked, in that order. Savings are counted by the hour: those
// of the hour of since are in it, whole.
func (s *Store) Costs(ctx context.Context, since, until time.Time) ([]Cost, error) {
	var costs []Cost
	err := s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		costs = nil
		rows, err := read.QueryContext(ctx, `SELECT account_id, region, asked_by, sum(calls), sum(failed), sum(metrics), sum(datapoints), sum(cost), sum(saved) FROM (
				SELECT account_id, region, asked_by, 1 AS calls, error <> '' AS failed, metrics, datapoints, cost_usd AS cost, 0 AS saved
				FROM ledger WHERE at_ms >= ?1 AND at_ms < ?2
				UNION ALL
				SELECT account_id, region, asked_by, 0, 0, 0, 0, 0.0, metrics FROM savings WHERE hour_s >= ?3 AND hour_s * 1000 < ?2
			) GROUP BY account_id, region, asked_by`, since.UnixMilli(), until.UnixMilli(), hour(since))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var c Cost
			err := rows.Scan(&c.AccountID, &c.Region, &c.AskedBy, &c.Calls, &c.Failed, &c.Metrics, &c.Datapoints, &c.CostUSD, &c.MetricsSaved)
			if err != nil {
				return err
			}
			costs = append(costs, c)
		}
		return rows.Err()
	})
	slices.SortFunc(costs, func(a, b Cost) int {
		return slices.Compare([]string{a.AccountID, a.Region, a.AskedBy}, []string{b.AccountID, b.Region, b.AskedBy})
	})
	return costs, explain(s.dir, err)
}
