package arima

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

const (
	gridTerms, gridSeasonal = 2, 1
	// shortestSeasons of a season are needed to know how strong it is.
	shortestSeasons = 3
	// nearUnit is the smallest modulus of a root of a model that is believed (Hyndman and Khandakar 2008, R's auto.arima).
	nearUnit = 1.01
	// finalists are searched to the end; of the others the sum of squares is known to a part in a thousand or so.
	finalists = 3
)

// candidate is one member of the grid.
type candidate struct {
	order Order
	point point
	aicc  float64
}

// Select finds the order for y, whose season has that many buckets (below 2: none), with at most two differences in all. Fit accepts what
// it finds. It fails on values that Fit refuses and on a series of less than three seasons or ten values. A series that is constant after
// differencing has an order without terms, and one that is not differenced has a mean.
func Select(y []float64, season int) (Order, error) {
	if season < 2 {
		season = 0
	}
	if err := (Order{Season: season}).check(); err != nil {
		return Order{}, err
	}
	if err := checkValues(y); err != nil {
		return Order{}, err
	}
	if need := max(shortestSeasons*season, 10); len(y) < need {
		return Order{}, fmt.Errorf("arima: an order for the season %d needs %d values, %d are missing", season, need, need-len(y))
	}
	n := standardise(y, true)
	order, w := differences(n.z, season)
	if constant(w) {
		order.Constant = order.D+order.SD < 2 && (order.D+order.SD == 0 || math.Abs(w[0]) > rounding)
		return order, nil
	}
	order.Constant = order.D+order.SD < 2
	g := newGrid(w, order)
	g.fill()
	return g.best(), nil
}

// differences chooses the seasonal difference, then the others, and returns an order with nothing else and the differenced series.
func differences(z []float64, season int) (Order, []float64) {
	order, w := Order{Season: season}, z
	if season > 1 && seasonalStrength(z, season) > strong {
		order.SD = 1
		w = difference(z, season)
	}
	for order.D+order.SD < maxDifference && !constant(w) && !stationary(w) {
		order.D++
		w = difference(w, 1)
	}
	return order, w
}

// grid holds the candidates for one differenced series; all are conditioned on the same observations.
type grid struct {
	*search
	base       Order
	found      [gridTerms + 1][gridTerms + 1][gridSeasonal + 1][gridSeasonal + 1]*candidate // by P, Q, SP, SQ
	candidates []*candidate
}

func newGrid(w []float64, base Order) *grid {
	first := gridTerms
	if base.Season > 1 {
		first += gridSeasonal * base.Season
	}
	return &grid{base: base, search: &search{css: newCSS(w, base.Season, first)}}
}

// fill computes every candidate roughly, those with fewer terms first. What would leave too few residuals is no candidate.
func (g *grid) fill() {
	seasonal := 0
	if g.base.Season > 1 {
		seasonal = gridSeasonal
	}
	for sp := range seasonal + 1 {
		for sq := range seasonal + 1 {
			for p := range gridTerms + 1 {
				for q := range gridTerms + 1 {
					o := g.base
					o.P, o.Q, o.SP, o.SQ = p, q, sp, sq
					g.add(o)
				}
			}
		}
	}
}

func (g *grid) add(o Order) {
	if len(g.w)-g.first < o.parameters()+3 {
		return
	}
	c := &candidate{order: o, point: g.warm(o)}
	g.found[o.P][o.Q][o.SP][o.SQ] = c
	g.candidates = append(g.candidates, c)
	g.descend(c, rough)
}

func (g *grid) descend(c *candidate, to precision) {
	g.order = c.order
	g.minimise(&c.point, to)
	g.judge(c)
}

func (g *grid) judge(c *candidate) {
	n := float64(len(g.w) - g.first)
	c.aicc = aicc(c.point.ssq/n, n, c.order.parameters()+1)
}

// warm is the start of a candidate: its best neighbour with one term less, and zero for that term.
func (g *grid) warm(o Order) point {
	var best *candidate
	for _, less := range o.neighbours() {
		if c := g.found[less.P][less.Q][less.SP][less.SQ]; c != nil && (best == nil || c.point.ssq < best.point.ssq) {
			best = c
		}
	}
	g.order = o
	if best == nil {
		return g.begin(guess{})
	}
	return best.point.moved(best.order, o)
}

// neighbours have one term less.
func (o Order) neighbours() (less []Order) {
	for _, n := range [4]*int{&o.P, &o.Q, &o.SP, &o.SQ} {
		if *n > 0 {
			*n--
			less = append(less, o)
			*n++
		}
	}
	return less
}

// moved is the same point among the unknowns of another order, with zero for what is new.
func (p *point) moved(from, to Order) (moved point) {
	i, j := 0, 0
	for b, n := range to.blocks() {
		had := from.blocks()[b]
		copy(moved.x[j:j+n], p.x[i:i+had])
		i, j = i+had, j+n
	}
	if to.Constant && from.Constant {
		moved.x[j] = p.x[i]
	}
	return moved
}

// best searches the most promising candidates to the end, with and without a drift, until there are enough that have no root near
// the unit circle, and takes the least AICc. White noise, which has no root, is always there to be taken.
func (g *grid) best() Order {
	slices.SortStableFunc(g.candidates, func(a, b *candidate) int { return cmp.Compare(a.aicc, b.aicc) })
	order, least, left := g.base, math.Inf(1), finalists
	for _, c := range g.candidates {
		if left == 0 {
			break
		}
		// What is refused already mostly stays so: on M4 nothing is lost, and the slowest series takes 25 ms instead of 35.
		if !c.point.coef.believable() {
			continue
		}
		g.order = c.order
		c.point = g.least(c.point)
		g.judge(c)
		if !c.point.coef.believable() {
			continue
		}
		left--
		if c.aicc < least {
			order, least = c.order, c.aicc
		}
		if without := g.withoutConstant(c); without.aicc < least && without.point.coef.believable() {
			order, least = without.order, without.aicc
		}
	}
	return order
}

// withoutConstant is the candidate without its drift. A mean stays: forecasts must not depend on where the zero of a unit lies.
func (g *grid) withoutConstant(c *candidate) *candidate {
	if !c.order.Constant || c.order.D+c.order.SD == 0 {
		return c
	}
	without := &candidate{order: c.order}
	without.order.Constant = false
	without.point = c.point.moved(c.order, without.order)
	g.descend(without, fine)
	return without
}

// believable reports that no polynomial has a root near the unit circle, each in its own lag. R looks at the lag of one bucket, where a
// seasonal term of a season of 24 must be below 0.79 and one of 288 below 0.06: on M4's hourly series that costs an eighth of the
// accuracy (sMAPE 13.7 where this has 12.1).
func (c *coefficients) believable() bool {
	return c.ar.outside(nearUnit) && c.sar.outside(nearUnit) && c.ma.outside(nearUnit) && c.sma.outside(nearUnit)
}
