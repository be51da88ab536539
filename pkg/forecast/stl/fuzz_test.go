package stl_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/stl"
)

// numbers reads float64 from bytes, eight each: every bit pattern can come.
func numbers(raw []byte) []float64 {
	var y []float64
	for ; len(raw) >= 8 && len(y) < 200; raw = raw[8:] {
		y = append(y, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
	}
	return y
}

// bits is the opposite of numbers.
func bits(y []float64) []byte {
	var raw []byte
	for _, v := range y {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	return raw
}

func FuzzDecompose(f *testing.F) {
	f.Add(bits(daily(60)), 24, 7, 0, 0, false)
	f.Add(bits([]float64{1e100, -1e300, 0, 5e-324, 1, 1, 1, 1}), 2, 3, 3, 3, true)
	f.Add(bits([]float64{1, math.NaN(), math.Inf(1)}), 1, 0, 0, 0, true)
	f.Fuzz(func(t *testing.T, raw []byte, first, second, seasonWindow, trendWindow int, robust bool) {
		y := numbers(raw)
		o := stl.Options{SeasonWindow: seasonWindow, TrendWindow: trendWindow, Robust: robust}
		d, err := stl.Decompose(y, []int{first, second}, o)
		if err != nil {
			return
		}
		requireAddsUp(t, y, d)
		for i := range d.Periods {
			require.True(t, d.Strength(i) >= 0 && d.Strength(i) <= 1)
		}
	})
}
