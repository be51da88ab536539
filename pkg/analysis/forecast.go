package analysis

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Forecaster says how a series is forecast. The zero value does not.
type Forecaster struct {
	Name      string        // of forecast.Catalogue; "": forecast.Auto
	Horizon   time.Duration // from the newest observation on; 0: there is no forecast
	Levels    []float64     // of the bands; the numbers of now go by the first. None: 0.95
	Calendars calendar.Set  // whose effect is learnt and expected again
}

// Threshold is what the time to it is asked of: a value, or the newest value of another series. The zero value is none.
type Threshold struct {
	Value  *float64
	Series *series.Series // nil: Value counts
	Share  float64        // of the series' value
}

// at is the threshold as it stood at t, nil where it is not known.
func (h Threshold) at(t time.Time) *float64 {
	if h.Series == nil {
		return h.Value
	}
	until := h.Series.Slice(series.Window{Start: h.Series.Window.Start, End: t.Add(h.Series.Window.Period), Period: h.Series.Window.Period})
	for i := len(until.Values) - 1; i >= 0; i-- {
		if v := until.Values[i] * h.Share; !math.IsNaN(v) && !math.IsInf(v, 0) {
			return &v
		}
	}
	return nil
}

// Outlook is how a series goes on.
type Outlook struct {
	Future   series.Window // from the first bucket after the last observation
	Forecast forecast.Forecast
	Report   forecast.Report // how the forecaster fared in back-tests
	Trend    bool            // the forecast follows a trend that is under way, of which back-tests say nothing
	NotReady error           // why there is no forecast

	Now              time.Time // the last observed bucket, of which the numbers of now speak; zero: none
	Threshold        *float64  // as it stood then; nil: none, or not known
	HoursToThreshold Estimate  // not asked for or no forecast: NaN; not within the horizon: +Inf
	MaxInHorizon     Estimate
	MinInHorizon     Estimate
}

// Estimate is a number of now by the median of a forecast, and by the edges of its first band: of a time the earlier and the later one.
// Without a forecast all three are NaN.
type Estimate struct{ Median, Low, High float64 }

var unknown = Estimate{math.NaN(), math.NaN(), math.NaN()}

const (
	// defaultLevel of a band.
	defaultLevel = 0.95
	// refitsPerDay is how often a forecaster is fitted anew; in between it goes on from newer observations.
	refitsPerDay = 4
	// maxFits bounds fitted forecasters in memory, in bytes.
	maxFits = 64 << 20
)

// fit is a fitted forecaster and the input it has seen.
type fit struct {
	hash   uint64
	fitted *forecast.Fitted
	err    error
}

func (f fit) size() int {
	if f.fitted == nil {
		return 64
	}
	return f.fitted.Size()
}

// forecast looks ahead from the last observation of the range.
func (e *Engine) forecast(r Request, ep epoch, out *Result) {
	last := lastObserved(r.Series, out.Range)
	if last < 0 {
		out.NotReady = &seasonal.NotReadyError{}
		return
	}
	period := r.Series.Window.Period
	out.Now = out.Range.Time(last)
	start := out.Now.Add(period)
	out.Future = series.Window{Start: start, End: start.Add(max(1, r.Forecast.Horizon/period) * period), Period: period}
	out.Threshold = r.Threshold.at(out.Now)

	p, err := e.newPast(r, ep, out.Now)
	if err != nil {
		out.Err = err
		return
	}
	fitted, err := e.fitted(p)
	if out.NotReady = err; err != nil {
		return
	}
	to, err := p.future(out.Future)
	if err != nil {
		out.Err = err
		return
	}
	out.Report = fitted.Report()
	if p.name != forecast.Auto {
		out.Forecast = fitted.Forecast(p.History, to, p.levels)
	} else if model, err := e.modelAfter(r, ep, out.Now); err == nil {
		out.Forecast, out.Trend = fitted.ForecastWith(model, p.History, to, p.levels)
	} else {
		out.Err = err
		return
	}
	out.measure(r.Series.Values[r.Series.Window.Index(out.Now)], p.Values)
}

// measure works the numbers of now out of the forecast.
func (o *Outlook) measure(now float64, past []float64) {
	median, band := o.Forecast.Median, o.Forecast.Bands[0]
	o.MaxInHorizon = Estimate{slices.Max(median), slices.Max(band.Lower), slices.Max(band.Upper)}
	o.MinInHorizon = Estimate{slices.Min(median), slices.Min(band.Lower), slices.Min(band.Upper)}
	if o.Threshold == nil {
		return
	}
	upward := *o.Threshold >= usual(past)
	near, far := band.Upper, band.Lower
	if !upward {
		near, far = far, near
	}
	hours := func(path []float64) float64 {
		return forecast.StepsTo(now, path, *o.Threshold, upward) * o.Future.Period.Hours()
	}
	o.HoursToThreshold = Estimate{hours(median), hours(near), hours(far)}
}

