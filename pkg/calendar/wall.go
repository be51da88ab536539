package calendar

import "time"

const (
	daySeconds = 24 * 60 * 60
	margin     = 2 * daySeconds
)

// Times on the wall are seconds since 1970-01-01 00:00 as the clock of a zone shows them, whatever its offset from UTC.

func wallOf(t time.Time, zone *time.Location) int64 {
	_, offset := t.In(zone).Zone()
	return t.Unix() + int64(offset)
}

// firstAt is the first moment at which the clock shows the time on the wall or a later one.
func firstAt(wall int64, zone *time.Location) time.Time {
	for s := stretchAt(wall-margin, zone); ; s = stretchAt(s.end, zone) {
		at := max(wall-s.offset, s.start) // the start, where the clock jumped over the time
		if s.endless || at < s.end {
			return time.Unix(at, 0).UTC()
		}
	}
}

// lastBefore is the end of the last moment at which the clock shows less than the time on the wall.
func lastBefore(wall int64, zone *time.Location) time.Time {
	last := wall
	for s := stretchAt(wall-margin, zone); s.start < wall+margin; s = stretchAt(s.end, zone) {
		if s.start+s.offset < wall {
			last = wall - s.offset
			if !s.endless {
				last = min(last, s.end)
			}
		}
		if s.endless {
			break
		}
	}
	return time.Unix(last, 0).UTC()
}

// stretch is the time from one moment to the next clock change, in Unix seconds, during which the offset is the same.
type stretch struct {
	start, end, offset int64
	endless            bool // no change follows
}

func stretchAt(unix int64, zone *time.Location) stretch {
	local := time.Unix(unix, 0).In(zone)
	_, offset := local.Zone()
	_, end := local.ZoneBounds()
	if end.IsZero() {
		return stretch{start: unix, offset: int64(offset), endless: true}
	}
	return stretch{start: unix, end: end.Unix(), offset: int64(offset)}
}

func floorMod(a, b int64) int64 { return ((a % b) + b) % b }
