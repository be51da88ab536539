package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// All stands for every calendar of a set.
const All = "*"

// Calendar is one named list of planned events. It does not change after Parse and is safe for concurrent use.
type Calendar struct {
	name     string
	zone     *time.Location
	windows  Intervals
	weekly   []weekly
	holidays []holiday
}

// weekly is a stretch of some days of each week, in seconds from midnight; an end beyond a day is on the next one.
type weekly struct {
	days     [7]bool // by time.Weekday
	from, to int64
}

// holiday is a whole local day; year 0 is every year that has it.
type holiday struct {
	year  int
	month time.Month
	day   int
}

// Name is how queries name the calendar.
func (c Calendar) Name() string { return c.name }

// Contains says whether t lies in a planned event. To walk a grid, ask Quiet once for its whole range.
func (c Calendar) Contains(t time.Time) bool { return len(c.Quiet(t, t.Add(1))) > 0 }

// Quiet returns the planned time within [start, end): sorted, disjoint and cut to that range, in UTC.
func (c Calendar) Quiet(start, end time.Time) Intervals { return merge(c.planned(start, end)) }

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

// onTheWall calls emit with the recurring events that touch [first, last), all in seconds on the wall.
func (c Calendar) onTheWall(first, last int64, emit func(from, to int64)) {
	near := func(from, to int64) {
		if from < last && to > first {
			emit(from, to)
		}
	}
	for at := first - floorMod(first, daySeconds) - daySeconds; len(c.weekly) > 0 && at < last; at += daySeconds {
		weekday := (at/daySeconds%7 + 7 + int64(time.Thursday)) % 7 // 1970-01-01 was a Thursday
		for _, w := range c.weekly {
			if w.days[weekday] {
				near(at+w.from, at+w.to)
			}
		}
	}
	firstYear, lastYear := time.Unix(first, 0).UTC().Year(), time.Unix(last, 0).UTC().Year()
	for _, h := range c.holidays {
		for year := firstYear; year <= lastYear; year++ {
			if at, ok := h.in(year); ok {
				near(at, at+daySeconds)
			}
		}
	}
}

// in returns the midnight on the wall at which the holiday of a year begins; false where the year does not have it.
func (h holiday) in(year int) (int64, bool) {
	if h.year != 0 && h.year != year {
		return 0, false
	}
	date := time.Date(year, h.month, h.day, 0, 0, 0, 0, time.UTC)
	return date.Unix(), date.Day() == h.day
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

// Contains says whether t lies in a planned event of any calendar.
func (s Set) Contains(t time.Time) bool { return s.Holding(t, t) != "" }

// Quiet returns what any of the calendars plans within [start, end): sorted, disjoint and cut to that range, in UTC.
func (s Set) Quiet(start, end time.Time) Intervals {
	var found []Interval
	for _, c := range s {
		found = append(found, c.planned(start, end)...)
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
		if len(c.planned(start, end)) > 0 {
			return c.name
		}
	}
	return ""
}
