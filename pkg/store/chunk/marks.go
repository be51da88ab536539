package chunk

import (
	"encoding/binary"
	"math/bits"
)

// Bits are marks of points, one bit each; nil has none set. Make them with NewBits.
type Bits []uint64

// NewBits returns n marks, none of them set.
func NewBits(n int) Bits { return make(Bits, (n+63)/64) }

// Get returns mark i; what lies beyond the end is not set.
func (b Bits) Get(i int) bool { return i>>6 < len(b) && b[i>>6]>>(i&63)&1 == 1 }

// Set sets mark i.
func (b Bits) Set(i int) { b[i>>6] |= 1 << (i & 63) }

// SetRange sets the marks [from, to).
func (b Bits) SetRange(from, to int) {
	for i := from; i < to; {
		if i&63 == 0 && to-i >= 64 {
			b[i>>6] = ^uint64(0)
			i += 64
			continue
		}
		b.Set(i)
		i++
	}
}

// count is the number of set marks among the first n.
func (b Bits) count(n int) int {
	set := 0
	for i, w := range b {
		if left := n - 64*i; left < 64 {
			if left > 0 {
				set += bits.OnesCount64(w & (1<<left - 1))
			}
			break
		}
		set += bits.OnesCount64(w)
	}
	return set
}

// Next is the first i >= from, below n, whose mark is as wanted; n where there is none.
func (b Bits) Next(from, n int, wanted bool) int {
	for i := from; i < n; {
		var w uint64
		if i>>6 < len(b) {
			w = b[i>>6]
		}
		if !wanted {
			w = ^w
		}
		if w >>= i & 63; w != 0 {
			return min(n, i+bits.TrailingZeros64(w))
		}
		i = i&^63 + 64
	}
	return n
}

// The ways in which marks are written.
const (
	noneSet = iota
	allSet
	inRuns
)

func (b Bits) form(n int) byte {
	switch b.count(n) {
	case 0:
		return noneSet
	case n:
		return allSet
	default:
		return inRuns
	}
}

// appendRuns writes the lengths of the runs of n marks, the first of marks that are not set.
func (b Bits) appendRuns(dst []byte, n int) []byte {
	wanted := true
	for i := 0; i < n; wanted = !wanted {
		end := b.Next(i, n, wanted)
		dst = binary.AppendUvarint(dst, uint64(end-i))
		i = end
	}
	return dst
}

// readMarks reads n marks of that form into b, where b is not nil, and returns what follows them.
func readMarks(packed []byte, form byte, b Bits, n int) ([]byte, error) {
	clear(b)
	switch form {
	case noneSet:
		return packed, nil
	case allSet:
		if b != nil {
			b.SetRange(0, n)
		}
		return packed, nil
	case inRuns:
		return b.readRuns(packed, n)
	default:
		return nil, errForm
	}
}

func (b Bits) readRuns(packed []byte, n int) ([]byte, error) {
	set := false
	for i := 0; i < n; set = !set {
		run, size := binary.Uvarint(packed)
		if size <= 0 || run > uint64(n-i) || run == 0 && i > 0 {
			return nil, errMarks
		}
		packed = packed[size:]
		end := i + int(run)
		if set && b != nil {
			b.SetRange(i, end)
		}
		i = end
	}
	return packed, nil
}
