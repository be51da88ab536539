package calendar

import "time"

// hours is a stretch that begins on some day, in seconds from its midnight; an end beyond a day is on the next one.
type hours struct{ from, to int64 }

// weekly is hours of some days of each week.
type weekly struct {
	days [7]bool // by time.Weekday
	hours
}

// monthly is hours of some days of each month; a day that a month does not have is its last one.
type monthly struct {
	days []int // 1 to 31
	hours
}

// holiday is a whole local day; year 0 is every year that has it.
type holiday struct {
	year  int
	month time.Month
	day   int
}

// onTheWall calls emit with the recurring events that touch [first, last), all in seconds on the wall.
func (c Calendar) onTheWall(first, last int64, emit func(from, to int64)) {
	near := func(from, to int64) {
		if from < last && to > first {
			emit(from, to)
		}
	}
	c.eachWeek(first-daySeconds, last, near) // what begins on the day before may reach into the range
	c.eachMonth(first-daySeconds, last, near)
	c.eachHoliday(first, last, near)
}

func (c Calendar) eachWeek(first, last int64, emit func(from, to int64)) {
	if len(c.weekly) == 0 {
		return
	}
	for at := first - floorMod(first, daySeconds); at < last; at += daySeconds {
		weekday := (at/daySeconds%7 + 7 + int64(time.Thursday)) % 7 // 1970-01-01 was a Thursday
		for _, w := range c.weekly {
			if w.days[weekday] {
				emit(at+w.from, at+w.to)
			}
		}
	}
}

func (c Calendar) eachMonth(first, last int64, emit func(from, to int64)) {
	if len(c.monthly) == 0 {
		return
	}
	year, month, _ := time.Unix(first, 0).UTC().Date()
	for ; ; month++ {
		begins := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		if begins.Unix() >= last {
			return
		}
		length := begins.AddDate(0, 1, -1).Day()
		for _, m := range c.monthly {
			for _, day := range m.days {
				at := begins.Unix() + int64(min(day, length)-1)*daySeconds
				emit(at+m.from, at+m.to)
			}
		}
	}
}

func (c Calendar) eachHoliday(first, last int64, emit func(from, to int64)) {
	firstYear, lastYear := time.Unix(first, 0).UTC().Year(), time.Unix(last, 0).UTC().Year()
	for _, h := range c.holidays {
		for year := firstYear; year <= lastYear; year++ {
			if at, ok := h.in(year); ok {
				emit(at, at+daySeconds)
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
