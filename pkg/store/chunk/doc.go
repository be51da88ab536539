// Package chunk packs points into few bytes and back, bit for bit: every float64 returns as it was, also -0, infinities, denormals and
// the payload of a NaN; and with each point two marks, missing (there is no value) and final.
//
// What monitoring measures is mostly decimal: counts, bytes, percentages to three places, averages of a few of them. So a chunk tries,
// and the smallest form wins:
//
//   - decimal: v = d/10^e (or d/(3*10^e), the averages of 12 or 60 values) with d whole, and the difference of v to that quotient in units
//     of the last place, which is 0 but where v was itself computed. A difference is a number of 64 bits, so there are no exceptions:
//     whatever is not decimal has a wide difference.
//   - real: the bits of v as an integer that is ordered as v is.
//   - raw: eight bytes each.
//
// Integers are taken as they are or as differences, less their minimum and divided by their greatest common
// divisor. Their range is cut into bins, each a lower bound and a number of offset bits; which bin a number is in is entropy coded (rANS),
// the offset is written as it is. The cuts are those of the least total, by dynamic programming over the sorted numbers. One coder thus
// serves constants, dictionaries of a few values, bit packing and outliers.
//
// The ideas are of ALP (Afroozeh, Kuffo and Boncz 2023, "ALP: Adaptive Lossless floating-Point Compression": decimals in doubles), of pcodec
// (Loncaric, Jeppesen and Zinberg 2025: bins with offsets) and of asymmetric numeral systems (Duda 2013; range variant); the code is not.
//
// Layout: version, CRC-32C of the rest begun with the owner, number of points, form and marks, runs of the marks, values. Whatever is damaged is an error.
package chunk
