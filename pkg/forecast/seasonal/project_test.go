package seasonal_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// TestBandsHoldWhatTheyPromise projects a day ahead again and again, beyond what was learnt.
func TestBandsHoldWhatTheyPromise(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			inside, points := 0, 0
			ours, naive := 0.0, 0.0
			for seed := range uint64(4) {
				values := k.generate(seed, 42*perDay)
				m := seasonal.New(k.cfg)
				learn(m, values[:28*perDay], 0)
				for from := 28 * perDay; from+perDay <= len(values); from += perDay / 2 {
					p := m.Project(phases(from, perDay), 0)
					for i := range perDay {
						x := values[from+i]
						points++
						if x >= p.Lower[i] && x <= p.Upper[i] {
							inside++
						}
						ours += math.Abs(x - p.Mean[i])
						naive += math.Abs(x - values[from+i-7*perDay])
					}
					learn(m, values[from:from+perDay/2], from)
				}
			}
			coverage, ratio := float64(inside)/float64(points), ours/naive
			t.Logf("coverage %.4f, error %.2f of the seasonal naive forecast's", coverage, ratio)
			require.GreaterOrEqual(t, coverage, 0.98)
			require.LessOrEqual(t, coverage, 0.999, "a band that holds everything says nothing")
			require.Less(t, ratio, 0.85)
		})
	}
}

// TestBandsGrow: what wanders is harder to foresee the further ahead, and the band says so.
func TestBandsGrow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	m := seasonal.New(seasonal.Config{BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)})
	x := 0.0
	inside, points := 0, 0
	for i := range 60 * perDay {
		x += r.NormFloat64()
		if i > 28*perDay && i%perDay == 0 {
			p := m.Project(phases(i, perDay), 0)
			require.Less(t, 2*(p.Upper[0]-p.Lower[0]), p.Upper[perDay-1]-p.Lower[perDay-1])
			walk := rand.New(rand.NewPCG(2, uint64(i)))
			for y, j := x, 0; j < perDay; j++ {
				if y >= p.Lower[j] && y <= p.Upper[j] {
					inside++
				}
				points++
				y += walk.NormFloat64()
			}
		}
		m.Update(x, phase(i))
	}
	coverage := float64(inside) / float64(points)
	t.Logf("coverage %.3f", coverage)
	require.GreaterOrEqual(t, coverage, 0.95)
}

// leak is a connection count with a daily rhythm that climbs linearly for 27 hours and reaches its limit at the end of them.
func leak(seed uint64) (values []float64, end int, limit float64) {
	const climb = 27 * 12
	r := rand.New(rand.NewPCG(seed, 5))
	start := 28*perDay + r.IntN(5*perDay)
	end = start + climb
	slow := 0.0
	for i := range end {
		slow = 0.98*slow + 0.2*r.NormFloat64()
		x := 290 * (0.35 + 0.65*rhythm(i)) * (1 + 0.02*slow + 0.012*r.NormFloat64())
		if i >= start {
			x += 600 * float64(i-start) / climb
		}
		values = append(values, x)
	}
	return values, end, 290*(0.35+0.65*rhythm(end)) + 600
}

func TestTimeToThresholdOfALeak(t *testing.T) {
	const seeds = 30
	for _, hours := range []int{24, 12, 6} {
		inside, reached, informative := 0, 0, 0
		for seed := range uint64(seeds) {
			values, end, limit := leak(seed)
			at := end - hours*12
			m := seasonal.New(seasonal.Config{BucketsPerDay: perDay, Upper: math.Inf(1)})
			learn(m, values[:at], 0)
			c := cross(m.Project(phases(at, 3*perDay), 0), values[at-1], limit)
			require.LessOrEqual(t, c.Early, c.Median)
			require.LessOrEqual(t, c.Median, c.Late)
			truth := float64(hours * 12)
			if c.Early <= truth && truth <= c.Late {
				inside++
			}
			if c.Median >= truth/2 && c.Median <= 2*truth {
				reached++
			}
			if c.Early >= truth/4 {
				informative++
			}
		}
		t.Logf("%d hours ahead: %d of %d within early and late, median within a factor of two in %d, early not under a quarter in %d", hours, inside, seeds, reached, informative)
		require.GreaterOrEqual(t, inside, seeds*9/10)
		require.GreaterOrEqual(t, reached, seeds*2/3)
	}
}

