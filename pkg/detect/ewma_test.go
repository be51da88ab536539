package detect_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// TestEWMABand is the mean and the given number of standard deviations about it, within the metric's bounds.
func TestEWMABand(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	spec := detect.Spec{Name: detect.EWMA, BucketsPerDay: perDay, Lower: 0, Upper: 100, Parameters: map[string]float64{"alpha": 0.02, "width": 2, "halfLife": 1000}}
	d := made(spec)
	inside, n := 0, 0
	for i := range train {
		x := 50 + 5*r.NormFloat64()
		res := d.Step(detect.Observation{Value: x, Phase: phase(i)})
		if i < train/2 {
			continue
		}
		n++
		if x >= res.Lower && x <= res.Upper {
			inside++
		}
		require.InDelta(t, 50, res.Expected, 3)
		require.InDelta(t, 20, res.Upper-res.Lower, 4)
	}
	require.InDelta(t, 0.954, float64(inside)/float64(n), 0.01)
	for i := range 100 {
		res := d.Step(detect.Observation{Value: 100, Phase: phase(i)})
		require.LessOrEqual(t, res.Upper, 100.0)
	}
}

// TestEWMAForgetsASpikeAtOnce: one bucket hardly moves the mean, a level that stays does within the hour.
func TestEWMAForgetsASpikeAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2))
	d := made(specOf(detect.EWMA))
	step := func(x float64) detect.Result { return d.Step(detect.Observation{Value: x + r.NormFloat64()}) }
	for range train {
		step(100)
	}
	step(10_000)
	require.InDelta(t, 100, step(100).Expected, 3)
	for range 12 {
		step(10_000)
	}
	require.InDelta(t, 10_000, step(10_000).Expected, 1500)
}
