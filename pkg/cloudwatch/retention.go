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

// A request that begins too early gets no data and no error, which cannot be told from a metric without data. So what lies near the old edge is
// given up for the case that our clock is behind AWS's, or that the request is long under way: the SDK's signature allows for five minutes, and
// for more once it has learnt the difference from an answer.
const (
	retentionSlack     = 65 * time.Minute // an hour and some minutes, of 15 days or more
	fineRetentionSlack = 6 * time.Minute  // of 3 hours
)

// Retained is the part of w that AWS surely still keeps at now: at the old edge a bucket is given up, and what the clocks may differ by.
func Retained(w series.Window, now time.Time) series.Window {
	slack := retentionSlack
	if w.Period < time.Minute {
		slack = fineRetentionSlack
	}
	edge := now.Add(max(slack, w.Period) - Retention(w.Period))
	return w.Intersect(series.Window{Start: series.Floor(edge, w.Period).Add(w.Period), End: w.End, Period: w.Period})
}
