package detect_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// rarities draws what a detector may say: calm, some unusual, some missing.
func rarities(t *rapid.T) []float64 {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return math.NaN()
		case 1, 2:
			return rapid.Float64Range(0, detect.MaxRarity).Draw(t, "unusual")
		}
		return rapid.Float64Range(0, 1.5).Draw(t, "calm")
	}), 1, 600).Draw(t, "rarities")
}

// TestEventsLaw: no event below the threshold, none where there is no score, and within a refractory time none that is not worse than the one before.
func TestEventsLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.Float64Range(10, 90).Draw(t, "score")
		perDay := rapid.SampledFrom([]int{1, 24, 288}).Draw(t, "buckets per day")
		e := detect.NewEvents(perDay, threshold)
		last, level := -1, 0.0
		for i, r := range rarities(t) {
			if !e.Step(r) {
				continue
			}
			require.GreaterOrEqual(t, r, detect.RarityOf(threshold))
			if last >= 0 && i-last <= 100 {
				require.Greater(t, r, level, "another event within 100 buckets is rarer")
			}
			last, level = i, r
		}
		calm := detect.NewEvents(perDay, threshold)
		for range 300 {
			require.False(t, calm.Step(detect.RarityOf(threshold)-1e-9))
		}
	})
}

// TestEventsOfALastingAlarm begins once, and again when a refractory time is over: after 100 buckets at first, at most a day.
func TestEventsOfALastingAlarm(t *testing.T) {
	const perDay = 288
	e := detect.NewEvents(perDay, detect.DefaultEventScore)
	last := -1
	var gaps []int
	for i := range 40 * perDay {
		if e.Step(5) {
			if last >= 0 {
				gaps = append(gaps, i-last)
			}
			last = i
		}
	}
	require.Equal(t, 101, gaps[0])
	for i, gap := range gaps {
		require.LessOrEqual(t, gap, perDay+1)
		require.True(t, i == 0 || gap >= gaps[i-1], "a longer history, a longer patience: %v", gaps)
	}
	require.Equal(t, perDay+1, gaps[len(gaps)-1])
}

// TestEventsThatBecomeWorse: more than an order of magnitude rarer is another event, before the refractory time is over.
func TestEventsThatBecomeWorse(t *testing.T) {
	e := detect.NewEvents(288, detect.DefaultEventScore)
	run := func(n int, rarity float64) (begun int) {
		for range n {
			if e.Step(rarity) {
				begun++
			}
		}
		return begun
	}
	require.Zero(t, run(50, 0.3))
	require.Equal(t, 1, run(20, 4))
	require.Zero(t, run(20, 4.5), "a little worse")
	require.GreaterOrEqual(t, run(20, 8), 1, "much worse")
	require.Zero(t, run(20, 4), "less")
}

// TestEventsNeedOneBucketThatIsTheMoreUnusual: what one bucket says alone counts for a part.
func TestEventsNeedOneBucketThatIsTheMoreUnusual(t *testing.T) {
	threshold := detect.RarityOf(detect.DefaultEventScore)
	first := func(rarities ...float64) int {
		e := detect.NewEvents(288, detect.DefaultEventScore)
		for i, r := range rarities {
			if e.Step(r) {
				return i
			}
		}
		return -1
	}
	require.Equal(t, -1, first(0, threshold+0.1, 0))
	require.Equal(t, 1, first(0, 2*threshold, 0))
	require.Equal(t, 2, first(0, threshold+0.1, threshold+0.1))
	require.Equal(t, 2, first(2*threshold-1.9, math.NaN(), 2*threshold), "a gap changes nothing")
}

func TestEventsContinue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rarities(t)
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		e := detect.NewEvents(288, 50)
		for _, r := range all[:cut] {
			e.Step(r)
		}
		var w state.Writer
		e.Save(&w)
		restored := detect.NewEvents(288, 50)
		reader := state.NewReader(w.Bytes())
		restored.Restore(reader)
		require.NoError(t, reader.Close())
		copied := e
		for i, r := range all[cut:] {
			want := e.Step(r)
			require.Equal(t, want, restored.Step(r), "%d after the cut", i)
			require.Equal(t, want, copied.Step(r), "%d after the cut", i)
		}
		at := rapid.IntRange(0, len(w.Bytes())-1).Draw(t, "at")
		damaged := append([]byte(nil), w.Bytes()...)
		damaged[at] = rapid.Byte().Draw(t, "byte")
		reader = state.NewReader(damaged[:rapid.IntRange(0, len(damaged)).Draw(t, "length")])
		restored.Restore(reader)
		if err := reader.Close(); err != nil {
			require.ErrorIs(t, err, state.ErrDamaged)
		}
		restored.Step(5)
	})
}

func TestRarityOfAScore(t *testing.T) {
	for score, rarity := range map[float64]float64{25: 2, 50: 3, 75: 4, 100: 5} {
		require.InDelta(t, rarity, detect.RarityOf(score), 1e-12)
	}
}
