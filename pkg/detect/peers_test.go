package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// TestPeersKnowTheMembersHabit: one that carries twice as much, or twenty more, is expected to; a common move is no anomaly, a departure is.
func TestPeersKnowTheMembersHabit(t *testing.T) {
	for name, habit := range map[string]func(float64) float64{
		"like the others": func(x float64) float64 { return x },
		"twice as much":   func(x float64) float64 { return 2 * x },
		"twenty more":     func(x float64) float64 { return x + 20 },
	} {
		r := rand.New(rand.NewPCG(2, 1))
		d := made(specOf(detect.Peers))
		const move, leave = train + perDay, train + 3*perDay
		for i := range train + 4*perDay {
			load := 100 * rhythm(i)
			if i >= move && i < move+perDay/2 {
				load *= 3 // all of them
			}
			x := habit(load) + 2*r.NormFloat64()
			if i >= leave && i < leave+12 {
				x *= 0.7
			}
			centre, spread := load+r.NormFloat64(), 2+0.3*r.NormFloat64()
			res := d.Step(detect.Observation{Value: x, Columns: []float64{centre, spread}, Phase: phase(i)})
			if i < train {
				continue
			}
			if i == leave {
				require.GreaterOrEqual(t, res.Score, 75.0, "%s: a member that leaves", name)
				require.EqualValues(t, -1, res.Direction, name)
			}
			if i < leave || i > leave+12 {
				require.Less(t, res.Score, 75.0, "%s at %d: %+v", name, i-train, res)
				require.InDelta(t, habit(load), res.Expected, 0.1*habit(load), "%s at %d", name, i-train)
			}
		}
	}
}

// TestPeersExcuseDisorder: where the others are far apart, a member may be far off as well.
func TestPeersExcuseDisorder(t *testing.T) {
	deviate := func(spread float64) float64 {
		r := rand.New(rand.NewPCG(2, 2))
		d := made(specOf(detect.Peers))
		for i := range train {
			d.Step(detect.Observation{Value: 100 + 2*r.NormFloat64(), Columns: []float64{100, 2}, Phase: phase(i)})
		}
		return d.Step(detect.Observation{Value: 130, Columns: []float64{100, spread}}).Score
	}
	require.GreaterOrEqual(t, deviate(2), 75.0)
	require.GreaterOrEqual(t, deviate(math.NaN()), 75.0, "an unknown spread excuses nothing")
	require.Less(t, deviate(30), 25.0)
}

// TestPeersAdoptANewHabit: what lasts for weeks is the member's new place.
func TestPeersAdoptANewHabit(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	d := made(specOf(detect.Peers))
	for i := range train + 15*perDay {
		x := 100 + 2*r.NormFloat64()
		if i >= train {
			x += 60
		}
		res := d.Step(detect.Observation{Value: x, Columns: []float64{100, 2}, Phase: phase(i)})
		if i >= train && i < train+perDay/4 {
			require.GreaterOrEqual(t, res.Score, 50.0, "hours after it is still news")
		}
		if i >= train+14*perDay {
			require.Less(t, res.Score, 75.0)
			require.InDelta(t, 160, res.Expected, 10)
		}
	}
}
