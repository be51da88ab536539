package seasonal

import "math"

const (
	// blocksPerDay is the resolution at which the last day and a third is kept: 15 minutes.
	blocksPerDay = 96
	keptBlocks   = 128
	keptDays     = 32
	// horizons of the multi-step errors: powers of two of blocks and of days.
	blockHorizons = 7 // 1 .. 64 blocks
	dayHorizons   = 5 // 1 .. 16 days
)

// past keeps the deseasonalised series in blocks and the series itself in days, with the level the model held at their ends: what
// trends and multi-step errors are measured on. (Over weeks the season follows a trend, so that days are kept as they were.)
type past struct {
	block, day ring
	size       int // buckets in a block
	perDay     int
	tick       int
	errors     [blockHorizons + dayHorizons]meanError
}

// ring is the mean over each of the last stretches and the level at the end of each.
type ring struct {
	mean  [keptBlocks]float64
	level [keptBlocks]float64
	n     int // stretches closed
	sum   float64
	count int
}

// meanError is the mean absolute error, in units of the scale, of a forecast some horizon ahead.
type meanError struct{ mean, n float64 }

func newPast(perDay int) past {
	return past{size: max(perDay/blocksPerDay, 1), perDay: perDay}
}

// learn takes the observation x, deseasonalised y, the level held and the scale.
func (p *past) learn(x, y, level, sigma float64) {
	p.block.sum += y
	p.block.count++
	p.day.sum += x
	p.day.count++
	p.measure(y, sigma)
	p.advance(level)
}

func (p *past) advance(level float64) {
	p.tick++
	if p.tick%p.size == 0 {
		p.block.close(level, keptBlocks)
	}
	if p.tick%p.perDay == 0 {
		p.day.close(level, keptDays)
	}
}

func (r *ring) close(level float64, kept int) {
	i := r.n % kept
	r.mean[i], r.level[i] = math.NaN(), level
	if r.count > 0 {
		r.mean[i] = r.sum / float64(r.count)
	}
	r.n++
	r.sum, r.count = 0, 0
}

// measure compares y, at the end of a block, with the levels that stood some blocks and some days ago.
func (p *past) measure(y, sigma float64) {
	if (p.tick+1)%p.size != 0 {
		return
	}
	for i := range blockHorizons {
		if h := 1 << i; p.block.n >= h {
			p.errors[i].learn(y-p.block.level[(p.block.n-h)%keptBlocks], sigma, 7*blocksPerDay)
		}
	}
	for i := range dayHorizons {
		if h := 1 << i; p.day.n >= h {
			p.errors[blockHorizons+i].learn(y-p.day.level[(p.day.n-h)%keptDays], sigma, 14*blocksPerDay)
		}
	}
}

// rebase forgets what was measured against another season, whose levels mean nothing now.
func (p *past) rebase(level float64) {
	p.block = ring{}
	p.errors = [blockHorizons + dayHorizons]meanError{}
	for i := range p.day.level {
		p.day.level[i] = level
	}
}

func (e *meanError) learn(err, sigma, memory float64) {
	e.n++
	a := math.Min(math.Abs(err)/sigma*absToSigma, 2*hampelFar)
	e.mean += math.Max(1/e.n, 1/memory) * (a - e.mean)
}
