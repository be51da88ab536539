package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// forecastSizes are the histories that are timed: hours with two days ahead, five minutes with one day.
var forecastSizes = []struct{ points, perDay, steps int }{
	{336, 24, 48}, {960, 24, 48}, {4032, 288, 288}, {8064, 288, 288},
}

const (
	// timedRuns of one size at most, for timedFor.
	timedRuns = 40
	timedFor  = time.Second
	fewRuns   = 5
)

// timing is what a fit and a forecast with a band cost.
type timing struct {
	forecaster  string
	points      int
	median, p95 float64 // ms
	bytes       float64 // allocated
}

func runForecast(_ options, out io.Writer) error {
	data, err := dataFolder()
	if err != nil {
		return err
	}
	timings, err := timeForecasters()
	if err != nil {
		return err
	}
	t := newTable(out)
	t.row("fit and forecast on one core", "points", "ms", "p95", "MB allocated")
	for _, x := range timings {
		t.row(x.forecaster, strconv.Itoa(x.points), number(x.median, 2), number(x.p95, 2), number(x.bytes/1e6, 2))
	}
	t.gap()
	accuracy, err := realAccuracy(data, t)
	if err != nil {
		return err
	}
	if err := t.close(); err != nil {
		return err
	}
	for _, x := range timings {
		name := x.forecaster
		if name == forecast.Auto {
			name = "forecast"
		}
		figure(out, fmt.Sprintf("%s%d_ms", name, x.points), x.median, "ms")
		figure(out, fmt.Sprintf("%s%d_bytes", name, x.points), x.bytes, "bytes")
	}
	for _, a := range accuracy {
		figure(out, "forecast_"+a.name+"_mae_ratio", a.ratio, "1")
		figure(out, "forecast_"+a.name+"_coverage95", 100*a.inside, "%")
	}
	return nil
}

func timeForecasters() ([]timing, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	done := progress.Count("time the forecasters", len(forecast.Catalogue())*len(forecastSizes))
	var all []timing
	for _, d := range forecast.Catalogue() {
		for _, size := range forecastSizes {
			x, err := timeFit(d.Name, size.points, size.perDay, size.steps)
			if err != nil {
				return nil, err
			}
			all = append(all, x)
			done()
		}
	}
	return all, nil
}

func timeFit(name string, points, perDay, steps int) (timing, error) {
	var took []float64
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for began := time.Now(); len(took) < timedRuns && (time.Since(began) < timedFor || len(took) < fewRuns); {
		h := requestsHistory(uint64(len(took)), points, perDay)
		to := forecast.Future{Phases: countedPhases(points+steps, perDay)[points:]}
		start := time.Now()
		if _, err := lookAhead(name, h, to, m4Levels[1:]); err != nil {
			return timing{}, fmt.Errorf("forecaster %s, %d points: %w", name, points, err)
		}
		took = append(took, float64(time.Since(start).Microseconds())/1e3)
	}
	runtime.ReadMemStats(&after)
	slices.Sort(took)
	bytes := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(took))
	return timing{name, points, took[len(took)/2], took[len(took)*95/100], bytes}, nil
}

// lookAhead is what a user gets: a fit, back-tests and bands, of auto beginning with the model that makes the scores, whose way through the
// history is counted as well.
func lookAhead(name string, h forecast.History, to forecast.Future, levels []float64) (forecast.Forecast, error) {
	f, err := forecast.Fit(name, h)
	if err != nil {
		return forecast.Forecast{}, err
	}
	if name != forecast.Auto {
		return f.Forecast(h, to, levels), nil
	}
	m := seasonal.New(seasonal.Config{BucketsPerDay: h.BucketsPerDay, Lower: h.Lower, Upper: h.Upper})
	for i, v := range h.Values {
		m.Update(v, h.Phases[i])
	}
	ahead, _ := f.ForecastWith(m, h, to, levels)
	return ahead, nil
}

// requestsHistory is like a request count: a day, a quieter weekend, slow drift and noise that grows with the level.
func requestsHistory(seed uint64, n, perDay int) forecast.History {
	h := forecast.History{Phases: countedPhases(n, perDay), BucketsPerDay: perDay, Upper: math.Inf(1)}
	r := rand.New(rand.NewPCG(seed, 0))
	slow := 0.0
	for _, ph := range h.Phases {
		slow = 0.98*slow + 0.2*r.NormFloat64()
		x := 600 - 400*math.Cos(2*math.Pi*float64(ph.Day)/float64(perDay))
		if ph.Week >= 5*perDay {
			x *= 0.6
		}
		h.Values = append(h.Values, math.Max(0, x*(1+0.05*slow+0.05*r.NormFloat64())))
	}
	return h
}
