package chunk

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// owner of the chunks here.
const owner = 42

// points are what a chunk holds.
type points struct {
	values         []float64
	missing, final Bits
}

func pack(t require.TestingT, p points) []byte {
	packed, err := Append(nil, owner, p.values, p.missing, p.final)
	require.NoError(t, err)
	return packed
}

func unpack(t require.TestingT, packed []byte, n int) points {
	p := points{make([]float64, n), NewBits(n), NewBits(n)}
	for i := range p.missing { // what the buffers held before does not matter
		p.missing[i], p.final[i] = ^uint64(0), ^uint64(0)
	}
	require.NoError(t, Decode(packed, owner, p.values, p.missing, p.final))
	return p
}

// requireSame says that every present value and every mark came back.
func requireSame(t require.TestingT, want, got points) {
	for i, v := range want.values {
		missing := want.missing.Get(i)
		same := missing == got.missing.Get(i) && want.final.Get(i) == got.final.Get(i)
		if missing {
			same = same && math.IsNaN(got.values[i])
		} else {
			same = same && math.Float64bits(v) == math.Float64bits(got.values[i])
		}
		if !same { // require for each would take most of a fuzzer's time
			require.Fail(t, "a point changed", "%d of %d: %v became %v", i, len(want.values), v, got.values[i])
		}
	}
}

func requireRoundTrip(t require.TestingT, p points) []byte {
	packed := pack(t, p)
	n, err := Len(packed)
	require.NoError(t, err)
	require.Equal(t, len(p.values), n)
	requireSame(t, p, unpack(t, packed, n))
	alone := make([]float64, n)
	require.NoError(t, Decode(packed, owner, alone, nil, nil), "values alone")
	requireSame(t, p, points{alone, p.missing, p.final})
	return packed
}

// odd are the floats that codecs forget.
var odd = []float64{
	0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(0x7ff8dead0000beef), math.Float64frombits(0xfff0000000000001),
	math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, math.MaxFloat64, -math.MaxFloat64, 0x1p-1022, 1 << 53, 1<<53 + 2, -(1 << 53), 0.1, 1.9680000000000002,
}

func drawValue(t *rapid.T) float64 {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom(odd).Draw(t, "odd")
	case 1:
		return math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
	case 2:
		return float64(rapid.IntRange(-50, 5000).Draw(t, "whole"))
	default:
		return float64(rapid.IntRange(-1e6, 1e6).Draw(t, "decimal")) / math.Pow(10, float64(rapid.IntRange(0, 6).Draw(t, "places")))
	}
}

func drawBits(t *rapid.T, name string, n int) Bits {
	switch rapid.IntRange(0, 3).Draw(t, name) {
	case 0:
		return nil
	case 1:
		b := NewBits(n)
		b.SetRange(0, n)
		return b
	}
	b := NewBits(n)
	for range rapid.IntRange(0, 4).Draw(t, name+" runs") {
		from := rapid.IntRange(0, n).Draw(t, "from")
		b.SetRange(from, rapid.IntRange(from, n).Draw(t, "to"))
	}
	return b
}

func TestEveryValueComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Custom(drawValue), 0, 200).Draw(t, "values")
		requireRoundTrip(t, points{values, drawBits(t, "missing", len(values)), drawBits(t, "final", len(values))})
	})
}

// series of the kinds that metrics have, with the bytes a point that they may take.
func TestKindsOfSeries(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	walk := 0.0
	for name, kind := range map[string]struct {
		at   func(i int) float64
		most float64
	}{
		"constant":                 {func(int) float64 { return 33.3 }, 0.1},
		"counter":                  {func(i int) float64 { return 1e9 + 17*float64(i) }, 0.1},
		"percent to three places":  {func(int) float64 { return math.Round(4e4*r.Float64()) / 1000 }, 2.15},
		"average of five":          {func(int) float64 { return (float64(r.IntN(100)) + 0.1 + 0.2) / 5 }, 1.4},
		"average of twelve counts": {func(int) float64 { return float64(r.IntN(1000)) / 12 }, 1.5},
		"mostly zero":              {func(int) float64 { return float64(r.IntN(50) / 49 * r.IntN(1e6)) }, 0.2},
		"two values":               {func(int) float64 { return []float64{math.Pi, math.E}[r.IntN(2)] }, 0.32},
		"walk":                     {func(int) float64 { walk += float64(r.IntN(9) - 4); return 1e7 + walk }, 0.5},
		"noise of a full mantissa": {func(int) float64 { return r.NormFloat64() }, 7.2},
		"outliers": {func(i int) float64 {
			if i%100 == 7 {
				return math.NaN()
			}
			return float64(r.IntN(16))
		}, 0.8},
		"any bits": {func(int) float64 { return math.Float64frombits(r.Uint64()) }, 8.1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 2, 3, 63, 64, 65, 576, MaxLen} {
				p := points{values: make([]float64, n)}
				for i := range p.values {
					p.values[i] = kind.at(i)
				}
				packed := requireRoundTrip(t, p)
				if n >= 576 {
					require.Less(t, float64(len(packed))/float64(n), kind.most)
				}
			}
		})
	}
}

func TestOddValuesTogether(t *testing.T) {
	var all []float64
	for range 30 {
		all = append(all, odd...)
	}
	requireRoundTrip(t, points{values: all})
	for _, v := range odd {
		requireRoundTrip(t, points{values: []float64{v}})
		requireRoundTrip(t, points{values: []float64{v, v, 1, v}})
	}
}

