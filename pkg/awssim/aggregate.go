package awssim

import (
	"math"
	"slices"
)

// span is a half-open range of time in Unix seconds, cut into periods from its start on. Start and period are whole minutes.
type span struct{ start, end, period int64 }

// points holds a metric's statistic, oldest first. Periods without data are absent.
type points struct {
	times  []int64 // Unix seconds, the start of each period
	values []float64
}

// aggregate computes a statistic over each period that begins in the span, as far as it can be read at now (Unix seconds).
func (m *metric) aggregate(s span, st statistic, now int64) points {
	var p points
	last := m.lastMinute(now)
	if first := m.from * 60; s.start < first {
		s.start += (first - s.start) / s.period * s.period
	}
	var a accumulator
	for begin := s.start; begin < s.end && begin <= last*60; begin += s.period {
		a.reset(m, st.needs())
		m.gather(&a, begin/60, min((begin+s.period)/60, last+1), now)
		if a.count == 0 {
			continue
		}
		p.times = append(p.times, begin)
		p.values = append(p.values, st.of(&a))
	}
	return p
}

// gather feeds the minutes [from, to) to the accumulator.
func (m *metric) gather(a *accumulator, from, to, now int64) {
	settled := floorDiv(now-finalAfter, 60) - 1 // minutes before this one are final
	for from < to {
		day := floorDiv(from, minutesPerDay)
		begin := day * minutesPerDay
		until := min(to, begin+minutesPerDay)
		b := m.source.day(day)
		for minute := from; minute < until; minute++ {
			t := tally{b.sum[minute-begin], b.count[minute-begin]}
			if minute >= settled {
				t = m.arrived(minute, t, now)
			}
			if t.count > 0 {
				a.add(minute, t)
			}
		}
		from = until
	}
}

// need says how much of the samples' distribution a statistic wants to know.
type need int

const (
	totals       need = iota // sum and count
	extremes                 // lowest and highest as well
	distribution             // quantiles as well
)

// accumulator gathers the samples of one period.
type accumulator struct {
	metric      *metric
	need        need
	sum, count  float64
	low, high   float64
	logs, logs2 float64   // weighted moments of the logarithm of the minutes' averages
	gauges      []float64 // values of single samples, sorted when first asked
	sorted      bool
}

func (a *accumulator) reset(m *metric, n need) {
	*a = accumulator{metric: m, need: n, low: math.Inf(1), high: math.Inf(-1), gauges: a.gauges[:0]}
}

func (a *accumulator) add(minute int64, t tally) {
	a.sum += t.sum
	a.count += t.count
	if a.need == totals {
		return
	}
	average := t.sum / t.count
	low, high := a.metric.extremes(minute, average, t)
	a.low, a.high = min(a.low, low), max(a.high, high)
	if a.need == extremes {
		return
	}
	switch a.metric.sampling {
	case oneSample:
		a.gauges = append(a.gauges, average)
	case spreadValues:
		l := math.Log(max(average, 1e-12))
		a.logs += t.count * l
		a.logs2 += t.count * l * l
	}
}

// extremes gives the lowest and the highest sample of a minute.
func (m *metric) extremes(minute int64, average float64, t tally) (low, high float64) {
	switch m.sampling {
	case zeroOrOne:
		if t.sum < t.count {
			low = 0
		} else {
			low = 1
		}
		return low, min(1, t.sum)
	case spreadValues:
		if t.count < 2 {
			return average, average
		}
		// The extremes of n log-normal samples lie near the normal quantile of n/(n+1), and vary.
		reach := m.spread * extremeQuantile(t.count)
		shift := m.spread * m.spread / 2
		h := hashAt(m.key, ^minute)
		vary := 0.25 * m.spread
		low = average * math.Exp(-reach-shift+vary*gaussian(h))
		high = average * math.Exp(reach-shift+vary*gaussian(mix(h)))
		return min(low, average), max(high, average)
	}
	return average, average
}

// extremeQuantile approximates the standard normal quantile of n/(n+1) for n >= 2.
func extremeQuantile(n float64) float64 {
	l := math.Log(n)
	return math.Sqrt(2*l) * (0.62 + 0.028*min(l, 10))
}

// quantile returns the value below which a share q of the samples lies. It grows with q and stays within the extremes.
func (a *accumulator) quantile(q float64) float64 {
	switch {
	case q <= 0:
		return a.low
	case q >= 1:
		return a.high
	}
	switch a.metric.sampling {
	case oneSample:
		return a.ordered(q)
	case zeroOrOne:
		if q <= 1-a.sum/a.count {
			return a.low
		}
		return a.high
	case unitSamples:
		return 1
	}
	mean := a.logs / a.count
	variance := max(0, a.logs2/a.count-mean*mean) + a.metric.spread*a.metric.spread
	z := math.Sqrt2 * math.Erfinv(2*q-1)
	v := a.sum / a.count * math.Exp(math.Sqrt(variance)*z-variance/2)
	return min(max(v, a.low), a.high)
}

// ordered interpolates between the order statistics of single samples.
func (a *accumulator) ordered(q float64) float64 {
	if !a.sorted {
		slices.Sort(a.gauges)
		a.sorted = true
	}
	x := q * float64(len(a.gauges)-1)
	i := int(x)
	if i+1 >= len(a.gauges) {
		return a.gauges[len(a.gauges)-1]
	}
	return a.gauges[i] + (a.gauges[i+1]-a.gauges[i])*(x-float64(i))
}

// rank returns the share of the samples at or below v: the inverse of quantile.
func (a *accumulator) rank(v float64) float64 {
	if v < a.low {
		return 0
	}
	if v >= a.high {
		return 1
	}
	low, high := 0.0, 1.0
	for range 40 {
		q := (low + high) / 2
		if a.quantile(q) <= v {
			low = q
		} else {
			high = q
		}
	}
	return low
}

// trimmedMean is the mean of the samples between two quantiles, by integrating the quantile function.
func (a *accumulator) trimmedMean(from, to float64) float64 {
	if from <= 0 && to >= 1 {
		return a.sum / a.count
	}
	if to <= from {
		return a.quantile(from)
	}
	const steps = 64
	total := 0.0
	for i := range steps {
		total += a.quantile(from + (to-from)*(float64(i)+0.5)/steps)
	}
	return total / steps
}
