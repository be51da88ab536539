package chunk

import (
	"encoding/binary"
	"math/bits"
)

// The entropy coder is rANS (Duda 2013, "Asymmetric numeral systems"): a state of 32 bits that is kept above ransFloor by moving 16 bits
// at a time.
const (
	ransFloor    = 1 << 16
	maxRangeBits = 10
)

// rangeBits is the logarithm of the coder's range for m numbers: enough to give each bin a share.
func rangeBits(m int) uint { return uint(min(max(bits.Len(uint(m)), 6), maxRangeBits)) }

// scaleCounts turns the counts of m numbers into shares of the coder's range, at least 1 each.
func scaleCounts(bins []bin, m int) {
	whole := 1 << rangeBits(m)
	left, largest := whole, 0
	for i := range bins {
		bins[i].count = max(1, bins[i].count*whole/m)
		left -= bins[i].count
		if bins[i].count > bins[largest].count {
			largest = i
		}
	}
	for ; left < 0; left++ { // what is rare took more than its share: from the largest, time after time
		for i := range bins {
			if bins[i].count > bins[largest].count {
				largest = i
			}
		}
		bins[largest].count--
	}
	bins[largest].count += left
}

// appendRANS appends the symbols, which bins each stands for, by the shares of the bins.
func appendRANS(dst []byte, symbols []uint8, bins []bin, scale uint) []byte {
	var before [maxBins]uint32
	for i := 1; i < len(bins); i++ {
		before[i] = before[i-1] + uint32(bins[i-1].count)
	}
	start := len(dst)
	state := uint32(ransFloor)
	for i := len(symbols) - 1; i >= 0; i-- {
		symbol := symbols[i]
		share := uint32(bins[symbol].count)
		if uint64(state) >= uint64(share)<<(32-scale) {
			dst = append(dst, byte(state>>8), byte(state)) // reversed below
			state >>= 16
		}
		state = state/share<<scale + state%share + before[symbol]
	}
	dst = binary.BigEndian.AppendUint32(dst, state)
	for i, j := start, len(dst)-1; i < j; i, j = i+1, j-1 {
		dst[i], dst[j] = dst[j], dst[i]
	}
	return dst
}

// A slot of the coder's range: the share of its symbol, the slot's place within the share, and the symbol.
const (
	shareBits  = maxRangeBits + 1
	placeShift = shareBits
	shareMask  = 1<<shareBits - 1
	placeMask  = 1<<maxRangeBits - 1
	symbolAt   = placeShift + maxRangeBits
)

type slots [1 << maxRangeBits]uint32

func (t *slots) fill(bins []bin) {
	at := 0
	for symbol, b := range bins {
		entry := uint32(symbol)<<symbolAt | uint32(b.count)
		for place := range b.count {
			t[at] = entry | uint32(place)<<placeShift
			at++
		}
	}
}
