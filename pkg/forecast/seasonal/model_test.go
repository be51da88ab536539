package seasonal_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// TestOneStepBand: 99 % of clean observations lie in the band of the step before, and both sides are missed alike.
func TestOneStepBand(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			above, below, points := 0, 0, 0
			for seed := range uint64(6) {
				m := seasonal.New(k.cfg)
				for i, x := range k.generate(seed, 42*perDay) {
					if i >= 28*perDay {
						d := m.Predict(phase(i))
						require.True(t, d.Lower <= d.Mean && d.Mean <= d.Upper && d.Scale > 0 && d.BaselineScale > 0)
						points++
						if x > d.Upper {
							above++
						}
						if x < d.Lower {
							below++
						}
					}
					m.Update(x, phase(i))
				}
			}
			t.Logf("above %.4f below %.4f", float64(above)/float64(points), float64(below)/float64(points))
			missed := float64(above+below) / float64(points)
			require.InDelta(t, 0.01, missed, 0.006)
		})
	}
}

// TestTailIsTheProbabilityOfTheTail compares what Tail says with how often it happens.
func TestTailIsTheProbabilityOfTheTail(t *testing.T) {
	k := kinds()[0]
	rare := 0
	points := 0
	for seed := range uint64(10) {
		m := seasonal.New(k.cfg)
		for i, x := range k.generate(seed, 56*perDay) {
			if i >= 28*perDay {
				up, down := m.Predict(phase(i)).Tail(x)
				require.True(t, up >= 0 && up <= 1 && down >= 0 && down <= 1)
				points++
				if min(up, down) < 0.001 {
					rare++
				}
			}
			m.Update(x, phase(i))
		}
	}
	require.InDelta(t, 0.002, float64(rare)/float64(points), 0.0012)
	up, down := seasonal.New(k.cfg).Predict(phase(0)).Tail(1)
	require.True(t, up == 1 && down == 1, "nothing is improbable before there is a model")
}

func TestNarrowerCoverage(t *testing.T) {
	k := kinds()[0]
	wide, narrow := seasonal.New(k.cfg), k.cfg
	narrow.Coverage = 0.8
	m := seasonal.New(narrow)
	values := k.generate(1, 28*perDay)
	learn(wide, values, 0)
	learn(m, values, 0)
	a, b := wide.Predict(phase(0)), m.Predict(phase(0))
	require.Equal(t, a.Mean, b.Mean)
	require.Less(t, b.Upper-b.Lower, 0.7*(a.Upper-a.Lower))
	require.Equal(t, seasonal.DefaultCoverage, seasonal.New(seasonal.Config{Coverage: 7}).Config().Coverage)
}

// TestTheClockMayJump: on a day of 23 or 25 hours the season follows the wall clock that the phases tell.
func TestTheClockMayJump(t *testing.T) {
	for name, jump := range map[string]int{"spring": 12, "autumn": -12} {
		t.Run(name, func(t *testing.T) {
			k := kinds()[0]
			m := seasonal.New(k.cfg)
			values := k.generate(2, 30*perDay)
			clock := 0
			for i := range 29 * perDay {
				if i == 28*perDay+24 {
					clock = jump
				}
				at := i + clock
				if i >= 28*perDay+24 {
					require.InDelta(t, k.level*rhythm(at), m.Predict(phase(at)).Mean, 12)
				}
				m.Update(values[at], phase(at))
			}
		})
	}
}

// TestIncidentTeachesLittle: three hours at three times the level leave the expected value where it was.
func TestIncidentTeachesLittle(t *testing.T) {
	k := kinds()[0]
	values := k.generate(3, 30*perDay)
	clean, struck := seasonal.New(k.cfg), seasonal.New(k.cfg)
	learn(clean, values[:28*perDay], 0)
	learn(struck, values[:28*perDay], 0)
	for i := 28 * perDay; i < 29*perDay; i++ {
		clean.Update(values[i], phase(i))
		if i < 28*perDay+36 {
			struck.Update(3*values[i], phase(i))
		} else {
			struck.Update(values[i], phase(i))
		}
	}
	for i := 29 * perDay; i < 30*perDay; i++ {
		a, b := clean.Predict(phase(i)), struck.Predict(phase(i))
		require.InDelta(t, a.Mean, b.Mean, 0.5*a.Scale)
		require.InDelta(t, 1, b.Scale/a.Scale, 0.1)
	}
}

func TestCloneIsIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := kinds()[rapid.IntRange(0, len(kinds())-1).Draw(t, "kind")]
		values := k.generate(rapid.Uint64().Draw(t, "seed"), 10*perDay)
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		m := seasonal.New(k.cfg)
		learn(m, values[:cut], 0)
		c := m.Clone()
		other := m.Clone()
		for i := range 2 * perDay {
			other.Update(1e6*float64(i), phase(i))
		}
		learn(m, values[cut:], cut)
		learn(c, values[cut:], cut)
		a, b := m.Project(phases(len(values), 50), 0), c.Project(phases(len(values), 50), 0)
		for i := range a.Mean {
			if a.Mean[i] != b.Mean[i] || a.Lower[i] != b.Lower[i] || a.Upper[i] != b.Upper[i] {
				t.Fatalf("step %d differs", i)
			}
		}
	})
}

