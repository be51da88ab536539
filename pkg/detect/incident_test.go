//go:build !race

// It plays half a year of points for each incident, in one goroutine: the race detector would find nothing and take ten times as long.

package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// incident is one of the labelled kinds: what becomes of a clean value x when a share of the incident has passed.
type incident struct {
	name      string
	buckets   int
	direction int8
	clean     func(r *rand.Rand, n int) []detect.Observation
	disturb   func(x, progress float64, r *rand.Rand) float64
	upper     float64
}

// smooth is a metric as a service publishes it: a rhythm, slow autocorrelated wander and white noise, all proportional.
func smooth(level, wander, white float64) func(*rand.Rand, int) []detect.Observation {
	return func(r *rand.Rand, n int) []detect.Observation {
		out := make([]detect.Observation, n)
		slow := 0.0
		for i := range out {
			slow = 0.98*slow + math.Sqrt(1-0.98*0.98)*r.NormFloat64()
			x := level * rhythm(i) * (1 + wander*slow + white*r.NormFloat64())
			out[i] = detect.Observation{Value: math.Max(x, 0), Phase: phase(i)}
		}
		return out
	}
}

func counts(mean float64) func(*rand.Rand, int) []detect.Observation {
	return func(r *rand.Rand, n int) []detect.Observation {
		out := make([]detect.Observation, n)
		for i := range out {
			out[i] = detect.Observation{Value: poisson(r, mean*rhythm(i)), Phase: phase(i)}
		}
		return out
	}
}

func incidents() []incident {
	inf := math.Inf(1)
	return []incident{
		{"processor burn of 50 minutes", 10, 1, smooth(35, 0.04, 0.05),
			func(x, _ float64, r *rand.Rand) float64 { return 93 + 2*r.NormFloat64() }, 100},
		{"5xx burst in a sparse count", 12, 1, counts(0.2),
			func(x, _ float64, r *rand.Rand) float64 { return x + poisson(r, 20) }, inf},
		{"latency creep over 3 hours", 36, 1, smooth(0.12, 0.04, 0.05),
			func(x, p float64, _ *rand.Rand) float64 { return x * (1 + 1.5*p) }, inf},
		{"connection leak over 27 hours", 324, 1, smooth(290, 0.03, 0.012),
			func(x, p float64, _ *rand.Rand) float64 { return x + 550*p }, inf},
		{"queue growth over 90 minutes", 18, 1, smooth(240, 0.08, 0.08),
			func(x, p float64, _ *rand.Rand) float64 { return x + 3000*p }, inf},
		{"silent drop to 15 % for an hour", 12, -1, smooth(380, 0.04, 0.06),
			func(x, _ float64, _ *rand.Rand) float64 { return 0.15 * x }, inf},
	}
}

// outcome of one series of 28 days of training and 14 of scores with one incident.
type outcome struct {
	found     bool
	critical  bool
	first     int // buckets from the start to the event
	direction int8
	outside   int     // runs of critical scores that began outside the incident
	trailing  int     // critical buckets within the day after it
	followed  float64 // the largest share of the incident's own height by which the expected value went along, in its first half day
}

const scored = 14 * perDay

// halfDay is how long the level waits before it takes what lasts for a new normal.
const halfDay = perDay / 2

func (k incident) run(name string, seed uint64, repeated bool) outcome {
	r := rand.New(rand.NewPCG(seed, 11))
	obs := k.clean(r, train+scored)
	start := train + 7*perDay + r.IntN(perDay)
	starts := []int{start}
	if repeated { // the same incident has happened before, twice within the training
		starts = []int{start - 2680, start - 5360, start}
	}
	usual := make([]float64, len(obs))
	for i, o := range obs {
		usual[i] = o.Value
	}
	for _, s := range starts {
		for i := range k.buckets {
			o := &obs[s+i]
			o.Value = math.Min(k.disturb(o.Value, float64(i+1)/float64(k.buckets), r), k.upper)
		}
	}
	d := made(named(name, detect.Spec{BucketsPerDay: perDay, Lower: 0, Upper: k.upper}))
	events := detect.NewEvents(perDay, detect.DefaultEventScore)
	out := outcome{first: -1}
	before := false
	for i, o := range obs {
		res := d.Step(o)
		critical, event := res.Score >= 75, events.Step(res.Rarity)
		inside := i >= start && i < start+k.buckets
		if repeated && i >= start-2680 && i < start-2680+k.buckets {
			inside, critical = false, false
		}
		switch {
		case i < train:
		case inside:
			if event && !out.found {
				out.found, out.first, out.direction = true, i-start, res.Direction
			}
			out.critical = out.critical || critical
			if height := o.Value - usual[i]; i-start < halfDay && math.Abs(height) > 5*(res.Upper-res.Lower) {
				out.followed = math.Max(out.followed, (res.Expected-usual[i])/height)
			}
		case critical && !before:
			out.outside++
		}
		if critical && i >= start+k.buckets && i < start+k.buckets+perDay {
			out.trailing++
		}
		before = critical
	}
	return out
}

// TestIncidentsAreFound: an event begins inside, in the right direction, whether or not the same has happened before; it is quiet
// outside; and the band does not follow the incident.
func TestIncidentsAreFound(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		const seeds = 4
		outside := 0
		for _, k := range incidents() {
			for _, repeated := range []bool{false, true} {
				found, critical, delay, trailing, followed := 0, 0, 0, 0, 0.0
				for seed := range uint64(seeds) {
					o := k.run(name, seed, repeated)
					outside += o.outside
					trailing += o.trailing
					followed = math.Max(followed, o.followed)
					if o.critical {
						critical++
					}
					if !o.found {
						continue
					}
					found++
					delay += o.first
					require.Equal(t, k.direction, o.direction, k.name)
				}
				t.Logf("%-34s repeated %-5v found %d of %d, critical %d, the event after %.1f buckets, the expected value followed %.2f, critical after its end %d",
					k.name, repeated, found, seeds, critical, float64(delay)/float64(max(found, 1)), followed, trailing)
				if k.buckets <= halfDay || name == detect.SeasonalRobust { // a leak of days is not promised to begin an event of auto
					require.Equal(t, seeds, found, "%s, repeated %v", k.name, repeated)
				}
				require.Zero(t, trailing, "%s, repeated %v: critical after its end", k.name, repeated)
				require.Less(t, followed, 0.5, "%s, repeated %v: the expected value follows", k.name, repeated)
			}
		}
		weeks := 2 * seeds * len(incidents()) * scored / (7 * perDay)
		t.Logf("%d critical runs outside in %d series-weeks", outside, weeks)
		require.LessOrEqual(t, outside, max(weeks/20, 1), "3 in 60 series-weeks")
	})
}
