package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

func noisy(seed uint64, perDay, days int) History {
	h := History{BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range perDay * days {
		h.Values = append(h.Values, 100+30*math.Sin(2*math.Pi*float64(i)/float64(perDay))+4*r.NormFloat64())
		h.Phases = append(h.Phases, seasonal.Phase{Day: i % perDay, Week: i % (7 * perDay)})
	}
	return h
}

// TestNoLookAhead: whatever happens after an origin, what was forecast from it and before is the same, bit for bit: for the stack with
// its weights and for every member.
func TestNoLookAhead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		method := rapid.SampledFrom([]method{nil, fitNaive}).Draw(rt, "forecaster")
		h := noisy(rapid.Uint64().Draw(rt, "seed"), 24, rapid.IntRange(4, 22).Draw(rt, "days"))
		before := trialsOf(rt, h, method)
		k := rapid.IntRange(0, len(before)-1).Draw(rt, "origin")
		requireUnmoved(rt, h, method, before, k)
	})
	for name, method := range methods {
		h := noisy(7, 24, 24)
		before := trialsOf(t, h, method)
		require.NotEmpty(t, before, name)
		requireUnmoved(t, h, method, before, 0)
		requireUnmoved(t, h, method, before, len(before)/2)
	}
}

func trialsOf(t require.TestingT, h History, method method) []trial {
	s := newSeries(h, Future{})
	origins := originsOf(s)
	var members [][]model
	if method == nil {
		members = stacked(s, origins)
	} else {
		var err error
		members, origins, err = named(s, origins, method)
		require.NoError(t, err)
	}
	_, trials := backtest(s, origins, members)
	return trials
}

// requireUnmoved changes everything after the k-th origin.
func requireUnmoved(t require.TestingT, h History, method method, before []trial, k int) {
	changed := h
	changed.Values = slices.Clone(h.Values)
	r := rand.New(rand.NewPCG(1, uint64(k)))
	for i := before[k].origin; i < len(h.Values); i++ {
		changed.Values[i] = []float64{math.NaN(), -1e6, 1e6 * r.Float64()}[r.IntN(3)]
	}
	after := trialsOf(t, changed, method)
	for i := range k + 1 {
		require.Equal(t, before[i].origin, after[i].origin)
		require.Equal(t, before[i].path, after[i].path, "from origin %d", i)
	}
}

// TestStackTrustsWhoIsRight: a member that was right at a distance is heard there, one that was far off is not.
func TestStackTrustsWhoIsRight(t *testing.T) {
	l := ladder{ends: []int{1, 10}, centres: []float64{0, math.Log(6)}}
	st := newStack(l, 3)
	st.weigh()
	require.InDelta(t, 1.0/3, st.weights[1][2], 1e-12, "nothing is known")
	for range 5 {
		st.learn(0, []float64{1, 0.1, 2}, 0.2)
		st.learn(1, []float64{1, 1.4, 0.9}, 1)
	}
	st.weigh()
	require.Greater(t, st.weights[0][1], 0.99)
	require.Zero(t, st.weights[0][2], "worse than the seasonal naive forecast")
	require.Greater(t, st.weights[1][2], st.weights[1][0])
	out := make([]float64, 10)
	st.mix(out, [][]float64{slices.Repeat([]float64{3}, 10), slices.Repeat([]float64{3}, 10), slices.Repeat([]float64{3}, 10)})
	for _, x := range out {
		require.InDelta(t, 3, x, 1e-12)
	}
	for range 50 {
		st.learn(1, []float64{1, 1.4, 0.9}, 5)
	}
	st.weigh()
	require.Equal(t, []float64{1, 0, 0}, st.weights[1], "the stack failed: the seasonal naive forecast stands in")
}

func TestOriginsLeaveEnoughBefore(t *testing.T) {
	for _, perDay := range []int{1, 2, 5, 24, 288} {
		for days := 2; days < 60; days += 3 {
			h := noisy(1, perDay, max(days, 32/perDay+1))
			s := newSeries(h, Future{})
			at := originsOf(s)
			require.Equal(t, s.n, at[len(at)-1])
			require.LessOrEqual(t, len(at), maxOrigins+1)
			require.True(t, slices.IsSorted(at))
			require.GreaterOrEqual(t, at[0], min(s.seasoned(), s.n))
		}
	}
}

func TestQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var s sample
	for range 4000 {
		s.insert(r.ExpFloat64())
	}
	for _, p := range []float64{0.5, 0.9, 0.99, 0.999, 0.99999} {
		require.InDelta(t, -math.Log(1-p), s.quantile(p), 0.25*-math.Log(1-p), "%v", p)
	}
	rapid.Check(t, func(rt *rapid.T) {
		var s sample
		for _, v := range rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 40).Draw(rt, "values") {
			s.insert(v)
		}
		a := rapid.Float64Range(1e-6, 1-1e-6).Draw(rt, "p")
		b := rapid.Float64Range(a, 1-1e-6).Draw(rt, "q")
		require.LessOrEqual(rt, s.quantile(a), s.quantile(b)+1e-6)
	})
}

func TestGrowing(t *testing.T) {
	v := []float64{1, 3, 2, 2, 10, 9}
	growing(v, 1)
	require.InDeltaSlice(t, []float64{1, 7.0 / 3, 7.0 / 3, 7.0 / 3, 9.5, 9.5}, v, 1e-12)
	v = []float64{-1, -0.5, -4}
	growing(v, -1)
	require.InDeltaSlice(t, []float64{-0.75, -0.75, -4}, v, 1e-12)
}

// TestClockFollowsTheWall: after a day of 23 hours, yesterday is 23 hours ago.
func TestClockFollowsTheWall(t *testing.T) {
	var ph []seasonal.Phase
	for wall := range 20 * 24 {
		if wall != 10*24+2 {
			ph = append(ph, seasonal.Phase{Day: wall % 24, Week: wall % 168})
		}
	}
	c := newClock(24, ph)
	for t0 := 8 * 24; t0 < len(ph); t0++ {
		for lag, hours := range map[int]int{oneSeason: 24, twoSeasons: 48, oneCycle: 168} {
			b := int(c.back[lag][t0])
			require.InDelta(t, t0-hours, b, 1)
			if want := modulo(ph[t0].Week-hours, 168); want != 10*24%168+2 {
				require.Equal(t, want, ph[b].Week, "%d hours before bucket %d", hours, t0)
			}
		}
	}
}

// TestMembersAreDistinct: no member counts twice, whatever the grid.
func TestMembersAreDistinct(t *testing.T) {
	for _, perDay := range []int{1, 24} {
		s := newSeries(noisy(1, perDay, 60), Future{})
		names := map[string]bool{}
		members := stacked(s, originsOf(s))
		for _, m := range members {
			names[m[0].String()] = true
		}
		require.Len(t, names, len(members), "%d a day", perDay)
	}
}
