package series

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	none  = math.NaN()
	epoch = time.Unix(0, 0).UTC()
)

// of is a series of one-minute buckets that begins so many minutes after the epoch.
func of(start int, values ...float64) Series {
	begin := epoch.Add(time.Duration(start) * time.Minute)
	return Series{Window: Window{begin, begin.Add(time.Duration(len(values)) * time.Minute), time.Minute}, Values: values}
}

// failing lists the buckets that fail a check.
func failing(f Flags, c Check) []int {
	var out []int
	for i := range f {
		if f.Has(i, c) {
			out = append(out, i)
		}
	}
	return out
}

func drawValues(t *rapid.T, name string) []float64 {
	value := rapid.OneOf(rapid.Just(none), rapid.Float64Range(-10, 10), rapid.SampledFrom([]float64{0, 1, -1, 1e-300, 1e300, -1e300}))
	return rapid.SliceOfN(value, 0, 40).Draw(t, name)
}

// The bits are stored, so that they must never move.
func TestBitsOfChecks(t *testing.T) {
	require.Equal(t, []Check{"format", "missing", "range", "duplicate", "logic"}, Checks)
	for i, c := range Checks {
		require.Equal(t, Flags{1 << i}, Flags(nil).Mark(1, 0, c))
	}
	require.Zero(t, Flags(nil).Mark(1, 0, "other").Count(0), "what is no check marks nothing")
}

func TestFlagsHoldWhatIsMarked(t *testing.T) {
	type mark struct {
		bucket int
		check  Check
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 10).Draw(t, "buckets")
		halves := [2]Flags{}
		marked := map[mark]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "marks") {
			m := mark{rapid.IntRange(-2, 12).Draw(t, "bucket"), rapid.SampledFrom(Checks).Draw(t, "check")}
			half := rapid.IntRange(0, 1).Draw(t, "half")
			halves[half] = halves[half].Mark(n, m.bucket, m.check)
			if m.bucket >= 0 && m.bucket < n {
				marked[m] = true
			}
		}
		before := slices.Clone(halves[0])
		both := halves[0].Or(halves[1])
		require.Equal(t, both, halves[1].Or(halves[0]))
		require.Equal(t, before, slices.Clone(halves[0]), "or changes neither")
		for i := -2; i < 13; i++ {
			count := 0
			for _, c := range Checks {
				require.Equal(t, marked[mark{i, c}], both.Has(i, c))
				if marked[mark{i, c}] {
					count++
				}
			}
			require.Equal(t, count, both.Count(i))
		}
	})
}

func TestTrustedLeavesOutWhatFailsAnyCheck(t *testing.T) {
	values := []float64{1, 2, 3}
	require.Same(t, &values[0], &Flags(nil).Trusted(values)[0], "nothing is copied without need")
	flags := Flags(nil).Mark(3, 1, LogicCheck)
	trusted := flags.Trusted(values)
	require.Equal(t, []float64{1, 2, 3}, values)
	require.Equal(t, []float64{1, 3}, []float64{trusted[0], trusted[2]})
	require.True(t, math.IsNaN(trusted[1]))
	require.Equal(t, []float64{1}, Flags{0, 1}.Trusted([]float64{1}), "flags of a longer series")
}

func TestCheckRange(t *testing.T) {
	values := []float64{none, -1, 0, 50, 100, 101, math.Inf(1), math.Inf(-1)}
	require.Equal(t, []int{1, 5, 6, 7}, failing(CheckRange(values, 0, 100), RangeCheck))
	require.Equal(t, []int{1, 6, 7}, failing(CheckRange(values, 0, math.Inf(1)), RangeCheck))
	require.Equal(t, []int{6, 7}, failing(CheckRange(values, none, none), RangeCheck))
	require.Nil(t, CheckRange([]float64{none, 3}, 0, 100), "nothing is made where nothing is wrong")
}

func TestCheckMissing(t *testing.T) {
	regular := func(change func(v []float64)) []float64 {
		v := slices.Repeat([]float64{5}, 60)
		change(v)
		return v
	}
	gap := func(from, to int) func([]float64) {
		return func(v []float64) {
			for i := from; i < to; i++ {
				v[i] = none
			}
		}
	}
	for name, c := range map[string]struct {
		values []float64
		final  int
		want   []int
	}{
		"whole":                {regular(func([]float64) {}), 60, nil},
		"one":                  {regular(gap(20, 21)), 60, []int{20}},
		"not final yet":        {regular(gap(20, 23)), 21, []int{20}},
		"nothing final":        {regular(gap(20, 23)), -5, nil},
		"final beyond the end": {regular(gap(20, 21)), 99, []int{20}},
		"before the first":     {regular(gap(0, 10)), 60, nil},
		"an outage goes on":    {regular(gap(56, 60)), 60, []int{56, 57, 58, 59}},
		"it may still come":    {regular(gap(56, 60)), 58, []int{56, 57}},
		"an outage":            {regular(gap(25, 29)), 60, []int{25, 26, 27, 28}},
		"each fifth bucket":    {regular(func(v []float64) { gap(1, 60)(v); v[5], v[10], v[15] = 1, 1, 1 }), 60, nil},
		"often nothing to report": {regular(func(v []float64) {
			v[3], v[11], v[12], v[20], v[28], v[31], v[40], v[50] = none, none, none, none, none, none, none, none
		}), 60, nil},
		"one observation": {[]float64{none, 1, none}, 3, nil},
		"none":            {[]float64{none, none}, 2, nil},
		"empty":           {nil, 0, nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, failing(CheckMissing(c.values, c.final), MissingCheck)) })
	}
}

