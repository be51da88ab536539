package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// hourlyStorm draws a series with everything in it, and two columns.
func hourlyStorm(t *rapid.T) []detect.Observation {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	n := rapid.IntRange(1, stormDays*hourly).Draw(t, "length")
	noise := rapid.Float64Range(0, 50).Draw(t, "noise")
	gaps := rapid.Float64Range(0, 0.5).Draw(t, "gaps")
	zeros := rapid.Float64Range(0, 1).Draw(t, "zeros")
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e150}
	out := make([]detect.Observation, n)
	level := 100.0
	for i := range out {
		usual := level * (1 + 0.5*math.Sin(2*math.Pi*float64(i)/hourly))
		o := detect.Observation{
			Value:   usual + noise*r.NormFloat64(),
			Columns: []float64{usual + 5*r.NormFloat64(), 5 + r.Float64()},
			Phase:   seasonal.Phase{Day: i % hourly, Week: i % (7 * hourly)},
			Quiet:   r.Float64() < 0.01,
		}
		switch u := r.Float64(); {
		case u < gaps:
			o.Value = odd[r.IntN(len(odd))]
		case u < gaps+0.3*zeros:
			o.Value = 0
		case u > 0.997:
			o.Value *= 1e6
		case u > 0.993:
			level = 500 * r.Float64()
		case u > 0.99:
			o.Columns[r.IntN(2)] = odd[r.IntN(len(odd))]
		case u > 0.985:
			o.Columns = nil
		}
		out[i] = o
	}
	return out
}

// alike compares every number of two results bit by bit: NaN equals NaN.
func alike(a, b detect.Result) bool {
	bits := math.Float64bits
	return bits(a.Expected) == bits(b.Expected) && bits(a.Lower) == bits(b.Lower) && bits(a.Upper) == bits(b.Upper) &&
		bits(a.Score) == bits(b.Score) && bits(a.Rarity) == bits(b.Rarity) && bits(a.Raw) == bits(b.Raw) && a.Direction == b.Direction
}

// TestNamedNoLookAhead: cut anywhere, what was scored before the cut is the same to the bit.
func TestNamedNoLookAhead(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				obs := hourlyStorm(t)
				cut := rapid.IntRange(0, len(obs)).Draw(t, "cut")
				full, prefix := made(smallSpec(name)), made(smallSpec(name))
				whole := make([]detect.Result, len(obs))
				for i, o := range obs {
					whole[i] = full.Step(o)
				}
				for i, o := range obs[:cut] {
					if got := prefix.Step(o); !alike(got, whole[i]) {
						t.Fatalf("at %d of %d: %+v with the future, %+v without", i, cut, whole[i], got)
					}
				}
			})
		})
	}
}

// TestNamedCloneAndRestoreContinue: a clone and what was saved go on exactly as the original, and none disturbs another; nothing is learnt by
// asking why.
func TestNamedCloneAndRestoreContinue(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				obs := hourlyStorm(t)
				cut := rapid.IntRange(0, len(obs)).Draw(t, "cut")
				d := made(smallSpec(name))
				for _, o := range obs[:cut] {
					d.Step(o)
				}
				saved := detect.Save(d)
				restored, err := detect.Restore(smallSpec(name), saved)
				require.NoError(t, err)
				require.Equal(t, saved, detect.Save(restored))
				clone := d.Clone()
				disturbed := clone.Clone()
				for i := range 5 * hourly {
					disturbed.Step(detect.Observation{Value: 1e9 * float64(i), Columns: []float64{0, 1}, Phase: obs[0].Phase})
				}
				for i, o := range obs[cut:] {
					asked := i%explainEvery == 0
					var e detect.Explanation
					if asked {
						e = d.Explain(o)
					}
					a, b, c := d.Step(o), clone.Step(o), restored.Step(o)
					if !alike(a, b) || !alike(a, c) || asked && !alike(a, e.Result) {
						t.Fatalf("%d after the cut at %d: %+v, the clone %+v, restored %+v, explained %+v", i, cut, a, b, c, e.Result)
					}
					sane(t, a)
					if asked {
						explained(t, e)
					}
				}
				require.Equal(t, detect.Save(d), detect.Save(restored))
			})
		})
	}
}

