package chunk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"sync"
)

// MaxLen is the most points a chunk holds.
const MaxLen = 1 << 12

// version leads every chunk. 1 led the chunks that the store had before.
const version = 2

// ErrDamaged is what every error of Decode and Len wraps.
var ErrDamaged = errors.New("chunk is damaged")

func damaged(what string) error { return fmt.Errorf("%w: %s", ErrDamaged, what) }

var (
	errHeader   = damaged("header")
	errChecksum = damaged("checksum")
	errForm     = damaged("unknown form")
	errMarks    = damaged("marks")
	errValues   = damaged("values")
	errBins     = damaged("bins")
)

// header is the version and the checksum of what follows it.
const header = 5

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// The forms of the values.
const (
	raw = iota
	realForm
	decimalForm
)

// The byte of the forms: two bits for the missing marks, two for the final ones, two for the values.
const (
	missingShift = 0
	finalShift   = 2
	valuesShift  = 4
)

// scratch is memory that encoders and decoders use again.
type scratch struct {
	dense     []float64
	ints      []uint64 // decimals, or ordered bits
	ulps      []uint64
	residuals []uint64
	sorted    []uint64
	symbols   []uint8
	offsets   []byte
	scales    []byte
	best      candidate
	trial     candidate
	decoder   decoder
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Append appends the packed points to dst. Points that are marked missing have no value: what stands in values is not kept. Marks may be
// nil for none. owner says what the points are of; it is not kept, but they are unpacked only for the same one, so that a chunk that has
// come to stand in a wrong place is noticed. More than MaxLen values are an error.
func Append(dst []byte, owner uint64, values []float64, missing, final Bits) ([]byte, error) {
	n := len(values)
	if n > MaxLen {
		return dst, fmt.Errorf("chunk of %d points: at most %d", n, MaxLen)
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	start := len(dst)
	dst = append(dst, version, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(n))
	forms := len(dst)
	missingForm, finalForm := missing.form(n), final.form(n)
	dst = append(dst, missingForm<<missingShift|finalForm<<finalShift)
	if missingForm == inRuns {
		dst = missing.appendRuns(dst, n)
	}
	if finalForm == inRuns {
		dst = final.appendRuns(dst, n)
	}
	form, dst := s.appendValues(dst, s.present(values, missing))
	dst[forms] |= form << valuesShift
	binary.LittleEndian.PutUint32(dst[start+1:], checksum(owner, dst[start+header:]))
	return dst, nil
}

// checksum of the content, begun with a multiplicative hash of the owner.
func checksum(owner uint64, content []byte) uint32 {
	return crc32.Update(uint32(owner*0x9e3779b97f4a7c15>>32), castagnoli, content)
}

// present are the values that are not missing.
func (s *scratch) present(values []float64, missing Bits) []float64 {
	n := len(values)
	s.dense = s.dense[:0]
	for i := missing.Next(0, n, false); i < n; {
		end := missing.Next(i, n, true)
		s.dense = append(s.dense, values[i:end]...)
		i = missing.Next(end, n, false)
	}
	return s.dense
}

// Len is the number of points of a chunk.
func Len(packed []byte) (int, error) {
	if len(packed) < header || packed[0] != version {
		return 0, errHeader
	}
	n, size := binary.Uvarint(packed[header:])
	if size <= 0 || n > MaxLen {
		return 0, errHeader
	}
	return int(n), nil
}

// Decode unpacks a chunk of len(values) points of that owner. A missing point is NaN. Marks that are nil are not unpacked; others hold at least as many
// bits as there are points. Every error wraps ErrDamaged; what values hold after one is of no use.
func Decode(packed []byte, owner uint64, values []float64, missing, final Bits) error {
	n, err := Len(packed)
	if err != nil {
		return err
	}
	if n != len(values) {
		return fmt.Errorf("%w: it has %d points, not %d", ErrDamaged, n, len(values))
	}
	if checksum(owner, packed[header:]) != binary.LittleEndian.Uint32(packed[1:]) {
		return errChecksum
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	return s.decode(packed[header:], values, missing, final)
}

func (s *scratch) decode(packed []byte, values []float64, missing, final Bits) error {
	n := len(values)
	_, size := binary.Uvarint(packed)
	packed = packed[size:]
	if len(packed) == 0 {
		return errHeader
	}
	forms := packed[0]
	missingForm := forms >> missingShift & 3
	if missing == nil && missingForm == inRuns {
		missing = s.decoder.marks(n)
	}
	packed, err := readMarks(packed[1:], missingForm, missing, n)
	if err != nil {
		return err
	}
	if packed, err = readMarks(packed, forms>>finalShift&3, final, n); err != nil {
		return err
	}
	m := n
	switch missingForm {
	case allSet:
		m = 0
	case inRuns:
		m -= missing.count(n)
	}
	if packed, err = s.readValues(packed, forms>>valuesShift, values[:m]); err != nil {
		return err
	}
	if len(packed) > 0 {
		return damaged("bytes beyond the end")
	}
	if m < n {
		spread(values, m, missing)
	}
	return nil
}

// spread moves the first m values to the places that are not missing; the others become NaN.
func spread(values []float64, m int, missing Bits) {
	for i := len(values) - 1; i >= 0; i-- {
		if m == 0 || missing.Get(i) {
			values[i] = math.NaN()
			continue
		}
		m--
		values[i] = values[m]
	}
}
