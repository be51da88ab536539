package seasonal

import (
	"fmt"
	"math"
)

const (
	// DefaultCoverage of the band: what lies outside deserves a warning.
	DefaultCoverage = 0.99
	// MinObservations before anything is predicted.
	MinObservations = 32
	// MaxMagnitude is the largest absolute value that counts as an observation.
	MaxMagnitude = 1e100

	// Residuals up to hampelNear standard deviations teach the location in full, beyond hampelFar not at all.
	hampelNear = 3
	hampelFar  = 8
	// seasonClip standard deviations of a residual are what a profile learns at most.
	seasonClip = 4
	// far standard deviations away counts towards anchoring the level anew.
	far = 4
	// relativeFloor of the scale against the size of the value, rangeFloor against the width of a bounded range.
	relativeFloor = 1e-3
	rangeFloor    = 1e-4
	absoluteFloor = 1e-9
	// formerDays is how long a level that was left remains no surprise.
	formerDays = 3
)

// Phase says where a bucket lies in the day and in the week, by the wall clock of the user's zone. The caller computes it, so
// that a day of 23 or 25 hours keeps its rhythm.
type Phase struct {
	Day  int // 0 .. BucketsPerDay-1
	Week int // 0 .. 7 BucketsPerDay-1
}

// Config of a model. The zero value of a bound is a bound at zero: use math.Inf where there is none.
type Config struct {
	BucketsPerDay int     // 288 at 5 minutes; 1 for periods of a day and more, where Phase.Week is the weekday
	Lower, Upper  float64 // natural bounds of the metric: 0 and +Inf for counts, 0 and 100 for percentages
	Coverage      float64 // of the bands, 0.5 to 0.9999; anything else is DefaultCoverage
}

// Need is the number of buckets a model must have lived through before it knows a season: two days, at least MinObservations.
func (c Config) Need() int { return max(2*c.BucketsPerDay, MinObservations) }

// Normal returns the configuration with defaults filled in and bounds in order.
func (c Config) Normal() Config {
	c.BucketsPerDay = min(max(c.BucketsPerDay, 1), 86400)
	if !isLevel(c.Coverage) {
		c.Coverage = DefaultCoverage
	}
	if math.IsNaN(c.Lower) {
		c.Lower = math.Inf(-1)
	}
	if math.IsNaN(c.Upper) {
		c.Upper = math.Inf(1)
	}
	if c.Lower > c.Upper {
		c.Lower, c.Upper = c.Upper, c.Lower
	}
	return c
}

// NotReadyError says how much history a forecast still lacks, in buckets.
type NotReadyError struct {
	Have, Need int // buckets since the first observation
	Observed   int // of them with a value
}

func (e *NotReadyError) Error() string {
	if e.Have >= e.Need {
		return fmt.Sprintf("too many gaps for a forecast: %d values in %d buckets", e.Observed, e.Have)
	}
	return fmt.Sprintf("too little history for a forecast: %d of %d buckets, %d more are needed", e.Have, e.Need, e.Need-e.Have)
}

// Model is the seasonal model of one series; see the package comment. Use New. It is not safe for concurrent use.
type Model struct {
	cfg      Config
	steps    int // buckets since the first observation
	observed int

	coldLevel, coldScale float64 // an exponential mean and its error: all there is before a season is known

	season season
	level  float64
	held   float64 // observations near the level since it was anchored
	spread spread
	modal  modal
	memory memory
	inner  float64 // scale of one-step errors in units of the spread
	gain   float64 // of the level and of inner: a day
	tails  Tails   // of standardised one-step errors
	anchor anchor
	past   past

	outer [2]float64 // quantiles of the tails at the coverage: up, down
	fresh int        // observations until they are computed anew
}

// New returns a model that has seen nothing.
func New(cfg Config) *Model {
	cfg = cfg.Normal()
	n := cfg.BucketsPerDay
	m := &Model{
		cfg:    cfg,
		season: newSeason(n),
		spread: newSpread(n),
		modal:  modal{memory: 1 / math.Max(7*float64(n), 128)},
		memory: memory{decay: 1 - 1/math.Max(7*float64(n), 256)},
		inner:  1,
		gain:   1 / math.Max(float64(n), 24),
		tails:  NewTails(math.Max(28*float64(n), 1024)),
		anchor: newAnchor(math.Max(float64(n)/2, 12)),
		past:   newPast(n),
	}
	m.quantiles()
	return m
}

// Clone returns an independent copy that continues exactly as the model would.
func (m *Model) Clone() *Model {
	c := *m
	c.season, c.spread = m.season.clone(), m.spread.clone()
	return &c
}

// Config returns the configuration in force, defaults filled in.
func (m *Model) Config() Config { return m.cfg }