// explainEvery observations a property asks why: the answer clones the detector.
const explainEvery = 17

// sane holds a result to what its type promises.
func sane(t require.TestingT, r detect.Result) {
	require.Equal(t, math.IsNaN(r.Score), math.IsNaN(r.Rarity), "%+v", r)
	if math.IsNaN(r.Score) {
		require.Zero(t, r.Direction)
		return
	}
	require.True(t, r.Score >= 0 && r.Score <= 100 && r.Rarity >= 0 && r.Rarity <= detect.MaxRarity, "%+v", r)
	require.Equal(t, r.Score < 25, r.Direction == 0, "%+v", r)
	require.False(t, math.IsNaN(r.Raw) || math.IsInf(r.Raw, 0), "%+v", r)
	if !math.IsNaN(r.Lower) {
		require.True(t, r.Lower <= r.Expected && r.Expected <= r.Upper, "%+v", r)
	}
}

// explained holds an explanation to what its type promises.
func explained(t require.TestingT, e detect.Explanation) {
	if math.IsNaN(e.Score) {
		require.Empty(t, e.Channels)
		return
	}
	require.NotEmpty(t, e.Channels)
	require.True(t, e.Strength >= 0 && e.Strength <= 1, "%+v", e)
	for i, c := range e.Channels {
		require.True(t, c.Rarity >= 0 && c.Rarity <= detect.MaxRarity, "%+v", e)
		require.True(t, i == 0 || e.Channels[i-1].Rarity >= c.Rarity, "the rarest first: %+v", e.Channels)
	}
	sum := 0.0
	for _, c := range e.Columns {
		sum += c.High + c.Low
	}
	if e.Columns != nil {
		require.InDelta(t, e.Raw, sum, 1e-9)
	}
}

// TestNamedDamageNeverPanics: a state with bytes changed anywhere is refused or can be stepped.
func TestNamedDamageNeverPanics(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		t.Run(name, func(t *testing.T) {
			spec := smallSpec(name)
			step := func(d detect.Detector, i int) {
				d.Step(detect.Observation{Value: float64(i * i % 11), Columns: []float64{5, float64(i % 3)}, Phase: seasonal.Phase{Day: i % hourly, Week: i % (7 * hourly)}})
			}
			var states [][]byte
			for _, n := range []int{0, 10, 40, 10 * hourly, 20 * hourly} {
				d := made(spec)
				for i := range n {
					step(d, i)
				}
				states = append(states, detect.Save(d))
			}
			rapid.Check(t, func(t *rapid.T) {
				damaged := append([]byte(nil), rapid.SampledFrom(states).Draw(t, "state")...)
				for range rapid.IntRange(1, 20).Draw(t, "changes") {
					damaged[rapid.IntRange(0, len(damaged)-1).Draw(t, "at")] = rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xf0, 0xff}).Draw(t, "byte")
				}
				damaged = damaged[:rapid.IntRange(len(damaged)/2, len(damaged)).Draw(t, "length")]
				d, err := detect.Restore(spec, damaged)
				if err != nil {
					require.ErrorIs(t, err, state.ErrDamaged)
					return
				}
				for i := range 100 {
					step(d, i)
				}
				d.Explain(detect.Observation{Value: 1e9})
			})
		})
	}
}

// fullSpec has the defaults of five-minute data.
func fullSpec(name string, columns int) detect.Spec {
	spec := specOf(name)
	spec.Columns = columns
	return spec
}

// grown returns a detector after four weeks, and the observations to go on with.
func grown(name string, columns int) (detect.Detector, []detect.Observation) {
	var obs []detect.Observation
	r := rand.New(rand.NewPCG(1, 1))
	switch {
	case name == detect.Peers:
		obs = grouped(kinds()[0])(r, train)
	case columns > 0:
		obs = withColumns(kinds()[0], columns)(r, train)
	default:
		obs = kinds()[0].generate(r, train)
	}
	d := made(fullSpec(name, columns))
	for _, o := range obs {
		d.Step(o)
	}
	return d, obs
}

