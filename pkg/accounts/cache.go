package accounts

import (
	"fmt"
	"math"
	"time"
)

// Cache is how long history is kept, and how large it may become; 0 is the default of package store. Data sources share a cache: what any
// of them keeps is kept.
type Cache struct {
	MaxGiB       float64  `json:"maxGiB"`
	KeepDays     KeepDays `json:"keepDays"`
	MaxStaleness string   `json:"maxStaleness"` // a duration; see Staleness
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

	// defaultStaleness is that of package history.
	defaultStaleness = 5 * time.Minute
	// maxStaleness is as long as a picture may be late and still be one of now.
	maxStaleness = time.Hour
)

// leastDays are what detectors learn from, with the epoch that they score: what is kept for less would be asked for again and again.
var leastDays = KeepDays{Seconds: 1, Minutes: 22, FiveMinutes: 36, Hours: 456}

func (c Cache) check() error {
	if !(c.MaxGiB >= 0 && c.MaxGiB <= maxGiB) {
		return fmt.Errorf("field %q: %v is no size in GiB", "cache.maxGiB", c.MaxGiB)
	}
	if _, err := c.staleness(); err != nil {
		return fmt.Errorf("field %q: %w", "cache.maxStaleness", err)
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

// Staleness is how late the newest point of a long range may be, at most, where nobody is alerted by it: AWS is asked less often. 0: it is
// always as fresh as it can be.
func (c Cache) Staleness() time.Duration {
	d, err := c.staleness()
	if err != nil {
		return 0
	}
	return d
}

func (c Cache) staleness() (time.Duration, error) {
	if c.MaxStaleness == "" {
		return defaultStaleness, nil
	}
	d, err := parseSpan(c.MaxStaleness)
	if err != nil || d < 0 || d > maxStaleness {
		return 0, fmt.Errorf("%q is no duration from 0s to 1h such as 5m", c.MaxStaleness)
	}
	return d, nil
}

// Days is a number of days as a time, to the second.
func Days(days float64) time.Duration {
	return time.Duration(math.Round(days*24*60*60)) * time.Second
}
