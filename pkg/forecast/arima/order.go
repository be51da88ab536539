package arima

import (
	"errors"
	"fmt"
	"math"
)

// Order says which terms a model has. The zero value is white noise around zero.
type Order struct {
	P, D, Q    int  // autoregressive terms, differences, moving average terms
	SP, SD, SQ int  // the same at the lag of the season
	Season     int  // in buckets; 0 or 1 is none
	Constant   bool // the differenced series has a mean: a mean of the series itself without differences, a drift with one difference
}

const (
	maxTerms       = 5 // of each of the four polynomials
	maxDifference  = 2
	maxSeasonalDif = 1
	maxSeason      = 1 << 20
	maxParameters  = 4*maxTerms + 1
	// largest is the largest size of a value: its square is still a number.
	largest = 1e150
)

// String is the order as the literature writes it, such as "SARIMA(1,0,1)(0,1,1)[24] with drift" or "ARIMA(1,1,0)".
func (o Order) String() string {
	name := fmt.Sprintf("ARIMA(%d,%d,%d)", o.P, o.D, o.Q)
	if o.Season > 1 {
		name = fmt.Sprintf("SARIMA(%d,%d,%d)(%d,%d,%d)[%d]", o.P, o.D, o.Q, o.SP, o.SD, o.SQ, o.Season)
	}
	switch {
	case !o.Constant:
		return name
	case o.D+o.SD == 0:
		return name + " with mean"
	}
	return name + " with drift"
}

// differences is how many observations differencing takes away.
func (o Order) differences() int { return o.D + o.SD*o.Season }

// conditioned is how many observations have no residual.
func (o Order) conditioned() int { return o.differences() + o.P + o.SP*o.Season }

// parameters counts those that are estimated, but not the variance.
func (o Order) parameters() int {
	k := o.P + o.Q + o.SP + o.SQ
	if o.Constant {
		k++
	}
	return k
}

// needed is the length of the shortest series that can be fitted: with fewer residuals the AICc has no meaning.
func (o Order) needed() int { return o.conditioned() + o.parameters() + 3 }

func (o Order) check() error {
	for _, terms := range []struct {
		name    string
		n, most int
	}{
		{"P", o.P, maxTerms}, {"D", o.D, maxDifference}, {"Q", o.Q, maxTerms},
		{"SP", o.SP, maxTerms}, {"SD", o.SD, maxSeasonalDif}, {"SQ", o.SQ, maxTerms}, {"Season", o.Season, maxSeason},
	} {
		if terms.n < 0 || terms.n > terms.most {
			return fmt.Errorf("arima: %s of the order is %d, not within 0 and %d", terms.name, terms.n, terms.most)
		}
	}
	if o.Season < 2 && o.SP+o.SD+o.SQ > 0 {
		return fmt.Errorf("arima: seasonal terms need a season of at least 2, not %d", o.Season)
	}
	if o.Constant && o.D+o.SD > 1 {
		return errors.New("arima: a constant after two differences would be a quadratic trend")
	}
	return nil
}

func checkValues(y []float64) error {
	for i, v := range y {
		if math.IsNaN(v) || math.Abs(v) > largest {
			return fmt.Errorf("arima: value %d of %d is %g, not a number within ±%g", i, len(y), v, float64(largest))
		}
	}
	return nil
}