// past is what a forecaster sees of a series, up to its newest observation.
type past struct {
	forecast.History
	run    *run
	name   string
	levels []float64
	marked calendar.Set
}

func (e *Engine) newPast(r Request, ep epoch, now time.Time) (past, error) {
	run := e.newRun(r, ep)
	n := run.input.window.Index(now) + 1
	w := series.Window{Start: run.input.window.Start, End: now.Add(run.input.window.Period), Period: run.input.window.Period}
	p := past{run: run, name: r.Forecast.Name, levels: r.Forecast.Levels, marked: r.Forecast.Calendars}
	if p.name == "" {
		p.name = forecast.Auto
	}
	if len(p.levels) == 0 {
		p.levels = []float64{defaultLevel}
	}
	p.History = forecast.History{
		Values: make([]float64, n), Phases: newPhases(e.location, w.Period).all(w),
		BucketsPerDay: run.spec.BucketsPerDay, Lower: run.spec.Lower, Upper: run.spec.Upper,
	}
	var err error
	if p.Marks, err = p.marked.Marks(w.Start, w.Period, n); err != nil {
		return p, fmt.Errorf("calendars of the forecast: %w", err)
	}
	for i := range p.Values {
		p.Values[i] = run.input.value(0, i)
		if marked := p.Marks != nil && p.Marks[i] != 0; !marked && run.input.quiet != nil && run.input.quiet[i] {
			p.Values[i] = math.NaN() // a planned event that is expected to leave no habit
		}
	}
	return p, nil
}

// future is what is known of a window ahead.
func (p past) future(w series.Window) (forecast.Future, error) {
	marks, err := p.marked.Marks(w.Start, w.Period, w.Len())
	return forecast.Future{Phases: newPhases(p.run.engine.location, w.Period).all(w), Marks: marks}, err
}

// fitted returns the forecaster of a past. It is fitted at fixed times of the day, so that a refresh costs a forecast and no fit, and so that
// who asks when makes no difference; where the history is too short at that time, on all of it.
func (e *Engine) fitted(p past) (*forecast.Fitted, error) {
	w := p.run.input.window
	now := w.Time(len(p.Values))
	at := w.Index(series.Floor(now, max(w.Period, day/refitsPerDay)))
	if f := e.fitAt(p, at); f.err == nil {
		return f.fitted, nil
	}
	f := e.fitAt(p, len(p.Values))
	return f.fitted, f.err
}

// fitAt fits on the first n buckets, or finds what was fitted on the very same.
func (e *Engine) fitAt(p past, n int) fit {
	if n <= 0 {
		return fit{err: &seasonal.NotReadyError{}}
	}
	id := keptID{series: p.run.key.ID(), epoch: p.run.input.window.Time(n).Unix(), spec: p.identity(n)}
	hash := p.run.input.hash(n)
	if f, ok := e.fits.get(id); ok && f.hash == hash {
		return f
	}
	h := p.History
	h.Values, h.Phases = h.Values[:n], h.Phases[:n]
	if h.Marks != nil {
		h.Marks = h.Marks[:n]
	}
	f := fit{hash: hash}
	f.fitted, f.err = forecast.Fit(p.name, h)
	e.fits.put(id, f)
	return f
}

// identity is a hash of all that a fit on the first n buckets depends on, but the observations and which of them are quiet.
func (p past) identity(n int) uint64 {
	var d identity
	d.text(p.name)
	d.number(float64(p.BucketsPerDay))
	d.number(p.Lower)
	d.number(p.Upper)
	for i := 1; p.Marks != nil && i < n; i++ {
		if p.Marks[i] != p.Marks[i-1] {
			d.number(float64(i))
			d.number(float64(p.Marks[i]))
		}
	}
	for _, name := range p.marked.Names() {
		d.text(name)
	}
	w := p.run.input.window
	d.clock(p.run.engine.location, series.Window{Start: w.Start, End: w.Time(n), Period: w.Period})
	d.number(float64(w.Start.Unix()))
	d.number(map[bool]float64{true: 1}[p.run.input.rows[0].sparse])
	return d.sum()
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

// decompose takes everything that was read apart and cuts the range out of it.
func (e *Engine) decompose(r Request, w series.Window) forecast.Parts {
	all := r.Series.Window.Intersect(series.Window{Start: r.Series.Window.Start, End: w.End, Period: w.Period})
	p := newPhases(e.location, w.Period)
	parts := forecast.Decompose(forecast.History{Values: r.Series.Slice(all).Values, Phases: p.all(all), BucketsPerDay: p.perDay})
	return parts.Slice(all.Index(w.Start), all.Index(w.End))
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

// usual is the median of what was observed.
func usual(values []float64) float64 {
	observed := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			observed = append(observed, v)
		}
	}
	slices.Sort(observed)
	return observed[len(observed)/2]
}
