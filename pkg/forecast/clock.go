package forecast

import "github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"

// clock says for each bucket which earlier buckets lay at the same time by the wall clock: a season ago, two seasons ago, a cycle ago. The
// season is the day and the cycle the week; where a bucket is a day or longer, both are the week. A bucket whose past does not reach
// as far is given the next nearer one, and bucket 0 where there is none.
type clock struct {
	perDay int        // buckets
	season int        // buckets in the season
	cycle  int        // buckets in the cycle
	slack  int        // buckets by which a change of a zone's offset can move a lag
	week   []int      // where each bucket lies in the cycle
	slot   []uint8    // the hour of the day; the day of the week where a bucket is a day
	back   [3][]int32 // by lag
}

// The lags of a clock.
const (
	oneSeason = iota
	twoSeasons
	oneCycle
)

// slots of a day that the size of errors and the effect of calendars are told apart by.
const slots = 24

func newClock(perDay int, phases ...[]seasonal.Phase) *clock {
	c := &clock{perDay: perDay, season: perDay, cycle: 7 * perDay}
	if perDay == 1 {
		c.season = c.cycle
	}
	c.slack = (c.cycle + 83) / 84 // two hours
	n := 0
	for _, part := range phases {
		n += len(part)
	}
	c.week = make([]int, 0, n)
	for _, part := range phases {
		for _, ph := range part {
			c.week = append(c.week, modulo(ph.Week, c.cycle))
		}
	}
	c.slot = make([]uint8, n)
	for i := range c.back {
		c.back[i] = make([]int32, n)
	}
	for t, w := range c.week {
		c.slot[t] = uint8(w)
		if perDay > 1 {
			c.slot[t] = uint8(w % perDay * slots / perDay)
		}
		nearest := 0
		for i, lag := range [3]int{c.season, 2 * c.season, c.cycle} {
			nearest = c.same(t, lag, nearest)
			c.back[i][t] = int32(nearest)
		}
	}
	if perDay == 1 {
		c.back[oneCycle] = c.back[oneSeason]
	}
	return c
}

// same is the bucket about lag before t that lies at the same time by the wall clock; otherwise where there is none.
func (c *clock) same(t, lag, otherwise int) int {
	s := t - lag
	if s < 1 {
		return otherwise
	}
	off := modulo(c.week[t]-lag-c.week[s]+c.cycle/2, c.cycle) - c.cycle/2
	if c.perDay == 1 || off > c.slack || off < -c.slack {
		return s // phases that do not run on
	}
	return min(max(s+off, 1), t-2)
}

func modulo(a, n int) int {
	if a %= n; a < 0 {
		a += n
	}
	return a
}

// whole is the first bucket whose lags are all its own, and those of its neighbours.
func (c *clock) whole() int { return max(c.cycle, 2*c.season) + c.slack + 2 }

// seasoned is the first bucket that has a season before it.
func (c *clock) seasoned() int { return c.season + c.slack + 2 }
