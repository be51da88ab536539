package forest

import "slices"

// points holds each sampled point once, however many trees sampled it.
type points struct {
	dims int
	data []float32 // dims of each slot
	row  []int     // index of the newest row
	refs []uint32  // trees that hold it; 0: free
	free []uint32
}

func (p *points) at(slot uint32) []float32 {
	from := int(slot) * p.dims
	return p.data[from : from+p.dims : from+p.dims]
}

// add copies x into a slot that no tree holds yet.
func (p *points) add(x []float32, row int) uint32 {
	if n := len(p.free); n > 0 {
		slot := p.free[n-1]
		p.free = p.free[:n-1]
		copy(p.at(slot), x)
		p.row[slot] = row
		return slot
	}
	p.data = append(p.data, x...)
	p.row = append(p.row, row)
	p.refs = append(p.refs, 0)
	if cap(p.free) < cap(p.refs) { // so that release never allocates
		p.free = make([]uint32, 0, cap(p.refs))
	}
	return uint32(len(p.row) - 1)
}

func (p *points) release(slot uint32) {
	if p.refs[slot]--; p.refs[slot] == 0 {
		p.free = append(p.free, slot)
	}
}

func (p *points) clone() points {
	c := points{dims: p.dims, data: slices.Clone(p.data), row: slices.Clone(p.row), refs: slices.Clone(p.refs)}
	c.free = append(make([]uint32, 0, cap(c.refs)), p.free...)
	return c
}

func (p *points) bytes() int { return 4*cap(p.data) + 8*cap(p.row) + 4*cap(p.refs) + 4*cap(p.free) }
