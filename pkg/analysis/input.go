package analysis

import (
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// input is what a detector sees of one series in one epoch, from the origin on. Rows are the value and the further columns.
type input struct {
	window series.Window
	rows   []row
	quiet  []bool // by bucket; nil: none is
	whole  int    // counts of the buckets before it are whole

	phases  *phases
	columns []float64 // of one observation
}

// row is one metric on the input's grid.
type row struct {
	values []float64
	sparse bool // a missing bucket means that nothing happened
	first  int  // its first observation
}

func newInput(r Request, w series.Window, training int, p *phases) *input {
	own := r.Series.Slice(w)
	in := &input{window: own.Window, phases: p, rows: make([]row, 1+len(r.Columns)), columns: make([]float64, len(r.Columns))}
	in.rows[0] = newRow(own.Key, own.Values, training)
	for i, c := range r.Columns {
		in.rows[1+i] = newRow(c.Key, onGrid(c, own.Window), training)
	}
	in.whole = in.count(r.WholeUntil.Unix())
	in.quiet = marks(r.Calendars.Quiet(in.window.Start, in.window.End), in.window)
	return in
}

// marks says which buckets any of the intervals overlaps; nil: none. It takes the time of the intervals, not of the window.
func marks(intervals calendar.Intervals, w series.Window) []bool {
	if len(intervals) == 0 {
		return nil
	}
	out := make([]bool, w.Len())
	for _, q := range intervals {
		from, to := q.Start.Sub(w.Start)/w.Period, (q.End.Sub(w.Start)+w.Period-1)/w.Period
		for i := max(from, 0); i < min(to, time.Duration(len(out))); i++ {
			out[i] = true
		}
	}
	return out
}

func newRow(k series.Key, values []float64, training int) row {
	training = min(training, len(values))
	first := firstObserved(values)
	return row{values: values, sparse: isSparse(k, values[min(first, training):training]), first: first}
}

// onGrid is the series in a window, missing where it does not reach.
func onGrid(s series.Series, w series.Window) []float64 {
	cut := s.Slice(w)
	if len(cut.Values) == w.Len() {
		return cut.Values
	}
	out := series.New(s.Key, w)
	copy(out.Slice(cut.Window).Values, cut.Values)
	return out.Values
}

func firstObserved(values []float64) int {
	for i, v := range values {
		if !math.IsNaN(v) {
			return i
		}
	}
	return len(values)
}

func (in *input) len() int { return len(in.rows[0].values) }

// count is the number of buckets that begin before a moment, in Unix seconds.
func (in *input) count(unix int64) int {
	start, period := in.window.Start.Unix(), int64(in.window.Period.Seconds())
	if period <= 0 || unix <= start {
		return 0
	}
	return int(min((unix-start)/period, int64(in.len())))
}

// at is the observation of bucket i. Its columns hold until the next call.
func (in *input) at(i int) detect.Observation {
	o := detect.Observation{Value: in.value(0, i), Phase: in.phases.at(in.window.Time(i)), Quiet: in.quiet != nil && in.quiet[i]}
	for j := range in.columns {
		in.columns[j] = in.value(1+j, i)
	}
	o.Columns = in.columns
	return o
}

func (in *input) value(row, i int) float64 {
	r := &in.rows[row]
	v := r.values[i]
	if r.sparse && i > r.first && i < in.whole && math.IsNaN(v) {
		return 0
	}
	return v
}

// hash identifies the first n buckets, every bit of them; missing values are alike whatever their NaN.
func (in *input) hash(n int) uint64 {
	const (
		prime = 0x9E3779B97F4A7C15 // 2^64 by the golden ratio
		gap   = 0x7FF8000000000001
		hush  = 0x94D049BB133111EB
	)
	h := uint64(prime)
	for i := range n {
		for j := range in.rows {
			v := in.rows[j].values[i]
			bits := math.Float64bits(v)
			if v != v {
				bits = gap
			}
			h = (h ^ bits) * prime
			h ^= h >> 29
		}
		if in.quiet != nil && in.quiet[i] {
			h = (h ^ hush) * prime
			h ^= h >> 29
		}
	}
	return h
}
