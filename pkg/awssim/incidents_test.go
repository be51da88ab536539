package awssim

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestIncidentsAroundTheAnchor(t *testing.T) {
	s, _ := newFixed(t)
	week := s.Incidents(testAnchor.Add(-7*24*time.Hour), testAnchor)
	var got []string
	for _, i := range week {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %s %t", i.Kind, i.Account, i.Metric, i.Direction, i.Start.Sub(testAnchor), i.End.Sub(testAnchor), i.Announced))
	}
	require.Equal(t, []string{
		"cpu-burn production CPUUtilization up -120h0m0s -119h10m0s false",
		"latency-creep staging TargetResponseTime up -72h0m0s -69h0m0s false",
		"queue-growth data ApproximateNumberOfMessagesVisible up -48h0m0s -46h0m0s true",
		"silent-drop data OrdersPlaced down -36h0m0s -35h0m0s false",
		"connection-leak production DatabaseConnections up -27h0m0s 9h0m0s false",
		"5xx-burst production HTTPCode_Target_5XX_Count up -30m0s 30m0s true",
	}, got)
	burst := week[5]
	require.Equal(t, "TargetResponseTime", burst.Precursor.Metric)
	require.Equal(t, testAnchor.Add(-75*time.Minute), burst.PrecursorStart)
	require.Len(t, burst.Related, 2)
	require.Empty(t, s.Incidents(testAnchor.Add(-100*time.Hour), testAnchor.Add(-99*time.Hour)))
}

func TestIncidentsRecur(t *testing.T) {
	s, _ := newFixed(t)
	const again = recurrence * time.Minute
	require.Equal(t, 9*24*time.Hour+7*time.Hour, again)
	rapid.Check(t, func(t *rapid.T) {
		n := time.Duration(rapid.IntRange(-40, 40).Draw(t, "n"))
		from := testAnchor.Add(time.Duration(rapid.IntRange(-20_000, 20_000).Draw(t, "from")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(1, 20_000).Draw(t, "length")) * time.Minute)
		here, there := s.Incidents(from, to), s.Incidents(from.Add(n*again), to.Add(n*again))
		require.Len(t, there, len(here))
		ids := map[string]bool{}
		for i := range here {
			require.Equal(t, here[i].Kind, there[i].Kind)
			require.Equal(t, here[i].Start.Add(n*again), there[i].Start)
			require.True(t, here[i].Start.Before(to) && here[i].End.After(from))
			ids[here[i].ID] = true
		}
		require.Len(t, ids, len(here))
	})
}

// fiveMinutes reads a metric as a dashboard would: counts as sums, everything else as averages.
func fiveMinutes(t *testing.T, m *metric, from, to time.Time) map[int64]float64 {
	stat := "Average"
	if slices.Contains([]string{"OrdersPlaced", "HTTPCode_Target_5XX_Count", "HTTPCode_Target_2XX_Count", "RequestCount"}, m.id.name) {
		stat = "Sum"
	}
	return byTime(t, m, span{from.Unix(), to.Unix(), 300}, stat)
}

// An incident stands out from the same metric without incidents by far more than everything outside of incidents does.
func TestIncidentsShowAndNothingElseDoes(t *testing.T) {
	s, _ := newFixed(t)
	quiet := newSimulator(t, Config{Anchor: testAnchor})
	for _, m := range quiet.catalogue.metrics {
		if g, ok := m.source.(*generator); ok {
			g.effects = nil
		}
	}
	from, to := testAnchor.Add(-9*24*time.Hour), testAnchor.Add(12*time.Hour)
	labelled := map[string]bool{}
	for _, i := range s.Incidents(from, to) {
		labelled[fmt.Sprint(i.AccountID, i.Metric, i.Dimensions)] = true
		for _, r := range i.Related {
			labelled[fmt.Sprint(r.AccountID, r.Metric, r.Dimensions)] = true
		}
	}
	for n, m := range s.catalogue.metrics {
		disturbed, undisturbed := fiveMinutes(t, m, from, to), fiveMinutes(t, quiet.catalogue.metrics[n], from, to)
		ref := m.ref()
		if !labelled[fmt.Sprint(ref.AccountID, ref.Metric, ref.Dimensions)] {
			require.Equal(t, undisturbed, disturbed, "%s %v has no incident", ref.Metric, ref.Dimensions)
		}
	}
	for _, p := range s.plans {
		require.Greater(t, s.contrast(t, quiet, p), 5.0, p.kind)
	}
}

// contrast compares the incident's greatest deviation with the noise of the metric, both in logarithms.
func (s *Simulator) contrast(t *testing.T, quiet *Simulator, p plan) float64 {
	at := s.catalogue.places[place{p.target.accountID, p.target.region}]
	other := quiet.catalogue.places[place{p.target.accountID, p.target.region}].byKey[p.target.id.key()]
	from, to := minuteTime(s.catalogue.anchor+p.from), minuteTime(s.catalogue.anchor+p.until)
	seen, base := fiveMinutes(t, at.byKey[p.target.id.key()], from, to), fiveMinutes(t, other, from, to)
	calm := fiveMinutes(t, other, from.Add(-2*time.Hour), from)
	var noise, signal float64
	mean := 0.0
	for _, v := range calm {
		mean += v / float64(len(calm))
	}
	for _, v := range calm {
		noise += math.Pow(math.Log(v/mean), 2) / float64(len(calm))
	}
	for when, v := range seen {
		signal = math.Max(signal, math.Abs(math.Log((v+1e-9)/(base[when]+1e-9))))
	}
	return signal / math.Sqrt(noise)
}