func TestNothingAtAll(t *testing.T) {
	requireRoundTrip(t, points{})
	all := NewBits(100)
	all.SetRange(0, 100)
	packed := requireRoundTrip(t, points{make([]float64, 100), all, all})
	require.LessOrEqual(t, len(packed), 8)
}

func TestTooLongIsRefused(t *testing.T) {
	dst := []byte("before")
	out, err := Append(dst, owner, make([]float64, MaxLen+1), nil, nil)
	require.ErrorContains(t, err, "at most 4096")
	require.Equal(t, dst, out)
}

func TestAppendKeepsWhatIsBefore(t *testing.T) {
	packed, err := Append([]byte("before"), owner, []float64{1, 2, 3}, nil, nil)
	require.NoError(t, err)
	require.Equal(t, "before", string(packed[:6]))
	requireSame(t, points{values: []float64{1, 2, 3}}, unpack(t, packed[6:], 3))
}

// Any one byte that changes, and any end that is missing, is noticed.
func TestDamageIsNoticed(t *testing.T) {
	p := points{values: make([]float64, 300), missing: NewBits(300)}
	for i := range p.values {
		p.values[i] = float64(i*i%97) / 100
	}
	p.missing.SetRange(10, 20)
	packed := pack(t, p)
	values := make([]float64, 300)
	for i := range packed {
		hurt := append([]byte(nil), packed...)
		hurt[i] ^= 0x10
		require.ErrorIs(t, Decode(hurt, owner, values, nil, nil), ErrDamaged, "byte %d", i)
		require.ErrorIs(t, Decode(packed[:i], owner, values, nil, nil), ErrDamaged, "cut at %d", i)
	}
	require.ErrorIs(t, Decode(append(packed, 0), owner, values, nil, nil), ErrDamaged)
	require.ErrorIs(t, Decode(packed, owner, values[:299], nil, nil), ErrDamaged)
	require.ErrorIs(t, Decode(packed, owner+1, values, nil, nil), ErrDamaged, "of another owner")
}

func TestNothingIsAllocated(t *testing.T) {
	values := make([]float64, 576)
	for i := range values {
		values[i] = float64(i*7919%1000) / 100
	}
	missing, final := NewBits(576), NewBits(576)
	missing.SetRange(100, 110)
	buffer := make([]byte, 0, 8192)
	var packed []byte
	work := func() {
		var err error
		if packed, err = Append(buffer, owner, values, missing, final); err == nil {
			err = Decode(packed, owner, values, missing, final)
		}
		if err == nil {
			err = Decode(packed, owner, values, nil, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	work()
	if !raceEnabled {
		require.Zero(t, testing.AllocsPerRun(100, work))
	}
}

func benchmarked() map[string][]float64 {
	r := rand.New(rand.NewPCG(5, 6))
	kinds := map[string][]float64{}
	for range 540 {
		kinds["percent"] = append(kinds["percent"], math.Round(4e4*r.Float64())/1000)
		kinds["noise"] = append(kinds["noise"], r.NormFloat64())
		kinds["few"] = append(kinds["few"], float64(r.IntN(5)))
	}
	kinds["percent, 60"] = kinds["percent"][:60]
	return kinds
}

func BenchmarkAppend(b *testing.B) {
	for name, values := range benchmarked() {
		b.Run(name, func(b *testing.B) {
			var packed []byte
			for b.Loop() {
				packed, _ = Append(packed[:0], owner, values, nil, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/point")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, values := range benchmarked() {
		packed := pack(b, points{values: values})
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = Decode(packed, owner, values, nil, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/point")
		})
	}
}

// A chunk of any bytes decodes or is refused; nothing panics. The checksum is made right, so that what is behind it is met.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, at := range []func(i int) float64{
		func(int) float64 { return 1 }, func(i int) float64 { return float64(i) }, func(int) float64 { return float64(r.IntN(100)) / 10 },
		func(int) float64 { return r.NormFloat64() }, func(int) float64 { return math.Float64frombits(r.Uint64()) },
	} {
		p := points{values: make([]float64, 90), missing: NewBits(90)}
		for i := range p.values {
			p.values[i] = at(i)
		}
		f.Add(pack(f, p))
		p.missing.SetRange(3, 50)
		f.Add(pack(f, p))
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		n, err := Len(packed)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		packed = append([]byte(nil), packed...)
		binary.LittleEndian.PutUint32(packed[1:], checksum(owner, packed[header:]))
		p := points{make([]float64, n), NewBits(n), NewBits(n)}
		if err := Decode(packed, owner, p.values, p.missing, p.final); err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		requireRoundTrip(t, p)
	})
}

// Any floats and any marks come back.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{1, 2, 3}, uint64(5), uint64(9), 3.25)
	f.Fuzz(func(t *testing.T, content []byte, missing, final uint64, step float64) {
		var values []float64
		for i, b := range content[:min(len(content), MaxLen)] {
			switch {
			case i%8 == 7:
				values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(content[i-7:])))
			default:
				values = append(values, float64(int8(b))*step)
			}
		}
		p := points{values, NewBits(len(values)), NewBits(len(values))}
		for i := range values {
			if missing>>(i%64)&1 == 1 {
				p.missing.Set(i)
			}
			if final>>(i/64%64)&1 == 1 {
				p.final.Set(i)
			}
		}
		requireRoundTrip(t, p)
	})
}
