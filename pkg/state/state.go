// Package state writes and reads what a detector or a model has learnt, so that it continues after a restart exactly as it would have.
//
// The format is a plain run of little-endian fields without names: who writes a state reads it in the same order, and begins it with
// a version. Every float64 comes back bit for bit. A Reader never panics: damage makes it return zeros and remember an error.
package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrDamaged is what Reader.Err wraps when a state ends early, is too long or holds a length that cannot be.
var ErrDamaged = errors.New("saved state is damaged")

// Writer appends fields. The zero value is empty and ready.
type Writer struct{ b []byte }

// Bytes returns what was written; it is the writer's own memory.
func (w *Writer) Bytes() []byte { return w.b }

// Byte appends one byte.
func (w *Writer) Byte(v byte) { w.b = append(w.b, v) }

// Bool appends a bool as one byte.
func (w *Writer) Bool(v bool) {
	if v {
		w.Byte(1)
		return
	}
	w.Byte(0)
}

// Int appends a signed integer in one to ten bytes, few for small ones.
func (w *Writer) Int(v int) { w.b = binary.AppendVarint(w.b, int64(v)) }

// Uint64 appends eight bytes.
func (w *Writer) Uint64(v uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, v) }

// Float appends a float64, bit for bit.
func (w *Writer) Float(v float64) { w.Uint64(math.Float64bits(v)) }

// Float32 appends a float32, bit for bit.
func (w *Writer) Float32(v float32) { w.b = binary.LittleEndian.AppendUint32(w.b, math.Float32bits(v)) }

// Floats appends a slice with its length.
func (w *Writer) Floats(v []float64) {
	w.Int(len(v))
	for _, x := range v {
		w.Float(x)
	}
}

// Float32s appends a slice with its length.
func (w *Writer) Float32s(v []float32) {
	w.Int(len(v))
	for _, x := range v {
		w.Float32(x)
	}
}

// Uint16s appends a slice with its length.
func (w *Writer) Uint16s(v []uint16) {
	w.Int(len(v))
	for _, x := range v {
		w.b = binary.LittleEndian.AppendUint16(w.b, x)
	}
}

// Blob appends bytes with their length.
func (w *Writer) Blob(v []byte) {
	w.Int(len(v))
	w.b = append(w.b, v...)
}

// Reader reads fields in the order in which they were written.
type Reader struct {
	b   []byte
	err error
}

// NewReader reads from b, which must not change meanwhile.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Err is nil while everything read was there.
func (r *Reader) Err() error { return r.err }

// Close is Err, and an error too where something is left over.
func (r *Reader) Close() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail("%d bytes are left over", len(r.b))
	}
	return r.err
}

// Fail records damage that the caller found.
func (r *Reader) Fail(reason string) { r.fail("%s", reason) }

func (r *Reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
	}
	r.b = nil
}

func (r *Reader) take(n int) []byte {
	if r.err == nil && len(r.b) < n {
		r.fail("it ends early")
	}
	if r.err != nil {
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// Version reads a byte that must be the given version.
func (r *Reader) Version(want byte) {
	if got := r.Byte(); r.err == nil && got != want {
		r.fail("version %d where %d is understood", got, want)
	}
}

// Bool reads a bool.
func (r *Reader) Bool() bool { return r.Byte() != 0 }

// Int reads a signed integer.
func (r *Reader) Int() int {
	if r.err != nil {
		return 0
	}
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail("an integer is cut")
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Float reads a float64.
func (r *Reader) Float() float64 { return math.Float64frombits(r.Uint64()) }

// Float32 reads a float32.
func (r *Reader) Float32() float32 {
	if b := r.take(4); b != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// Length reads the length of a slice whose entries take size bytes each, and holds it to what is left, so that damage cannot ask for gigabytes.
func (r *Reader) Length(size int) int {
	n := r.Int()
	if n < 0 || n > len(r.b)/size {
		r.fail("a length of %d does not fit", n)
		return 0
	}
	return n
}

// Floats reads a slice into dst, which must have the length that was written.
func (r *Reader) Floats(dst []float64) {
	if !r.fits(len(dst), 8) {
		return
	}
	for i := range dst {
		dst[i] = r.Float()
	}
}

// Float32s reads a slice into dst, which must have the length that was written.
func (r *Reader) Float32s(dst []float32) {
	if !r.fits(len(dst), 4) {
		return
	}
	for i := range dst {
		dst[i] = r.Float32()
	}
}

// Uint16s reads a slice into dst, which must have the length that was written.
func (r *Reader) Uint16s(dst []uint16) {
	if !r.fits(len(dst), 2) {
		return
	}
	for i := range dst {
		b := r.take(2)
		dst[i] = binary.LittleEndian.Uint16(b)
	}
}

func (r *Reader) fits(want, size int) bool {
	if n := r.Length(size); r.err == nil && n != want {
		r.fail("a slice has %d entries where %d are expected", n, want)
	}
	return r.err == nil
}

// Blob reads bytes; they are part of the state's memory.
func (r *Reader) Blob() []byte { return r.take(r.Length(1)) }
