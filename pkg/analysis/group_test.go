package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// crowd draws members of a group, with gaps and ties, over windows that overlap.
func crowd(t *rapid.T) []series.Series {
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
	members := make([]series.Series, rapid.IntRange(1, 9).Draw(t, "members"))
	for k := range members {
		w := series.Window{Start: now.Add(time.Duration(random.IntN(4)) * period), End: now.Add(time.Duration(4+random.IntN(12)) * period), Period: period}
		members[k] = series.New(series.Key{Metric: "m" + strconv.Itoa(k)}, w)
		for i := range members[k].Values {
			if random.IntN(4) > 0 {
				members[k].Values[i] = math.Round(10*random.NormFloat64()) / 3
			}
		}
	}
	return members
}

func shuffled[T any](t *rapid.T, in []T) []T {
	return rapid.Permutation(slices.Clone(in)).Draw(t, "order")
}

func TestJoinDoesNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		members := crowd(rt)
		for _, f := range []Function{Sum, Count, Mean, Min, Max} {
			a, err := Join(key, members, f)
			require.NoError(rt, err)
			b, err := Join(key, shuffled(rt, members), f)
			require.NoError(rt, err)
			require.Equal(rt, a.Window, b.Window)
			requireSame(rt, a.Values, b.Values)
		}
	})
}

func TestJoin(t *testing.T) {
	nan := math.NaN()
	of := func(from int, values ...float64) series.Series {
		start := now.Add(time.Duration(from) * period)
		return series.Series{Window: series.Window{Start: start, End: start.Add(time.Duration(len(values)) * period), Period: period}, Values: values}
	}
	members := []series.Series{of(0, 1, 2, nan, nan), of(1, 4, 6, nan), of(1, math.Inf(1), nan, nan, 8)}
	for f, want := range map[Function][]float64{
		Sum: {1, 6, 6, nan, 8}, Count: {1, 6, 6, nan, 8}, Mean: {1, 3, 6, nan, 8}, Min: {1, 2, 6, nan, 8}, Max: {1, 4, 6, nan, 8},
	} {
		got, err := Join(key, members, f)
		require.NoError(t, err)
		require.Equal(t, key, got.Key)
		requireSame(t, want, got.Values)
	}
	_, err := Join(key, members, "median")
	require.ErrorContains(t, err, "joins no series")
	hour := series.New(key, series.Window{Start: now, End: now.Add(day), Period: time.Hour})
	_, err = Join(key, append(members, hour), Sum)
	require.ErrorContains(t, err, "periods")
	empty, err := Join(key, nil, Sum)
	require.NoError(t, err)
	require.Empty(t, empty.Values)
}

// medianOf is the definition, slowly.
func medianOf(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if n := len(s); n%2 == 0 {
		return s[n/2-1] + (s[n/2]-s[n/2-1])/2
	}
	return s[len(s)/2]
}

func TestPeersAreTheOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		members := shuffled(rt, crowd(rt))
		columns, err := Peers(members)
		require.NoError(rt, err)
		for k, m := range members {
			for i := range m.Values {
				var others []float64
				for j, o := range members {
					if v := valueAt(o, m.Window, i); j != k && !math.IsNaN(v) {
						others = append(others, v)
					}
				}
				centre, spread := columns[k][0].Values[i], columns[k][1].Values[i]
				if len(others) < 3 {
					require.True(rt, math.IsNaN(centre) && math.IsNaN(spread))
					continue
				}
				want := medianOf(others)
				require.Equal(rt, want, centre)
				for j := range others {
					others[j] = math.Abs(others[j] - want)
				}
				require.InDelta(rt, 1.4826*medianOf(others), spread, 1e-12)
			}
		}
	})
}

// rare is a member whose rarity is given from the start of the epoch of now on.
func rare(rarity ...float64) Result {
	w := RollUpWindow(series.Window{Start: now, End: now.Add(time.Duration(len(rarity)) * period), Period: period})
	out := newResult(w)
	from := w.Len() - len(rarity)
	for i := range out.Rarity {
		r := 0.0
		if i >= from {
			r = rarity[i-from]
		}
		out.Rarity[i], out.Score[i], out.Direction[i] = r, ScoreOf(r), 0
		if r >= 2 {
			out.Direction[i] = 1
		}
	}
	return out
}

