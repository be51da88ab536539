package awssim

import (
	"math"
	"sync"
)

// recipe is how the values of one simulated metric come about:
//
//	level(minute) = base * season * exp(drift + autocorrelated noise), changed by the incidents that touch it
//	value(minute) = an observation of that level: a Poisson count, a share of another count, or a noisy gauge
//
// The noise multiplies the level, so its spread grows with the level.
type recipe struct {
	base    float64 // level at the busiest time
	floor   float64 // share of the base that is left at the quietest time
	profile profileName
	weekend float64 // share of the season that is left at the weekend
	phase   int64   // minutes by which the profile is late

	kind      kind
	noise     noise
	low, high float64 // of an observation; a high of 0 is no limit
	whole     bool    // observations are integers
	hosts     float64 // how many samples a minute's count arrives in; 0: one
	of        *metric // the count that a share is taken of, or that gives the samples of a spread
	without   *metric // a remainder is what is left of `of` without this

	effects []effect
}

type kind int

const (
	gauge     kind = iota
	count          // Poisson events
	share          // the level is the share of `of` that ends up here
	remainder      // of - without - a small share
)

// noise holds standard deviations of the logarithm, by how fast the noise moves.
type noise struct {
	weekly, daily float64 // slow drift, shared by the metrics of one service
	hours         float64 // autocorrelated over five hours, shared too
	mid, fast     float64 // autocorrelated over 45 and 11 minutes
	white         float64 // of each minute
}

// effect is what an incident does to the level of one metric, as long as it lasts.
type effect struct {
	from, until int64 // minutes relative to the anchor
	apply       shape
}

// shape changes a level at a progress from 0 to 1 of an incident.
type shape func(level, progress float64, at levelAt) float64

// levelAt gives the undisturbed season of the metric, without noise, at a progress of the incident.
type levelAt func(progress float64) float64

// generator makes the blocks of one simulated metric.
type generator struct {
	recipe
	own, shared uint64 // keys of the randomness
	anchor      int64  // minutes since the epoch
	cache       *blockCache
	metric      *metric
}

func (g *generator) day(day int64) *block {
	return g.cache.get(g.metric.key, day, func() *block { return g.generate(day) })
}

func (g *generator) generate(day int64) *block {
	b := new(block)
	var of, without *block
	if g.of != nil {
		of = g.of.source.day(day)
	}
	if g.without != nil {
		without = g.without.source.day(day)
	}
	waves := g.waves()
	for i := range b.sum {
		minute := day*minutesPerDay + int64(i)
		if minute < g.metric.from || minute >= g.metric.until {
			continue
		}
		logNoise := 0.0
		for w := range waves {
			logNoise += waves[w].at(minute)
		}
		level := g.disturbed(g.season(minute)*math.Exp(logNoise), minute)
		b.sum[i], b.count[i] = g.observe(level, minute, at(of, i), at(without, i))
	}
	return b
}

// tally is what a companion metric holds in one minute.
type tally struct{ sum, count float64 }

func at(b *block, i int) tally {
	if b == nil {
		return tally{}
	}
	return tally{b.sum[i], b.count[i]}
}

func (g *generator) waves() [5]octave {
	n := g.noise
	return [5]octave{
		newOctave(g.shared, minutesPerWeek, n.weekly),
		newOctave(g.shared, minutesPerDay, n.daily),
		newOctave(g.shared, 300, n.hours),
		newOctave(g.own, 45, n.mid),
		newOctave(g.own, 11, n.fast),
	}
}

// season is the level without noise.
func (g *generator) season(minute int64) float64 {
	p := profiles()[g.profile]
	busy := p[floorMod(minute-g.phase, minutesPerDay)]
	busy *= 1 - (1-g.weekend)*weekendness(minute)
	return g.base * (g.floor + (1-g.floor)*busy)
}

// disturbed applies the incidents. They recur, so the position within the recurrence is all that is needed.
func (g *generator) disturbed(level float64, minute int64) float64 {
	for _, e := range g.effects {
		since := floorMod(minute-g.anchor-e.from, recurrence)
		length := e.until - e.from
		if since >= length {
			continue
		}
		began := minute - since
		undisturbed := func(progress float64) float64 { return g.season(began + int64(progress*float64(length))) }
		level = e.apply(level, float64(since)/float64(length), undisturbed)
	}
	return level
}

func (g *generator) observe(level float64, minute int64, of, without tally) (sum, samples float64) {
	h := hashAt(g.own, minute)
	switch g.kind {
	case count:
		return g.counted(poisson(level*(1+g.noise.white*heavy(mix(h))), h))
	case share:
		events := min(poisson(of.sum*level, h), of.sum)
		if g.metric.sampling == zeroOrOne {
			return events, of.sum
		}
		return events, events
	case remainder:
		left := max(0, of.sum-without.sum-poisson(of.sum*level, h))
		return left, left
	}
	return g.gauged(level, h, of)
}

func (g *generator) counted(events float64) (sum, samples float64) {
	if g.metric.sampling == unitSamples {
		return events, events
	}
	return events, max(1, g.hosts)
}

func (g *generator) gauged(level float64, h uint64, of tally) (sum, samples float64) {
	samples = 1
	if g.of != nil {
		samples = of.sum
	}
	if samples == 0 {
		return 0, 0
	}
	// The average of n samples is known to spread/sqrt(n), on top of what moves all of them.
	sigma := math.Sqrt(g.noise.white*g.noise.white + g.metric.spread*g.metric.spread/samples)
	v := max(level*(1+sigma*heavy(h)), g.low)
	if g.high > 0 {
		v = min(v, g.high)
	}
	if g.whole {
		v = math.Round(v)
	}
	return v * samples, samples
}

// blockCache remembers the newest used days, because a dashboard asks for the same ones again and again. It is bounded.
type blockCache struct {
	mu     sync.Mutex
	blocks map[blockKey]*block
	order  []blockKey // ring of insertion, so that the oldest goes first
	next   int
}

type blockKey struct {
	metric uint64
	day    int64
}

// cachedBlocks bounds the cache to about 24 MB.
const cachedBlocks = 1024

func newBlockCache() *blockCache {
	return &blockCache{blocks: make(map[blockKey]*block, cachedBlocks), order: make([]blockKey, 0, cachedBlocks)}
}

// get returns the block of a day, made by generate where it is not remembered. Two callers may make the same block; it is the same.
func (c *blockCache) get(metric uint64, day int64, generate func() *block) *block {
	key := blockKey{metric, day}
	c.mu.Lock()
	b, ok := c.blocks[key]
	c.mu.Unlock()
	if ok {
		return b
	}
	b = generate()
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.blocks[key]; ok {
		return known
	}
	if len(c.order) < cachedBlocks {
		c.order = append(c.order, key)
	} else {
		delete(c.blocks, c.order[c.next])
		c.order[c.next] = key
		c.next = (c.next + 1) % cachedBlocks
	}
	c.blocks[key] = b
	return b
}
