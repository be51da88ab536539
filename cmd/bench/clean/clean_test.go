package clean

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKindsKeepTheirBounds(t *testing.T) {
	for _, k := range Kinds() {
		changed := false
		series := k.Generate(1, 2*Week)
		for i, o := range series {
			require.False(t, math.IsNaN(o.Value) || math.IsInf(o.Value, 0), "%s at %d", k.Name, i)
			require.True(t, o.Value >= k.Lower && o.Value <= k.Upper, "%s: %v at %d", k.Name, o.Value, i)
			require.Equal(t, i%Week, o.Phase.Week)
			require.Equal(t, i%PerDay, o.Phase.Day)
			changed = changed || o.Value != series[0].Value
		}
		require.True(t, changed, k.Name)
		require.Equal(t, series, k.Generate(1, 2*Week), "%s: the same seed makes the same series", k.Name)
		require.NotEqual(t, series, k.Generate(2, 2*Week), "%s: another makes another", k.Name)
	}
}

func TestNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		require.False(t, seen[k.Name], k.Name)
		seen[k.Name] = true
	}
	require.True(t, seen[WeeklySeason])
}

// TestCounts: mean and variance are those of the distributions.
func TestCounts(t *testing.T) {
	for _, k := range Kinds() {
		var mean, dispersion float64 // variance over mean
		switch k.Name {
		case "poisson 0.02":
			mean, dispersion = 0.02, 1
		case "poisson 0.2", "poisson 5", "poisson 300":
			mean, dispersion = k.scale, 1
		case "bursts of counts":
			mean, dispersion = 3, 9 // of bursts of mean 5: 2 x 5 - 1
		default:
			continue
		}
		var sum, excess, expected float64
		for i, o := range k.Generate(3, 10*Week) {
			m := k.scale * k.rhythm(i)
			expected += m
			sum += o.Value
			excess += (o.Value - m) * (o.Value - m)
		}
		require.InEpsilon(t, expected, sum, 0.1, k.Name)
		require.InEpsilon(t, dispersion, excess/expected, 0.15, k.Name)
		require.InEpsilon(t, mean, expected/(10*Week), 0.2, k.Name)
	}
}
