package analysis

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
)

// maxOutlooks bounds forecasts in memory, in bytes: within a period each refresh gives the same one.
const maxOutlooks = 12 << 20

// outlook is a forecast as it was made of an input.
type outlook struct {
	hash     uint64
	forecast forecast.Forecast
	report   forecast.Report
	trend    bool
}

func (o outlook) size() int { return 512 + 8*len(o.forecast.Median)*(1+2*len(o.forecast.Bands)) }

// outlookID is what a forecast is known by: the series, where it begins, and all that it depends on but the observations; steps
// is how far it goes.
func (p past) outlookID(steps int) keptID {
	n := len(p.Values)
	var d identity
	d.number(math.Float64frombits(p.identity(n)))
	d.number(math.Float64frombits(p.run.id.spec)) // of the detector, whose model it begins with
	d.number(float64(steps))
	for _, level := range p.levels {
		d.number(level)
	}
	return keptID{series: p.run.key.ID(), epoch: p.run.input.window.Time(n).Unix(), spec: d.sum()}
}

// seen is a hash of the observations, and of which of them are 0 because nothing was observed.
func (p past) seen() uint64 {
	n := len(p.Values)
	h := p.run.input.hash(n)
	if p.run.input.rows[0].sparse {
		h = mix(h, uint64(min(n, p.run.input.whole)))
	}
	return h
}