func TestRollUpIsSimes(t *testing.T) {
	w := series.Window{Start: now, End: now.Add(4 * period), Period: period}
	many := make([]Result, 0, 100)
	for range 99 {
		many = append(many, rare(0.1, 0.1, 2, math.NaN()))
	}
	many = append(many, rare(6, 0.1, 2, math.NaN()))
	got := RollUp(many, w, 25)
	require.InDelta(t, 4, got.Rarity[0], 1e-9, "one far out of a hundred: 100 x 10^-6")
	require.Equal(t, 75.0, math.Round(got.Score[0]))
	require.InDelta(t, 0.1, got.Rarity[1], 1e-9, "all calm")
	require.InDelta(t, 2, got.Rarity[2], 1e-9, "all somewhat out: 100 x 10^-2 / 100")
	require.True(t, math.IsNaN(got.Score[3]) && math.IsNaN(got.Event[3]))
	require.Equal(t, 1.0, got.Direction[0])
	require.Equal(t, got.Score[0], got.Event[0])
	require.Equal(t, w, got.Range)
	require.True(t, math.IsNaN(RollUp(nil, w, 25).Score[0]))
}

// Neither the order of the members nor the range that is looked at changes a roll-up.
func TestRollUpDependsOnNothingElse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rarity := rapid.SampledFrom([]float64{0, 0.3, 1, 2.2, 3, 5, 12, math.NaN()})
		members := make([]Result, rapid.IntRange(1, 6).Draw(rt, "members"))
		for i := range members {
			members[i] = rare(rapid.SliceOfN(rarity, 20, 20).Draw(rt, "rarities")...)
		}
		w := series.Window{Start: now, End: now.Add(20 * period), Period: period}
		whole := RollUp(members, w, 25)
		requireSameResult(rt, whole, RollUp(shuffled(rt, members), w, 25))
		from := rapid.IntRange(0, 19).Draw(rt, "from")
		part := RollUp(members, series.Window{Start: w.Time(from), End: w.End, Period: period}, 25)
		requireSame(rt, whole.Score[from:], part.Score)
		requireSame(rt, whole.Event[from:], part.Event)
	})
}

func TestInfluencers(t *testing.T) {
	members := []Member{
		{map[string]string{"account": "payments", "region": "eu"}, rare(0, 5, 0)},
		{map[string]string{"account": "payments", "region": "us"}, rare(0, 3, 0)},
		{map[string]string{"account": "search", "region": "us"}, rare(2, 2, 0)},
		{map[string]string{"account": "idle", "region": "us"}, rare(0, 0, 0)},
		{map[string]string{"account": "quiet", "region": "us"}, rare(math.NaN(), math.NaN(), math.NaN())},
	}
	w := series.Window{Start: now, End: now.Add(3 * period), Period: period}
	got := Influencers(members, []string{"account"}, w)
	require.Equal(t, now.Add(period), got.Time)
	require.InDelta(t, 25*(5-math.Log10(4)-1), got.Score, 1e-9)
	require.Len(t, got.Influencers, 4)
	first := got.Influencers[0]
	require.Equal(t, Influence{Label: "account", Value: "payments", Score: first.Score, Share: 6.0 / 7, Series: 2}, first)
	require.InDelta(t, 25*(5-math.Log10(2)-1), first.Score, 1e-9)
	require.Equal(t, "search", got.Influencers[1].Value)
	require.Zero(t, got.Influencers[2].Share)
	require.Len(t, Influencers(members, nil, w).Influencers, 6, "every label that differs")
	rapid.Check(t, func(rt *rapid.T) {
		require.Equal(rt, got, Influencers(shuffled(rt, members), []string{"account"}, w))
	})
	nobody := Influencers(members[4:], nil, w)
	require.True(t, nobody.Time.IsZero() && math.IsNaN(nobody.Score))
}
