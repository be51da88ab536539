package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// What the first two schemas held: chunks of 512 buckets, as little-endian float64 through zstd after a byte 1, NaN for no data.
const (
	oldChunkLen     = 512
	oldChunkVersion = 1
)

// repack brings the chunks of schema 2 into the form of schema 3, with the final marks that the extents imply. Those that are damaged are left
// out, and returned. Series whose key no version of this one's encoding can read were never found again, and go.
func repack(ctx context.Context, tx *sql.Tx) (lost []Damage, err error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<20))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	all, err := allSeries(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		key, err := parseKey(one.key)
		if err != nil {
			if err := dropSeries(ctx, tx, one.id); err != nil {
				return nil, err
			}
			continue
		}
		spans, err := repackSeries(ctx, tx, decoder, one.id, key.Period)
		if err != nil {
			return nil, err
		}
		for _, w := range spans {
			lost = append(lost, Damage{key, w})
		}
	}
	_, err = tx.ExecContext(ctx, "DROP TABLE chunks")
	return lost, err
}

type numbered struct {
	id  int64
	key string
}

func allSeries(ctx context.Context, tx *sql.Tx) (all []numbered, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, key FROM series ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one numbered
		if err := rows.Scan(&one.id, &one.key); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func dropSeries(ctx context.Context, tx *sql.Tx, id int64) error {
	for _, table := range []string{"chunks", "extents", "states", "results"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE series_id = ?", id); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM series WHERE id = ?", id)
	return err
}

// repackSeries moves the points of one series, a new chunk as soon as the old ones are past it. It returns what was held by damaged ones.
func repackSeries(ctx context.Context, tx *sql.Tx, decoder *zstd.Decoder, id int64, period time.Duration) (lost []series.Window, err error) {
	starts, err := oldStarts(ctx, tx, id)
	if err != nil || len(starts) == 0 {
		return nil, err
	}
	whole := series.Window{Start: unix(starts[0]), End: unix(starts[len(starts)-1]).Add(oldChunkLen * period), Period: period}
	extents, err := loadExtents(ctx, tx, id, whole)
	if err != nil {
		return nil, err
	}
	next := newBlock(series.Window{})
	for _, start := range starts {
		old, err := oldChunk(ctx, tx, decoder, id, start, period)
		if errors.Is(err, errBadChunk) {
			w, err := cutExtents(ctx, tx, id, old.window)
			if err != nil {
				return nil, err
			}
			lost, extents = append(lost, w), without(extents, old.window)
			continue
		}
		if err != nil {
			return nil, err
		}
		for w := chunkWindow(old.window.Start, period); w.Start.Before(old.window.End); w = chunkWindow(w.End, period) {
			if w != next.window {
				if err := storeFinal(ctx, tx, id, next, extents); err != nil {
					return nil, err
				}
				next = newBlock(w)
			}
			common := w.Intersect(old.window)
			copy(next.slice(common), old.slice(common))
		}
	}
	return lost, storeFinal(ctx, tx, id, next, extents)
}

// storeFinal stores a chunk with the marks of the extents.
func storeFinal(ctx context.Context, tx *sql.Tx, id int64, b block, extents []Extent) error {
	if b.window.Empty() {
		return nil
	}
	for _, e := range extents {
		if e.Final() {
			b.setFinal(e.Window)
		}
	}
	return putChunk(ctx, tx, id, b)
}

func oldStarts(ctx context.Context, tx *sql.Tx, id int64) (starts []int64, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT start_s FROM chunks WHERE series_id = ? ORDER BY start_s", id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var start int64
		if err := rows.Scan(&start); err != nil {
			return nil, err
		}
		starts = append(starts, start)
	}
	return starts, rows.Err()
}

func oldChunk(ctx context.Context, tx *sql.Tx, decoder *zstd.Decoder, id, start int64, period time.Duration) (block, error) {
	var packed []byte
	row := tx.QueryRowContext(ctx, "SELECT points FROM chunks WHERE series_id = ? AND start_s = ?", id, start)
	if err := row.Scan(&packed); err != nil {
		return block{}, err
	}
	from := unix(start)
	b := newBlock(series.Window{Start: from, End: from.Add(oldChunkLen * period), Period: period})
	return b, unpackOld(decoder, packed, b.values)
}

func unpackOld(decoder *zstd.Decoder, packed []byte, values []float64) error {
	if len(packed) == 0 || packed[0] != oldChunkVersion {
		return errBadChunk
	}
	raw, err := decoder.DecodeAll(packed[1:], make([]byte, 0, 8*oldChunkLen))
	if err != nil {
		return fmt.Errorf("%w: %w", errBadChunk, err)
	}
	if len(raw) != 8*len(values) {
		return errBadChunk
	}
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return nil
}
