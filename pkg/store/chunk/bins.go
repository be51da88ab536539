package chunk

import (
	"math"
	"math/bits"
	"slices"
)

const (
	// maxBins bounds the bins of a sequence.
	maxBins = 64
	// maxCuts is the number of places at which the optimal partition may cut the sorted numbers.
	maxCuts = 96
	// widthBits is how many bits say a number of bits, 0 to 64.
	widthBits = 7
)

// bin holds the numbers from lower on, as many as width bits tell apart.
type bin struct {
	lower uint64
	width uint
	count int // of the numbers in it; after scaling their share of the coder's range
}

// weights is n log2 n.
var weights = func() (w [MaxLen + 1]float32) {
	for n := 2; n <= MaxLen; n++ {
		w[n] = float32(float64(n) * math.Log2(float64(n)))
	}
	return w
}()

// partition cuts numbers, which it sorts, into the bins of the least total size, and returns that size in bits. The cost of a bin with c of
// m numbers is c (log2 m - log2 c + width) and what its description takes. The numbers are not empty.
func partition(numbers []uint64, into []bin) ([]bin, float64) {
	slices.Sort(numbers)
	m := len(numbers)
	into = into[:0]
	if numbers[0] == numbers[m-1] {
		return append(into, bin{numbers[0], 0, m}), 0
	}
	var cuts [maxCuts + 2]int
	n := cutsOf(numbers, &cuts)
	describe := float32(2*widthBits + 6 + rangeBits(m))

	// total[j] is the least size of the numbers before cut j, from[j] the cut where its last bin begins.
	var total [maxCuts + 2]float32
	var from [maxCuts + 2]uint8
	for j := 1; j <= n; j++ {
		total[j] = math.MaxFloat32
		last := numbers[cuts[j]-1]
		for i := j - 1; i >= 0; i-- {
			c := cuts[j] - cuts[i]
			size := total[i] + describe + weightOf(c, m) + float32(c*bits.Len64(last-numbers[cuts[i]]))
			if size < total[j] {
				total[j], from[j] = size, uint8(i)
			}
		}
	}
	for j := n; j > 0; j = int(from[j]) {
		first, end := cuts[from[j]], cuts[j]
		into = append(into, bin{numbers[first], uint(bits.Len64(numbers[end-1] - numbers[first])), end - first})
	}
	slices.Reverse(into)
	if len(into) <= maxBins {
		return into, float64(total[n])
	}
	return append(into[:0], bin{numbers[0], uint(bits.Len64(numbers[m-1] - numbers[0])), m}), float64(m * 64)
}

// weightOf is what it takes to say c times of m which bin it is.
func weightOf(c, m int) float32 { return float32(c)*(weights[m]/float32(m)) - weights[c] }

// cutsOf finds the places at which sorted numbers may be cut: never between equals, before and after whatever stands there often, and
// else after about as many numbers each. The first place is 0, the last is all of them.
func cutsOf(sorted []uint64, cuts *[maxCuts + 2]int) (n int) {
	m := len(sorted)
	often := m/(maxCuts/2) + 1
	start := 0
	for i := 0; i < m; {
		end := i + 1
		for end < m && sorted[end] == sorted[i] {
			end++
		}
		if end-i >= often && i > start { // the group before a frequent number ends
			n++
			cuts[n], start = i, i
		}
		if end-start >= often {
			n++
			cuts[n], start = end, end
		}
		i = end
	}
	if start < m {
		n++
		cuts[n] = m
	}
	return n
}
