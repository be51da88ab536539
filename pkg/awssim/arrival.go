package awssim

import "math"

// Points arrive late and change, as on AWS: a minute can be read no sooner than its namespace's delay after its end, some gauges
// come minutes later than that, and counts first come in part. Ten minutes after its end a minute is final. When and how
// is a function of (metric, minute), so a reader meets the same revisions each time.

const (
	finalAfter      = 600 // seconds after a minute's end
	lateShare       = 0.12
	revisedShare    = 0.3
	arrivalSalt     = 0xa221a1
	smallestPart    = 0.5
	biggestPart     = 0.95
	firstImpression = 0.02 // how far the average of a first part is off, at most
)

// arrived returns what of a minute's truth can be read when the clock stands at now (Unix seconds).
func (m *metric) arrived(minute int64, truth tally, now int64) tally {
	age := now - (minute+1)*60
	if truth.count == 0 || age < m.delay {
		return tally{}
	}
	if !m.revises || age >= finalAfter {
		return truth
	}
	h := hashAt(m.key^arrivalSalt, minute)
	chance, settled := uniform(h), m.delay+int64(uniform(mix(h))*float64(finalAfter-m.delay))
	if m.sampling == oneSample {
		if chance < lateShare && age < settled {
			return tally{}
		}
		return truth
	}
	if chance >= revisedShare || age >= settled {
		return truth
	}
	return m.firstPart(truth, mix(h+1))
}

func (m *metric) firstPart(truth tally, h uint64) tally {
	part := smallestPart + (biggestPart-smallestPart)*uniform(h)
	samples := math.Floor(truth.count * part)
	if samples == 0 {
		return tally{}
	}
	switch m.sampling {
	case unitSamples:
		return tally{samples, samples}
	case zeroOrOne:
		return tally{math.Floor(truth.sum * part), samples}
	}
	total := truth.sum * samples / truth.count * (1 - firstImpression*uniform(mix(h)))
	if truth.sum == math.Trunc(truth.sum) {
		total = math.Floor(total) // a sum of counts stays a count
	}
	return tally{total, samples}
}
