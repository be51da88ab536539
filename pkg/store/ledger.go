package store

import (
	"context"
	"database/sql"
	"time"
)

// Entry is one AWS call in the ledger.
type Entry struct {
	At                           time.Time
	AccountID, Region, Operation string
	Metrics, Datapoints          int
	CostUSD                      float64 // an estimate
	Error                        string  // "" on success
}

// Record adds a call to the ledger.
func (s *Store) Record(ctx context.Context, e Entry) error {
	return explain(s.dir, s.use(ctx, func(ctx context.Context, _, write *sql.DB) error {
		_, err := write.ExecContext(ctx, "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			e.At.UnixMilli(), e.AccountID, e.Region, e.Operation, e.Metrics, e.Datapoints, e.CostUSD, e.Error)
		return err
	}))
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
