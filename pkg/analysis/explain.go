package analysis

import (
	"fmt"
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Explanation says why a bucket has its score. Its Result is what is shown, after direction and rules; the channels are the detector's.
type Explanation struct {
	detect.Explanation
	Time    time.Time // of the bucket
	Value   float64   // observed; NaN: nothing was
	Event   float64   // the score where an anomaly begins, else 0; NaN as the score
	Skipped string    // what silenced the score: "calendar <name>", "direction", "rule <number>", "unfinished"; empty: nothing did
}

// Explain explains the bucket that holds t. The request's series is of Training of a range that holds it; Range is not looked at.
func (e *Engine) Explain(r Request, t time.Time) (Explanation, error) {
	w := r.Series.Window
	if w.Empty() || t.Before(w.Start) || !t.Before(w.End) {
		return Explanation{}, fmt.Errorf("explain: %s lies outside of what was read, from %s to %s", t.Format(time.RFC3339), w.Start.Format(time.RFC3339), w.End.Format(time.RFC3339))
	}
	t = series.Floor(t, w.Period)
	run := e.newRun(r, epochOf(t, w.Period))
	i := run.input.window.Index(t)
	pipe, err := run.before(i)
	if err != nil {
		return Explanation{}, err
	}
	o := run.input.at(i)
	out := Explanation{Explanation: pipe.detector.Explain(o), Time: t, Value: run.input.rows[0].values[i]}
	if o.Quiet {
		out.Skipped = "calendar " + r.Calendars.Holding(t, t.Add(w.Period))
	} else {
		result := out.Result
		out.Skipped = run.detector.filter(&result, o.Value)
	}
	shown := run.step(pipe, i)
	if out.Skipped == "" && !math.IsNaN(out.Score) && math.IsNaN(shown.Score) {
		out.Skipped = "unfinished" // a count that may still grow
	}
	out.Result = shown.Result
	if out.Event = 0; shown.begins || math.IsNaN(shown.Score) {
		out.Event = shown.Score
	}
	return out, nil
}
