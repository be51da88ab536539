package calendar

import (
	"slices"
	"strings"
	"time"
)

// Parse reads the list of calendars from a data source's settings; nothing and null are no calendar. A calendar without a time zone
// has the given one, nil is UTC. Errors name the field, e.g. calendars[1].weekly[0].from.
func Parse(raw []byte, zone *time.Location) (Set, error) {
	if zone == nil {
		zone = time.UTC
	}
	entries, err := node{path: "calendars", raw: raw}.list()
	if err != nil {
		return nil, err
	}
	var set Set
	for _, entry := range entries {
		c, err := parseCalendar(entry, zone)
		if err != nil {
			return nil, err
		}
		if slices.Contains(set.Names(), c.name) {
			return nil, entry.child("name").fail("%q stands twice", c.name)
		}
		set = append(set, c)
	}
	return set, nil
}

func parseCalendar(n node, zone *time.Location) (c Calendar, err error) {
	fields, err := n.object("name", "timezone", "quiet", "windows", "weekly", "monthly", "holidays")
	if err != nil {
		return c, err
	}
	if c.name, err = fields["name"].text(); err != nil {
		return c, err
	}
	if c.name == "" || c.name == All {
		return c, fields["name"].fail("%q is no name: queries choose calendars by it", c.name)
	}
	if c.zone, err = parseZone(fields["timezone"], zone); err != nil {
		return c, err
	}
	if c.quiet, err = fields["quiet"].truth(true); err != nil {
		return c, err
	}
	windows, err := each(fields["windows"], func(n node) (Interval, error) { return parseWindow(n, c.zone) })
	if err != nil {
		return c, err
	}
	c.windows = merge(windows)
	if c.weekly, err = each(fields["weekly"], parseWeekly); err != nil {
		return c, err
	}
	if c.monthly, err = each(fields["monthly"], parseMonthly); err != nil {
		return c, err
	}
	c.holidays, err = each(fields["holidays"], parseHoliday)
	return c, err
}

func parseZone(n node, otherwise *time.Location) (*time.Location, error) {
	name, err := n.text()
	if err != nil || name == "" {
		return otherwise, err
	}
	// Local is the zone of whatever machine this runs on.
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, n.fail("%q is no IANA time zone such as America/Bogota", name)
	}
	return zone, nil
}

func parseWindow(n node, zone *time.Location) (w Interval, err error) {
	fields, err := n.object("from", "to")
	if err != nil {
		return w, err
	}
	if w.Start, err = parseMoment(fields["from"], func(wall int64) time.Time { return firstAt(wall, zone) }); err != nil {
		return w, err
	}
	if w.End, err = parseMoment(fields["to"], func(wall int64) time.Time { return lastBefore(wall, zone) }); err != nil {
		return w, err
	}
	if !w.End.After(w.Start) {
		return w, fields["to"].fail("is not after from in %s", zone)
	}
	return w, nil
}

// momentLayouts are times on the wall, to the second or the minute.
var momentLayouts = []string{"2006-01-02T15:04:05", "2006-01-02T15:04"}

// parseMoment reads a time with an offset or Z as that instant, one without as a time on the wall. A space may stand for the T.
func parseMoment(n node, onTheWall func(int64) time.Time) (time.Time, error) {
	text, err := n.text()
	if err != nil {
		return time.Time{}, err
	}
	iso := strings.Replace(text, " ", "T", 1)
	if at, err := time.Parse(time.RFC3339, iso); err == nil && at.Nanosecond() == 0 {
		return at.UTC(), nil
	}
	for _, layout := range momentLayouts {
		if at, err := time.Parse(layout, iso); err == nil && at.Nanosecond() == 0 {
			return onTheWall(at.Unix()), nil
		}
	}
	return time.Time{}, n.fail("%q is no time such as 2026-11-27T00:00:00, to the second, with an offset or Z where it is not of the calendar's zone", text)
}

func parseWeekly(n node) (w weekly, err error) {
	fields, err := n.object("days", "from", "to")
	if err != nil {
		return w, err
	}
	days, err := each(fields["days"], parseDay)
	if err != nil {
		return w, err
	}
	if len(days) == 0 {
		return w, fields["days"].fail("is empty: list the days on which it begins, e.g. sat, sun")
	}
	for _, day := range days {
		w.days[day] = true
	}
	w.hours, err = parseHours(fields["from"], fields["to"])
	return w, err
}

func parseMonthly(n node) (m monthly, err error) {
	fields, err := n.object("days", "from", "to")
	if err != nil {
		return m, err
	}
	if m.days, err = each(fields["days"], parseDayOfMonth); err != nil {
		return m, err
	}
	if len(m.days) == 0 {
		return m, fields["days"].fail("is empty: list the days of the month, e.g. 15, 30")
	}
	m.hours, err = parseHours(fields["from"].or("00:00"), fields["to"].or("24:00"))
	return m, err
}

// parseHours reads from when on a day to when; an end at or before the start is on the next day.
func parseHours(from, to node) (h hours, err error) {
	if h.from, err = parseClock(from); err != nil {
		return h, err
	}
	if h.from == daySeconds {
		return h, from.fail("24:00 is no start: write 00:00 of the next day")
	}
	if h.to, err = parseClock(to); err != nil {
		return h, err
	}
	if h.to <= h.from {
		h.to += daySeconds
	}
	return h, nil
}

// parseDay reads sat or Saturday.
func parseDay(n node) (time.Weekday, error) {
	text, err := n.text()
	if err != nil {
		return 0, err
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(text, day.String()) || strings.EqualFold(text, day.String()[:3]) {
			return day, nil
		}
	}
	return 0, n.fail("%q is no day: use mon, tue, wed, thu, fri, sat or sun", text)
}

// parseDayOfMonth reads 1 to 31.
func parseDayOfMonth(n node) (int, error) {
	var day int
	if err := n.decode(&day, "a day of the month such as 15"); err != nil {
		return 0, err
	}
	if day < 1 || day > 31 {
		return 0, n.fail("%d is no day of a month: use 1 to 31, of which 31 is the last of every month", day)
	}
	return day, nil
}

// parseClock reads a time of day in seconds from midnight; 24:00 is the end of the day.
func parseClock(n node) (int64, error) {
	text, err := n.text()
	if err != nil {
		return 0, err
	}
	if text == "24:00" || text == "24:00:00" {
		return daySeconds, nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil && at.Nanosecond() == 0 {
			return int64(at.Hour()*3600 + at.Minute()*60 + at.Second()), nil
		}
	}
	return 0, n.fail("%q is no time of day such as 22:00 or 22:00:30", text)
}

// leapYear has every day that any year has.
const leapYear = "2024-"

func parseHoliday(n node) (holiday, error) {
	text, err := n.text()
	if err != nil {
		return holiday{}, err
	}
	if date, err := time.Parse(time.DateOnly, text); err == nil && date.Year() > 0 {
		return holiday{date.Year(), date.Month(), date.Day()}, nil
	}
	if date, err := time.Parse(time.DateOnly, leapYear+text); err == nil {
		return holiday{0, date.Month(), date.Day()}, nil
	}
	return holiday{}, n.fail("%q is no day such as 2026-12-25, or 12-25 for every year", text)
}
