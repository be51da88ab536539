package chunk

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// maxOrder is the most times that differences are taken. Second differences pay for smooth curves alone, which monitoring does not draw.
const maxOrder = 1

// layout is how a sequence of integers is coded: the residuals, after differences of that order, are least + factor*(lower + offset).
type layout struct {
	order  int
	least  uint64
	factor uint64
	bins   []bin
}

// plan finds the layout of the fewest bits, an estimate of which it returns.
func (s *scratch) plan(ints []uint64, into *layout) float64 {
	best := math.Inf(1)
	s.residuals = append(s.residuals[:0], ints...)
	rest := s.residuals
	var bins [maxBins]bin
	for order := 0; order <= maxOrder && order < len(ints); order++ {
		if order > 0 {
			for i := len(rest) - 1; i > 0; i-- {
				rest[i] -= rest[i-1]
			}
			rest = rest[1:]
		}
		least, factor := normal(rest)
		s.sorted = append(s.sorted[:0], rest...)
		reduce(s.sorted, least, factor)
		found, size := partition(s.sorted, bins[:0])
		size += float64(sizeOf(least) + sizeOf(factor) + 32*order)
		if size >= best {
			continue
		}
		best = size
		into.order, into.least, into.factor = order, least, factor
		into.bins = append(into.bins[:0], found...)
		if factor == 1 && len(found) == 1 && found[0].width == 0 {
			break // constant: differences do not make it smaller
		}
	}
	return best
}

// reduce turns residuals into their distances to the least, divided by the factor.
func reduce(residuals []uint64, least, factor uint64) {
	for i := range residuals {
		residuals[i] -= least
	}
	if factor == 1 {
		return
	}
	for i := range residuals {
		residuals[i] /= factor
	}
}

func sizeOf(v uint64) int { return 8 + bits.Len64(zigzag(v)) }

// normal returns the least of the residuals, as signed numbers, and the greatest common divisor of their distances to it, 1 if there are
// none.
func normal(residuals []uint64) (least, factor uint64) {
	least = residuals[0]
	for _, r := range residuals {
		if int64(r) < int64(least) {
			least = r
		}
	}
	for _, r := range residuals {
		b := r - least
		if factor > 0 {
			b %= factor
		}
		for b != 0 {
			factor, b = b, factor%b
		}
		if factor == 1 {
			break
		}
	}
	return least, max(factor, 1)
}

func zigzag(v uint64) uint64   { return v<<1 ^ uint64(int64(v)>>63) }
func unzigzag(v uint64) uint64 { return v>>1 ^ -(v & 1) }

// appendInts appends the integers, at least one, in that layout: the order, the first integers as they are, least, factor, the bins, and
// then for each residual its offset and, where there is more than one bin, which it is.
func (s *scratch) appendInts(dst []byte, ints []uint64, l *layout) []byte {
	s.residuals = append(s.residuals[:0], ints...)
	rest := s.residuals
	dst = append(dst, byte(l.order))
	for range l.order {
		dst = binary.AppendUvarint(dst, zigzag(rest[0]))
		for i := len(rest) - 1; i > 0; i-- {
			rest[i] -= rest[i-1]
		}
		rest = rest[1:]
	}
	dst = binary.AppendUvarint(dst, zigzag(l.least))
	dst = binary.AppendUvarint(dst, l.factor)
	reduce(rest, l.least, l.factor)
	scale := rangeBits(len(rest))
	scaleCounts(l.bins, len(rest))
	dst = appendBins(dst, l.bins, scale)

	s.symbols = s.symbols[:0]
	w := bitWriter{out: s.offsets[:0]}
	for _, r := range rest {
		symbol := binOf(l.bins, r)
		s.symbols = append(s.symbols, symbol)
		w.write(r-l.bins[symbol].lower, l.bins[symbol].width)
	}
	offsets := w.close()
	s.offsets = offsets
	if len(l.bins) == 1 {
		return append(dst, offsets...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(offsets)))
	dst = append(dst, offsets...)
	return appendRANS(dst, s.symbols, l.bins, scale)
}

