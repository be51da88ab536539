package main

import (
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/monitoring"
	"github.com/vigia-cloudwatch/vigia/cmd/bench/nab"
	"github.com/vigia-cloudwatch/vigia/cmd/bench/replay"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const (
	// realMoments of each series, evenly from realFrom of it on, are forecast a day from.
	realMoments = 6
	realFrom    = 0.45
	// leastRatio bounds the ratio of a series, so that one that is constant but for an hour does not decide the mean.
	leastRatio = 0.1
)

// accuracy is how Auto did on a folder of real series: geometric mean of its error over that of the seasonal naive forecast, mean share
// within the band of 95 %, with the incidents that are in these series.
type accuracy struct {
	name          string
	series        int
	ratio, inside float64
	worst         float64
}

// clocked are the rows of a real series.
type clocked struct {
	name string
	rows replay.Rows
}

// realAccuracy compares on the AWS series of NAB and on Microsoft's, and prints it.
func realAccuracy(data fs.FS, t table) ([]accuracy, error) {
	folders, err := readReal(data)
	if err != nil {
		return nil, err
	}
	t.row("a day ahead, auto", "series", "error over seasonal naive's", "worst", "within 95 %")
	var all []accuracy
	for _, name := range []string{"nab", "monitoring"} {
		a, err := compare(name, folders[name])
		if err != nil {
			return nil, err
		}
		t.row(name, strconv.Itoa(a.series), fraction(a.ratio), fraction(a.worst), points(100*a.inside))
		all = append(all, a)
	}
	return all, nil
}

func readReal(data fs.FS) (map[string][]clocked, error) {
	all := map[string][]clocked{}
	benchmark, err := fs.Sub(data, "nab")
	if err != nil {
		return nil, err
	}
	labelled, err := nab.Read(benchmark)
	if err != nil {
		return nil, err
	}
	for _, s := range labelled {
		if s.Folder() == cloudWatchFolder {
			all["nab"] = append(all["nab"], clocked{s.Name, s.Rows})
		}
	}
	folder, err := fs.Sub(data, "cloud-monitoring/data")
	if err != nil {
		return nil, err
	}
	files, err := monitoring.Read(folder)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		all["monitoring"] = append(all["monitoring"], clocked{f.Name, f.Rows})
	}
	return all, nil
}

// compare goes through the series of a folder; those too short for any forecast are left out.
func compare(name string, series []clocked) (accuracy, error) {
	results := make([]dayErrors, len(series))
	err := parallel(fmt.Sprintf("forecast %d series of %s", len(series), name), len(series), func(i int) error {
		grid, err := series[i].rows.Grid()
		if err != nil {
			return fmt.Errorf("%s: %w", series[i].name, err)
		}
		results[i] = compareSeries(grid)
		return nil
	})
	a := accuracy{name: name}
	for _, r := range results {
		if r.count == 0 || r.naive == 0 {
			continue
		}
		a.series++
		a.ratio += math.Log(math.Max(r.own/r.naive, leastRatio))
		a.inside += r.inside / r.count
		a.worst = math.Max(a.worst, r.own/r.naive)
	}
	a.ratio, a.inside = math.Exp(a.ratio/float64(a.series)), a.inside/float64(a.series)
	return a, err
}

// dayErrors are sums over all forecast buckets of a series.
type dayErrors struct{ own, naive, inside, count float64 }

func compareSeries(g replay.Grid) (c dayErrors) {
	day := g.PerDay()
	phases := gridPhases(g)
	first := int(realFrom * float64(len(g.Values)))
	for k := range realMoments {
		n := first + (len(g.Values)-day-first)*k/(realMoments-1)
		if n < first {
			continue
		}
		h := forecast.History{
			Values: g.Values[:n], Phases: phases[:n], BucketsPerDay: day, Lower: math.Inf(-1), Upper: math.Inf(1),
		}
		out, err := lookAhead(forecast.Auto, h, forecast.Future{Phases: phases[n : n+day]}, m4Levels[1:])
		if err != nil {
			continue // too little history, which is the one error there is
		}
		c.add(out, g.Values, n, day)
	}
	return c
}

// add compares a day from bucket n on with what came and with the day before, or the last day on which there was a value.
func (c *dayErrors) add(f forecast.Forecast, values []float64, n, day int) {
	for i := range day {
		x, naive := values[n+i], math.NaN()
		for k := n + i - day; k >= 0 && naive != naive; k -= day {
			naive = values[k]
		}
		if x != x || naive != naive {
			continue
		}
		c.count++
		c.own += math.Abs(x - f.Median[i])
		c.naive += math.Abs(x - naive)
		if x >= f.Bands[0].Lower[i] && x <= f.Bands[0].Upper[i] {
			c.inside++
		}
	}
}

// gridPhases are by wall clock; the files name no time zone.
func gridPhases(g replay.Grid) []seasonal.Phase {
	all := make([]seasonal.Phase, len(g.Values))
	const day = 24 * time.Hour
	for i := range all {
		at := g.Start.Add(time.Duration(i) * g.Period)
		ofDay := int(at.Sub(at.Truncate(day))/g.Period) % g.PerDay()
		all[i] = seasonal.Phase{Day: ofDay, Week: int(at.Weekday())*g.PerDay() + ofDay}
	}
	return all
}