// An outage does not excuse itself: however long it lasts, a series that is regular around it misses each of its buckets.
func TestLongOutageIsMissing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, outage, after := rapid.IntRange(12, 30).Draw(t, "before"), rapid.IntRange(1, 500).Draw(t, "outage"), rapid.IntRange(12, 30).Draw(t, "after")
		values := slices.Concat(slices.Repeat([]float64{1}, before), slices.Repeat([]float64{none}, outage), slices.Repeat([]float64{1}, after))
		missing := failing(CheckMissing(values, len(values)), MissingCheck)
		require.Len(t, missing, outage)
		require.Equal(t, before, missing[0])
	})
}

// However long an outage goes on, each of its buckets is missing once it is final; nothing needs to follow it.
func TestAnOutageThatGoesOnIsMissing(t *testing.T) {
	values := slices.Concat(slices.Repeat([]float64{1}, 600), slices.Repeat([]float64{none}, 400))
	require.Len(t, failing(CheckMissing(values, 994), MissingCheck), 394)
}

// What is missing has no value, is final, and comes after an observation.
func TestMissingComesAfterAnObservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := drawValues(t, "values")
		final := rapid.IntRange(-1, 45).Draw(t, "final")
		has := func(v float64) bool { return !math.IsNaN(v) }
		for _, i := range failing(CheckMissing(values, final), MissingCheck) {
			require.True(t, math.IsNaN(values[i]))
			require.Less(t, i, final)
			require.True(t, slices.ContainsFunc(values[:i], has))
		}
	})
}

// Only what is reported whatever happens can be missing.
func TestEventDriven(t *testing.T) {
	for key, want := range map[Measured]bool{
		{"AWS/Lambda", "Average"}: true, {"AWS/ApplicationELB", "Sum"}: true, {"AWS/EC2", "Sum"}: false, {"AWS/RDS", "Average"}: false,
		{"Shop", "Sum"}: true, {"Shop", "SampleCount"}: true, {"Shop", "p99"}: false, {"CWAgent", "Average"}: false,
	} {
		require.Equal(t, want, EventDriven(Key{Namespace: key.Metric, Stat: key.Statistic}), "%v", key)
	}
}

func TestCheckLogic(t *testing.T) {
	rule := Rule{Op: AtMost, Tolerance: 0.01}
	requests := of(2, 10, none, 100, 0, -10)
	flags, err := CheckLogic(of(0, 99, 99, 11, 99, 100.5, 1, -10.2, 99), requests, rule)
	require.NoError(t, err)
	require.Equal(t, []int{2, 5}, failing(flags, LogicCheck), "buckets are compared by their time, as far as both have data")
	require.Len(t, flags, 8)

	for _, empty := range []Series{{}, of(0), of(90, 1, 2)} {
		flags, err = CheckLogic(empty, requests, rule)
		require.NoError(t, err)
		require.Nil(t, flags)
		flags, err = CheckLogic(requests, empty, rule)
		require.NoError(t, err)
		require.Nil(t, flags)
	}
	coarse := Series{Key: Key{Metric: "Invocations"}, Window: Window{epoch, epoch.Add(time.Hour), time.Hour}, Values: []float64{1}}
	_, err = CheckLogic(requests, coarse, rule)
	require.ErrorContains(t, err, "Invocations")
	_, err = CheckLogic(requests, requests, Rule{Op: "=="})
	require.ErrorContains(t, err, `"=="`)
}