// Observed is the number of values learnt.
func (m *Model) Observed() int { return m.observed }

// Ready is nil when a season is known and forecasts can be made, else a *NotReadyError.
func (m *Model) Ready() error {
	if m.seasonal() {
		return nil
	}
	return &NotReadyError{Have: m.steps, Need: m.cfg.Need(), Observed: m.observed}
}

// Stage says which seasons a model knows.
type Stage int

// The stages, in the order in which a model goes through them.
const (
	Learning Stage = iota // under two days: a local level at most
	Daily                 // a daily profile
	Weekly                // from the second week: the first week's profile as well
	Settled               // from the third week
)

// FadeOnStage is the share of the knowledge of errors that a new stage from Weekly on leaves.
const FadeOnStage = 0.05

// Stage returns the stage of the model.
func (m *Model) Stage() Stage {
	week := 7 * m.cfg.BucketsPerDay
	switch {
	case !m.seasonal():
		return Learning
	case m.steps <= week:
		return Daily
	case m.steps <= 2*week:
		return Weekly
	}
	return Settled
}

func (m *Model) seasonal() bool {
	return m.steps >= m.cfg.Need() && m.observed >= max(MinObservations, m.cfg.Need()/4)
}

// Distribution is what is expected of one bucket. Until MinObservations are seen its numbers are NaN. It reads the model it came
// from and holds until that model's next Update.
type Distribution struct {
	Mean         float64
	Lower, Upper float64 // the band at the configured coverage, within the natural bounds
	Scale        float64 // standard deviation, or what stands for it, of the one-step error
	// Baseline and BaselineScale are what season and level alone expect, without the short memory. A slow incident departs
	// from the baseline while each of its steps is small.
	Baseline, BaselineScale float64
	// Other is another value that is no surprise, NaN when there is none: what the level before the last level shift expects, or
	// in the second week what the season expects without its weekly part, which one incident in the first week may have bent.
	Other float64
	// Away says that the series is on an excursion from where it belongs: its errors are no example of its habits.
	Away  bool
	model *Model // nil: there is none yet
}

// Band returns the band at a level (0.5 to 0.9999; anything else is the configured coverage).
func (d Distribution) Band(level float64) (lower, upper float64) {
	if d.model == nil || !isLevel(level) {
		return d.Lower, d.Upper
	}
	outer := d.model.outerAt(level)
	return d.model.clamp(d.Mean - d.Scale*outer[1]), d.model.clamp(d.Mean + d.Scale*outer[0])
}

// Tail returns the probability of a value at least as large and at least as small as x. Both are 1 before there is a model.
func (d Distribution) Tail(x float64) (up, down float64) {
	if d.model == nil || math.IsNaN(x) {
		return 1, 1
	}
	return d.model.tails.P(standardise(x-d.Mean, d.Scale))
}

// standardise divides and keeps the quotient finite.
func standardise(residual, scale float64) float64 {
	return math.Min(math.Max(residual/scale, -1e6), 1e6)
}

// Predict returns what is expected of the next bucket, which lies at ph.
func (m *Model) Predict(ph Phase) Distribution {
	if m.observed < MinObservations {
		n := math.NaN()
		return Distribution{n, n, n, n, n, n, n, false, nil}
	}
	if !m.seasonal() {
		scale := math.Max(m.coldScale, m.floor(m.coldLevel))
		return m.band(m.coldLevel, scale, m.coldLevel, scale, math.NaN())
	}
	e := m.expect(m.season.wrap(ph))
	other := math.NaN()
	if !math.IsNaN(m.anchor.former) {
		other = m.clamp(e.baseline - m.level + m.anchor.former)
	} else if m.Stage() == Weekly {
		other = m.clamp(e.baseline - e.weekShare*e.weekly)
	}
	return m.band(e.baseline+e.sigma*m.memory.predict(), m.innerScale(e), e.baseline, e.sigma, other)
}

func (m *Model) band(mean, scale, baseline, baselineScale, other float64) Distribution {
	mean, baseline = m.clamp(mean), m.clamp(baseline)
	return Distribution{
		Mean:          mean,
		Lower:         m.clamp(mean - scale*m.outer[1]),
		Upper:         m.clamp(mean + scale*m.outer[0]),
		Scale:         scale,
		Baseline:      baseline,
		BaselineScale: baselineScale,
		Other:         other,
		Away:          m.anchor.excursion(),
		model:         m,
	}
}

func (m *Model) clamp(x float64) float64 { return math.Min(math.Max(x, m.cfg.Lower), m.cfg.Upper) }

// floor is the smallest scale that is believed around a value.
func (m *Model) floor(x float64) float64 {
	f := math.Max(relativeFloor*math.Abs(x), absoluteFloor)
	if w := m.cfg.Upper - m.cfg.Lower; !math.IsInf(w, 0) {
		f = math.Max(f, rangeFloor*w)
	}
	return math.Max(f, m.modal.scale())
}