// binOf is the last bin whose lower bound is not above v.
func binOf(bins []bin, v uint64) uint8 {
	i, found := slices.BinarySearchFunc(bins, v, func(b bin, v uint64) int {
		switch {
		case b.lower < v:
			return -1
		case b.lower > v:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	return uint8(i)
}

// appendBins appends the number of bins, and of each the distance of its lower bound to the one before, its width and its share.
func appendBins(dst []byte, bins []bin, scale uint) []byte {
	w := bitWriter{out: append(dst, byte(len(bins)))}
	before := uint64(0)
	for i, b := range bins {
		if i > 0 {
			distance := b.lower - before
			n := uint(bits.Len64(distance))
			w.write(uint64(n), widthBits)
			w.write(distance, n)
		}
		before = b.lower
		w.write(uint64(b.width), widthBits)
		if len(bins) > 1 {
			w.write(uint64(b.count-1), scale)
		}
	}
	return w.close()
}

// decoder is what decoding a sequence needs.
type decoder struct {
	bins   [maxBins]bin
	base   [maxBins]uint64
	slots  slots
	padded []byte
	bits   Bits
}

// marks returns room for n marks.
func (d *decoder) marks(n int) Bits {
	if need := (n + 63) / 64; len(d.bits) < need {
		d.bits = NewBits(MaxLen)
	}
	return d.bits
}

// readInts reads m integers, at least one, and returns what follows them.
func (s *scratch) readInts(packed []byte, into *[]uint64, m int) ([]byte, error) {
	if cap(*into) < m {
		*into = make([]uint64, m, max(m, 1024))
	}
	ints := (*into)[:m]
	*into = ints
	if len(packed) == 0 {
		return nil, errValues
	}
	order := int(packed[0])
	packed = packed[1:]
	if order > maxOrder || order >= m {
		return nil, errValues
	}
	var head [maxOrder + 2]uint64 // the first integers, least, factor
	for i := range order + 2 {
		v, size := binary.Uvarint(packed)
		if size <= 0 {
			return nil, errValues
		}
		head[i], packed = v, packed[size:]
	}
	least, factor := unzigzag(head[order]), head[order+1]
	packed, err := s.decoder.residuals(packed, ints[order:], least, factor)
	if err != nil {
		return nil, err
	}
	for k := order - 1; k >= 0; k-- {
		ints[k] = unzigzag(head[k])
		for i := k + 1; i < m; i++ {
			ints[i] += ints[i-1]
		}
	}
	return packed, nil
}

// residuals reads numbers into out.
func (d *decoder) residuals(packed []byte, out []uint64, least, factor uint64) ([]byte, error) {
	scale := rangeBits(len(out))
	bins, packed, err := d.readBins(packed, scale)
	if err != nil {
		return nil, err
	}
	for i, b := range bins {
		d.base[i] = least + factor*b.lower
	}
	if len(bins) == 1 {
		return d.readOne(packed, out, factor)
	}
	size, n := binary.Uvarint(packed)
	if n <= 0 || size > uint64(len(packed)-n) {
		return nil, errValues
	}
	d.slots.fill(bins)
	packed = packed[n:]
	return d.readMany(packed[:size], packed[size:], out, factor, scale)
}

// readOne reads numbers of one bin.
func (d *decoder) readOne(packed []byte, out []uint64, factor uint64) ([]byte, error) {
	base, width := d.base[0], d.bins[0].width
	if width == 0 {
		for i := range out {
			out[i] = base
		}
		return packed, nil
	}
	size := (uint(len(out))*width + 7) / 8
	if size > uint(len(packed)) {
		return nil, errValues
	}
	r := d.pad(packed[:size])
	for i := range out {
		out[i] = base + factor*r.wide(width)
	}
	return packed[size:], nil
}

// pad returns a reader of the bytes that may look beyond their end.
func (d *decoder) pad(bytes []byte) bitReader {
	d.padded = append(append(d.padded[:0], bytes...), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return bitReader{in: d.padded}
}

// readMany reads numbers of several bins: their offsets and, from words, which bin each is in.
func (d *decoder) readMany(offsets, words []byte, out []uint64, factor uint64, scale uint) ([]byte, error) {
	if len(words) < 4 {
		return nil, errValues
	}
	state := binary.LittleEndian.Uint32(words)
	words = words[4:]
	mask := uint32(1)<<scale - 1
	end := 8 * uint(len(offsets))
	r := d.pad(offsets)
	for i := range out {
		slot := d.slots[state&mask&(1<<maxRangeBits-1)]
		state = slot&shareMask*(state>>scale) + slot>>placeShift&placeMask
		if state < ransFloor {
			if len(words) < 2 {
				return nil, errValues
			}
			state = state<<16 | uint32(binary.LittleEndian.Uint16(words))
			words = words[2:]
		}
		symbol := slot >> symbolAt & (maxBins - 1)
		width := d.bins[symbol].width
		if r.at+width > end {
			return nil, errValues
		}
		out[i] = d.base[symbol] + factor*r.wide(width)
	}
	if state != ransFloor || (r.at+7)>>3 != uint(len(offsets)) {
		return nil, errValues
	}
	return words, nil
}

func (d *decoder) readBins(packed []byte, scale uint) ([]bin, []byte, error) {
	if len(packed) == 0 || packed[0] == 0 || packed[0] > maxBins {
		return nil, nil, errBins
	}
	bins := d.bins[:packed[0]]
	r := bitReader{in: packed[1:]}
	shares, before := 0, uint64(0)
	for i := range bins {
		b := &bins[i]
		b.lower = before
		if i > 0 {
			n := uint(r.read(widthBits))
			if n > 64 {
				return nil, nil, errBins
			}
			b.lower += r.read(n)
		}
		before = b.lower
		b.width, b.count = uint(r.read(widthBits)), 0
		if len(bins) > 1 {
			b.count = int(r.read(scale)) + 1
		}
		shares += b.count
		if b.width > 64 {
			return nil, nil, errBins
		}
	}
	if r.over() || len(bins) > 1 && shares != 1<<scale {
		return nil, nil, errBins
	}
	return bins, r.rest(), nil
}
