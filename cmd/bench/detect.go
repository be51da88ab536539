package main

import (
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/clean"
	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

const (
	measured = 4 * clean.Week // buckets that are timed, after as many that are learnt
	rounds   = 7              // they are timed in so many parts, and the fastest counts: what else a machine does only adds
)

// noState marks a detector that cannot be saved.
const noState = -1

// cost of a detector.
type cost struct {
	name       string
	us, allocs float64 // a point
	state      int     // bytes saved
	size       int     // bytes in memory
}

func runDetect(o options, out io.Writer) error {
	data, err := dataFolder()
	if err != nil {
		return err
	}
	detectors, err := detectorCosts(o)
	if err != nil {
		return err
	}
	forests, err := forestCosts()
	if err != nil {
		return err
	}
	agreement, err := compareWithReference(data)
	if err != nil {
		return err
	}
	t := newTable(out)
	t.row("detector", "us a point", "allocations a point", "state, bytes", "memory, bytes")
	for _, c := range slices.Concat(detectors, forests) {
		t.row(c.name, fraction(c.us), fraction(c.allocs), bytesOf(c.state), bytesOf(c.size))
	}
	t.gap()
	agreement.print(t)
	if err := t.close(); err != nil {
		return err
	}
	auto, light := detectors[0], detectors[len(detectors)-1]
	figure(out, "detect_us_per_point", auto.us, "us")
	figure(out, "detect_light_us_per_point", light.us, "us")
	for i, columns := range forestColumns {
		figure(out, "rcf"+strconv.Itoa(columns)+"x50_us_per_point", forests[i].us, "us")
	}
	figure(out, "detect_state_bytes", float64(auto.state), "bytes")
	figure(out, "detect_light_state_bytes", float64(light.state), "bytes")
	figure(out, "detect_allocs_per_point", auto.allocs, "allocations")
	agreement.figures(out)
	return nil
}

func bytesOf(n int) string {
	if n == noState {
		return "cannot be saved"
	}
	return strconv.Itoa(n)
}

// detectorCosts measures the detectors of the catalogue, the default first; the last is the default without its forest, or as it is
// where it has none. Parameters of the flags are those of the detector that the flags name.
func detectorCosts(o options) (costs []cost, err error) {
	specs := make([]detect.Spec, 0, len(detect.Catalogue())+1)
	for _, d := range detect.Catalogue() {
		spec := unbounded()
		spec.Name = d.Name
		if d.Name == o.spec.Name {
			spec.Parameters = o.spec.Parameters
		}
		specs = append(specs, spec)
	}
	done := progress.Count("time detectors", len(specs)+1)
	for _, spec := range append(specs, light(specs[0])) {
		c, err := costOf(spec)
		if err != nil {
			return nil, err
		}
		costs = append(costs, c)
		done()
	}
	costs[len(costs)-1].name += ", light"
	return costs, nil
}

// light is the spec without a forest.
func light(spec detect.Spec) detect.Spec {
	d, err := detect.Lookup(spec.Name)
	if err != nil || d.CheckParameter("forest", 0) != nil {
		return spec
	}
	spec.Parameters = maps.Clone(spec.Parameters)
	spec.Parameters["forest"] = 0
	return spec
}

// costOf steps a detector through 5-minute data with daily and weekly seasons, after as much that it learnt.
func costOf(spec detect.Spec) (cost, error) {
	d, err := detect.New(spec)
	if err != nil {
		return cost{}, err
	}
	series := season(2 * measured)
	if spec.Name == detect.Peers {
		for i := range series {
			series[i].Columns = group
		}
	}
	c := timed(spec.Name, series, func(o detect.Observation) { d.Step(o) })
	c.state, c.size = stateOf(d), d.Size()
	return c, nil
}

// group is the centre and the spread of the others, as Peers reads them.
var group = []float64{100, 10}

// season is clean data with a weekly season.
func season(n int) []detect.Observation {
	for _, k := range clean.Kinds() {
		if k.Name == clean.WeeklySeason {
			return k.Generate(1, n)
		}
	}
	return nil
}

// stateOf is the size of a detector's saved state; noState where Save is not made yet and panics.
func stateOf(d detect.Detector) (size int) {
	defer func() {
		if recover() != nil {
			size = noState
		}
	}()
	return len(detect.Save(d))
}

// timed takes the first half of rows untimed, then the other: the time of each is that of the fastest round.
func timed[row any](name string, rows []row, step func(row)) cost {
	half := len(rows) / 2
	for _, r := range rows[:half] {
		step(r)
	}
	rows = rows[half:]
	took := make([]float64, rounds)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range took {
		part := rows[i*len(rows)/rounds : (i+1)*len(rows)/rounds]
		began := time.Now()
		for _, r := range part {
			step(r)
		}
		took[i] = float64(time.Since(began).Nanoseconds()) / 1e3 / float64(len(part))
	}
	runtime.ReadMemStats(&after)
	return cost{name: name, us: slices.Min(took), allocs: math.Floor(100*float64(after.Mallocs-before.Mallocs)/float64(len(rows))) / 100}
}

// forestColumns are the widths at which the forest is timed.
var forestColumns = []int{1, 8, 32}

// forestCosts measures the forest alone, of 50 trees and 256 samples.
func forestCosts() (costs []cost, err error) {
	done := progress.Count("time forests", len(forestColumns))
	for _, columns := range forestColumns {
		f, err := forest.New(forest.Config{Trees: 50, SampleSize: 256, Columns: columns})
		if err != nil {
			return nil, err
		}
		c := timed("forest of 50 trees, columns: "+strconv.Itoa(columns), rowsOf(columns, 2*measured), func(row []float64) { f.Step(row) })
		var w state.Writer
		f.Save(&w)
		c.size, c.state = f.Size(), len(w.Bytes())
		costs = append(costs, c)
		done()
	}
	return costs, nil
}

// rowsOf makes rows of so many columns: the same season in each, their own noise.
func rowsOf(columns, n int) [][]float64 {
	r := rand.New(rand.NewPCG(2, 2))
	rows := make([][]float64, n)
	for i, o := range season(n) {
		rows[i] = make([]float64, columns)
		for j := range rows[i] {
			rows[i][j] = o.Value + 5*r.NormFloat64()
		}
	}
	return rows
}
