package forest

import "math"

// golden is 2^64 over the golden ratio, the step of SplitMix64 (Steele, Lea and Flood 2014).
const golden = 0x9E3779B97F4A7C15

// mix is the finaliser of SplitMix64: a bijection that looks random.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// uniform turns a hash into a number between 0 and 1, both exclusive.
func uniform(h uint64) float64 { return (float64(h>>12) + 0.5) / (1 << 52) }

// draws is the stream of random numbers for the insertion of one row into one tree.
type draws uint64

func (d *draws) next() float64 {
	*d += golden
	return uniform(mix(uint64(*d)))
}

const (
	// limitMargin keeps a tree's limit an upper bound in spite of rounding.
	limitMargin = 1 + 1e-6
	// rebaseAfter this exponent the limits are computed anew.
	rebaseAfter = 20
)

// ticket is the hash of a row in a tree: everything random about it.
func (t *tree) ticket(row int) uint64 { return mix(t.key ^ uint64(row+1)*golden) }

// sampleKey orders the reservoir: the smallest keys stay.
func (f *Forest) sampleKey(ticket uint64, row int) float64 {
	return math.Log(-math.Log1p(-uniform(ticket))) - float64(row)*f.decay
}

// learn offers the point x, whose newest row is row, to each tree.
func (f *Forest) learn(x []float32, row int) {
	f.learnt++
	if float64(row-f.base)*f.decay > rebaseAfter {
		f.rebase(row)
	}
	growth := math.Exp(float64(row-f.base) * f.decay)
	slot, stored := uint32(0), false
	for i := range f.trees {
		t := &f.trees[i]
		ticket := t.ticket(row)
		full := t.size == len(t.keys)
		// A key passes with probability 1 - exp(-limit) < limit: most rows end here, without a logarithm.
		if full && uniform(ticket) > f.limit[i]*growth {
			continue
		}
		key := f.sampleKey(ticket, row)
		if full && key >= t.keys[0] {
			continue
		}
		if full {
			old := t.evict(&f.points)
			t.remove(&f.points, old, f.path)
			f.points.release(old)
		}
		if !stored {
			slot, stored = f.points.add(x, row), true
		}
		f.points.refs[slot]++
		t.insert(&f.points, slot, draws(ticket))
		t.push(&f.points, key, slot)
		f.setLimit(i)
	}
}

// setLimit keeps the bound of draws that tree i accepts.
func (f *Forest) setLimit(i int) {
	f.limit[i] = limitMargin * math.Exp(f.trees[i].keys[0]+float64(f.base)*f.decay)
}

func (f *Forest) rebase(row int) {
	f.base = row
	for i := range f.trees {
		f.setLimit(i)
	}
}

// after orders two entries of the reservoir; among equal keys the younger one goes first.
func (t *tree) after(p *points, i, j int) bool {
	if t.keys[i] != t.keys[j] {
		return t.keys[i] > t.keys[j]
	}
	return p.row[t.slots[i]] > p.row[t.slots[j]]
}

func (t *tree) swap(i, j int) {
	t.keys[i], t.keys[j] = t.keys[j], t.keys[i]
	t.slots[i], t.slots[j] = t.slots[j], t.slots[i]
}

// push adds an entry to the heap, whose first is the next to go.
func (t *tree) push(p *points, key float64, slot uint32) {
	i := t.size
	t.keys[i], t.slots[i] = key, slot
	t.size++
	for i > 0 && t.after(p, i, (i-1)/2) {
		t.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

// evict takes the entry with the largest key out of the heap.
func (t *tree) evict(p *points) uint32 {
	gone := t.slots[0]
	t.size--
	t.swap(0, t.size)
	for i := 0; 2*i+1 < t.size; {
		c := 2*i + 1
		if c+1 < t.size && t.after(p, c+1, c) {
			c++
		}
		if !t.after(p, c, i) {
			break
		}
		t.swap(i, c)
		i = c
	}
	return gone
}
