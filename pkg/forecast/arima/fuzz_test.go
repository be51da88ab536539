package arima

import (
	"encoding/binary"
	"math"
	"testing"
)

// decoded are the values of a fuzzer's bytes: as the bits of numbers, or as small steps of a walk.
func decoded(raw []byte, walk bool) (y []float64) {
	if walk {
		at := 0.0
		for _, b := range raw {
			at = 0.5*at + float64(int8(b))
			y = append(y, at)
		}
		return y
	}
	for ; len(raw) >= 8; raw = raw[8:] {
		y = append(y, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
	}
	return y
}

// FuzzFit: an error or finite numbers, for any values, any length, any season and any order, and what Select finds Fit accepts.
func FuzzFit(f *testing.F) {
	var bits []byte
	for _, v := range daily(1, 100, 7) {
		bits = binary.LittleEndian.AppendUint64(bits, math.Float64bits(v))
	}
	f.Add(bits, false, uint16(7), uint32(0x111111))
	f.Add(bits, true, uint16(24), uint32(0x123012))
	f.Add(make([]byte, 900), true, uint16(288), uint32(0x100011))
	f.Add(make([]byte, 900), false, uint16(0), uint32(0x002012))
	f.Fuzz(func(t *testing.T, raw []byte, walk bool, season uint16, code uint32) {
		y := decoded(raw, walk)
		digit := func(i int) int { return int(code >> (4 * i) & 15) }
		try(t, y, Order{
			P: digit(0), D: digit(1), Q: digit(2), SP: digit(3), SD: digit(4), SQ: digit(5), Season: int(season % 301), Constant: digit(6)&1 == 1,
		})
		o, err := Select(y, int(season%301))
		if err == nil && !try(t, y, o) {
			t.Fatalf("%v was selected, but cannot be fitted to %d values", o, len(y))
		}
	})
}

func try(t *testing.T, y []float64, o Order) bool {
	m, err := Fit(y, o)
	if err != nil {
		return false
	}
	if !finite(m.AR(), m.MA(), m.SAR(), m.SMA(), []float64{m.Constant(), m.Sigma2(), m.AICc()}) {
		t.Fatalf("%v: %+v", o, m)
	}
	out := make([]float64, 48)
	for _, part := range [][]float64{y, y[:len(y)/2], y[:o.conditioned()]} {
		if m.Forecast(part, out) == nil && !finite(out) {
			t.Fatalf("%v after %d values: %v", o, len(part), out)
		}
	}
	return true
}
