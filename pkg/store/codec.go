package store

import (
	"errors"

	"github.com/klauspost/compress/zstd"
)

var errBadChunk = errors.New("stored chunk is damaged")

// codec packs states with zstd, and unpacks the chunks of the first two schemas; it is safe for concurrent use.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

// maxStateBytes bounds what a state unpacks to: a forest of 32 columns has some hundred KB, an epoch of minutes half a megabyte of
// results.
const maxStateBytes = 32 << 20

// maxWindow is how far back a compressor looks, which it keeps in memory twice: about a state.
const maxWindow = 512 << 10

func newCodec() (codec, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxWindow))
	if err != nil {
		return codec{}, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxStateBytes))
	return codec{encoder, decoder}, err
}
