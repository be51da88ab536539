package frames

import (
	"fmt"
	"math"
	"strconv"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// ahead are the times and values of a measure that a forecast makes.
func (o Options) ahead(a analysis.Result, m query.Measure, meta *Meta) cells {
	meta.Note = note(a)
	meta.Forecast = o.foresight(a, 0)
	switch m {
	case query.Forecast:
		return o.clock.column(a.Future, a.Forecast.Median)
	case query.HoursToThreshold, query.HoursEarly, query.HoursLate:
		return o.hours(a, m, meta)
	case query.MaxInHorizon, query.MaxLower, query.MaxUpper:
		return extreme(a, a.MaxInHorizon, m, meta)
	case query.MinInHorizon, query.MinLower, query.MinUpper:
		return extreme(a, a.MinInHorizon, m, meta)
	}
	for i := range o.Query.Forecaster.Levels {
		lower, upper := o.Query.Forecaster.BandAt(i)
		if m != lower && m != upper {
			continue
		}
		meta.Forecast = o.foresight(a, i)
		switch {
		case i >= len(a.Forecast.Bands):
			return o.clock.column(a.Future, nil)
		case m == lower:
			return o.clock.column(a.Future, a.Forecast.Bands[i].Lower)
		}
		return o.clock.column(a.Future, a.Forecast.Bands[i].Upper)
	}
	panic("frames: no points for measure " + string(m))
}

func (o Options) hours(a analysis.Result, m query.Measure, meta *Meta) cells {
	e := a.HoursToThreshold
	meta.Early, meta.Late = finite(e.Low), finite(e.High)
	value := map[query.Measure]float64{query.HoursToThreshold: e.Median, query.HoursEarly: e.Low, query.HoursLate: e.High}[m]
	switch metric := o.Query.Threshold.Metric; {
	case math.IsInf(value, 1):
		meta.Note = "the threshold is not reached within the horizon"
	case a.NotReady == nil && a.Threshold == nil && metric != nil && !a.Now.IsZero():
		meta.Note = fmt.Sprintf("no value of %s of %s is known, which is the threshold", metric.Statistic, metric.Metric)
	}
	return single(a.Now, a.Range.Period, value)
}

// extreme is the greatest or smallest value of the horizon, or one of its edges.
func extreme(a analysis.Result, e analysis.Estimate, m query.Measure, meta *Meta) cells {
	meta.Lower, meta.Upper = finite(e.Low), finite(e.High)
	switch m {
	case query.MaxLower, query.MinLower:
		return single(a.Now, a.Range.Period, e.Low)
	case query.MaxUpper, query.MinUpper:
		return single(a.Now, a.Range.Period, e.High)
	}
	return single(a.Now, a.Range.Period, e.Median)
}

// note says why there is no forecast.
func note(a analysis.Result) string {
	if a.NotReady == nil {
		return ""
	}
	return a.NotReady.Error()
}

// foresight of the i-th level; nil without a forecast.
func (o Options) foresight(a analysis.Result, i int) *Foresight {
	if a.NotReady != nil || a.Report.Model == "" {
		return nil
	}
	r := a.Report
	f := &Foresight{
		Forecaster: o.Query.Forecaster.Name, Model: r.Model, Trend: a.Trend, Level: o.Query.Forecaster.Levels[i],
		Origins: r.Origins, Hours: float64(r.Steps) * a.Future.Period.Hours(),
		MAE: finite(r.MAE), MASE: finite(r.MASE), SMAPE: finite(r.SMAPE), Coverage: map[string]*float64{},
	}
	for _, c := range r.Coverage {
		f.Coverage[strconv.FormatFloat(100*c.Level, 'f', -1, 64)] = finite(c.Share)
	}
	return f
}
