package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
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

// Record adds a call to the ledger, and to the costs of its hour.
func (s *Store) Record(ctx context.Context, e Entry) error {
	return s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO ledger (at_ms, account_id, region, operation, metrics, datapoints, cost_usd, error, asked_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.At.UnixMilli(), e.AccountID, e.Region, e.Operation, e.Metrics, e.Datapoints, e.CostUSD, e.Error, e.AskedBy)
		if err != nil {
			return err
		}
		c := Cost{AccountID: e.AccountID, Region: e.Region, AskedBy: e.AskedBy, Calls: 1, Metrics: e.Metrics, Datapoints: e.Datapoints, CostUSD: e.CostUSD}
		if e.Error != "" {
			c.Failed = 1
		}
		return addCost(ctx, tx, e.At, c)
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
			if err := addCost(ctx, tx, v.At, Cost{AccountID: v.AccountID, Region: v.Region, AskedBy: v.AskedBy, MetricsSaved: v.Metrics}); err != nil {
				return err
			}
		}
		return nil
	})
}

// addCost adds to the costs of an hour.
func addCost(ctx context.Context, tx *sql.Tx, at time.Time, c Cost) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO costs (hour_s, account_id, region, asked_by, calls, failed, metrics, datapoints, cost_usd, saved)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
			calls = calls + excluded.calls, failed = failed + excluded.failed, metrics = metrics + excluded.metrics,
			datapoints = datapoints + excluded.datapoints, cost_usd = cost_usd + excluded.cost_usd, saved = saved + excluded.saved`,
		hour(at), c.AccountID, c.Region, c.AskedBy, c.Calls, c.Failed, c.Metrics, c.Datapoints, c.CostUSD, c.MetricsSaved)
	return err
}

// Spent sums the calls of one account.
type Spent struct {
	AccountID              string
	Calls, Failed, Metrics int
	CostUSD                float64 // an estimate
}

// Spending sums the calls since the beginning of the hour of a time, by account, in that order.
func (s *Store) Spending(ctx context.Context, since time.Time) ([]Spent, error) {
	var out []Spent
	err := s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		out = nil
		rows, err := read.QueryContext(ctx, `SELECT account_id, sum(calls), sum(failed), sum(metrics), sum(cost_usd)
			FROM costs WHERE hour_s >= ? AND calls > 0 GROUP BY account_id ORDER BY account_id`, hour(since))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var row Spent
			if err := rows.Scan(&row.AccountID, &row.Calls, &row.Failed, &row.Metrics, &row.CostUSD); err != nil {
				return err
			}
			out = append(out, row)
		}
		return rows.Err()
	})
	return out, explain(s.dir, err)
}

// Cost is what one who asks caused in one account and region.
type Cost struct {
	AccountID, Region, AskedBy         string
	Calls, Failed, Metrics, Datapoints int
	CostUSD                            float64 // an estimate
	MetricsSaved                       int     // answered from the cache
}

// Costs sums calls and savings of the hours that [since, until) touches, by account, region and who asked, in that order.
func (s *Store) Costs(ctx context.Context, since, until time.Time) ([]Cost, error) {
	w := series.Align(since, until, time.Hour)
	if w.Empty() {
		return nil, nil
	}
	w.Period = w.End.Sub(w.Start) // one bucket
	buckets, err := s.CostsBy(ctx, w)
	if err != nil {
		return nil, err
	}
	return buckets[0], nil
}

// CostsBy is what Costs says of each bucket of a window, which is in whole hours.
func (s *Store) CostsBy(ctx context.Context, w series.Window) (buckets [][]Cost, err error) {
	if w.Period%time.Hour != 0 || hour(w.Start) != w.Start.Unix() {
		return nil, fmt.Errorf("costs from %s by %s are not in whole hours, by which they are counted", w.Start.Format(time.RFC3339), w.Period)
	}
	if w.Empty() {
		return nil, nil
	}
	err = s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		buckets = make([][]Cost, w.Len())
		// As Load does, we look at the context ourselves.
		rows, err := read.QueryContext(context.WithoutCancel(ctx), costsOf(w.Period), w.Start.Unix(), w.Time(w.Len()).Unix(), int64(w.Period/time.Second))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() && ctx.Err() == nil {
			var bucket int
			var c Cost
			err := rows.Scan(&bucket, &c.AccountID, &c.Region, &c.AskedBy, &c.Calls, &c.Failed, &c.Metrics, &c.Datapoints, &c.CostUSD, &c.MetricsSaved)
			if err != nil {
				return err
			}
			buckets[bucket] = append(buckets[bucket], c)
		}
		return cmp.Or(ctx.Err(), rows.Err())
	})
	return buckets, explain(s.dir, err)
}

// costsOf is the query of costs by a period. Those of an hour stand in the table as they are, in order: nothing is to be sorted.
func costsOf(period time.Duration) string {
	const from = " FROM costs WHERE hour_s >= ?1 AND hour_s < ?2 "
	if period == time.Hour {
		return `SELECT (hour_s - ?1) / ?3, account_id, region, asked_by, calls, failed, metrics, datapoints, cost_usd, saved` + from +
			`ORDER BY hour_s, account_id, region, asked_by`
	}
	return `SELECT (hour_s - ?1) / ?3 AS bucket, account_id, region, asked_by,
		sum(calls), sum(failed), sum(metrics), sum(datapoints), sum(cost_usd), sum(saved)` + from +
		`GROUP BY bucket, account_id, region, asked_by ORDER BY bucket, account_id, region, asked_by`
}
