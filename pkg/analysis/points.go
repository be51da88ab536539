package analysis

import (
	"errors"
	"math"
	"slices"
)

// points are the results of consecutive buckets, in blocks that are never changed once they are there: who adds some shares the rest.
type points [][]point

const blockLen = 64

func (p points) len() int {
	if len(p) == 0 {
		return 0
	}
	return (len(p)-1)*blockLen + len(p[len(p)-1])
}

// each calls f for each point; the first has the number from.
func (p points) each(from int, f func(i int, x point)) {
	for _, block := range p {
		for _, x := range block {
			f(from, x)
			from++
		}
	}
}

// with returns the points and more after them.
func (p points) with(more []point) points {
	if len(more) == 0 {
		return p
	}
	out := slices.Clone(p)
	if n := len(out); n > 0 && len(out[n-1]) < blockLen {
		more = slices.Concat(out[n-1], more)
		out = out[:n-1]
	}
	for block := range slices.Chunk(more, blockLen) {
		out = append(out, slices.Clone(block))
	}
	return out
}

// first returns the first n points.
func (p points) first(n int) points {
	var out []point
	for _, block := range p {
		out = append(out, block[:min(len(block), n-len(out))]...)
	}
	return points(nil).with(out)
}

// from returns a copy of the points from the i-th on.
func (p points) from(i int) []point {
	out := make([]point, 0, max(0, p.len()-i))
	for n, block := range p {
		out = append(out, block[min(len(block), max(0, i-n*blockLen)):]...)
	}
	return out
}

// resultsVersion leads packed results; a change of the layout or of a prediction raises it.
const resultsVersion = 1

const floatColumns = 6

var errBadResults = errors.New("saved results are damaged")

// pack writes points column by column, every number as its difference from what the numbers before it foretell, byte by byte of the same
// rank: what a compressor makes small. (A score follows from its rarity and a band is nearly symmetric.)
func (p points) pack() []byte {
	n := p.len()
	out := make([]byte, 1+n*(8*floatColumns+1))
	out[0] = resultsVersion
	last := new(point)
	i := 0
	for _, block := range p {
		for at := range block {
			x := &block[at]
			for c, v := range x.numbers() {
				bits := math.Float64bits(v) ^ oneNaN(foretell(last, x, c))
				for b := range 8 {
					out[1+(8*c+b)*n+i] = byte(bits >> (8 * b))
				}
			}
			out[1+8*floatColumns*n+i] = x.flags()
			last = x
			i++
		}
	}
	return out
}

func unpackPoints(packed []byte) (points, error) {
	if len(packed) == 0 || packed[0] != resultsVersion || (len(packed)-1)%(8*floatColumns+1) != 0 {
		return nil, errBadResults
	}
	body := packed[1:]
	n := len(body) / (8*floatColumns + 1)
	out := make([]point, n)
	bits := make([]uint64, n)
	// Columns stand in the order in which one foretells the next.
	for c := range floatColumns {
		clear(bits)
		for b := range 8 {
			for i, rank := range body[(8*c+b)*n : (8*c+b+1)*n] {
				bits[i] |= uint64(rank) << (8 * b)
			}
		}
		last := new(point)
		for i := range out {
			x := &out[i]
			x.set(c, math.Float64frombits(bits[i]^oneNaN(foretell(last, x, c))))
			last = x
		}
	}
	for i, flags := range body[8*floatColumns*n:] {
		x := &out[i]
		x.begins, x.Direction = flags&1 != 0, int8(flags>>1)-1
		if x.Direction > 1 {
			return nil, errBadResults
		}
	}
	return points(nil).with(out), nil
}

func (x *point) flags() byte {
	f := byte(x.Direction+1) << 1
	if x.begins {
		f |= 1
	}
	return f
}

func (x *point) numbers() [floatColumns]float64 {
	return [floatColumns]float64{x.Expected, x.Lower, x.Upper, x.Rarity, x.Score, x.Raw}
}

func (x *point) set(column int, v float64) {
	switch column {
	case 0:
		x.Expected = v
	case 1:
		x.Lower = v
	case 2:
		x.Upper = v
	case 3:
		x.Rarity = v
	case 4:
		x.Score = v
	case 5:
		x.Raw = v
	}
}

// foretell is what the point before and the columns to the left say of a column. Conversions keep a compiler from fusing a product with a
// sum, which rounds otherwise on other machines.
func foretell(last, x *point, column int) float64 {
	switch column {
	case 0:
		return last.Expected
	case 1:
		return x.Expected - (last.Expected - last.Lower)
	case 2:
		ratio := (last.Upper - last.Expected) / (last.Expected - last.Lower)
		return x.Expected + float64((x.Expected-x.Lower)*ratio)
	case 3:
		return last.Rarity
	case 4:
		return math.Min(math.Max(float64(25*float64(x.Rarity-1)), 0), 100)
	}
	return last.Raw
}

// oneNaN is the bits of a number, the same for every NaN: which one arithmetic makes is the machine's choice.
func oneNaN(v float64) uint64 {
	if math.IsNaN(v) {
		return 0x7FF8000000000001
	}
	return math.Float64bits(v)
}
