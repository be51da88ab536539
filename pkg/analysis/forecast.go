package analysis

import (
	"errors"
	"fmt"
	"hash/fnv"
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
	Future   series.Window // from the first bucket after the last that is known
	Forecast forecast.Forecast
	Report   forecast.Report // how the forecaster fared in back-tests
	Trend    bool            // the forecast follows a trend that is under way, of which back-tests say nothing
	NotReady error           // why there is no forecast

	Now              time.Time // the last bucket that is known, of which the numbers of now speak; zero: none
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
	maxFits = 16 << 20
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

// forecast looks ahead from the last bucket of the range of which something is known; last is the range's last epoch.
func (e *Engine) forecast(r Request, last epoch, out *Result) {
	run, n := e.lastKnown(r, last, out.Range)
	if n == 0 {
		out.NotReady = errNothingKnown
		return
	}
	period := r.Series.Window.Period
	start := run.input.window.Time(n)
	out.Now = start.Add(-period)
	out.Future = series.Window{Start: start, End: start.Add(max(1, r.Forecast.Horizon/period) * period), Period: period}
	out.Threshold = r.Threshold.at(out.Now)

	p, err := newPast(r, run, n)
	if err != nil {
		out.Err = err
		return
	}
	o, err := e.outlook(r, p, out.Future)
	var refused *refusal
	if errors.As(err, &refused) {
		out.NotReady = refused.error
		return
	}
	if out.Err = err; err != nil {
		return
	}
	out.Forecast, out.Report, out.Trend = o.forecast, o.report, o.trend
	out.measure(run.input.value(0, n-1), p.Values, r.Detector.Direction)
}

// refusal is why a forecaster cannot be had of a history.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// outlook makes the forecast of a past, or finds the one that was made of the very same.
func (e *Engine) outlook(r Request, p past, ahead series.Window) (outlook, error) {
	id, seen := p.outlookID(ahead.Len()), p.seen()
	if o, ok := e.outlooks.get(id); ok && o.hash == seen {
		return o, nil
	}
	turn := e.looking.of(id)
	turn.Lock()
	defer turn.Unlock()
	if o, ok := e.outlooks.get(id); ok && o.hash == seen { // meanwhile
		return o, nil
	}
	p.Phases = newPhases(e.location, ahead.Period).all(series.Window{Start: p.run.input.window.Start, End: ahead.Start, Period: ahead.Period})
	to, err := p.future(ahead)
	if err != nil {
		return outlook{}, err
	}
	fitted, err := e.fitted(p)
	if err != nil {
		return outlook{}, &refusal{err}
	}
	o := outlook{hash: seen, report: fitted.Report()}
	if p.name != forecast.Auto {
		o.forecast = fitted.Forecast(p.History, to, p.levels)
	} else if model, err := e.modelAfter(r, p.run.epoch, p.now()); err == nil {
		o.forecast, o.trend = fitted.ForecastWith(model, p.History, to, p.levels)
	} else {
		return outlook{}, err
	}
	e.outlooks.put(id, o)
	return o, nil
}

// measure works the numbers of now out of the forecast. A threshold lies in the direction that the query looks in; where that is both, on the
// other side of what was usual.
func (o *Outlook) measure(now float64, past []float64, direction int8) {
	median, band := o.Forecast.Median, o.Forecast.Bands[0]
	o.MaxInHorizon = Estimate{slices.Max(median), slices.Max(band.Lower), slices.Max(band.Upper)}
	o.MinInHorizon = Estimate{slices.Min(median), slices.Min(band.Lower), slices.Min(band.Upper)}
	if o.Threshold == nil {
		return
	}
	upward := *o.Threshold >= usual(past)
	if direction != 0 {
		upward = direction > 0
	}
	near, far := band.Upper, band.Lower
	if !upward {
		near, far = far, near
	}
	hours := func(path []float64) float64 {
		return forecast.StepsTo(now, path, *o.Threshold, upward) * o.Future.Period.Hours()
	}
	o.HoursToThreshold = Estimate{hours(median), hours(near), hours(far)}
}

// past is what a forecaster sees of a series, up to its newest observation. Its phases are worked out where a forecast is made.
type past struct {
	forecast.History
	run    *run
	name   string
	levels []float64
	quiet  []string // calendars that leave no habit
	marked calendar.Set
}

// now is the newest bucket.
func (p past) now() time.Time { return p.run.input.window.Time(len(p.Values) - 1) }

// errNothingKnown is the reason where a range holds no observation to look ahead from.
var errNothingKnown = errors.New("no value in the range to forecast from: a longer range may hold one")

// lastKnown is the run of the epoch in which the last bucket of w lies whose value is known, and its number of buckets up to that one; 0 where
// there is none. A count of nothing is known as well. What the columns of a detector are makes no difference to a forecast.
func (e *Engine) lastKnown(r Request, last epoch, w series.Window) (*run, int) {
	r.Columns = nil
	for ep := last; ep.end.After(w.Start); ep = epochOf(ep.start.Add(-w.Period), w.Period) {
		run := e.newRun(r, ep)
		in := run.input
		from := max(run.first, in.window.Index(w.Start)) // what is before belongs to the epoch before
		for n := min(in.window.Index(w.End), in.len()); n > from; n-- {
			if v := in.value(0, n-1); !math.IsNaN(v) {
				return run, n
			}
		}
	}
	return nil, 0
}

// newPast is what is known of a series by the first n buckets of a run.
func newPast(r Request, run *run, n int) (past, error) {
	w := run.input.window
	w.End = w.Time(n)
	p := past{run: run, name: r.Forecast.Name, levels: r.Forecast.Levels, quiet: r.Calendars.Names(), marked: r.Forecast.Calendars}
	if p.name == "" {
		p.name = forecast.Auto
	}
	if len(p.levels) == 0 {
		p.levels = []float64{defaultLevel}
	}
	p.History = forecast.History{
		Values: make([]float64, n), BucketsPerDay: run.spec.BucketsPerDay, Lower: run.spec.Lower, Upper: run.spec.Upper,
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
	// Not all series at once: each has its own time.
	step := max(w.Period, day/refitsPerDay)
	stagger := time.Duration(ownTime(p.run.key)%uint64(step/w.Period)) * w.Period
	at := w.Index(series.Floor(now.Add(-stagger), step).Add(stagger))
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
	hash := p.hash(n)
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

// hash identifies the first n values as a forecaster sees them, and not as they were observed: a bucket without a count is 0 only once it is
// whole.
func (p past) hash(n int) uint64 { return (&input{rows: []row{{values: p.Values}}}).hash(n) }

// identity is a hash of all that a fit on the first n buckets depends on, but the values.
func (p past) identity(n int) uint64 {
	var d identity
	d.text(p.name)
	d.number(float64(p.BucketsPerDay))
	d.number(p.Lower)
	d.number(p.Upper)
	mark := uint32(0)
	for i := 0; p.Marks != nil && i < n; i++ {
		if p.Marks[i] != mark {
			mark = p.Marks[i]
			d.number(float64(i))
			d.number(float64(mark))
		}
	}
	for _, names := range [][]string{p.marked.Names(), p.quiet} { // so that queries with other calendars do not take turns in one place
		d.number(float64(len(names)))
		for _, name := range names {
			d.text(name)
		}
	}
	w := p.run.input.window
	d.clock(p.run.engine.location, series.Window{Start: w.Start, End: w.Time(n), Period: w.Period})
	d.number(float64(w.Start.Unix()))
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

// ownTime is a number that is the series' own, however it is reached.
func ownTime(k series.Key) uint64 {
	k.Source, k.RoleARN = "", ""
	h := fnv.New64a()
	_, _ = h.Write([]byte(k.ID()))
	return h.Sum64()
}