// TestTrendOfWeeks: a disk fills by the day under a daily rhythm.
func TestTrendOfWeeks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	m := seasonal.New(seasonal.Config{BucketsPerDay: perDay, Upper: 100})
	used := func(i int) float64 { return 30 + 1.5*float64(i)/perDay + 2*rhythm(i) }
	n := 28 * perDay
	for i := range n {
		m.Update(used(i)+0.3*r.NormFloat64(), phase(i))
	}
	p := m.Project(phases(n, 14*perDay), 0)
	c := cross(p, used(n-1), 85)
	truth := (85 - 30 - 2 - 1.5*28) / 1.5
	t.Logf("truth %.1f days, %.1f (%.1f to %.1f)", truth, c.Median/perDay, c.Early/perDay, c.Late/perDay)
	require.InDelta(t, truth, c.Median/perDay, 2)
	require.LessOrEqual(t, c.Early/perDay, truth)
	require.GreaterOrEqual(t, c.Late/perDay, truth-1)
	for i := range p.Mean {
		require.LessOrEqual(t, p.Upper[i], 100.0, "a projection knows the limit of its metric")
	}
}

func TestNoTrendWithoutOne(t *testing.T) {
	k := kinds()[2]
	far := 0
	for seed := range uint64(20) {
		m := seasonal.New(k.cfg)
		learn(m, k.generate(seed, 30*perDay), 0)
		p := m.Project(phases(30*perDay, 2*perDay), 0)
		if math.Abs(p.Mean[2*perDay-1]-k.level*rhythm(32*perDay-1)) > 10 {
			far++
		}
	}
	require.LessOrEqual(t, far, 1)
}

func TestConstantAndZero(t *testing.T) {
	for _, level := range []float64{0, 42, -1e9} {
		m := seasonal.New(seasonal.Config{BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)})
		for i := range 14 * perDay {
			m.Update(level, phase(i))
		}
		p := m.Project(phases(14*perDay, perDay), 0)
		for i := range p.Mean {
			require.InDelta(t, level, p.Mean[i], 1e-9)
			require.LessOrEqual(t, p.Upper[i]-p.Lower[i], 0.05*math.Abs(level)+1e-6)
		}
		c := cross(p, level, level+1+math.Abs(level))
		require.True(t, math.IsInf(c.Median, 1) && math.IsInf(c.Early, 1) && math.IsInf(c.Late, 1))
	}
}

func TestTooLittleHistoryIsRefused(t *testing.T) {
	m := seasonal.New(seasonal.Config{BucketsPerDay: perDay, Upper: math.Inf(1)})
	for i := range 2 * perDay {
		var short *seasonal.NotReadyError
		require.ErrorAs(t, m.Ready(), &short)
		require.Equal(t, 2*perDay-i, short.Need-short.Have)
		if i%100 == 0 {
			p := m.Project(phases(i, 10), 0)
			for _, column := range [][]float64{p.Mean, p.Lower, p.Upper} {
				require.Len(t, column, 10)
				require.True(t, math.IsNaN(column[9]))
			}
		}
		m.Update(rhythm(i), phase(i))
	}
	require.NoError(t, m.Ready())
	require.False(t, math.IsNaN(m.Project(phases(2*perDay, 1), 0).Mean[0]))

	hourly := seasonal.New(seasonal.Config{BucketsPerDay: 4, Upper: math.Inf(1)})
	require.ErrorContains(t, hourly.Ready(), "0 of 32 buckets, 32 more are needed")

	holes := seasonal.New(seasonal.Config{BucketsPerDay: perDay, Upper: math.Inf(1)})
	holes.Update(1, phase(0))
	for i := range 3 * perDay {
		holes.Update(math.NaN(), phase(i+1))
	}
	require.ErrorContains(t, holes.Ready(), "too many gaps")
}

// crossings of a threshold above, in steps: by the mean, and by the near and the far edge of the band.
type crossings struct{ Median, Early, Late float64 }

func cross(p seasonal.Projection, now, threshold float64) crossings {
	return crossings{
		Median: forecast.StepsTo(now, p.Mean, threshold, true),
		Early:  forecast.StepsTo(now, p.Upper, threshold, true),
		Late:   forecast.StepsTo(now, p.Lower, threshold, true),
	}
}
