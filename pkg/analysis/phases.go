package analysis

import (
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// phases walks the buckets of a grid and says where each lies in the day and in the week by the wall clock of a zone. A day of 23 or 25
// hours skips or repeats an hour, as people do. The offset from UTC is looked up once for each stretch between two clock changes.
type phases struct {
	location *time.Location
	period   int64 // seconds
	perDay   int
	offset   int64     // seconds east of UTC
	until    time.Time // where the offset ends; zero: never
	known    bool
}

func newPhases(location *time.Location, period time.Duration) *phases {
	return &phases{location: location, period: int64(period / time.Second), perDay: bucketsPerDay(period)}
}

// bucketsPerDay is 1 for periods of a day and more.
func bucketsPerDay(period time.Duration) int { return max(1, int(day/period)) }

const daySeconds = int64(day / time.Second)

// at returns the phase of the bucket that begins at t. Calls must go forward in time.
func (p *phases) at(t time.Time) seasonal.Phase {
	if !p.known || (!p.until.IsZero() && !t.Before(p.until)) {
		local := t.In(p.location)
		_, offset := local.Zone()
		_, p.until = local.ZoneBounds()
		p.offset, p.known = int64(offset), true
	}
	// 1970-01-01 was a Thursday: three days are added to begin the week on Monday.
	wall := t.Unix() + p.offset
	second := floorMod(wall, daySeconds)
	weekday := floorMod((wall-second)/daySeconds+3, 7)
	bucket := min(int(second/p.period), p.perDay-1)
	return seasonal.Phase{Day: bucket, Week: int(weekday)*p.perDay + bucket}
}

func floorMod(a, b int64) int64 { return ((a % b) + b) % b }

// all returns the phases of a window.
func (p *phases) all(w series.Window) []seasonal.Phase {
	out := make([]seasonal.Phase, w.Len())
	for i := range out {
		out[i] = p.at(w.Time(i))
	}
	return out
}
