package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store/chunk"
)

// longAgo is when that counts as asked for of which nobody knows when it was: nothing of it is fresh, and nothing final by its age. So AWS is
// asked for it again, as long as AWS has it.
var longAgo = unix(1)

// ahead returns the first extent that is final and yet ends after a write was asked for: the clock was ahead when it was saved, or is behind now.
func ahead(extents []Extent, w Write) (wrong Extent, found bool) {
	i := slices.IndexFunc(extents, func(e Extent) bool { return e.Final() && e.End.After(w.FetchedAt) })
	if i < 0 || w.FetchedAt.Equal(longAgo) {
		return wrong, false
	}
	return extents[i], true
}

// disown takes back what a wrong clock has called final, as far as a write shows it: from the last point before the written window on, because
// what was missing there may still have been to come. Points that are held from there on may change, and behind them nothing is held.
func disown(ctx context.Context, tx *sql.Tx, e entry, wrong Extent, w Write) error {
	before := w.Series.Window.Start
	if w.FetchedAt.Before(before) {
		before = series.Floor(w.FetchedAt, wrong.Period)
	}
	places, err := placesOf(ctx, tx, e, wrong.Window)
	if err != nil {
		return err
	}
	sure, last := wrong.Start, wrong.Start
	for i := len(places) - 1; i >= 0 && !sure.After(wrong.Start); i-- {
		b, err := e.blockAt(ctx, tx, places[i], wrong.Period)
		if err != nil {
			return err
		}
		last = later(last, b.endIn(wrong.Start, wrong.End))
		sure = later(sure, b.endIn(wrong.Start, before))
		if err := putAt(ctx, tx, places[i], b.unmarked(series.Window{Start: sure, End: wrong.End, Period: wrong.Period})); err != nil {
			return err
		}
	}
	return saveExtents(ctx, tx, e.id, []Extent{wrong}, slices.DeleteFunc([]Extent{
		{Window: series.Window{Start: wrong.Start, End: sure, Period: wrong.Period}},
		{series.Window{Start: sure, End: last, Period: wrong.Period}, longAgo},
	}, func(e Extent) bool { return e.Empty() }))
}

// placesOf are the places of the chunks that reach into w and of the tail, in order of time.
func placesOf(ctx context.Context, tx *sql.Tx, e entry, w series.Window) (out []place, err error) {
	from, to := chunkWindow(w.Start, w.Period).Start.Unix(), w.End.Unix()-1
	const all = -1
	rows, err := chunkRows(ctx, tx, rowOf(e.id, min(max(from, 0), lastSecond)), rowOf(e.id, min(max(to, 0), lastSecond)), all)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		out = append(out, place{id: e.id, start: row & lastSecond})
	}
	if e.start.Valid {
		out = append(out, place{e.id, e.start.Int64, true})
	}
	return out, nil
}

// blockAt is the chunk or the tail at a place.
func (e entry) blockAt(ctx context.Context, tx *sql.Tx, at place, period time.Duration) (block, error) {
	if at.tail {
		b, _, err := e.tailOf(period)
		return b, err
	}
	return getChunk(ctx, tx, e.id, chunkWindow(unix(at.start), period))
}

func putAt(ctx context.Context, tx *sql.Tx, at place, b block) error {
	if at.tail {
		return putTail(ctx, tx, at.id, b)
	}
	return putChunk(ctx, tx, at.id, b)
}

// endIn is the end of the newest bucket with a value in [from, to), or from.
func (b block) endIn(from, to time.Time) time.Time {
	w := b.window.Intersect(series.Window{Start: from, End: to, Period: b.window.Period})
	if i := (block{values: b.slice(w)}).last(); i >= 0 {
		return w.Time(i + 1)
	}
	return from
}

// unmarked is the block with nothing in w final.
func (b block) unmarked(w series.Window) block {
	final := chunk.NewBits(len(b.values))
	for i := range b.values {
		if b.final.Get(i) && !holds([]Extent{{Window: w}}, b.window.Time(i)) {
			final.Set(i)
		}
	}
	b.final = final
	return b
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
