package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// publishedM4 are the results of others on M4's hourly series, published [P] or measured beside them [M]: sMAPE, MASE, OWA, MSIS.
var publishedM4 = []struct {
	method string
	cells  [4]string
}{
	{"Doornik et al., best of the competition on hourly [P]", [4]string{"8.91", "0.801", "0.410", "6.14"}},
	{"Smyl ES-RNN, the winner [P]", [4]string{"9.33", "0.893", "0.440", "7.93"}},
	{"SARIMA(1,0,1)(0,1,1)24, every tenth series, R [M]", [4]string{"10.9", "1.02", "-", "9.5"}},
	{"seasonal naive [P], with conformal bands [M]", [4]string{"13.9", "1.19", "0.628", "8.6"}},
	{"Theta [P]", [4]string{"18.1", "2.46", "1.0", "-"}},
	{"ETS [P]", [4]string{"17.3", "1.6-2.9", "1.0", "17.5"}},
	{"Prophet [P]", [4]string{"-", "1.78", "-", "-"}},
	{"Naive2 [P]", [4]string{"18.383", "2.395", "1", "-"}},
}

// m4Halves name the series by their number: those with an even one are tuned on.
var m4Halves = [2]string{"even series (tuned on)", "odd series (not tuned on)"}

var m4Levels = []float64{0.8, 0.95}

// m4Series is a series of the competition and what came after it.
type m4Series struct {
	name          string
	train, actual []float64
}

// m4Result is what a forecaster and Naive2 made of one series.
type m4Result struct {
	m4Score
	naive m4Score
	took  time.Duration
}

func runM4(o options, out io.Writer) error {
	data, err := dataFolder()
	if err != nil {
		return err
	}
	folder, err := fs.Sub(data, "m4-hourly")
	if err != nil {
		return err
	}
	series, err := readM4(folder)
	if err != nil {
		return err
	}
	results := make([]m4Result, len(series))
	err = parallel(fmt.Sprintf("forecast %d series", len(series)), len(series), func(i int) error {
		var err error
		if results[i], err = series[i].score(o.forecaster); err != nil {
			return fmt.Errorf("%s: %w", series[i].name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return reportM4(o.forecaster, results, out)
}

// readM4 reads the two wide tables of the competition: a row for each series, its name first.
func readM4(folder fs.FS) ([]m4Series, error) {
	train, err := readWide(folder, "Hourly-train.csv")
	if err != nil {
		return nil, err
	}
	test, err := readWide(folder, "Hourly-test.csv")
	if err != nil {
		return nil, err
	}
	if len(train) != len(test) {
		return nil, fmt.Errorf("%d series and what came after %d", len(train), len(test))
	}
	for i := range train {
		if train[i].name != test[i].name {
			return nil, fmt.Errorf("series %s stands beside %s", train[i].name, test[i].name)
		}
		train[i].actual = test[i].train
	}
	return train, nil
}

func readWide(folder fs.FS, name string) ([]m4Series, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var all []m4Series
	for _, row := range rows[min(1, len(rows)):] {
		s := m4Series{name: row[0]}
		for _, cell := range row[1:] {
			if cell == "" {
				break
			}
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: series %s: %w", name, s.name, err)
			}
			s.train = append(s.train, v)
		}
		all = append(all, s)
	}
	return all, nil
}

// score forecasts what came. The clocks of the competition's series are not known: hours are counted from the first.
func (s m4Series) score(forecaster string) (r m4Result, err error) {
	phases := countedPhases(len(s.train)+len(s.actual), m4Season)
	h := forecast.History{
		Values: s.train, Phases: phases[:len(s.train)], BucketsPerDay: m4Season, Lower: math.Inf(-1), Upper: math.Inf(1),
	}
	began := time.Now()
	ahead, err := lookAhead(forecaster, h, forecast.Future{Phases: phases[len(s.train):]}, m4Levels)
	if err != nil {
		return r, err
	}
	r.took = time.Since(began)

	scale := seasonalScale(s.train)
	r.smape, r.mase = pointMeasures(s.actual, ahead.Median, scale)
	for i, b := range ahead.Bands {
		r.inside[i] = insideShare(s.actual, b.Lower, b.Upper)
	}
	wide := ahead.Bands[1]
	r.msis = intervalScore(s.actual, wide.Lower, wide.Upper, 0.05, scale)
	r.naive.smape, r.naive.mase = pointMeasures(s.actual, naive2(s.train, len(s.actual)), scale)
	return r, nil
}

// countedPhases of n buckets that count on.
func countedPhases(n, perDay int) []seasonal.Phase {
	all := make([]seasonal.Phase, n)
	for i := range all {
		all[i] = seasonal.Phase{Day: i % perDay, Week: i % (7 * perDay)}
	}
	return all
}

// meanM4 are the means of all measures.
func meanM4(results []m4Result) (mean m4Result) {
	n := float64(len(results))
	for _, r := range results {
		mean.smape += r.smape / n
		mean.mase += r.mase / n
		mean.msis += r.msis / n
		mean.naive.smape += r.naive.smape / n
		mean.naive.mase += r.naive.mase / n
		for i := range r.inside {
			mean.inside[i] += r.inside[i] / n
		}
	}
	return mean
}

// owa is the overall weighted average of the competition, by Naive2 of the same series.
func (r m4Result) owa() float64 { return (r.smape/r.naive.smape + r.mase/r.naive.mase) / 2 }

func reportM4(forecaster string, results []m4Result, out io.Writer) error {
	var halves [2][]m4Result
	took := make([]float64, len(results))
	for i, r := range results {
		odd := (i + 1) % 2 // the first is H1
		halves[odd] = append(halves[odd], r)
		took[i] = float64(r.took.Microseconds()) / 1e3
	}
	slices.Sort(took)
	all := meanM4(results)

	t := newTable(out)
	t.row("M4 hourly, 48 ahead", "sMAPE", "MASE", "OWA", "MSIS 95 %", "within 80 %", "within 95 %")
	t.m4("vigia "+forecaster, all)
	for odd, name := range m4Halves {
		t.m4("  "+name, meanM4(halves[odd]))
	}
	t.row("Naive2, as computed here", number(all.naive.smape, 3), number(all.naive.mase, 3), "1")
	for _, p := range publishedM4 {
		t.row(append([]string{p.method}, p.cells[:]...)...)
	}
	if err := t.close(); err != nil {
		return err
	}
	figure(out, "m4_hourly_owa", all.owa(), "1")
	figure(out, "m4_hourly_mase", all.mase, "1")
	figure(out, "m4_hourly_smape", all.smape, "%")
	figure(out, "m4_hourly_msis", all.msis, "1")
	figure(out, "m4_hourly_coverage80", 100*all.inside[0], "%")
	figure(out, "m4_hourly_coverage95", 100*all.inside[1], "%")
	figure(out, "m4_hourly_owa_tuned_half", meanM4(halves[0]).owa(), "1")
	figure(out, "m4_hourly_owa_untuned_half", meanM4(halves[1]).owa(), "1")
	figure(out, "m4_hourly_ms", took[len(took)/2], "ms")
	return nil
}

func (t table) m4(name string, r m4Result) {
	t.row(name, number(r.smape, 2), number(r.mase, 3), number(r.owa(), 3), number(r.msis, 2), points(100*r.inside[0]), points(100*r.inside[1]))
}
