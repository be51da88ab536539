package chunk

import (
	"encoding/binary"
	"math"
)

const (
	maxExponent = 14
	// third marks a scale of three times a power of ten.
	third = 0x80
	// maxWhole bounds the integers of the decimal form: up to it every integer is a float64.
	maxWhole = 1 << 53
	// nearUlps is how far from a decimal a value may be and still look like one that was computed of decimals.
	nearUlps = 16
	// sampled is the number of values that the choice of a scale looks at.
	sampled = 32
	// goodBits is the number of bits a point at which no further form is tried.
	goodBits = 12
)

var tens = [maxExponent + 1]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14}

// scaleOf is by what the integers of the decimal form are divided; ok is false where the code is none.
func scaleOf(code byte) (scale float64, ok bool) {
	e := code &^ third
	if e > maxExponent {
		return 0, false
	}
	if code&third != 0 {
		return 3 * tens[e], true
	}
	return tens[e], true
}

// candidate is a form of the values, and how its integers are coded.
type candidate struct {
	form  byte
	scale byte
	bits  float64 // estimated
	ints  layout
	ulps  layout // of the decimal form
}

// appendValues appends the values in the smallest form, and says which it is.
func (s *scratch) appendValues(dst []byte, values []float64) (form byte, out []byte) {
	if len(values) == 0 {
		return raw, dst
	}
	s.best.form, s.best.bits = raw, 64*float64(len(values))
	s.scales = scalesOf(s.scales[:0], values)
	for _, scale := range s.scales {
		s.tryDecimal(values, scale)
	}
	if s.best.bits > goodBits*float64(len(values)) {
		s.tryReal(values)
	}
	start := len(dst)
	switch s.best.form {
	case decimalForm:
		s.decimals(values, s.best.scale)
		dst = append(dst, s.best.scale)
		dst = s.appendInts(dst, s.ints, &s.best.ints)
		dst = s.appendInts(dst, s.ulps, &s.best.ulps)
	case realForm:
		s.reals(values)
		dst = s.appendInts(dst, s.ints, &s.best.ints)
	}
	if s.best.form != raw && len(dst)-start < 8*len(values) {
		return s.best.form, dst
	}
	dst = dst[:start]
	for _, v := range values {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return raw, dst
}

func (s *scratch) tryDecimal(values []float64, scale byte) {
	s.decimals(values, scale)
	s.trial.form, s.trial.scale = decimalForm, scale
	s.trial.bits = s.plan(s.ulps, &s.trial.ulps)
	if s.trial.bits < s.best.bits {
		s.trial.bits += s.plan(s.ints, &s.trial.ints)
	}
	s.keepBetter()
}

func (s *scratch) tryReal(values []float64) {
	s.reals(values)
	s.trial.form = realForm
	s.trial.bits = s.plan(s.ints, &s.trial.ints)
	s.keepBetter()
}

func (s *scratch) keepBetter() {
	if s.trial.bits < s.best.bits {
		s.best, s.trial = s.trial, s.best
	}
}

// decimals fills ints with whole numbers, which the scale divides, and ulps with the differences of the values to the quotients.
func (s *scratch) decimals(values []float64, code byte) {
	scale, _ := scaleOf(code)
	s.ints, s.ulps = s.ints[:0], s.ulps[:0]
	whole := 0.0
	for _, v := range values {
		if d := math.RoundToEven(v * scale); math.Abs(d) <= maxWhole {
			whole = float64(int64(d)) // never -0, which no integer is; what is no such number takes the one before it
		}
		s.ints = append(s.ints, uint64(int64(whole)))
		s.ulps = append(s.ulps, math.Float64bits(v)-math.Float64bits(whole/scale))
	}
}

// reals fills ints with the bits of the values, as integers in the order of the values.
func (s *scratch) reals(values []float64) {
	s.ints = s.ints[:0]
	for _, v := range values {
		s.ints = append(s.ints, ordered(math.Float64bits(v)))
	}
}

// ordered maps the bits of floats to integers of the same order, and back: it is its own inverse.
func ordered(b uint64) uint64 {
	if int64(b) < 0 {
		b ^= math.MaxInt64
	}
	return b
}

// scalesOf appends the scales that are worth a trial: the first of the powers of ten at which half, nine in ten, or the most of the
// values are decimal, and the like with thirds where that takes many digits.
func scalesOf(scales []byte, values []float64) []byte {
	const many = 8
	scales = appendScales(scales, values, 0)
	if len(scales) == 0 {
		scales = append(scales, 0)
	}
	if scales[0] > many {
		scales = appendScales(scales, values, third)
	}
	return scales
}

func appendScales(scales []byte, values []float64, thirds byte) []byte {
	telling := 0 // zero is a whole number by any scale
	for _, v := range values {
		if v != 0 {
			telling++
		}
	}
	step := max(1, telling/sampled)
	var near [maxExponent + 1]int
	seen, most, looked := 0, 0, 0
	for _, v := range values {
		if v == 0 {
			continue
		}
		if seen++; seen%step != 0 {
			continue
		}
		looked++
		for e := range near {
			scale, _ := scaleOf(byte(e) | thirds)
			if isNear(v, scale) {
				near[e]++
			}
		}
	}
	for _, n := range near {
		most = max(most, n)
	}
	for _, wanted := range [...]int{(looked + 1) / 2, (9*looked + 9) / 10, most} {
		for e, n := range near {
			if n < wanted || n == 0 {
				continue
			}
			if code := byte(e) | thirds; len(scales) == 0 || scales[len(scales)-1] != code {
				scales = append(scales, code)
			}
			break
		}
	}
	return scales
}

// isNear says that v is a whole number by the scale, but for the error of a few operations.
func isNear(v, scale float64) bool {
	whole := math.RoundToEven(v * scale)
	if !(math.Abs(whole) <= maxWhole) { // NaN is not
		return false
	}
	return math.Float64bits(v)-math.Float64bits(whole/scale)+nearUlps <= 2*nearUlps
}

// readValues reads values of that form and returns what follows them.
func (s *scratch) readValues(packed []byte, form byte, values []float64) (rest []byte, err error) {
	if len(values) == 0 {
		if form != raw {
			return nil, errForm
		}
		return packed, nil
	}
	switch form {
	case raw:
		return readRaw(packed, values)
	case realForm:
		if packed, err = s.readInts(packed, &s.ints, len(values)); err != nil {
			return nil, err
		}
		for i, b := range s.ints {
			values[i] = math.Float64frombits(ordered(b))
		}
		return packed, nil
	case decimalForm:
		return s.readDecimals(packed, values)
	default:
		return nil, errForm
	}
}

func readRaw(packed []byte, values []float64) ([]byte, error) {
	if len(packed) < 8*len(values) {
		return nil, errValues
	}
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(packed[8*i:]))
	}
	return packed[8*len(values):], nil
}

func (s *scratch) readDecimals(packed []byte, values []float64) ([]byte, error) {
	if len(packed) == 0 {
		return nil, errValues
	}
	scale, ok := scaleOf(packed[0])
	if !ok {
		return nil, errForm
	}
	packed, err := s.readInts(packed[1:], &s.ints, len(values))
	if err != nil {
		return nil, err
	}
	if packed, err = s.readInts(packed, &s.ulps, len(values)); err != nil {
		return nil, err
	}
	ulps := s.ulps[:len(s.ints)]
	for i, d := range s.ints {
		values[i] = math.Float64frombits(math.Float64bits(float64(int64(d))/scale) + ulps[i])
	}
	return packed, nil
}