// expectation is the model's view of one bucket.
type expectation struct {
	baseline  float64 // season and level
	sigma     float64 // scale around the baseline
	daily     float64 // the daily deviation, not shrunk
	weekly    float64 // the weekly deviation, not shrunk
	dayMean   float64
	dayShare  float64
	weekShare float64
	hour      int
}

func (m *Model) expect(ph Phase) expectation {
	var e expectation
	s := &m.season
	noise := 3 * m.spread.sigma * m.spread.sigma
	e.dayMean, e.daily = s.daily(ph)
	e.weekly = s.weekday(ph)
	e.dayShare, e.weekShare = s.day.gain(noise), s.week.gain(noise)
	e.baseline = e.dayMean + e.dayShare*e.daily + e.weekShare*e.weekly + m.level
	e.hour = ph.Day * len(m.spread.hour) / m.cfg.BucketsPerDay
	e.sigma = math.Max(m.spread.sigma*m.spread.shape(e.baseline, e.hour), m.floor(e.baseline))
	return e
}

// Update learns the observation x at ph, the bucket after the one before. A value that is NaN, infinite or beyond
// MaxMagnitude is a missing bucket: time passes and nothing is learnt.
func (m *Model) Update(x float64, ph Phase) {
	ph = m.season.wrap(ph)
	if !(math.Abs(x) <= MaxMagnitude) {
		m.skip()
		return
	}
	m.updateCold(x)
	m.modal.learn(x)
	m.tick()
	m.observed++
	if m.steps <= m.cfg.BucketsPerDay {
		m.season.day.learn(ph.Day, x-m.season.day.value[ph.Day], dayGainFloor)
		m.season.learnWeek(ph, x, x, false)
		return
	}
	m.updateSeasonal(x, ph)
}

func (m *Model) skip() {
	if m.observed == 0 {
		return
	}
	m.tick()
	m.memory.skip()
	m.past.advance(m.level)
	m.anchor.age()
}

func (m *Model) updateCold(x float64) {
	n := float64(m.observed)
	if m.observed == 0 {
		m.coldLevel = x
		return
	}
	a := math.Abs(x-m.coldLevel) * absToSigma
	if m.observed >= MinObservations {
		a = math.Min(a, spreadClip*math.Max(m.coldScale, m.floor(m.coldLevel)))
	}
	m.coldScale += math.Max(1/n, 1.0/64) * (a - m.coldScale)
	m.coldLevel += math.Max(1/(n+1), 1.0/12) * (x - m.coldLevel)
}

func (m *Model) updateSeasonal(x float64, ph Phase) {
	e := m.expect(ph)
	residual := x - e.baseline
	z := standardise(residual, e.sigma)
	if m.bent(x, ph, e) && math.Abs(z) > far {
		m.learnSeason(x, ph, e, true)
		m.memory.skip()
		m.past.advance(m.level)
		return
	}
	learnt, away := z, false
	if m.seasonal() {
		learnt, away = hampel(z), m.anchor.excursion()
		if !away {
			m.tails.Learn(standardise(x-m.clamp(e.baseline+e.sigma*m.memory.predict()), m.innerScale(e)))
		}
	}
	m.learnSeason(x, ph, e, away || math.Abs(z) >= hampelFar)
	if !m.seasonal() || !away && math.Abs(z) < hampelFar {
		m.spread.learn(residual, e.baseline, e.hour, float64(m.cfg.BucketsPerDay))
	}
	m.learnMemory(z, learnt)
	m.learnLevel(residual, learnt, e.sigma)
	m.past.learn(x, residual+m.level, m.level, e.sigma)
	if m.fresh--; m.fresh <= 0 {
		m.quantiles()
	}
	if m.steps%m.cfg.BucketsPerDay == 0 {
		m.spread.normalise()
	}
}

func (m *Model) innerScale(e expectation) float64 {
	return math.Max(e.sigma*m.inner, m.floor(e.baseline))
}

func (m *Model) quantiles() {
	m.fresh = refitEvery
	m.outer = m.outerOf(m.cfg.Coverage)
}

func (m *Model) outerOf(level float64) [2]float64 {
	p := (1 - level) / 2
	return [2]float64{m.tails.Quantile(p, true), m.tails.Quantile(p, false)}
}

// outerAt is outerOf a level that may be none, which stands for the configured one.
func (m *Model) outerAt(level float64) [2]float64 {
	if !isLevel(level) || level == m.cfg.Coverage {
		return m.outer
	}
	return m.outerOf(level)
}

