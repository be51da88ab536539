package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strconv"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/nab"
	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
)

// The reference was measured with 20 forests of 50 trees and 256 samples, decay 1/2560; it counts after its first rows.
const (
	referenceForests = 20
	referenceTrees   = 50
	referenceFrom    = 300
)

// comparison is one series of the reference, and ours of the same.
type comparison struct {
	name    string
	shingle int
	values  []float64
	theirs  forestScores
	ours    forestScores
}

// forestScores of many forests, by row.
type forestScores struct{ mean, sd, high, low []float64 }

// agreement is what is left between two implementations: the least correlation, the largest relative errors.
type agreement struct {
	rows                       []agreementRow
	correlation, mean, deviate float64
}

type agreementRow struct {
	name                       string
	correlation, mean, deviate float64 // deviate is NaN for the sums, whose deviation the reference does not have
}

// compareWithReference scores the reference's series with as many forests of ours.
func compareWithReference(data fs.FS) (agreement, error) {
	comparisons, err := readReference(data)
	if err != nil {
		return agreement{}, err
	}
	scores := make([]forestScores, len(comparisons)*referenceForests)
	err = parallel(fmt.Sprintf("score %d forests beside AWS's", len(scores)), len(scores), func(i int) (err error) {
		c := comparisons[i/referenceForests]
		scores[i], err = scoreForest(c.values, c.shingle, uint64(i))
		return err
	})
	if err != nil {
		return agreement{}, err
	}
	a := agreement{correlation: 1}
	for i, c := range comparisons {
		c.ours = average(scores[i*referenceForests : (i+1)*referenceForests])
		a.add(c.name+", score", c.ours.mean, c.theirs.mean, relative(mean(c.ours.sd), mean(c.theirs.sd)))
		a.add(c.name+", high", c.ours.high, c.theirs.high, math.NaN())
		a.add(c.name+", low", c.ours.low, c.theirs.low, math.NaN())
	}
	return a, nil
}

func (a *agreement) add(name string, ours, theirs []float64, deviate float64) {
	r := agreementRow{name, correlation(ours, theirs), relative(mean(ours), mean(theirs)), deviate}
	a.rows = append(a.rows, r)
	a.correlation = math.Min(a.correlation, r.correlation)
	a.mean = math.Max(a.mean, math.Abs(r.mean))
	if !math.IsNaN(deviate) {
		a.deviate = math.Max(a.deviate, math.Abs(deviate))
	}
}

func (a agreement) print(t table) {
	t.row("forests beside AWS's own (Java 4.3)", "correlation", "mean, % off", "deviation, % off")
	for _, r := range a.rows {
		t.row(r.name, number(r.correlation, 4), number(100*r.mean, 2), number(100*r.deviate, 1))
	}
}

func (a agreement) figures(out io.Writer) {
	figure(out, "rcf_reference_correlation", a.correlation, "1")
	figure(out, "rcf_reference_mean_error", 100*a.mean, "%")
	figure(out, "rcf_reference_sd_error", 100*a.deviate, "%")
}

// scoreForest scores each row before it is learnt.
func scoreForest(values []float64, shingle int, seed uint64) (s forestScores, err error) {
	f, err := forest.New(forest.Config{Trees: referenceTrees, SampleSize: 256, TimeDecay: 2560, Shingle: shingle, Seed: seed})
	if err != nil {
		return s, err
	}
	high, low := make([]float64, f.Dimensions()), make([]float64, f.Dimensions())
	for _, v := range values {
		row := []float64{v}
		s.mean = append(s.mean, f.Attribution(row, high, low))
		s.high, s.low = append(s.high, sum(high)), append(s.low, sum(low))
		f.Learn(row)
	}
	return s, nil
}

// average is the mean over forests by row, and their standard deviation, of the rows that count.
func average(all []forestScores) (a forestScores) {
	n := float64(len(all))
	for row := referenceFrom; row < len(all[0].mean); row++ {
		var score, square, high, low float64
		for _, s := range all {
			score += s.mean[row] / n
			high += s.high[row] / n
			low += s.low[row] / n
		}
		for _, s := range all {
			square += (s.mean[row] - score) * (s.mean[row] - score)
		}
		a.mean, a.sd = append(a.mean, score), append(a.sd, math.Sqrt(square/(n-1)))
		a.high, a.low = append(a.high, high), append(a.low, low)
	}
	return a
}

func readReference(data fs.FS) (list []comparison, err error) {
	for _, series := range []string{"ec2_cpu_utilization_5f5533", "rds_cpu_utilization_cc0c53"} {
		rows, err := nab.ReadRows(data, path.Join("nab/data", cloudWatchFolder, series+".csv"))
		if err != nil {
			return nil, err
		}
		for _, shingle := range []int{1, 4} {
			c := comparison{name: fmt.Sprintf("%s, shingle %d", series, shingle), shingle: shingle, values: rows.Values}
			file := fmt.Sprintf("rcf-reference/%s_shingle%d.csv", series, shingle)
			if c.theirs, err = readScores(data, file); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if got, want := len(c.theirs.mean), len(c.values)-referenceFrom; got != want {
				return nil, fmt.Errorf("%s: %d rows count, not %d", file, got, want)
			}
			list = append(list, c)
		}
	}
	return list, nil
}

// readScores reads the rows that count: row, score_mean, score_sd, high, low.
func readScores(data fs.FS, file string) (s forestScores, err error) {
	f, err := data.Open(file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return s, err
	}
	for _, line := range lines[min(1+referenceFrom, len(lines)):] {
		for i, to := range []*[]float64{&s.mean, &s.sd, &s.high, &s.low} {
			v, err := strconv.ParseFloat(line[i+1], 64)
			if err != nil {
				return s, err
			}
			*to = append(*to, v)
		}
	}
	return s, nil
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

func mean(values []float64) float64 { return sum(values) / float64(len(values)) }

// relative error of ours.
func relative(ours, theirs float64) float64 { return (ours - theirs) / theirs }

// correlation of Pearson.
func correlation(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xx += dx * dx
		yy += dy * dy
		xy += dx * dy
	}
	return xy / math.Sqrt(xx*yy)
}