func TestConnectionLeakClimbsToTheLimit(t *testing.T) {
	s, _ := newFixed(t)
	i := slices.IndexFunc(s.plans, func(p plan) bool { return p.kind == "connection-leak" })
	v := fiveMinutes(t, s.plans[i].target, testAnchor.Add(-30*time.Hour), testAnchor.Add(12*time.Hour))
	at := func(d time.Duration) float64 { return v[testAnchor.Add(d).Unix()] }
	require.Less(t, at(-28*time.Hour), 400.0)
	require.InDelta(t, connectionLimit, at(9*time.Hour-5*time.Minute), 60)
	require.Less(t, at(9*time.Hour), 400.0, "the pool is restarted")
	require.InDelta(t, at(-18*time.Hour)+(connectionLimit-at(-18*time.Hour))/27*18, at(0), 200, "about linear")
	for _, value := range v {
		require.LessOrEqual(t, value, float64(connectionLimit))
	}
}

func TestCountsFitTogether(t *testing.T) {
	s, _ := newFixed(t)
	from, to := testAnchor.Add(-3*24*time.Hour), testAnchor.Add(time.Hour)
	window := span{from.Unix(), to.Unix(), 60}
	shelf := s.catalogue.places[place{"111111111111", usEast1}]
	of := func(namespace, name, key, value, stat string) map[int64]float64 {
		return byTime(t, shelf.byKey[newMetricID(namespace, name, []dimension{{key, value}}).key()], window, stat)
	}
	alb := func(name, stat string) map[int64]float64 {
		return of(nsALB, name, "LoadBalancer", "app/storefront/50dc6c495c0c9188", stat)
	}
	requests, errors, successes := alb("RequestCount", "Sum"), alb("HTTPCode_Target_5XX_Count", "Sum"), alb("HTTPCode_Target_2XX_Count", "Sum")
	require.Equal(t, requests, alb("TargetResponseTime", "SampleCount"))
	for at, n := range requests {
		require.LessOrEqual(t, errors[at]+successes[at], n)
	}
	invocations := of(nsLambda, "Invocations", "FunctionName", "checkout-authorise", "Sum")
	for at, n := range of(nsLambda, "Errors", "FunctionName", "checkout-authorise", "Sum") {
		require.LessOrEqual(t, n, invocations[at])
	}
	require.Equal(t, invocations, of(nsLambda, "Errors", "FunctionName", "checkout-authorise", "SampleCount"))
}

func TestSeasons(t *testing.T) {
	s, _ := newFixed(t)
	mean := func(m *metric, day time.Time, hour int) float64 {
		from := day.Add(time.Duration(hour) * time.Hour)
		return byTime(t, m, span{from.Unix(), from.Unix() + 3600, 3600}, "Average")[from.Unix()]
	}
	m := s.catalogue.places[place{"222222222222", usEast1}].byKey[newMetricID(nsEC2, "CPUUtilization", []dimension{{"InstanceId", "i-0b1b2c3d4e5f60001"}}).key()]
	wednesday, saturday := time.Date(2026, 2, 18, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 21, 0, 0, 0, 0, time.UTC)
	require.Greater(t, mean(m, wednesday, 15), 2*mean(m, wednesday, 6), "day and night")
	require.Greater(t, mean(m, wednesday, 15), 1.4*mean(m, saturday, 15), "work and weekend")
	require.InEpsilon(t, mean(m, wednesday, 15), mean(m, wednesday.AddDate(0, 0, 7), 15), 0.25, "week by week")
}

// The noise of a minute has heavier tails than normal noise, and is bounded.
func TestNoiseHasHeavyBoundedTails(t *testing.T) {
	var second, fourth, largest float64
	const n = 400_000
	for i := range int64(n) {
		v := heavy(hashAt(42, i))
		second += v * v / n
		fourth += v * v * v * v / n
		largest = math.Max(largest, math.Abs(v))
	}
	require.InDelta(t, 1, second, 0.03)
	require.Greater(t, fourth/second/second, 3.5)
	require.Less(t, largest, 6.8)
}

func TestPoissonHasItsMeanAndVariance(t *testing.T) {
	for _, lambda := range []float64{0.2, 3, 29, 31, 500} {
		var sum, squares float64
		const n = 50_000
		for i := range int64(n) {
			v := poisson(lambda, hashAt(uint64(lambda*10), i))
			sum += v
			squares += v * v
		}
		mean := sum / n
		require.InEpsilon(t, lambda, mean, 0.03)
		require.InEpsilon(t, lambda, squares/n-mean*mean, 0.06)
	}
	require.Zero(t, poisson(-1, 1))
	require.Zero(t, poisson(math.NaN(), 1))
}