// TestNamedStepAllocatesNothing, fits included.
func TestNamedStepAllocatesNothing(t *testing.T) {
	for _, name := range byName() {
		d, obs := grown(name, 0)
		i := 0
		require.Zero(t, testing.AllocsPerRun(4*perDay, func() {
			d.Step(obs[i])
			i++
		}), name)
	}
}

// TestNamedStatesAreSmall: what a store of thousands of series can hold, and a machine whose panels show hundreds.
func TestNamedStatesAreSmall(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		saved, resident := 60_000, 400_000
		switch name {
		case detect.Auto:
			saved, resident = 100_000, 1_300_000
		case light, detect.SeasonalRobust:
			saved, resident = 15_000, 40_000
		}
		d, _ := grown(name, 0)
		t.Logf("figure %s_state %d bytes, %d in memory", name, len(detect.Save(d)), d.Size())
		require.Less(t, len(detect.Save(d)), saved, name)
		require.Less(t, d.Size(), resident, name)
	}
}

// TestNamedAttribution: the column that departs is the one that is named, in its direction.
func TestNamedAttribution(t *testing.T) {
	t.Parallel()
	d, obs := grown(detect.IsolationForest, 4)
	o := obs[0]
	o.Columns = append([]float64(nil), o.Columns...)
	o.Columns[2] = 1
	e := d.Explain(o)
	require.GreaterOrEqual(t, e.Score, 25.0)
	require.Len(t, e.Columns, 5)
	for i, c := range e.Columns {
		require.Equal(t, i, c.Column)
		if i != 3 {
			require.Greater(t, e.Columns[3].Low, 2*(c.High+c.Low), "column %d", i)
		}
	}
	require.EqualValues(t, -1, e.Columns[3].Direction)
	require.EqualValues(t, -1, e.Direction)
	require.Greater(t, e.Columns[3].Strength, 0.8)
}

// TestNamedDefinitions: what the form shows is what the detector takes.
func TestNamedDefinitions(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		d, err := detect.Lookup(specOf(name).Name)
		require.NoError(t, err)
		require.NotEmpty(t, d.Title)
		require.NotEmpty(t, d.Help)
		require.NotContains(t, d.Help, "\n")
		for _, p := range d.Parameters {
			require.NotEmpty(t, p.Title)
			require.NotEmpty(t, p.Help)
			require.NoError(t, d.CheckParameter(p.Name, p.Default))
			for _, edge := range []float64{p.Min, p.Max} {
				spec := smallSpec(name)
				spec.Parameters = map[string]float64{p.Name: edge}
				detector := made(spec)
				for i := range 200 {
					detector.Step(detect.Observation{Value: float64(i * i % 11), Columns: []float64{5, 1}, Phase: seasonal.Phase{Day: i % hourly, Week: i % (7 * hourly)}})
				}
			}
		}
	}
}

func BenchmarkNamedStep(b *testing.B) {
	for _, c := range []struct {
		name    string
		columns int
	}{
		{detect.IsolationForest, 0}, {detect.IsolationForest, 8}, {detect.IsolationForest, 31}, {detect.OneClassSVM, 0}, {detect.OneClassSVM, 8},
		{detect.EWMA, 0}, {detect.RareZero, 0}, {detect.Peers, 0},
	} {
		b.Run(c.name+map[int]string{0: "", 8: "+8", 31: "+31"}[c.columns], func(b *testing.B) {
			d, obs := grown(c.name, c.columns)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				d.Step(obs[i%len(obs)])
			}
		})
	}
}

// Any bytes are refused or make a detector that can be stepped; nothing panics.
func fuzzRestore(f *testing.F, name string) {
	spec := smallSpec(name)
	spec.BucketsPerDay = 4
	d := made(spec)
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

func FuzzRestoreAuto(f *testing.F) { fuzzRestore(f, detect.Auto) }

func FuzzRestoreLight(f *testing.F) { fuzzRestore(f, light) }

func FuzzRestoreSeasonal(f *testing.F) { fuzzRestore(f, detect.SeasonalRobust) }
