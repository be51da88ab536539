package cloudwatch

import (
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const day = 24 * time.Hour

// Retention is how long AWS keeps points of a period, by the age of a request's start: under 60 s for 3 hours, 60 s for 15 days, 300 s
// for 63 days, 3,600 s for 455 days (GetMetricData, API reference). A request that begins earlier gets no data and no error.
func Retention(period time.Duration) time.Duration {
	switch {
	case period%time.Hour == 0:
		return 455 * day
	case period%(5*time.Minute) == 0:
		return 63 * day
	case period >= time.Minute:
		return 15 * day
	default:
		return 3 * time.Hour
	}
}

// Retained is the part of w that AWS still keeps at now. One bucket at the old edge is given up, so that the clock of AWS may run
// ahead of ours by less than a period.
func Retained(w series.Window, now time.Time) series.Window {
	oldest := series.Floor(now.Add(-Retention(w.Period)), w.Period).Add(2 * w.Period)
	return w.Intersect(series.Window{Start: oldest, End: w.End, Period: w.Period})
}
