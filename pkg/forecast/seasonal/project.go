package seasonal

import "math"

const (
	// A trend is expected to go on for this many times as long as it has lasted before it is damped.
	trendPatience = 16
	// trendSlack of the slope, beside its standard error, bounds what a trend may do.
	trendSlack = 0.3
	// An excursion without a trend is expected to fade with this many times its age.
	excursionPatience = 2
	// fewSamples widens the bands for multi-step errors that are known from few independent samples.
	fewSamples = 1.05
)

// Projection is the forecast of the steps after the last observation; its slices have one element per step.
type Projection struct {
	Mean, Lower, Upper []float64
}

// path is where the projection goes besides season and level: central, and its lower and upper bounds.
type path struct{ mid, low, high float64 }

// Project forecasts the buckets after the last observation, which lie at the given phases, with a band of the given level (0.5 to 0.9999;
// anything else is the configured coverage). All of it is NaN until Ready is nil.
//
// The mean is season, level and fading short memory, or the local trend where there is one, damped at several times its age. The band
// grows as the model's own errors over such horizons have grown. While a trend is under way the band asks how fast it goes on,
// not whether someone will end it: it is that of the slope, and of the noise around it. The first step is what Predict says.
func (m *Model) Project(phases []Phase, level float64) Projection {
	n := len(phases)
	all := make([]float64, 3*n)
	p := Projection{Mean: all[:n:n], Lower: all[n : 2*n : 2*n], Upper: all[2*n:]}
	if !m.seasonal() {
		for i := range all {
			all[i] = math.NaN()
		}
		return p
	}
	outer, sure := m.outerAt(level), m.sure(level)
	widths := m.widths()
	ahead, trend := m.ahead(sure)
	for i, ph := range phases {
		h := float64(i + 1)
		e := m.expect(m.season.wrap(ph))
		way := ahead(h, e.sigma)
		w := widths.at(h) * math.Max(e.sigma, m.floor(e.baseline))
		if trend.valid {
			w = math.Hypot(m.innerScale(e), trend.noise)
		}
		p.Mean[i] = m.clamp(e.baseline + way.mid)
		p.Lower[i] = m.clamp(e.baseline + way.low - w*outer[1])
		p.Upper[i] = m.clamp(e.baseline + way.high + w*outer[0])
	}
	if n > 0 {
		d := m.Predict(phases[0])
		p.Mean[0] = d.Mean
		p.Lower[0], p.Upper[0] = d.Band(level)
	}
	return p
}

// Trending says whether a local trend is under way, in an excursion from the level that began within the last day and a third and has
// lasted for a while, and for how many buckets; Project expects it to go on. (Trends of weeks are slow enough to be learnt from the past.)
func (m *Model) Trending() (age int, ok bool) {
	if !m.seasonal() {
		return 0, false
	}
	sigma := m.usualSigma()
	t := m.blockTrend(sigma)
	_, away := m.excursion(sigma)
	away = math.Max(t.age, away)
	return int(away), t.valid && away >= float64(leastTrend*m.past.size)
}

// usualSigma is the scale of the noise around the series' usual value.
func (m *Model) usualSigma() float64 {
	return math.Max(m.spread.sigma, m.floor(m.level+m.season.day.mean()))
}

// ahead chooses what carries the series away from season and level: a trend, an excursion or the short memory alone. The function it
// returns is to be called for h = 1, 2, ... in order.
func (m *Model) ahead(sure float64) (step func(h, sigma float64) path, under trend) {
	sigma := m.usualSigma()
	if t := m.trend(sigma); t.valid {
		return func(h, _ float64) path { return t.path(h, sure) }, t
	}
	distance, age := m.excursion(sigma)
	if math.Abs(distance) > hampelNear*sigma {
		return func(h, _ float64) path {
			d := distance * math.Exp(-h/(excursionPatience*age))
			return path{d, math.Min(d, 0), math.Max(d, 0)}
		}, under
	}
	short := m.memory
	return func(_, sigma float64) path {
		d := short.predict()
		short.move(d)
		return path{d * sigma, d * sigma, d * sigma}
	}, under
}

// path of a trend: its slope is believed within so many standard errors.
func (t trend) path(h, sure float64) path {
	reach := damped(h, trendPatience*t.age)
	mid := t.now + t.slope*reach
	steep := t.now + math.Copysign((1+trendSlack)*math.Abs(t.slope)+sure*t.se, t.slope)*h
	flat := t.now + math.Copysign(math.Max((1-trendSlack)*math.Abs(t.slope)-sure*t.se, 0), t.slope)*reach
	return path{mid, math.Min(flat, steep), math.Max(flat, steep)}
}

// damped is h for h far below patience and never more than patience.
func damped(h, patience float64) float64 { return patience * (1 - math.Exp(-h/patience)) }

// widths are the scales of multi-step errors in units of the spread, by ascending horizon in buckets.
type widths struct {
	inner, fade float64 // of one step, and how much of the short memory is left after one
	horizon     [blockHorizons + dayHorizons]float64
	scale       [blockHorizons + dayHorizons]float64
	n           int
}

func (m *Model) widths() widths {
	w := widths{inner: m.inner}
	for _, c := range m.memory.coef {
		w.fade += c
	}
	w.fade = math.Max(w.fade, 0)
	p := &m.past
	for i, e := range p.errors {
		block := i < blockHorizons
		h := float64(p.size << i)
		if !block {
			h = float64(p.perDay << (i - blockHorizons))
		}
		// Blocks serve horizons under a day, days the others; where a bucket is a day, blocks are days.
		if (p.perDay == 1) != block && (!block || h >= float64(p.perDay)) {
			continue
		}
		w.add(h, e, m.inner)
	}
	return w
}

// add appends a horizon; one hardly measured yet is taken from the one before, as a random walk would grow.
func (w *widths) add(h float64, e meanError, inner float64) {
	const prior = blocksPerDay / 4
	before, growth := math.Max(1, inner), 1.0
	if w.n > 0 {
		before, growth = w.scale[w.n-1], math.Sqrt(h/w.horizon[w.n-1])
	}
	w.horizon[w.n] = h
	w.scale[w.n] = math.Max(before, fewSamples*(e.n*e.mean+prior*before*growth)/(e.n+prior))
	w.n++
}

// at interpolates between the horizons by their logarithm and goes on like a random walk beyond the last.
func (w *widths) at(h float64) float64 {
	last := w.n - 1
	if h >= w.horizon[last] {
		return w.scale[last] * math.Sqrt(h/w.horizon[last])
	}
	i := 0
	for w.horizon[i+1] <= h {
		i++
	}
	s := w.scale[i]
	if h > w.horizon[i] {
		f := math.Log(h/w.horizon[i]) / math.Log(w.horizon[i+1]/w.horizon[i])
		s += f * (w.scale[i+1] - s)
	}
	// What the short memory still explains narrows the first steps.
	known := math.Max(w.scale[0]*w.scale[0]-w.inner*w.inner, 0) * math.Pow(w.fade, 2*(h-1))
	return math.Sqrt(math.Max(s*s-known, w.inner*w.inner))
}
