package ets

import "fmt"

type trend uint8

const (
	noTrend trend = iota
	additiveTrend
	dampedTrend
)

type seasonal uint8

const (
	noSeason seasonal = iota
	additiveSeason
	multiplicativeSeason
)

// form is one of the family: which error, trend and season.
type form struct {
	relative bool // multiplicative error
	trend    trend
	season   seasonal
}

func (f form) String() string {
	e := "A"
	if f.relative {
		e = "M"
	}
	return fmt.Sprintf("ETS(%s,%s,%s)", e, [...]string{"N", "A", "Ad"}[f.trend], [...]string{"N", "A", "M"}[f.season])
}

// positive reports that the form is for positive series alone.
func (f form) positive() bool { return f.relative || f.season == multiplicativeSeason }

// parameters counts what the likelihood was made with: smoothing parameters, states at the beginning and the variance.
func (f form) parameters(period int) int {
	count := 3
	switch f.trend {
	case additiveTrend:
		count += 2
	case dampedTrend:
		count += 3
	}
	if f.season != noSeason {
		count += period
	}
	return count
}

// forms lists the candidates for a series, the simplest first.
func forms(positive, seasons bool) []form {
	var all []form
	for _, s := range []seasonal{noSeason, additiveSeason, multiplicativeSeason} {
		for _, t := range []trend{noTrend, additiveTrend, dampedTrend} {
			for _, relative := range []bool{false, true} {
				f := form{relative, t, s}
				if (s == noSeason || seasons) && (positive || !f.positive()) {
					all = append(all, f)
				}
			}
		}
	}
	return all
}
