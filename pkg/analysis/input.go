package analysis

import (
	"math"
	"slices"
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
	values    []float64
	sparse    bool   // a missing bucket means that nothing happened
	first     int    // its first observation
	untrusted []bool // by bucket, what was observed and is left out; nil: nothing is
}

func newInput(r Request, w series.Window, training int, p *phases) *input {
	own := r.Series.Slice(w)
	in := &input{window: own.Window, phases: p, rows: make([]row, 1+len(r.Columns)), columns: make([]float64, len(r.Columns))}
	in.rows[0] = newRow(own.Key, own.Values, training)
	in.rows[0].untrusted = r.untrusted(0, r.Series.Window, own.Window)
	for i, c := range r.Columns {
		in.rows[1+i] = newRow(c.Key, onGrid(c, own.Window), training)
		in.rows[1+i].untrusted = r.untrusted(1+i, c.Window, own.Window)
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

// untrusted says which buckets of w the n-th row has lost to a check; of is the window of its series. nil: none.
func (r Request) untrusted(n int, of, w series.Window) []bool {
	if n >= len(r.Untrusted) || !slices.Contains(r.Untrusted[n], true) {
		return nil
	}
	marks, out := r.Untrusted[n], make([]bool, w.Len())
	for i := range out {
		if j := of.Index(w.Time(i)); j >= 0 && j < len(marks) {
			out[i] = marks[j]
		}
	}
	return out
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
	if r.sparse && i > r.first && i < in.whole && math.IsNaN(v) && !r.lost(i) {
		return 0
	}
	return v
}

// lost says that something was observed in bucket i which is not to be trusted: that it is missing does not mean that nothing happened.
func (r *row) lost(i int) bool { return r.untrusted != nil && r.untrusted[i] }

// hash identifies the first n buckets, every bit of them; missing values are alike whatever their NaN. Buckets take turns in four sums, which a
// processor works at side by side.
func (in *input) hash(n int) uint64 {
	const (
		loss = 0x7FF8000000000002
		hush = 0x94D049BB133111EB
	)
	h := [4]uint64{1, 2, 3, 4}
	i := 0
	if len(in.rows) == 1 && in.quiet == nil && in.rows[0].untrusted == nil {
		i = hashPlain(&h, in.rows[0].values[:n])
	}
	for ; i < n; i++ {
		x := h[i&3]
		for j := range in.rows {
			bits := bitsOf(in.rows[j].values[i])
			if in.rows[j].lost(i) {
				bits = loss
			}
			x = mix(x, bits)
		}
		if in.quiet != nil && in.quiet[i] {
			x = mix(x, hush)
		}
		h[i&3] = x
	}
	return mix(mix(mix(h[0], h[1]), h[2]), h[3])
}

// hashPlain takes four values at a time, and returns how many it took.
func hashPlain(h *[4]uint64, values []float64) (taken int) {
	a, b, c, d := h[0], h[1], h[2], h[3]
	for ; len(values) >= 4; values = values[4:] {
		a, b, c, d = mix(a, bitsOf(values[0])), mix(b, bitsOf(values[1])), mix(c, bitsOf(values[2])), mix(d, bitsOf(values[3]))
		taken += 4
	}
	*h = [4]uint64{a, b, c, d}
	return taken
}

func mix(h, bits uint64) uint64 {
	h = (h ^ bits) * 0x9E3779B97F4A7C15 // 2^64 by the golden ratio
	return h ^ h>>29
}

func bitsOf(v float64) uint64 {
	if v != v {
		return 0x7FF8000000000001
	}
	return math.Float64bits(v)
}
