package state

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What is written comes back bit for bit, and nothing is left over.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int().Draw(t, "int")
		x := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		floats := rapid.SliceOfN(rapid.Float64(), 1, 20).Draw(t, "floats")
		blob := rapid.SliceOf(rapid.Byte()).Draw(t, "blob")
		var w Writer
		w.Byte(7)
		w.Int(n)
		w.Float(x)
		w.Bool(n > 0)
		w.Floats(floats)
		w.Float32s([]float32{1.5})
		w.Uint16s([]uint16{9})
		w.Blob(blob)

		r := NewReader(w.Bytes())
		r.Version(7)
		require.Equal(t, n, r.Int())
		require.Equal(t, math.Float64bits(x), math.Float64bits(r.Float()))
		require.Equal(t, n > 0, r.Bool())
		got, small, short := make([]float64, len(floats)), make([]float32, 1), make([]uint16, 1)
		r.Floats(got)
		r.Float32s(small)
		r.Uint16s(short)
		require.Equal(t, floats, got[:len(floats):len(floats)])
		require.Equal(t, []float32{1.5}, small)
		require.Equal(t, []uint16{9}, short)
		require.Equal(t, string(blob), string(r.Blob()))
		require.NoError(t, r.Close())
	})
}

// Damage is an error and zeros, never a panic or a huge slice.
func TestDamage(t *testing.T) {
	var w Writer
	w.Int(1 << 40)
	r := NewReader(w.Bytes())
	require.Nil(t, r.Blob())
	require.ErrorIs(t, r.Err(), ErrDamaged)
	require.Zero(t, r.Float())
	require.ErrorIs(t, NewReader([]byte{1}).Close(), ErrDamaged, "left over")
	other := NewReader([]byte{1})
	other.Version(2)
	require.ErrorContains(t, other.Err(), "version 1 where 2 is understood")
}
