// Package calendar holds planned events by wall clock: a sale, a weekly maintenance, paydays, holidays. Inside those of a quiet calendar
// nothing is scored and detectors learn nothing; forecasts learn the effect of every calendar, quiet or not.
//
// A planned event is written in the time of a clock on the wall and happens in one piece. It begins at the first moment at which that
// clock shows its start or later, and ends with the last moment at which the clock shows less than its end. So where clocks change:
//   - A time that the clock skips is the moment of the change. An event that lies wholly in the skipped hour does not happen.
//   - A time that the clock shows twice is the first one for a start, and for an end the one after which the clock does not show an
//     earlier time again. An event in the repeated hour lasts through both.
//   - A window of 22:00-02:00 is three or five hours long where the change falls into it, and four on every other day.
//
// A bucket [t, t+period) is quiet, or has the mark of a calendar, when any part of it overlaps a planned event: an aggregate cannot be
// taken apart.
package calendar
