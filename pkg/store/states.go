package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// The slots of a State.
const (
	SlotStart   = iota // what was learnt when the epoch began
	SlotNewest         // what was learnt at the newest bucket
	SlotResults        // the results of the epoch's finished buckets
	slots
)

// State is what analysis worked out of one series in one epoch and by one specification, after Count buckets. It can be worked out
// again: what is damaged or of another version is not there.
type State struct {
	Series series.Key
	Spec   uint64
	Epoch  time.Time // its start
	Slot   int
	Until  time.Time // the end of what it has seen, by which it is pruned
	Count  int
	Hash   uint64 // of the input it has seen
	Blob   []byte
}

// stateVersion leads every blob; then come the checksum and the zstd frame of the content.
const (
	stateVersion = 1
	stateHeader  = 5
)

// LoadState returns the state of that series, specification, epoch and slot; ok is false where there is none that can be read.
func (s *Store) LoadState(ctx context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (found State, ok bool, err error) {
	found = State{Series: k, Spec: spec, Epoch: epoch, Slot: slot}
	err = s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		var packed []byte
		var hash, until int64
		row := read.QueryRowContext(ctx, selectState(slot), k.ID(), int64(spec), epoch.Unix(), slot)
		if err := row.Scan(&found.Count, &hash, &until, &packed); err != nil {
			return err
		}
		found.Hash, found.Until = uint64(hash), unix(until)
		found.Blob, ok = s.codec.unpack(packed)
		return nil
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return found, ok && err == nil, explain(s.dir, err)
}

func selectState(slot int) string {
	const by = " WHERE series_id = (SELECT id FROM series WHERE key = ?1) AND spec = ?2 AND epoch_s = ?3"
	if slot == SlotResults {
		return "SELECT count, hash, until_s, blob FROM results" + by
	}
	return "SELECT count, hash, until_s, blob FROM states" + by + " AND slot = ?4"
}

// PutStates keeps states in one transaction, each in the place of the one before it. A state drops those of the series' earlier
// epochs, whatever their specification, and is not kept where there is a later one; results stay.
func (s *Store) PutStates(ctx context.Context, states []State) error {
	if len(states) == 0 {
		return nil
	}
	return s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, st := range states {
			if err := s.putState(ctx, tx, st); err != nil {
				return fmt.Errorf("put state: %w", err)
			}
		}
		return nil
	})
}

func (s *Store) putState(ctx context.Context, tx *sql.Tx, st State) error {
	if st.Slot < 0 || st.Slot >= slots {
		return fmt.Errorf("slot %d is unknown", st.Slot)
	}
	id, err := seriesOf(ctx, tx, st.Series, st.Until)
	if err != nil {
		return err
	}
	blob := s.codec.pack(st.Blob)
	if st.Slot == SlotResults {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO results (series_id, spec, epoch_s, until_s, count, hash, blob) VALUES (?, ?, ?, ?, ?, ?, ?)",
			id, int64(st.Spec), st.Epoch.Unix(), st.Until.Unix(), st.Count, int64(st.Hash), blob)
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM states WHERE series_id = ? AND epoch_s < ?", id, st.Epoch.Unix()); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO states (series_id, spec, epoch_s, slot, until_s, count, hash, blob)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM states WHERE series_id = ?1 AND epoch_s > ?3)`,
		id, int64(st.Spec), st.Epoch.Unix(), st.Slot, st.Until.Unix(), st.Count, int64(st.Hash), blob)
	return err
}

// PruneStates drops states and results that have seen nothing since a time.
func (s *Store) PruneStates(ctx context.Context, before time.Time) error {
	return s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, table := range []string{"states", "results"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE until_s < ?", before.Unix()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c codec) pack(content []byte) []byte {
	head := binary.LittleEndian.AppendUint32([]byte{stateVersion}, crc32.ChecksumIEEE(content))
	return c.encoder.EncodeAll(content, head)
}

func (c codec) unpack(packed []byte) (content []byte, ok bool) {
	if len(packed) < stateHeader || packed[0] != stateVersion {
		return nil, false
	}
	content, err := c.decoder.DecodeAll(packed[stateHeader:], nil)
	if err != nil || crc32.ChecksumIEEE(content) != binary.LittleEndian.Uint32(packed[1:]) {
		return nil, false
	}
	return content, true
}