// A rule finds the same buckets from either side, none where the values agree, and does not depend on the unit.
func TestLogicIsTheSameFromEitherSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left, right := of(0, drawValues(t, "left")...), of(0, drawValues(t, "right")...)
		tolerance := rapid.SampledFrom([]float64{0, rounding, binning}).Draw(t, "tolerance")
		found, err := CheckLogic(left, right, Rule{Op: AtMost, Tolerance: tolerance})
		require.NoError(t, err)
		mirrored, err := CheckLogic(right, left, Rule{Op: AtLeast, Tolerance: tolerance})
		require.NoError(t, err)
		require.Equal(t, failing(found, LogicCheck), failing(mirrored, LogicCheck))
		for _, i := range failing(found, LogicCheck) {
			require.Greater(t, left.Values[i], right.Values[i])
		}
		scaled := func(s Series) Series {
			out := Series{Window: s.Window}
			for _, v := range s.Values {
				out.Values = append(out.Values, v*1024) // exact, and within the range of what is drawn
			}
			return out
		}
		same, err := CheckLogic(scaled(left), scaled(right), Rule{Op: AtMost, Tolerance: tolerance})
		require.NoError(t, err)
		require.Equal(t, failing(found, LogicCheck), failing(same, LogicCheck))
		agreed, err := CheckLogic(left, left, Rule{Op: AtMost, Tolerance: tolerance})
		require.NoError(t, err)
		require.Nil(t, agreed)
	})
}

func TestCheckAll(t *testing.T) {
	values := slices.Repeat([]float64{5}, 40)
	values[10], values[20], values[30], values[35] = none, 500, 7, none
	s := of(0, values...)
	s.Key.Namespace = "AWS/EC2"
	limit := of(0, slices.Repeat([]float64{6}, 40)...)
	others := []Counterpart{{Rule{Op: AtMost}, limit}}
	flags, err := CheckAll(s, s.Window.Time(30), 0, 100, others)
	require.NoError(t, err)
	require.Equal(t, []int{10}, failing(flags, MissingCheck), "a late bucket may still come")
	require.Equal(t, []int{20}, failing(flags, RangeCheck))
	require.Equal(t, []int{20}, failing(flags, LogicCheck), "what is not final may have come before its counterpart")
	require.Equal(t, 2, flags.Count(20))

	s.Key.Namespace = "AWS/Lambda"
	flags, err = CheckAll(s, s.Window.End, none, none, nil)
	require.NoError(t, err)
	require.Nil(t, flags)
	_, err = CheckAll(s, s.Window.End, 0, 1, []Counterpart{{Rule{}, limit}})
	require.Error(t, err)
	flags, err = CheckAll(Series{}, time.Time{}, 0, 1, others)
	require.NoError(t, err)
	require.Nil(t, flags)
}

// A check that was not made yet is neither passed nor failed: of what is not final, whether it is missing and in its range where it has not come,
// and what is compared with another series.
func TestUncheckedIsWhatMayStillFail(t *testing.T) {
	s := of(0, 1, none, 3, none)
	s.Key.Namespace = "AWS/EC2"
	final := s.Window.Time(2)
	open := Unchecked(s, final, true)
	require.Equal(t, []int{2, 3}, failing(open, LogicCheck))
	require.Equal(t, []int{3}, failing(open, MissingCheck))
	require.Equal(t, []int{3}, failing(open, RangeCheck))
	require.Empty(t, failing(open, FormatCheck))
	require.Empty(t, failing(Unchecked(s, final, false), LogicCheck))
	require.Nil(t, Unchecked(s, s.Window.End, true))
	require.Equal(t, []int{1, 3}, failing(Unchecked(s, time.Time{}, false), RangeCheck))
	s.Key.Namespace = "AWS/Lambda"
	require.Empty(t, failing(Unchecked(s, final, false), MissingCheck), "nothing is missing where nothing happened")
}

// No values and limits make a check panic, or flag what is not there.
func FuzzChecks(f *testing.F) {
	f.Add([]byte{}, 0, 0.0, 1.0, 0, 0.0)
	f.Add(make([]byte, 80), 5, 0.0, 1.0, -3, 1e-9)
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(none)), 1, none, math.Inf(-1), 1, none)
	f.Fuzz(func(t *testing.T, raw []byte, final int, lower, upper float64, shift int, tolerance float64) {
		var values []float64
		for ; len(raw) >= 8; raw = raw[8:] {
			values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		}
		s := of(0, values...)
		s.Key.Namespace = "AWS/EC2"
		other := Counterpart{Rule{Op: AtLeast, Tolerance: tolerance}, of(shift%100, values...)}
		flags, err := CheckAll(s, epoch.Add(time.Duration(final%1000)*time.Second), lower, upper, []Counterpart{other})
		require.NoError(t, err)
		for i, v := range values {
			missing := flags.Has(i, MissingCheck)
			require.False(t, flags.Has(i, FormatCheck) || flags.Has(i, DuplicateCheck))
			require.False(t, missing && !math.IsNaN(v))
			require.False(t, !missing && math.IsNaN(v) && flags.Count(i) > 0)
		}
		require.LessOrEqual(t, len(flags), len(values))
	})
}
