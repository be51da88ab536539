package forecast

import "github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"

// History is the past of one series on a regular grid; its last bucket is the newest observation.
type History struct {
	Values        []float64        // one for each bucket; NaN (or anything not finite, or beyond seasonal.MaxMagnitude): missing
	Phases        []seasonal.Phase // where each bucket lies in the day and in the week, by wall clock
	Marks         []uint32         // the calendars that hold in each bucket, one bit for each; nil: none
	BucketsPerDay int              // 288 at 5 minutes; 1 for periods of a day and more, where the season is the week
	Lower, Upper  float64          // natural bounds of the metric, ±Inf where there are none
}

// Future is what is known of the buckets after a History: when they are, and which calendars hold.
type Future struct {
	Phases []seasonal.Phase
	Marks  []uint32 // nil: none
}

// Forecast has one element for each bucket of a Future. All of it is finite.
type Forecast struct {
	Median []float64
	Bands  []Band // one for each level asked for, in that order
}

// Band holds the share Level of what comes, as far as the past tells.
type Band struct {
	Level        float64 // 0.8, 0.95, 0.99
	Lower, Upper []float64
}

// Report is what the back-tests of a fitted forecaster said. Where there were none (a short history) Origins is 0 and the numbers NaN.
type Report struct {
	Model    string     // what was chosen, such as "SARIMA(1,0,1)(0,1,1)[24]"
	Origins  int        // moments from which it was forecast again
	Steps    int        // how many buckets ahead, at most
	MAE      float64    // mean absolute error, in the unit of the series
	MASE     float64    // the same over that of the seasonal naive forecast within the history (Hyndman and Koehler 2006)
	SMAPE    float64    // symmetric mean absolute percentage error, in percent, as in the M4 competition
	Coverage []Coverage // of bands made with what was known at each origin
}

// Coverage is the share of back-tested observations that lay within a band.
type Coverage struct{ Level, Share float64 }
