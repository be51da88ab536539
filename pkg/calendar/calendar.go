package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// All stands for every calendar of a set.
const All = "*"

// MaxMarked is the number of calendars that Set.Marks tells apart.
const MaxMarked = 32

// Calendar is one named list of planned events. It does not change after Parse and is safe for concurrent use.
type Calendar struct {
	name     string
	quiet    bool // nothing is scored or learnt inside; else forecasts alone look at it
	zone     *time.Location
	windows  Intervals
	weekly   []weekly
	monthly  []monthly
	holidays []holiday
}

// Name is how queries name the calendar.
func (c Calendar) Name() string { return c.name }

// planned returns the parts of planned events within [start, end), in no order.
func (c Calendar) planned(start, end time.Time) []Interval {
	if !end.After(start) {
		return nil
	}
	var found []Interval
	add := func(planned Interval) {
		if planned = planned.cut(start, end); planned.Start.Before(planned.End) {
			found = append(found, planned)
		}
	}
	for _, window := range c.windows.from(start) {
		if !window.Start.Before(end) {
			break
		}
		add(window)
	}
	// No clock of the world is two days from another: what lies further off on the wall cannot reach the range.
	first, last := wallOf(start, c.zone)-margin, wallOf(end, c.zone)+margin
	c.onTheWall(first, last, func(from, to int64) { add(Interval{firstAt(from, c.zone), lastBefore(to, c.zone)}) })
	return found
}

// Set is the calendars of a data source, or those of them that a query follows.
type Set []Calendar

// Names lists the calendars.
func (s Set) Names() []string {
	names := make([]string, len(s))
	for i, c := range s {
		names[i] = c.name
	}
	return names
}

// Choose returns the calendars of the given names, in the order of the set; All is every one, no name is none.
func (s Set) Choose(names []string) (Set, error) {
	if slices.Contains(names, All) {
		return s, nil
	}
	known := s.Names()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%q is no calendar of this data source, which has %s", name, orNone(known))
		}
	}
	return slices.DeleteFunc(slices.Clone(s), func(c Calendar) bool { return !slices.Contains(names, c.name) }), nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Contains says whether t is quiet: it lies in a planned event of a quiet calendar.
func (s Set) Contains(t time.Time) bool { return s.Holding(t, t) != "" }

// Quiet returns what any of the quiet calendars plans within [start, end): sorted, disjoint and cut to that range, in UTC.
func (s Set) Quiet(start, end time.Time) Intervals {
	var found []Interval
	for _, c := range s {
		if c.quiet {
			found = append(found, c.planned(start, end)...)
		}
	}
	return merge(found)
}

// Holding names the first calendar that makes the bucket [start, end) quiet, "" where none does. An end that is not after the start
// asks for the moment start.
func (s Set) Holding(start, end time.Time) string {
	if !end.After(start) {
		end = start.Add(1)
	}
	for _, c := range s {
		if c.quiet && len(c.planned(start, end)) > 0 {
			return c.name
		}
	}
	return ""
}

// Marks says which calendars, quiet or not, hold in each of n buckets of the period from start on: bit i is that of calendar i in the
// order of Names. A calendar holds in a bucket of which a planned event overlaps any part. Nil is none in any bucket. Error: more than
// MaxMarked calendars.
func (s Set) Marks(start time.Time, period time.Duration, n int) ([]uint32, error) {
	if len(s) > MaxMarked {
		return nil, fmt.Errorf("%d calendars are chosen, and at most %d can be told apart: name those that matter", len(s), MaxMarked)
	}
	if n <= 0 || period <= 0 {
		return nil, nil
	}
	var marks []uint32
	for i, c := range s {
		for _, planned := range c.planned(start, start.Add(time.Duration(n)*period)) {
			if marks == nil {
				marks = make([]uint32, n)
			}
			first, last := planned.Start.Sub(start)/period, (planned.End.Sub(start)-1)/period
			for bucket := first; bucket <= last; bucket++ {
				marks[bucket] |= 1 << i
			}
		}
	}
	return marks, nil
}
