package analysis

import (
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Engine scores and forecasts series. It is safe for concurrent use.
type Engine struct {
	location *time.Location
	kept     *memory
}

// NewEngine returns an engine whose days and weeks follow the wall clock of the location.
func NewEngine(location *time.Location) *Engine {
	return &Engine{location: location, kept: newMemory(maxKept)}
}

// Request is one series to analyse.
type Request struct {
	Series     series.Series // of Training(Range)
	FinalUntil time.Time     // observations before it will not change any more
	WholeUntil time.Time     // counts before it are whole; later ones may still grow
	Range      series.Window // what is asked for
	Horizon    time.Duration // of the forecast; 0: none
	Threshold  *float64      // for the time to it; nil: none
}

// Result is an analysis. Slices of a score have one entry for each bucket of the range, NaN for null.
type Result struct {
	Range                                    series.Window
	Expected, Lower, Upper, Score, Direction []float64
	Future                                   series.Window // of the forecast, from the first bucket after the last observation
	Forecast, ForecastLower, ForecastUpper   []float64
	NotReady                                 error     // why there is no forecast
	Now                                      time.Time // the last observed bucket, of which the numbers of now speak; zero: none
	HoursToThreshold, HoursEarly, HoursLate  float64   // NaN: not asked for or no forecast; +Inf: not within the horizon
	MaxInHorizon                             float64   // of the median; NaN: no forecast
}

// Analyse scores the range and, where a horizon is given, forecasts from its last observation.
func (e *Engine) Analyse(r Request) Result {
	window := r.Range.Intersect(r.Series.Window)
	out := newResult(window)
	var last epoch
	for _, ep := range epochsOf(window) {
		e.scoreEpoch(r, ep, &out)
		last = ep
	}
	out.withholdPartCounts(r)
	if r.Horizon > 0 && !window.Empty() {
		e.forecast(r, last, &out)
	}
	return out
}

func newResult(w series.Window) Result {
	n := w.Len()
	nan := math.NaN()
	out := Result{Range: w, HoursToThreshold: nan, HoursEarly: nan, HoursLate: nan, MaxInHorizon: nan}
	for _, column := range []*[]float64{&out.Expected, &out.Lower, &out.Upper, &out.Score, &out.Direction} {
		*column = make([]float64, n)
		for i := range *column {
			(*column)[i] = nan
		}
	}
	return out
}

func newDetector(k series.Key, b limits) *detect.Seasonal {
	return detect.NewSeasonal(detect.Config{BucketsPerDay: bucketsPerDay(k.Period), Lower: b.lower, Upper: b.upper})
}

// scoreEpoch fills in the part of the result that lies in the epoch.
func (e *Engine) scoreEpoch(r Request, ep epoch, out *Result) {
	run := e.newRun(r, ep)
	from := out.Range.Index(ep.start)
	run.score(func(bucket int, score detect.Result) {
		if i := from + bucket; i >= 0 && i < len(out.Score) {
			out.set(i, score)
		}
	})
}

func (out *Result) set(i int, s detect.Result) {
	out.Expected[i], out.Lower[i], out.Upper[i], out.Score[i] = s.Expected, s.Lower, s.Upper, s.Score
	if !math.IsNaN(s.Score) {
		out.Direction[i] = float64(s.Direction)
	}
}

// withholdPartCounts takes back what was said of a count that looks too low while it may still grow: CloudWatch adds to a bucket for some
// minutes, and the newest one would alarm at every refresh. A count that is too high already can only get higher, so it stands.
func (out *Result) withholdPartCounts(r Request) {
	if stat := r.Series.Key.Stat; stat != "Sum" && stat != "SampleCount" {
		return
	}
	for i := max(0, out.Range.Index(r.WholeUntil)); i < len(out.Score); i++ {
		if out.Direction[i] < 0 {
			out.Score[i], out.Direction[i] = math.NaN(), math.NaN()
		}
	}
}

// forecast projects from the last observation of the range.
func (e *Engine) forecast(r Request, ep epoch, out *Result) {
	last := lastObserved(r.Series, out.Range)
	if last < 0 {
		out.NotReady = &forecast.NotReadyError{}
		return
	}
	period := r.Series.Window.Period
	out.Now = out.Range.Time(last)
	start := out.Now.Add(period)
	out.Future = series.Window{Start: start, End: start.Add(max(1, r.Horizon/period) * period), Period: period}

	run := e.newRun(r, ep)
	model := run.modelAfter(out.Now)
	if out.NotReady = model.Ready(); out.NotReady != nil {
		return
	}
	p := model.Project(newPhases(e.location, period).all(out.Future))
	out.Forecast, out.ForecastLower, out.ForecastUpper = p.Mean, p.Lower, p.Upper
	out.MaxInHorizon = slices.Max(p.Mean)
	if r.Threshold == nil {
		return
	}
	now := r.Series.Values[r.Series.Window.Index(out.Now)]
	c := p.TimeToThreshold(now, *r.Threshold, *r.Threshold >= usual(run.input.Values[:run.input.Window.Index(out.Now)+1]))
	hours := period.Hours()
	out.HoursToThreshold, out.HoursEarly, out.HoursLate = c.Median*hours, c.Early*hours, c.Late*hours
}

// lastObserved is the index in w of its last bucket with a value, or -1.
func lastObserved(s series.Series, w series.Window) int {
	values := s.Slice(w).Values
	for i := len(values) - 1; i >= 0; i-- {
		if !math.IsNaN(values[i]) {
			return i
		}
	}
	return -1
}
