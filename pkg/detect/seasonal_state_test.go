package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

func seasonalSpec() detect.Spec {
	return detect.Spec{Name: detect.SeasonalRobust, BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
}

// TestSeasonalRestoredContinues: cut anywhere, saved and restored, the detector goes on to the bit.
func TestSeasonalRestoredContinues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := stormy(t)
		cut := rapid.IntRange(0, len(obs)).Draw(t, "cut")
		d, err := detect.New(seasonalSpec())
		require.NoError(t, err)
		for _, o := range obs[:cut] {
			d.Step(o)
		}
		restored, err := detect.Restore(seasonalSpec(), detect.Save(d))
		require.NoError(t, err)
		require.Equal(t, detect.Save(d), detect.Save(restored))
		for i, o := range obs[cut:] {
			if a, b := d.Step(o), restored.Step(o); !same(a, b) || math.Float64bits(a.Rarity) != math.Float64bits(b.Rarity) {
				t.Fatalf("%d after the restore: %+v and %+v", i, a, b)
			}
		}
		require.Equal(t, detect.Save(d), detect.Save(restored))
	})
}

// TestSeasonalStateIsSmall: 15 KB a series, which a store of thousands of series can hold.
func TestSeasonalStateIsSmall(t *testing.T) {
	k := kinds()[0]
	d := detect.NewSeasonal(k.config())
	for _, o := range k.generate(rand.New(rand.NewPCG(2, 2)), 40*perDay) {
		d.Step(o)
	}
	saved := len(detect.Save(d))
	t.Logf("figure seasonal_state %d bytes, %d in memory", saved, d.Size())
	require.Less(t, saved, 15_000)
	require.Less(t, d.Size(), 20_000)
}

// TestSeasonalExplains: a jump is said to be a step, by the channel that spoke, and nothing is learnt by asking.
func TestSeasonalExplains(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(3, 3)), 28*perDay)
	d := detect.NewSeasonal(k.config())
	for _, o := range obs[:len(obs)-1] {
		d.Step(o)
	}
	last := obs[len(obs)-1]
	last.Value -= 60
	before := detect.Save(d)
	e := d.Explain(last)
	require.Equal(t, before, detect.Save(d))
	require.True(t, same(e.Result, d.Step(last)))
	require.Len(t, e.Channels, 3)
	require.Greater(t, e.Score, 75.0)
	for i, c := range e.Channels[:2] {
		require.Contains(t, []string{"step", "baseline"}, c.Name)
		require.GreaterOrEqual(t, c.Rarity, e.Channels[i+1].Rarity)
		require.EqualValues(t, -1, c.Direction)
	}
	require.Greater(t, e.Strength, 0.5)
	require.LessOrEqual(t, e.Strength, 1.0)
	last.Quiet = true
	require.Empty(t, d.Explain(last).Channels)
}

// Any bytes are refused or make a detector that can be stepped; nothing panics.
func FuzzRestoreSeasonal(f *testing.F) {
	spec := seasonalSpec()
	spec.BucketsPerDay = 4
	d, err := detect.New(spec)
	require.NoError(f, err)
	for i := range 200 {
		d.Step(detect.Observation{Value: float64(i % 7)})
	}
	f.Add(detect.Save(d))
	f.Fuzz(func(t *testing.T, saved []byte) {
		d, err := detect.Restore(spec, saved)
		if err != nil {
			require.ErrorIs(t, err, state.ErrDamaged)
			return
		}
		for i := range 100 {
			d.Step(detect.Observation{Value: float64(i * i % 11)})
		}
		d.Explain(detect.Observation{Value: 1e9})
	})
}

// TestSeasonalDamageNeverPanics: a state with bytes changed anywhere is refused or can be stepped.
func TestSeasonalDamageNeverPanics(t *testing.T) {
	spec := seasonalSpec()
	spec.BucketsPerDay = 24
	var states [][]byte
	for _, n := range []int{10, 40, 100, 24 * 10, 24 * 20} {
		d, err := detect.New(spec)
		require.NoError(t, err)
		for i := range n {
			d.Step(detect.Observation{Value: float64(i % 7), Phase: forecast.Phase{Day: i % 24, Week: i % 168}})
		}
		states = append(states, detect.Save(d))
	}
	rapid.Check(t, func(t *rapid.T) {
		damaged := append([]byte(nil), rapid.SampledFrom(states).Draw(t, "state")...)
		for range rapid.IntRange(1, 20).Draw(t, "changes") {
			damaged[rapid.IntRange(0, len(damaged)-1).Draw(t, "at")] = rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xf0, 0xff}).Draw(t, "byte")
		}
		d, err := detect.Restore(spec, damaged)
		if err != nil {
			require.ErrorIs(t, err, state.ErrDamaged)
			return
		}
		for i := range 200 {
			d.Step(detect.Observation{Value: float64(i * i % 11), Phase: forecast.Phase{Day: i % 24, Week: i % 168}})
		}
		d.(*detect.Seasonal).Model().Project(make([]forecast.Phase, 50))
		d.Explain(detect.Observation{Value: 1e9})
	})
}
