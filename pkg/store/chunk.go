package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/klauspost/compress/zstd"
)

// chunkLen is the number of buckets in a chunk. 512 buckets are 43 hours at 5 minutes: the newest chunk, which is rewritten as points
// arrive, stays small, and four weeks are 16 rows.
const chunkLen = 512

// chunkVersion leads every chunk: 1 is chunkLen little-endian float64 through zstd, NaN for no data.
const chunkVersion = 1

var errBadChunk = errors.New("stored chunk is damaged")

// codec holds the compressor's buffers; both halves are safe for concurrent use.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder // of chunks
	states  *zstd.Decoder
}

// maxStateBytes bounds what a state unpacks to: a forest of 32 columns has some hundred KB, an epoch of minutes half a megabyte of
// results.
const maxStateBytes = 32 << 20

func newCodec() (codec, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return codec{}, err
	}
	// A chunk is 4 KiB: a damaged header must not make us allocate more.
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<20))
	if err != nil {
		return codec{}, err
	}
	states, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxStateBytes))
	return codec{encoder, decoder, states}, err
}

// encode packs chunkLen values.
func (c codec) encode(values []float64) []byte {
	raw := make([]byte, 8*chunkLen)
	for i, v := range values {
		binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(v))
	}
	return c.encoder.EncodeAll(raw, []byte{chunkVersion})
}

// decode unpacks what encode packed into values, of length chunkLen. Anything else is errBadChunk.
func (c codec) decode(packed []byte, values []float64) error {
	if len(packed) == 0 || packed[0] != chunkVersion {
		return errBadChunk
	}
	raw, err := c.decoder.DecodeAll(packed[1:], make([]byte, 0, 8*chunkLen))
	if err != nil {
		return fmt.Errorf("%w: %w", errBadChunk, err)
	}
	if len(raw) != 8*chunkLen {
		return errBadChunk
	}
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return nil
}
