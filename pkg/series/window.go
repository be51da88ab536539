package series

import (
	"math"
	"sort"
	"time"
)

// Window is a half-open range [Start, End) of whole buckets of one period. The zero Window is empty.
type Window struct {
	Start, End time.Time
	Period     time.Duration
}

// Floor returns the start of the bucket of the given period that holds t, in UTC.
func Floor(t time.Time, period time.Duration) time.Time {
	step := int64(period / time.Second)
	seconds := t.Unix()
	rest := seconds % step
	if rest < 0 {
		rest += step
	}
	return time.Unix(seconds-rest, 0).UTC()
}

// Align returns the window of the whole buckets that begin in [from, to), the first one widened to hold from.
func Align(from, to time.Time, period time.Duration) Window {
	end := Floor(to, period)
	if end.Before(to) {
		end = end.Add(period)
	}
	return Window{Start: Floor(from, period), End: end, Period: period}
}

// Len is the number of buckets.
func (w Window) Len() int {
	if !w.End.After(w.Start) || w.Period <= 0 {
		return 0
	}
	return int(w.End.Sub(w.Start) / w.Period)
}

// Empty says that the window holds no bucket.
func (w Window) Empty() bool { return w.Len() == 0 }

// Time is the start of bucket i; i may lie outside the window.
func (w Window) Time(i int) time.Time { return w.Start.Add(time.Duration(i) * w.Period) }

// Index is the number of the bucket that holds t, counted from Start; negative before it.
func (w Window) Index(t time.Time) int { return int(Floor(t, w.Period).Sub(w.Start) / w.Period) }

// Intersect is the part of w that lies in other.
func (w Window) Intersect(other Window) Window {
	out := w
	if other.Start.After(out.Start) {
		out.Start = other.Start
	}
	if other.End.Before(out.End) {
		out.End = other.End
	}
	if out.End.Before(out.Start) {
		out.End = out.Start
	}
	return out
}

// Union is the smallest window that holds both; an empty one adds nothing.
func (w Window) Union(other Window) Window {
	if w.Empty() {
		return other
	}
	if other.Empty() {
		return w
	}
	if other.Start.Before(w.Start) {
		w.Start = other.Start
	}
	if other.End.After(w.End) {
		w.End = other.End
	}
	return w
}

// Subtract returns what of w none of the covered windows holds, in order of time.
func (w Window) Subtract(covered []Window) []Window {
	sorted := append([]Window(nil), covered...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Start.Before(sorted[j].Start) })
	var missing []Window
	at := w.Start
	for _, c := range sorted {
		if !c.End.After(at) || !c.Start.Before(w.End) {
			continue
		}
		if c.Start.After(at) {
			missing = append(missing, Window{Start: at, End: c.Start, Period: w.Period})
		}
		at = c.End
	}
	if at.Before(w.End) {
		missing = append(missing, Window{Start: at, End: w.End, Period: w.Period})
	}
	return missing
}

// Series is what was observed in a window: Values has one entry for each bucket, NaN where there is no data.
type Series struct {
	Key    Key
	Window Window
	Values []float64
}

// New returns a series of the window without data.
func New(key Key, w Window) Series {
	values := make([]float64, w.Len())
	for i := range values {
		values[i] = math.NaN()
	}
	return Series{Key: key, Window: w, Values: values}
}

// Set stores v in the bucket that holds t; a time outside the window is refused with false. What is not a number (NaN, infinities)
// is no data.
func (s Series) Set(t time.Time, v float64) bool {
	i := s.Window.Index(t)
	if t.Before(s.Window.Start) || i >= len(s.Values) {
		return false
	}
	if math.IsInf(v, 0) {
		v = math.NaN()
	}
	s.Values[i] = v
	return true
}

// Slice is the part of the series that lies in w, sharing memory.
func (s Series) Slice(w Window) Series {
	w = s.Window.Intersect(w)
	if w.Empty() {
		return Series{Key: s.Key, Window: w}
	}
	from := s.Window.Index(w.Start)
	return Series{Key: s.Key, Window: w, Values: s.Values[from : from+w.Len()]}
}
