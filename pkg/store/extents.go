package store

import (
	"context"
	"database/sql"
	"slices"
	"sort"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// mergeExtents is what is held after a write: the written window replaces what it covers, its older part as final; neighbours of the
// same standing become one. What it leaves over of an extent was not fresh to whoever asked, so it may count as asked for when what lies before
// it was: else each write of a series without points would leave a piece.
func mergeExtents(before []Extent, w Write) []Extent {
	window, final := w.Series.Window, w.final()
	parts := []Extent{
		{Window: final},
		{Window: series.Window{Start: final.End, End: window.End, Period: window.Period}, FetchedAt: w.FetchedAt},
	}
	for _, e := range before {
		if e.Final() {
			parts = append(parts, e) // final stays final, also under a later read
			continue
		}
		for _, rest := range e.Subtract([]series.Window{window}) {
			left := Extent{Window: rest, FetchedAt: e.FetchedAt}
			if rest.End.Equal(window.Start) && e.End.After(rest.End) {
				left.FetchedAt = askedBefore(before, e)
			}
			parts = append(parts, left)
		}
	}
	return coalesce(parts)
}

// askedBefore is when the extent that ends where e begins was asked for, if that was before e was.
func askedBefore(extents []Extent, e Extent) time.Time {
	for _, n := range extents {
		if n.End.Equal(e.Start) && !n.Final() && n.FetchedAt.Before(e.FetchedAt) {
			return n.FetchedAt
		}
	}
	return e.FetchedAt
}

// coalesce orders extents, makes them disjoint (final wins over provisional) and joins neighbours of the same standing.
func coalesce(parts []Extent) []Extent {
	var finals []series.Window
	var out []Extent
	for _, p := range parts {
		if p.Final() && !p.Empty() {
			finals = append(finals, p.Window)
		}
	}
	for _, f := range join(finals) {
		out = append(out, Extent{Window: f})
	}
	for _, p := range parts {
		if p.Final() || p.Empty() {
			continue
		}
		for _, rest := range p.Subtract(finals) {
			out = append(out, Extent{Window: rest, FetchedAt: p.FetchedAt})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Start.Before(out[j].Start) })
	return joinEqual(out)
}

// joinEqual joins neighbours that were asked for at the same time.
func joinEqual(extents []Extent) (out []Extent) {
	for _, e := range extents {
		if n := len(out); n > 0 && out[n-1].End.Equal(e.Start) && out[n-1].FetchedAt.Equal(e.FetchedAt) {
			out[n-1].End = e.End
			continue
		}
		out = append(out, e)
	}
	return out
}

func join(windows []series.Window) []series.Window {
	sort.Slice(windows, func(i, j int) bool { return windows[i].Start.Before(windows[j].Start) })
	var out []series.Window
	for _, w := range windows {
		if n := len(out); n > 0 && !w.Start.After(out[n-1].End) {
			out[n-1] = out[n-1].Union(w)
			continue
		}
		out = append(out, w)
	}
	return out
}

// extentsBeside reads the extents that touch or meet w, and the one before the first where that reaches out of w and is not final.
func extentsBeside(ctx context.Context, tx *sql.Tx, id int64, w series.Window) ([]Extent, error) {
	extents, err := loadExtents(ctx, tx, id, w)
	if err != nil || len(extents) == 0 || extents[0].Final() || !extents[0].Start.Before(w.Start) {
		return extents, err
	}
	return loadExtents(ctx, tx, id, series.Window{Start: extents[0].Start, End: w.End, Period: w.Period})
}

// loadExtents reads the extents that touch or meet w, whole.
func loadExtents(ctx context.Context, tx *sql.Tx, id int64, w series.Window) ([]Extent, error) {
	rows, err := tx.QueryContext(ctx, "SELECT start_s, end_s, fetched_s FROM extents WHERE series_id = ? AND end_s >= ? AND start_s <= ? ORDER BY start_s",
		id, w.Start.Unix(), w.End.Unix())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var extents []Extent
	for rows.Next() {
		var start, end, fetched int64
		if err := rows.Scan(&start, &end, &fetched); err != nil {
			return nil, err
		}
		e := Extent{Window: series.Window{Start: unix(start), End: unix(end), Period: w.Period}}
		if fetched != 0 {
			e.FetchedAt = unix(fetched)
		}
		extents = append(extents, e)
	}
	return extents, rows.Err()
}

// saveExtents writes what changed from before to after, both in order of time.
func saveExtents(ctx context.Context, tx *sql.Tx, id int64, before, after []Extent) error {
	for _, e := range before {
		if slices.ContainsFunc(after, func(a Extent) bool { return a.Start.Equal(e.Start) }) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM extents WHERE series_id = ? AND start_s = ?", id, e.Start.Unix()); err != nil {
			return err
		}
	}
	for _, e := range after {
		if slices.Contains(before, e) {
			continue
		}
		fetched := int64(0)
		if !e.Final() {
			fetched = e.FetchedAt.Unix()
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO extents (series_id, start_s, end_s, fetched_s) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET end_s = excluded.end_s, fetched_s = excluded.fetched_s`, id, e.Start.Unix(), e.End.Unix(), fetched); err != nil {
			return err
		}
	}
	return nil
}
