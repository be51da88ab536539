package awssim

import (
	"math"
	"sync"
)

const (
	minutesPerDay  = 1440
	minutesPerWeek = 7 * minutesPerDay
)

// profile is a daily shape over the minutes of a UTC day, from 0 (the quietest) to 1 (the busiest).
type profile [minutesPerDay]float64

type profileName int

const (
	flat     profileName = iota
	officeUS             // business hours of the American east coast
	officeEU             // business hours of central Europe
	consumer             // shoppers: a shoulder at noon, a peak in the evening
	nightly              // a batch run in the small hours
)

var profiles = sync.OnceValue(func() map[profileName]*profile {
	return map[profileName]*profile{
		flat:     drawProfile(func(float64) float64 { return 0.5 }),
		officeUS: drawProfile(func(h float64) float64 { return plateau(h, 13, 22, 1) - 0.1*bump(h, 17, 0.8) }),
		officeEU: drawProfile(func(h float64) float64 { return plateau(h, 7, 16.5, 0.9) - 0.14*bump(h, 11.2, 0.7) }),
		consumer: drawProfile(func(h float64) float64 { return 0.75*bump(h, 17, 3.2) + bump(h, 23.5, 2.6) }),
		nightly:  drawProfile(func(h float64) float64 { return bump(h, 3, 0.9) }),
	}
})

// drawProfile samples shape (hours to height) with the neighbouring days added, so that midnight has no step, and scales it to 0..1.
func drawProfile(shape func(hour float64) float64) *profile {
	var p profile
	low, high := math.Inf(1), math.Inf(-1)
	for i := range p {
		h := float64(i) / 60
		p[i] = shape(h-24) + shape(h) + shape(h+24)
		low, high = min(low, p[i]), max(high, p[i])
	}
	if high-low < 1e-9 {
		return &p
	}
	for i := range p {
		p[i] = (p[i] - low) / (high - low)
	}
	return &p
}

func bump(h, centre, width float64) float64 {
	z := (h - centre) / width
	return math.Exp(-z * z / 2)
}

func plateau(h, from, to, soft float64) float64 {
	return 1 / (1 + math.Exp(-(h-from)/soft)) / (1 + math.Exp((h-to)/soft))
}

// weekendness is 0 on working days and 1 at the weekend (UTC), with four hours of transition around each of its ends.
func weekendness(minute int64) float64 {
	// 1970-01-01 was a Thursday: minutes since Monday 00:00.
	m := floorMod(minute+3*minutesPerDay, minutesPerWeek)
	const saturday, monday, half = 5 * minutesPerDay, 7 * minutesPerDay, 120
	switch {
	case m < half:
		return 1 - smoothstep(float64(m+half)/(2*half))
	case m < saturday-half:
		return 0
	case m < saturday+half:
		return smoothstep(float64(m-saturday+half) / (2 * half))
	case m < monday-half:
		return 1
	}
	return 1 - smoothstep(float64(m-monday+half)/(2*half))
}
