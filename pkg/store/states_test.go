//go:build cgo

package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func stateOf(metric string, spec uint64, at time.Time, slot, count int) State {
	return State{Series: key(metric), Spec: spec, Epoch: at, Slot: slot, Until: at.Add(time.Duration(count) * time.Minute), Count: count, Hash: 1<<63 + uint64(count), Blob: []byte{byte(count), 2, 3}}
}

func requireState(t require.TestingT, s *Store, want State) {
	got, ok, err := s.LoadState(context.Background(), want.Series, want.Spec, want.Epoch, want.Slot)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, got)
}

func requireNoState(t require.TestingT, s *Store, absent State) {
	_, ok, err := s.LoadState(context.Background(), absent.Series, absent.Spec, absent.Epoch, absent.Slot)
	require.NoError(t, err)
	require.False(t, ok)
}

func rows(t require.TestingT, s *Store, table string) (n int) {
	require.NoError(t, s.write.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// A state comes back as it was put, by its series, specification, epoch and slot, and outlives the process.
func TestStatesComeBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	all := []State{
		stateOf("a", 1, epoch, SlotStart, 10), stateOf("a", 1, epoch, SlotNewest, 20), stateOf("a", 1, epoch, SlotResults, 30),
		stateOf("a", 1<<63, epoch, SlotNewest, 40), stateOf("b", 1, epoch, SlotNewest, 50),
	}
	require.NoError(t, s.PutStates(context.Background(), all))
	newer := stateOf("a", 1, epoch, SlotNewest, 25)
	require.NoError(t, s.PutStates(context.Background(), []State{newer}))
	all[1] = newer
	for _, reader := range []*Store{s, open(t, dir)} {
		for _, want := range all {
			requireState(t, reader, want)
		}
		requireNoState(t, reader, stateOf("c", 1, epoch, SlotNewest, 0))
		requireNoState(t, reader, stateOf("a", 1, epoch.Add(time.Hour), SlotNewest, 0))
	}
	require.Error(t, s.PutStates(context.Background(), []State{stateOf("a", 1, epoch, 3, 1)}))
}

// However many epochs go by and are looked at, a series has the two states of its newest epoch for each specification; its results stay
// until they are pruned.
func TestStatesStayFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := Open(context.Background(), "")
		require.NoError(t, err)
		defer s.Close()
		at := func(e int) time.Time { return epoch.Add(time.Duration(e) * 7 * 24 * time.Hour) }
		newest, results := 0, map[int]bool{}
		for range rapid.IntRange(1, 20).Draw(t, "puts") {
			e, slot := rapid.IntRange(0, 5).Draw(t, "epoch"), rapid.IntRange(0, 2).Draw(t, "slot")
			require.NoError(t, s.PutStates(context.Background(), []State{stateOf("m", 7, at(e), slot, 5)}))
			if slot == SlotResults {
				results[e] = true
			} else {
				newest = max(newest, e)
			}
		}
		require.LessOrEqual(t, rows(t, s, "states"), 2)
		var old int
		require.NoError(t, s.write.QueryRow("SELECT count(*) FROM states WHERE epoch_s < ?", at(newest).Unix()).Scan(&old))
		require.Zero(t, old)
		require.Equal(t, len(results), rows(t, s, "results"))
		require.NoError(t, s.PruneStates(context.Background(), at(3)))
		for e := range results {
			if e >= 3 {
				requireState(t, s, stateOf("m", 7, at(e), SlotResults, 5))
			} else {
				requireNoState(t, s, stateOf("m", 7, at(e), SlotResults, 5))
			}
		}
	})
}

// What is damaged or of another version is not there, and no reason to set the points aside.
func TestDamagedStatesAreAbsent(t *testing.T) {
	s := open(t, "")
	good := s.codec.pack([]byte("what was learnt, what was learnt, what was learnt"))
	require.NotEmpty(t, good)
	foreign := append([]byte(nil), good...)
	foreign[0]++
	wrong := s.codec.pack([]byte("something else"))
	copy(wrong[1:stateHeader], good[1:stateHeader])
	for name, blob := range map[string][]byte{"empty": {}, "short": good[:3], "cut": good[:len(good)-1], "foreign": foreign, "other checksum": wrong} {
		st := stateOf("m", 1, epoch, SlotNewest, 5)
		require.NoError(t, s.PutStates(context.Background(), []State{st}))
		_, err := s.write.Exec("UPDATE states SET blob = ?", blob)
		require.NoError(t, err)
		requireNoState(t, s, st)
		require.Empty(t, s.SetAside(), name)
	}
}

// Any bytes are refused or are what was packed.
func FuzzUnpackState(f *testing.F) {
	c, err := newCodec()
	require.NoError(f, err)
	f.Add(c.pack([]byte("a state")))
	f.Add([]byte{stateVersion, 0, 0, 0, 0, 0x28, 0xb5, 0x2f, 0xfd})
	f.Fuzz(func(t *testing.T, packed []byte) {
		content, ok := c.unpack(packed)
		if !ok {
			return
		}
		again, ok := c.unpack(c.pack(content))
		require.True(t, ok)
		require.Equal(t, string(content), string(again))
	})
}
