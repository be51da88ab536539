package accounts

import (
	"fmt"
	"math"
	"time"
)

// Cache is how long history is kept, and how large it may become; 0 is the default of package store. Data sources share a cache: what any
// of them keeps is kept.
type Cache struct {
	MaxGiB   float64  `json:"maxGiB"`
	KeepDays KeepDays `json:"keepDays"`
}

// KeepDays are days by the period of the points.
type KeepDays struct {
	Seconds     float64 `json:"seconds"`     // under a minute
	Minutes     float64 `json:"minutes"`     // under five minutes
	FiveMinutes float64 `json:"fiveMinutes"` // under an hour
	Hours       float64 `json:"hours"`       // an hour and more
	Events      float64 `json:"events"`      // of anomalies
}

const (
	maxKeepDays = 36500
	maxGiB      = 1 << 20
)

// leastDays are what detectors learn from, with the epoch that they score: what is kept for less would be asked for again and again.
var leastDays = KeepDays{Seconds: 1, Minutes: 22, FiveMinutes: 36, Hours: 456}

func (c Cache) check() error {
	if !(c.MaxGiB >= 0 && c.MaxGiB <= maxGiB) {
		return fmt.Errorf("field %q: %v is no size in GiB", "cache.maxGiB", c.MaxGiB)
	}
	for field, days := range map[string]struct{ given, least float64 }{
		"seconds": {c.KeepDays.Seconds, leastDays.Seconds}, "minutes": {c.KeepDays.Minutes, leastDays.Minutes},
		"fiveMinutes": {c.KeepDays.FiveMinutes, leastDays.FiveMinutes}, "hours": {c.KeepDays.Hours, leastDays.Hours},
		"events": {c.KeepDays.Events, leastDays.Events},
	} {
		if days.given != 0 && !(days.given >= days.least && days.given <= maxKeepDays) {
			return fmt.Errorf("field %q: %v days is out of bounds: use 0 (the default), or %v to %d; detectors learn from that many",
				"cache.keepDays."+field, days.given, days.least, maxKeepDays)
		}
	}
	return nil
}

// Bytes is the largest size of the cache; 0 is the default.
func (c Cache) Bytes() int64 { return int64(c.MaxGiB * (1 << 30)) }

// Days is a number of days as a time, to the second.
func Days(days float64) time.Duration {
	return time.Duration(math.Round(days*24*60*60)) * time.Second
}
