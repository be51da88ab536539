package analysis

import (
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Engine scores and forecasts series. It is safe for concurrent use.
type Engine struct {
	location *time.Location
	version  string
	kept     *memory[kept]
	said     *memory[said]
	fresh    *memory[fresh]
	marks    *memory[marked]
	fits     *memory[fit]
	outlooks *memory[outlook]
	keeper   keeper
	running  *turns // of epochs
	looking  *turns // of forecasts
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
	return &Engine{
		location: o.Location, version: o.Version, keeper: keeper{states: o.States},
		running: newTurns(), looking: newTurns(),
		kept: newMemory[kept](maxKept), said: newMemory[said](maxSaid), fresh: newMemory[fresh](maxFresh),
		marks: newMemory[marked](maxMarks), fits: newMemory[fit](maxFits), outlooks: newMemory[outlook](maxOutlooks),
	}
}

// Request is one series to analyse.
type Request struct {
	Series     series.Series   // of Training(Range)
	Columns    []series.Series // further columns of the detector, of the same window
	Untrusted  [][]bool        // of the series, then of each column, by its buckets: those that are missing because what was observed failed a check; nil: none
	Detector   Detector        // the zero value: auto
	Calendars  calendar.Set    // of them the quiet ones: no score, and nothing is learnt
	FinalUntil time.Time       // observations before it will not change any more
	WholeUntil time.Time       // counts before it are whole; later ones may still grow. What could not be read is not whole
	Range      series.Window   // what is asked for
	Forecast   Forecaster      // how it goes on; the zero value: no forecast
	Threshold  Threshold       // for the time to it
	Decompose  bool            // into trend and seasons
	Journal    bool            // of anomalies in the epochs that the range touches
}

// Result is an analysis. Slices of a score have one entry for each bucket of the range, NaN for null.
type Result struct {
	Range                                    series.Window
	Expected, Lower, Upper, Score, Direction []float64
	Event                                    []float64 // the score where an anomaly begins, 0 elsewhere
	Raw                                      []float64 // in the detector's own unit
	Rarity                                   []float64 // -log10 of the probability behind the score, uncut: what roll-ups are made of
	Err                                      error     // the detector cannot be had: there is no score
	Outlook
	Parts    forecast.Parts // of the range; see Request.Decompose
	Journals []Journal      // of the epochs with final buckets, in order; see Request.Journal
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
	if r.Forecast.Horizon > 0 && !window.Empty() {
		e.forecast(r, last, &out)
	}
	if r.Decompose {
		out.Parts = e.decompose(r, window)
	}
	return out
}

func newResult(w series.Window) Result {
	out := Result{Range: w, Outlook: Outlook{HoursToThreshold: unknown, MaxInHorizon: unknown, MinInHorizon: unknown}}
	n := w.Len()
	columns := []*[]float64{&out.Expected, &out.Lower, &out.Upper, &out.Score, &out.Direction, &out.Event, &out.Raw, &out.Rarity}
	all := make([]float64, n*len(columns))
	for i := range all {
		all[i] = math.NaN()
	}
	for i, column := range columns {
		*column = all[i*n : (i+1)*n : (i+1)*n]
	}
	return out
}

// scoreEpoch fills in the part of the result that lies in the epoch.
func (e *Engine) scoreEpoch(r Request, ep epoch, out *Result) error {
	from := out.Range.Index(ep.start)
	run := e.newRun(r, ep)
	journal := run.chronicler(r.Journal)
	err := run.score(func(bucket int, p point) {
		if i := from + bucket; i >= 0 && i < len(out.Score) {
			out.set(i, p)
		}
		if journal != nil {
			journal.step(bucket, p)
		}
	})
	if journal != nil && err == nil {
		out.Journals = append(out.Journals, journal.finish())
	}
	return err
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
