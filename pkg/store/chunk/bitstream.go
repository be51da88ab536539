package chunk

import "encoding/binary"

// bitWriter appends bits to bytes, the lowest first.
type bitWriter struct {
	out  []byte
	word uint64
	n    uint // bits of word in use, below 8 between calls
}

// write appends the n lowest bits of v, up to 64; the others must be 0.
func (w *bitWriter) write(v uint64, n uint) {
	if n > 32 {
		w.write(v&(1<<32-1), 32)
		v, n = v>>32, n-32
	}
	w.word |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.word))
		w.word >>= 8
	}
}

// close pads to a whole byte.
func (w *bitWriter) close() []byte {
	if w.n > 0 {
		w.out = append(w.out, byte(w.word))
	}
	w.word, w.n = 0, 0
	return w.out
}

// bitReader reads what bitWriter wrote.
type bitReader struct {
	in []byte
	at uint // the next bit
}

// short reads n bits, up to 56, where at least eight bytes follow the one of the next bit.
func (r *bitReader) short(n uint) uint64 {
	v := binary.LittleEndian.Uint64(r.in[r.at>>3:]) >> (r.at & 7) & (1<<n - 1)
	r.at += n
	return v
}

// wide reads n bits, up to 64, where at least twelve bytes follow the one of the next bit.
func (r *bitReader) wide(n uint) uint64 {
	if n <= 56 {
		return r.short(n)
	}
	low := r.short(32)
	return low | r.short(n-32)<<32
}

// read reads n bits, up to 64, anywhere. Beyond the end it reads zeros, and over says so.
func (r *bitReader) read(n uint) (v uint64) {
	for k := range n {
		if i := (r.at + k) >> 3; i < uint(len(r.in)) {
			v |= uint64(r.in[i]>>((r.at+k)&7)&1) << k
		}
	}
	r.at += n
	return v
}

func (r *bitReader) over() bool { return r.at > 8*uint(len(r.in)) }

// rest are the bytes after the one of the last bit that was read.
func (r *bitReader) rest() []byte { return r.in[(r.at+7)>>3:] }
