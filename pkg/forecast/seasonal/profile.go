package seasonal

import "math"

const (
	// Profiles are means of the last days and weeks seen: gain 1/n down to these floors.
	dayGainFloor  = 1.0 / 20
	weekGainFloor = 1.0 / 5
	// weekSlotsPerDay is the finest resolution of the weekly profile: a week is seen too seldom for more.
	weekSlotsPerDay = 24
)

// profile is a periodic mean over slots, shrunk by the regression of what was observed on what it foretold.
type profile struct {
	value []float64
	seen  []uint16
	sum   float64 // of value, for the mean over all slots
	known int     // slots seen at least once
	cross float64 // decayed sum of foretold x observed
	power float64 // decayed sum of foretold squared
}

func newProfile(slots int) profile {
	return profile{value: make([]float64, slots), seen: make([]uint16, slots)}
}

func (p *profile) clone() profile {
	q := *p
	q.value = append([]float64(nil), p.value...)
	q.seen = append([]uint16(nil), p.seen...)
	return q
}

func (p *profile) mean() float64 {
	if p.known == 0 {
		return 0
	}
	return p.sum / float64(p.known)
}

// learn moves a slot by its residual.
func (p *profile) learn(slot int, residual, floor float64) {
	n := p.seen[slot]
	if n == 0 {
		p.known++
	}
	step := residual * math.Max(1/float64(n+1), floor)
	p.value[slot] += step
	p.sum += step
	if n < math.MaxUint16 {
		p.seen[slot] = n + 1
	}
}

func (p *profile) set(slot int, value float64) {
	p.sum += value - p.value[slot]
	p.value[slot] = value
}

// judge compares what the profile foretold with what was then observed, both as deviations from the rest of the model.
func (p *profile) judge(foretold, observed, decay float64) {
	p.cross = decay*p.cross + foretold*observed
	p.power = decay*p.power + foretold*foretold
}

// gain is the share of the profile that is believed, 0 to 1; noise is the variance that counts as nothing foretold.
func (p *profile) gain(noise float64) float64 {
	d := p.power + noise
	if d <= 0 {
		return 0
	}
	return math.Min(math.Max(p.cross/d, 0), 1)
}

// season joins the daily profile (which carries the absolute value) and the weekly one (deviations from it, by hour).
type season struct {
	perDay int
	day    profile
	week   profile
	first  int // weekly slot that was seen first
	slot   int // weekly slot being gathered
	gather gathered
	decay  float64
	// The level that the profiles leave over, by Brown's double exponential mean over a week: slower than the model's level, which
	// would hide the weekend, and without lag behind a steady trend, which would become a staircase of weekdays.
	once, twice float64
	gain        float64
	weekly      bool // the weekly profile holds deviations; in the first week it gathers plain means
}

// gathered is what one visit to a weekly slot has shown so far.
type gathered struct{ n, residual, deviation, bent float64 }

func newSeason(perDay int) season {
	return season{
		perDay: perDay,
		day:    newProfile(perDay),
		week:   newProfile(7 * min(perDay, weekSlotsPerDay)),
		slot:   -1,
		decay:  1 - 1/float64(14*perDay),
		gain:   1 / float64(7*perDay),
	}
}

func (s *season) clone() season {
	c := *s
	c.day, c.week = s.day.clone(), s.week.clone()
	return c
}

func (s *season) level() float64 { return 2*s.once - s.twice }

// learnLevel takes what both profiles left over beyond the level.
func (s *season) learnLevel(rest float64) {
	s.once += s.gain * (s.level() + rest - s.once)
	s.twice += s.gain * (s.once - s.twice)
}

// wrap puts any phase on the grid, so that a wrong one is a wrong season and never a panic.
func (s *season) wrap(ph Phase) Phase { return Phase{mod(ph.Day, s.perDay), mod(ph.Week, 7*s.perDay)} }

func mod(a, n int) int {
	if a %= n; a < 0 {
		a += n
	}
	return a
}

// daily returns the daily profile's mean and its deviation from it at a phase.
func (s *season) daily(ph Phase) (mean, deviation float64) {
	mean = s.day.mean()
	if s.day.seen[ph.Day] == 0 {
		return mean, 0
	}
	return mean, s.day.value[ph.Day] - mean
}

// weekday interpolates the weekly profile between the centres of its slots.
func (s *season) weekday(ph Phase) float64 {
	if !s.weekly {
		return 0
	}
	n := len(s.week.value)
	if n == 7*s.perDay {
		return s.week.value[ph.Week]
	}
	at := (float64(ph.Week)+0.5)*float64(n)/float64(7*s.perDay) - 0.5
	i := int(math.Floor(at))
	f := at - float64(i)
	return (1-f)*s.week.value[mod(i, n)] + f*s.week.value[mod(i+1, n)]
}

// learnWeek gathers residuals of one weekly slot and teaches their mean when the slot is left. Where most of the slot was bent, it
// takes the mean of deviation, the distance from everything but the weekly profile, in place of what it held.
func (s *season) learnWeek(ph Phase, residual, deviation float64, bent bool) {
	if slot := s.weekSlot(ph); slot != s.slot {
		if s.slot < 0 && !s.weekly {
			s.first = slot
		}
		s.closeSlot()
		s.slot, s.gather = slot, gathered{}
	}
	g := &s.gather
	g.n++
	g.residual += (residual - g.residual) / g.n
	g.deviation += (deviation - g.deviation) / g.n
	if bent {
		g.bent++
	}
}

func (s *season) weekSlot(ph Phase) int { return ph.Week * len(s.week.value) / (7 * s.perDay) }

func (s *season) closeSlot() {
	g := s.gather
	if g.n == 0 {
		return
	}
	if 2*g.bent > g.n {
		s.week.set(s.slot, g.deviation)
		return
	}
	s.week.learn(s.slot, g.residual, weekGainFloor)
}

// beginWeeks ends the first week, in which the weekly profile gathered plain means: it keeps of them what sets each of its slots
// apart from the daily profile and from a trend of slope per bucket, which would become a staircase of weekdays. It returns the level at
// the end of the week.
func (s *season) beginWeeks(slope float64) float64 {
	s.closeSlot()
	w := &s.week
	perDay := len(w.value) / 7
	var daily, n [weekSlotsPerDay]float64
	for d, v := range s.day.value {
		if i := d * perDay / s.perDay; s.day.seen[d] > 0 {
			n[i]++
			daily[i] += (v - daily[i]) / n[i]
		}
	}
	climb := slope * float64(s.perDay)
	for j := range w.value {
		if w.seen[j] == 0 || n[j%perDay] == 0 {
			w.value[j] = 0
			continue
		}
		age := (j - s.first + len(w.value)) % len(w.value) / perDay // in days since the first slot
		w.value[j] -= daily[j%perDay] + climb*float64(age-3)
	}
	s.weekly = true
	s.slot, s.gather = -1, gathered{}
	level, lag := 3.5*climb, slope*(1-s.gain)/s.gain
	s.once, s.twice = level-lag, level-2*lag
	return level
}