func TestOtherPeriods(t *testing.T) {
	for _, buckets := range []int{1, 4, 24, 100, 1440} {
		r := rand.New(rand.NewPCG(4, uint64(buckets)))
		value := func(i int) float64 {
			x := 100 + 40*math.Sin(2*math.Pi*float64(i%buckets)/float64(buckets))
			if i%(7*buckets) >= 5*buckets {
				x -= 30
			}
			return x
		}
		at := func(i int) seasonal.Phase { return seasonal.Phase{Day: i % buckets, Week: i % (7 * buckets)} }
		m := seasonal.New(seasonal.Config{BucketsPerDay: buckets, Upper: math.Inf(1)})
		n := max(35*buckets, 210)
		n -= n % (7 * buckets)
		for i := range n {
			m.Update(value(i)+2*r.NormFloat64(), at(i))
		}
		ahead := make([]seasonal.Phase, 7*buckets)
		for i := range ahead {
			ahead[i] = at(n + i)
		}
		p := m.Project(ahead, 0)
		sum := 0.0
		for i := range ahead {
			sum += math.Abs(p.Mean[i] - value(n+i))
		}
		require.Less(t, sum/float64(len(ahead)), 4.0, "%d buckets a day", buckets)
	}
}

func TestOddConfigurations(t *testing.T) {
	nan := math.NaN()
	for _, cfg := range []seasonal.Config{
		{}, {BucketsPerDay: -5}, {BucketsPerDay: 1 << 40, Lower: 3, Upper: -3}, {BucketsPerDay: 24, Lower: nan, Upper: nan, Coverage: nan},
	} {
		m := seasonal.New(cfg)
		for i := range 100 {
			m.Update(float64(i%7), seasonal.Phase{Day: -i, Week: 1 << 50})
			d := m.Predict(seasonal.Phase{Day: 1 << 50, Week: -i})
			require.False(t, math.IsInf(d.Mean, 0) || math.IsInf(d.Scale, 0))
		}
	}
}

// FuzzModel feeds any numbers at any phases: nothing may come out that is not finite, and nothing may panic.
func FuzzModel(f *testing.F) {
	bytesOf := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	f.Add(bytesOf(1, 2, 3), uint16(0), 24)
	f.Add(bytesOf(0, 0, 0, 0, 1e100, -1e100, math.NaN(), math.Inf(1)), uint16(200), 1)
	f.Add(bytesOf(math.SmallestNonzeroFloat64, 0, -math.SmallestNonzeroFloat64), uint16(300), 4)
	f.Add(bytesOf(1e99, -1e99), uint16(500), 6)
	f.Fuzz(func(t *testing.T, raw []byte, repeat uint16, buckets int) {
		buckets = 1 + max(buckets, -buckets)%48
		m := seasonal.New(seasonal.Config{BucketsPerDay: buckets, Lower: math.Inf(-1), Upper: math.Inf(1)})
		var values []float64
		for ; len(raw) >= 8; raw = raw[8:] {
			values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		}
		if len(values) == 0 {
			return
		}
		n := len(values) + int(repeat)%1500
		for i := range n {
			ph := seasonal.Phase{Day: i % buckets, Week: i % (7 * buckets)}
			d := m.Predict(ph)
			if m.Observed() >= seasonal.MinObservations {
				finite(t, d.Mean, d.Lower, d.Upper, d.Scale, d.Baseline, d.BaselineScale)
				up, down := d.Tail(values[i%len(values)])
				finite(t, up, down)
			}
			m.Update(values[i%len(values)], ph)
		}
		if m.Ready() != nil {
			return
		}
		ahead := make([]seasonal.Phase, 3*buckets)
		p := m.Project(ahead, 0)
		for _, column := range [][]float64{p.Mean, p.Lower, p.Upper} {
			finite(t, column...)
		}
	})
}

func finite(t *testing.T, values ...float64) {
	t.Helper()
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%v", values)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	k := kinds()[0]
	values := k.generate(1, 28*perDay)
	m := seasonal.New(k.cfg)
	learn(m, values, 0)
	b.ReportAllocs()
	for i := range b.N {
		m.Update(values[i%len(values)], phase(i))
	}
}

func BenchmarkProjectDay(b *testing.B) {
	k := kinds()[0]
	m := seasonal.New(k.cfg)
	learn(m, k.generate(1, 28*perDay), 0)
	ahead := phases(28*perDay, perDay)
	b.ReportAllocs()
	for range b.N {
		m.Project(ahead, 0)
	}
}
