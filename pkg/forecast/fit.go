package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Fitted is a forecaster fitted to one series. It does not change and may be used from many goroutines.
type Fitted struct {
	perDay    int
	low, high float64 // of the series
	models    []model // the members of the stack
	stack     *stack
	size      [slots]float64 // the unit of errors
	bands     *bands
	report    Report
}

// Fit fits the forecaster of that name ("" is Auto) and tests it from earlier moments of the history. Errors: an unknown name; a
// *seasonal.NotReadyError where there is too little history; a model by name that cannot be fitted to this series.
func Fit(name string, h History) (*Fitted, error) {
	definition, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	s := newSeries(h, Future{})
	if err := s.ready(); err != nil {
		return nil, err
	}
	origins := originsOf(s)
	var members [][]model
	if method := methods[definition.Name]; method == nil {
		members = stacked(s, origins)
	} else if members, origins, err = named(s, origins, method); err != nil {
		return nil, fmt.Errorf("fit forecaster %s: %w", definition.Name, err)
	}
	f := &Fitted{perDay: s.perDay, low: s.low[s.n-1], high: s.high[s.n-1]}
	var trials []trial
	f.stack, trials = backtest(s, origins, members)
	for _, m := range members {
		f.models = append(f.models, m[len(m)-1])
	}
	trials = warm(trials)
	f.size = newSizes(s, []int{s.n})[0]
	f.bands = calibrate(s, f.stack.ladder, trials)
	f.report = s.report(trials, f.bands)
	f.report.Model = f.describe()
	f.stack.tallies = nil // which only learning needs
	return f, nil
}

// stacked are the members of Auto, the seasonal naive forecast first.
func stacked(s *series, origins []int) [][]model {
	var members [][]model
	naive := repeat(oneSeason)
	if s.perDay == 1 {
		naive = oneCycle // which is the season
	}
	simple := []model{naive, repeat(oneCycle), drift{}, profile{}, usual{}, steady(1), steady(7)}
	for _, m := range slices.Compact(simple) { // two are the same where a bucket is a day
		members = append(members, slices.Repeat([]model{m}, len(origins)))
	}
	members = append(members, autoregressions(s, origins, false, math.Inf(1)))
	if logs := autoregressions(s, origins, true, halfLife); logs != nil {
		members = append(members, logs)
	}
	return members
}

// Report says what the back-tests said.
func (f *Fitted) Report() Report {
	r := f.report
	r.Coverage = slices.Clone(r.Coverage)
	return r
}

// Size is the memory held, in bytes, about.
func (f *Fitted) Size() int {
	n := 1024 + 512*len(f.models)
	for _, e := range f.bands.edges {
		n += 8 * (len(e.lower) + len(e.upper))
	}
	for _, w := range f.stack.weights {
		n += 8*len(w) + 128
	}
	for _, m := range f.models {
		if sized, ok := m.(interface{ size() int }); ok {
			n += sized.size()
		}
	}
	return n
}

// Forecast says what comes in the buckets of to, which follow on h: the history that the forecaster was fitted to, or the same with newer
// buckets at its end. levels are above 0 and below 1; a level has its band. The first steps do not depend on how many there are. Nothing
// is fitted here. After a history in which nothing can be seen, the forecast is the range of the series.
func (f *Fitted) Forecast(h History, to Future, levels []float64) Forecast {
	s := newSeries(h, to)
	if s.ready() != nil || s.perDay != f.perDay {
		return f.blind(len(to.Phases), levels)
	}
	paths := make([][]float64, len(f.models))
	for m := range paths {
		paths[m] = make([]float64, len(to.Phases))
		f.models[m].path(s.at(s.n), s.n, paths[m])
		s.tame(s.n, paths[m])
	}
	out := Forecast{Median: make([]float64, len(to.Phases))}
	f.stack.mix(out.Median, paths)
	width := make([]float64, len(to.Phases))
	beyond := float64(f.stack.ladder.last())
	for i := range width {
		width[i] = f.size[s.slot[s.n+i]] * math.Sqrt(math.Max(float64(i+1)/beyond, 1))
	}
	var events *effects
	if s.marks != nil {
		events = learnEffects(s, &f.size)
		events.apply(s, out.Median, width)
	}
	for _, level := range levels {
		out.Bands = append(out.Bands, f.band(s, events, level, out.Median, width))
	}
	return out
}

