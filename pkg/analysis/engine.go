package analysis

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Engine scores and forecasts series. It is safe for concurrent use.
type Engine struct {
	location *time.Location
	version  string
	kept     *memory
	keeper   keeper
}

// Options of an engine. The zero value is UTC without a store.
type Options struct {
	Location *time.Location // whose wall clock days and weeks follow; nil: UTC
	States   States         // keeps what was learnt over restarts; nil: only memory does. See Flush and Close
	Version  string         // of the program: what another version stored is not believed
}

// NewEngine returns an engine whose days and weeks follow the wall clock of the location, without a store.
func NewEngine(location *time.Location) *Engine { return New(Options{Location: location}) }

// New returns an engine.
func New(o Options) *Engine {
	if o.Location == nil {
		o.Location = time.UTC
	}
	return &Engine{location: o.Location, version: o.Version, kept: newMemory(maxKept), keeper: keeper{states: o.States}}
}

// Request is one series to analyse.
type Request struct {
	Series     series.Series   // of Training(Range)
	Columns    []series.Series // further columns of the detector, of the same window
	Detector   Detector        // the zero value: auto
	Calendars  calendar.Set    // planned events: no score, and nothing is learnt
	FinalUntil time.Time       // observations before it will not change any more
	WholeUntil time.Time       // counts before it are whole; later ones may still grow. What could not be read is not whole
	Range      series.Window   // what is asked for
	Horizon    time.Duration   // of the forecast; 0: none
	Threshold  *float64        // for the time to it; nil: none
}

// Result is an analysis. Slices of a score have one entry for each bucket of the range, NaN for null.
type Result struct {
	Range                                    series.Window
	Expected, Lower, Upper, Score, Direction []float64
	Event                                    []float64     // the score where an anomaly begins, 0 elsewhere
	Raw                                      []float64     // in the detector's own unit
	Rarity                                   []float64     // -log10 of the probability behind the score, uncut: what roll-ups are made of
	Err                                      error         // the detector cannot be had: there is no score
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
		if out.Err = e.scoreEpoch(r, ep, &out); out.Err != nil {
			return out
		}
		last = ep
	}
	if r.Horizon > 0 && !window.Empty() {
		e.forecast(r, last, &out)
	}
	return out
}

func newResult(w series.Window) Result {
	nan := math.NaN()
	out := Result{Range: w, HoursToThreshold: nan, HoursEarly: nan, HoursLate: nan, MaxInHorizon: nan}
	n := w.Len()
	columns := []*[]float64{&out.Expected, &out.Lower, &out.Upper, &out.Score, &out.Direction, &out.Event, &out.Raw, &out.Rarity}
	all := make([]float64, n*len(columns))
	for i := range all {
		all[i] = nan
	}
	for i, column := range columns {
		*column = all[i*n : (i+1)*n : (i+1)*n]
	}
	return out
}

// scoreEpoch fills in the part of the result that lies in the epoch.
func (e *Engine) scoreEpoch(r Request, ep epoch, out *Result) error {
	from := out.Range.Index(ep.start)
	return e.newRun(r, ep).score(func(bucket int, p point) {
		if i := from + bucket; i >= 0 && i < len(out.Score) {
			out.set(i, p)
		}
	})
}

func (out *Result) set(i int, p point) {
	out.Expected[i], out.Lower[i], out.Upper[i], out.Score[i] = p.Expected, p.Lower, p.Upper, p.Score
	out.Raw[i], out.Rarity[i] = p.Raw, p.Rarity
	if math.IsNaN(p.Score) {
		return
	}
	out.Direction[i], out.Event[i] = float64(p.Direction), 0
	if p.begins {
		out.Event[i] = p.Score
	}
}

// forecast projects from the last observation of the range.
func (e *Engine) forecast(r Request, ep epoch, out *Result) {
	last := lastObserved(r.Series, out.Range)
	if last < 0 {
		out.NotReady = &seasonal.NotReadyError{}
		return
	}
	period := r.Series.Window.Period
	out.Now = out.Range.Time(last)
	start := out.Now.Add(period)
	out.Future = series.Window{Start: start, End: start.Add(max(1, r.Horizon/period) * period), Period: period}

	model, err := e.modelAfter(r, ep, out.Now)
	if out.Err = err; err != nil {
		return
	}
	if out.NotReady = model.Ready(); out.NotReady != nil {
		return
	}
	p := model.Project(newPhases(e.location, period).all(out.Future), 0)
	out.Forecast, out.ForecastLower, out.ForecastUpper = p.Mean, p.Lower, p.Upper
	out.MaxInHorizon = slices.Max(p.Mean)
	if r.Threshold == nil {
		return
	}
	now := r.Series.Values[r.Series.Window.Index(out.Now)]
	past := r.Series.Slice(series.Window{Start: ep.origin, End: out.Future.Start, Period: period})
	c := p.TimeToThreshold(now, *r.Threshold, *r.Threshold >= usual(past.Values))
	hours := period.Hours()
	out.HoursToThreshold, out.HoursEarly, out.HoursLate = c.Median*hours, c.Early*hours, c.Late*hours
}

// modelAfter returns the seasonal model as it stands after the bucket at t: the detector's own, or that of a seasonal detector beside it.
func (e *Engine) modelAfter(r Request, ep epoch, t time.Time) (*seasonal.Model, error) {
	run := e.newRun(r, ep)
	d, err := detect.New(run.spec)
	if err != nil {
		return nil, err
	}
	if _, ok := d.(modeller); !ok {
		r.Detector, r.Columns = Detector{Name: detect.SeasonalRobust}, nil
		run = e.newRun(r, ep)
		if err := run.score(func(int, point) {}); err != nil { // which keeps it for the next time
			return nil, err
		}
	}
	pipe, err := run.before(run.input.window.Index(t) + 1)
	if err != nil {
		return nil, err
	}
	m, ok := pipe.detector.(modeller)
	if !ok {
		return nil, fmt.Errorf("detector %s has no model to forecast from", run.spec.Name)
	}
	return m.Model(), nil
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
