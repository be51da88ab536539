package forecast

const (
	// habitShare of the days, or of the weeks, a calendar holds at the same time where that is a habit.
	habitShare = 0.8
	// habitDays and habitWeeks must be there to tell.
	habitDays, habitWeeks = 5, 3
)

// leaveHabits takes away the marks that come each day or each week at the same time, such as a night's or a weekend's. The seasons know what
// happens then, as it is by now; an effect would be learnt beside seasons that have not a single observation there. What the same calendar
// marks besides, such as a holiday, stays.
func (s *series) leaveHabits() {
	held, all := make([]int, s.cycle), make([]int, s.cycle)
	for c := range maxCalendars {
		if !s.marksAny(1 << c) {
			continue
		}
		habits := make([]bool, s.cycle)
		for _, by := range []struct{ period, least int }{{s.perDay, habitDays}, {s.cycle, habitWeeks}} {
			clear(held)
			clear(all)
			for t, marks := range s.marks[:s.n] {
				at := s.week[t] % by.period
				all[at]++
				held[at] += int(marks >> c & 1)
			}
			for at := range habits {
				from := at % by.period
				habits[at] = habits[at] || all[from] >= by.least && float64(held[from]) >= habitShare*float64(all[from])
			}
		}
		for t := range s.marks {
			if habits[s.week[t]] {
				s.marks[t] &^= 1 << c
			}
		}
	}
}

// marksAny says that a calendar holds in a bucket of the past.
func (s *series) marksAny(calendar uint32) bool {
	for _, marks := range s.marks[:s.n] {
		if marks&calendar != 0 {
			return true
		}
	}
	return false
}
