package main

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/klauspost/compress/zstd"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store/chunk"
)

// sizes are bytes a point.
type sizes struct {
	xor, zstd, chunks, file float64
}

const (
	chunkBuckets = 540 // as the store cuts them
	zstdBuckets  = 512 // as it did before
)

// sizesOf packs series by themselves, without a database.
func sizesOf(all []series.Series) (s sizes, err error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return s, err
	}
	for _, one := range all {
		for from := 0; from < len(one.Values); from += chunkBuckets {
			packed, err := packChunk(one.Values[from:min(from+chunkBuckets, len(one.Values))])
			if err != nil {
				return s, err
			}
			s.chunks += float64(len(packed))
		}
		for from := 0; from < len(one.Values); from += zstdBuckets {
			raw := rawBytes(one.Values[from:min(from+zstdBuckets, len(one.Values))])
			s.zstd += float64(len(encoder.EncodeAll(raw, nil)) + 1)
			s.xor += float64(xorBits(one.Values[from:min(from+zstdBuckets, len(one.Values))])) / 8
		}
	}
	points := float64(present(all))
	return sizes{xor: s.xor / points, zstd: s.zstd / points, chunks: s.chunks / points}, nil
}

func packChunk(values []float64) ([]byte, error) {
	missing, final := chunk.NewBits(len(values)), chunk.NewBits(len(values))
	final.SetRange(0, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			missing.Set(i)
		}
	}
	return chunk.Append(nil, 0, values, missing, final)
}

func rawBytes(values []float64) []byte {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	return raw
}

// xorBits counts the bits of Gorilla's values (Pelkonen et al. 2015, section 4.1.2): the first as it is; then a 0 for the same, 10 and the
// bits of the exclusive or within the window of the one before, or 11, five bits of leading zeros, six of length, and its bits.
func xorBits(values []float64) int {
	total, lead, trail := 64, -1, 0
	for i := 1; i < len(values); i++ {
		x := math.Float64bits(values[i]) ^ math.Float64bits(values[i-1])
		if x == 0 {
			total++
			continue
		}
		l, r := min(bits.LeadingZeros64(x), 31), bits.TrailingZeros64(x)
		if lead >= 0 && l >= lead && r >= trail {
			total += 2 + 64 - lead - trail
			continue
		}
		lead, trail = l, r
		total += 2 + 5 + 6 + 64 - l - r
	}
	return total
}