// relativeFloor of a band's half width against its median.
const relativeFloor = 1e-3

func (f *Fitted) band(s *series, events *effects, level float64, median, width []float64) Band {
	band := Band{level, make([]float64, len(median)), make([]float64, len(median))}
	edges := f.bands.at(level)
	lower, upper := edges.lower, edges.upper
	f.stack.ladder.each(len(median), func(i, a, b int, share float64) {
		x := median[i]
		low, high := events.within(s, i)
		least := relativeFloor * math.Abs(x)
		down := math.Max(-width[i]*(lower[a]+share*(lower[b]-lower[a])), least)
		up := math.Max(width[i]*(upper[a]+share*(upper[b]-upper[a])), least)
		band.Lower[i] = math.Min(math.Max(x-down, low), x)
		band.Upper[i] = math.Max(math.Min(x+up, high), x)
	})
	return band
}

func (f *Fitted) blind(n int, levels []float64) Forecast {
	out := Forecast{Median: slices.Repeat([]float64{f.low + (f.high-f.low)/2}, n)}
	for _, level := range levels {
		out.Bands = append(out.Bands, Band{level, slices.Repeat([]float64{f.low}, n), slices.Repeat([]float64{f.high}, n)})
	}
	return out
}

// report compares the trials with what came, as far ahead as judged.
func (s *series) report(trials []trial, c *bands) Report {
	r := Report{Origins: len(trials), Coverage: c.held}
	sum, relative, count := 0.0, 0.0, 0.0
	for _, t := range trials {
		reach := min(len(t.path), judged*s.season)
		r.Steps = max(r.Steps, reach)
		for i, forecast := range t.path[:reach] {
			x := s.seen[t.origin+i]
			if x != x {
				continue
			}
			err := math.Abs(x - forecast)
			sum += err
			if err > 0 {
				relative += 200 * err / (math.Abs(x) + math.Abs(forecast))
			}
			count++
		}
	}
	r.MAE, r.SMAPE = sum/count, relative/count
	r.MASE = r.MAE / s.naiveError()
	if r.MAE == 0 {
		r.MASE = 0
	}
	if math.IsInf(r.MASE, 0) {
		r.MASE = math.NaN()
	}
	return r
}

// naiveError is the mean absolute error of the seasonal naive forecast within the history.
func (s *series) naiveError() float64 {
	sum, count := 0.0, 0.0
	for t := s.seasoned(); t < s.n; t++ {
		if x := s.seen[t]; x == x {
			sum += math.Abs(x - s.y[s.back[oneSeason][t]])
			count++
		}
	}
	return sum / count
}

// told are members of a stack that have this share or more.
const told = 0.1

// describe names the model, or the members of a stack by their shares at half a day ahead.
func (f *Fitted) describe() string {
	if len(f.models) == 1 {
		return f.models[0].String()
	}
	b := slices.IndexFunc(f.stack.ladder.ends, func(end int) bool { return 2*end >= f.perDay })
	weights := f.stack.weights[b]
	members := make([]int, len(weights))
	for m := range members {
		members[m] = m
	}
	slices.SortStableFunc(members, func(i, j int) int { return cmp.Compare(weights[j], weights[i]) })
	var parts []string
	for _, m := range members {
		if weights[m] >= told {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", f.models[m], 100*weights[m]))
		}
	}
	if len(parts) == 0 {
		return "many members"
	}
	return strings.Join(parts, ", ")
}