// sure is how many standard errors a level stands for.
func (m *Model) sure(level float64) float64 {
	if !isLevel(level) {
		level = m.cfg.Coverage
	}
	return math.Sqrt2 * math.Erfinv(level)
}

func isLevel(level float64) bool { return level >= 0.5 && level <= 0.9999 }

// hampel is the redescending influence of a standardised residual (Hampel 1974).
func hampel(z float64) float64 {
	a := math.Abs(z)
	if a <= hampelNear {
		return z
	}
	if a >= hampelFar {
		return 0
	}
	return math.Copysign(hampelNear*(hampelFar-a)/(hampelFar-hampelNear), z)
}

// bent says that the one week that was seen had an incident at ph: the daily profile alone explains the value, both do not.
func (m *Model) bent(x float64, ph Phase, e expectation) bool {
	s := &m.season
	if !s.weekly || s.week.seen[s.weekSlot(ph)] > 1 {
		return false
	}
	plain := x - e.dayMean - e.daily - m.level
	return math.Abs(plain) < far*e.sigma && math.Abs(plain-e.weekly) > far*e.sigma
}

// learnSeason teaches the profiles what they leave over, against a level that is slow enough to leave them the weekend.
func (m *Model) learnSeason(x float64, ph Phase, e expectation, odd bool) {
	s := &m.season
	rest := x - e.dayMean - e.daily - e.weekly - s.level()
	bent := m.bent(x, ph, e)
	if !s.weekly {
		s.learnWeek(ph, x, x, false)
	}
	if s.day.seen[ph.Day] == 0 {
		s.day.learn(ph.Day, x-s.day.value[ph.Day]-e.weekly-s.level(), dayGainFloor)
		return
	}
	if m.seasonal() {
		bound := seasonClip * e.sigma
		rest = math.Min(math.Max(rest, -bound), bound)
	}
	if bent {
		s.learnWeek(ph, rest, x-e.dayMean-e.daily-m.level, true)
		return
	}
	if s.weekly {
		if odd {
			return
		}
		s.learnWeek(ph, rest, rest+e.weekly, false)
		s.learnLevel(rest)
		s.week.judge(e.weekly, e.weekly+rest, s.decay)
	}
	s.day.judge(e.daily, e.daily+rest, s.decay)
	s.day.learn(ph.Day, rest, dayGainFloor)
}

// tick lets one bucket pass. A model that enters a stage makes smaller errors than before: what it learnt of them nearly goes.
func (m *Model) tick() {
	before := m.Stage()
	m.steps++
	if !m.season.weekly && m.steps > 7*m.cfg.BucketsPerDay {
		m.level = m.season.beginWeeks(m.past.day.fit(keptDays, minTrendDays, m.cfg.BucketsPerDay, 0, true).slope)
		m.past.rebase(m.level)
		m.settleAnew()
	}
	if stage := m.Stage(); stage == before || stage <= Daily {
		return
	}
	m.tails.Fade(FadeOnStage)
	m.spread.seen = math.Min(m.spread.seen, float64(m.cfg.BucketsPerDay)/4)
}

func (m *Model) learnMemory(z, learnt float64) {
	if math.Abs(z) >= hampelFar {
		m.memory.move(0)
		return
	}
	learnt = math.Min(math.Max(learnt, -spreadClip), spreadClip)
	err := math.Abs(learnt-m.memory.predict()) * absToSigma
	m.memory.learn(learnt)
	m.inner += m.gain * (math.Min(err, spreadClip*m.inner) - m.inner)
	m.inner = math.Max(m.inner, 0.02)
}

// learnLevel moves the level: slowly by what residuals teach, at once where it returns to the former one or is anchored anew.
func (m *Model) learnLevel(residual, learnt, sigma float64) {
	m.held++
	a := &m.anchor
	if !math.IsNaN(a.former) && a.returned(residual+m.level-a.former, residual, sigma) {
		m.level, a.former = a.former, math.NaN()
		m.settleAnew()
		return
	}
	shift, scale, moved := a.watch(residual, sigma)
	a.age()
	if !moved {
		// After a move the gain is larger for a while, so that a level that was badly guessed is soon mended.
		gain := math.Max(1/(m.held+float64(m.cfg.BucketsPerDay)/8+8), m.gain)
		m.level += gain * learnt * sigma
		return
	}
	if a.settled > float64(m.cfg.BucketsPerDay) {
		a.former = m.level
	}
	a.left, a.settled = formerDays*m.cfg.BucketsPerDay, 0
	m.level += shift
	m.settleAnew()
	if scale > 1 {
		m.spread.sigma *= math.Min(scale, 1e6)
	}
}

// settleAnew forgets what belonged to another level.
func (m *Model) settleAnew() {
	m.held = 0
	m.memory.state = [lags]float64{}
}
