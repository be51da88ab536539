package detect_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// zeros plays four weeks in which nights are zero, and then a day in which there is nothing from the bucket from on.
func zeros(from, n int) []detect.Result {
	r := rand.New(rand.NewPCG(4, 4))
	d := made(specOf(detect.RareZero))
	out := make([]detect.Result, train+perDay)
	for i := range out {
		x := 1 + poisson(r, 20)
		if i%perDay < 72 || i >= train+from && i < train+from+n {
			x = 0
		}
		out[i] = d.Step(detect.Observation{Value: x, Phase: phase(i)})
	}
	return out[train:]
}

// TestRareZeroKnowsTheHour: nothing at night is nothing; a zero by day is noted, a run of them is critical and says more the longer it is.
func TestRareZeroKnowsTheHour(t *testing.T) {
	require.Less(t, highest(zeros(72, 0)), 25.0)
	one := zeros(150, 1)
	require.GreaterOrEqual(t, one[150].Score, 25.0)
	require.EqualValues(t, -1, one[150].Direction)
	require.Zero(t, one[151].Score, "what is not zero scores nothing")
	run := zeros(150, 12)
	for i := 151; i < 162; i++ {
		require.GreaterOrEqual(t, run[i].Raw, run[i-1].Raw)
	}
	require.GreaterOrEqual(t, run[153].Score, 75.0)
}

// TestRareZeroTakesLastingSilenceForAHabit, without an alarm each day for ever.
func TestRareZeroTakesLastingSilenceForAHabit(t *testing.T) {
	d := made(specOf(detect.RareZero))
	var last []detect.Result
	for i := range 3 * train {
		x := 5.0
		if i >= train {
			x = 0
		}
		res := d.Step(detect.Observation{Value: x, Phase: phase(i)})
		if i == train+2 {
			require.GreaterOrEqual(t, res.Score, 75.0)
		}
		if i >= 3*train-7*perDay {
			last = append(last, res)
		}
	}
	require.Less(t, highest(last), 25.0)
}
