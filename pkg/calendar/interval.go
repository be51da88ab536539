package calendar

import (
	"slices"
	"sort"
	"time"
)

// Interval is the half-open range [Start, End).
type Interval struct{ Start, End time.Time }

func (i Interval) cut(start, end time.Time) Interval {
	if i.Start.Before(start) {
		i.Start = start.UTC()
	}
	if i.End.After(end) {
		i.End = end.UTC()
	}
	return i
}

// Intervals are sorted, disjoint and not empty each.
type Intervals []Interval

// from drops the intervals that end at or before t.
func (s Intervals) from(t time.Time) Intervals {
	return s[sort.Search(len(s), func(i int) bool { return s[i].End.After(t) }):]
}

// Overlap says whether any interval overlaps [start, end), an empty range none.
func (s Intervals) Overlap(start, end time.Time) bool {
	rest := s.from(start)
	return end.After(start) && len(rest) > 0 && rest[0].Start.Before(end)
}

// Mark walks n buckets of the period from start on and says which of them an interval overlaps.
func (s Intervals) Mark(start time.Time, period time.Duration, n int) []bool {
	marks := make([]bool, n)
	rest := s.from(start)
	for i := range marks {
		bucket := start.Add(time.Duration(i) * period)
		for len(rest) > 0 && !rest[0].End.After(bucket) {
			rest = rest[1:]
		}
		marks[i] = len(rest) > 0 && rest[0].Start.Before(bucket.Add(period))
	}
	return marks
}

// merge sorts and joins what touches or overlaps.
func merge(all []Interval) Intervals {
	slices.SortFunc(all, func(a, b Interval) int { return a.Start.Compare(b.Start) })
	var out Intervals
	for _, next := range all {
		if n := len(out); n > 0 && !next.Start.After(out[n-1].End) {
			if next.End.After(out[n-1].End) {
				out[n-1].End = next.End
			}
			continue
		}
		out = append(out, next)
	}
	return out
}
