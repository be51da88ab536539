package frames

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Series is one series to show.
type Series struct {
	Account  string        // alias
	Observed series.Series // of the shown range
	Analysis analysis.Result
	Labels   data.Labels // of a split, whose series are joined over members: the labels they share; nil: those of the account and the key
	Members  int         // of a split: how many series are joined; 0: it is one of AWS's own
	Flagged  int         // observations that fail a check, and are left out of what is learnt
}

// Usage is what the whole query cost; it stands in every frame's metadata.
type Usage struct {
	Series           int     `json:"series"`
	Requests         int     `json:"requests"`
	MetricsAsked     int     `json:"metricsAsked"`
	MetricsSaved     int     `json:"metricsSaved"` // answered from the cache alone
	EstimatedCostUSD float64 `json:"estimatedCostUSD"`
	CacheHits        int     `json:"cacheHits"`
	RevisedPoints    int     `json:"revisedPoints"`
}

// Meta is Meta.Custom of every frame.
type Meta struct {
	Vigia         int           `json:"vigia"` // version of this structure
	Measure       query.Measure `json:"measure"`
	PeriodSeconds int           `json:"periodSeconds"`
	Simulated     bool          `json:"simulated"`
	Threshold     *float64      `json:"threshold"`
	Early         *float64      `json:"early,omitempty"` // of hours_to_threshold: by the near edge of the band
	Late          *float64      `json:"late,omitempty"`  // by the far edge
	Lower         *float64      `json:"lower,omitempty"` // of max_in_horizon and min_in_horizon: by the edges of the band
	Upper         *float64      `json:"upper,omitempty"`
	Forecast      *Foresight    `json:"forecast,omitempty"` // of what comes from a forecast
	Note          string        `json:"note,omitempty"`     // why a value is null
	Members       int           `json:"members,omitempty"`  // of a roll-up or a split: how many series stand behind it
	RollUp        []string      `json:"rollUp,omitempty"`   // the labels of a roll-up
	Flagged       int           `json:"flagged,omitempty"`  // of value: observations that fail a check, and are left out of what is learnt
	Estimate      bool          `json:"estimate,omitempty"` // of costs: AWS's bill alone knows the price
	Usage         Usage         `json:"usage"`

	of *named // the series, for Mask
}

// Foresight says where a forecast comes from and how its back-tests fared.
type Foresight struct {
	Forecaster string              `json:"forecaster"`
	Model      string              `json:"model"`
	Trend      bool                `json:"trend,omitempty"` // it follows a trend that is under way, of which back-tests say nothing
	Level      int                 `json:"level"`           // of the band, in percent
	Origins    int                 `json:"origins"`         // moments from which it was forecast again
	Hours      float64             `json:"hours"`           // how far ahead, at most
	MAE        *float64            `json:"mae"`             // mean absolute error, in the metric's unit; null: not measured
	MASE       *float64            `json:"mase"`            // the same over that of a seasonal naive forecast
	SMAPE      *float64            `json:"smape"`           // in percent
	Coverage   map[string]*float64 `json:"coverage"`        // by level: the share of observations within the band
}

// Options are the same for every frame of a query.
type Options struct {
	Query     query.Query
	Simulated bool
	Usage     Usage

	clock *clock
}

// metaVersion is the version of Meta.
const metaVersion = 1

// Build makes the frames of a query, series by series, measures in their fixed order.
func Build(all []Series, o Options) data.Frames {
	o.clock = newClock()
	labels := make([]data.Labels, len(all))
	for i, s := range all {
		labels[i] = LabelsOf(s)
	}
	names := nameAll(labels, o.Query.Legend)
	each := len(o.Query.Measures)
	out := make(data.Frames, len(all)*each)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range all {
		group.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("%v", p)
				}
			}()
			for n, m := range o.Query.Measures {
				out[i*each+n] = o.frame(s, m, names[i])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		panic(err) // here, where the caller can catch it
	}
	return out
}

func (o Options) frame(s Series, m query.Measure, of *named) *data.Frame {
	meta := o.meta(m, s.Observed.Window.Period)
	meta.Members = s.Members
	if m == query.Value {
		meta.Flagged = s.Flagged
	}
	if o.Query.Threshold.Metric != nil {
		meta.Threshold = s.Analysis.Threshold
	}
	return o.assemble(of, o.points(s, m, &meta), meta)
}

func (o Options) meta(m query.Measure, period time.Duration) Meta {
	return Meta{
		Vigia: metaVersion, Measure: m, PeriodSeconds: int(period / time.Second),
		Simulated: o.Simulated, Threshold: o.Query.Threshold.Value, Usage: o.Usage,
	}
}

func (o Options) assemble(of *named, c cells, meta Meta) *data.Frame {
	meta.of = of
	field := c.values
	field.Name, field.Labels, field.Config = string(meta.Measure), of.labels, configure(of.name, meta.Measure)
	frame := data.NewFrame(measureName(of.name, meta.Measure), c.times, field)
	frame.RefID = o.Query.RefID
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesMulti, TypeVersion: data.FrameTypeVersion{0, 1}, Custom: meta}
	return frame
}

// points are the times and values of a measure.
func (o Options) points(s Series, m query.Measure, meta *Meta) cells {
	a := s.Analysis
	switch m {
	case query.Value:
		return o.clock.column(s.Observed.Window, s.Observed.Values)
	case query.Expected:
		return o.clock.column(a.Range, a.Expected)
	case query.Lower:
		return o.clock.column(a.Range, a.Lower)
	case query.Upper:
		return o.clock.column(a.Range, a.Upper)
	case query.Score:
		return o.clock.column(a.Range, a.Score)
	case query.Direction:
		return o.clock.column(a.Range, a.Direction)
	case query.Event:
		return o.clock.column(a.Range, a.Event)
	case query.Raw:
		return o.clock.column(a.Range, a.Raw)
	case query.Trend:
		return o.clock.column(a.Range, a.Parts.Trend)
	case query.SeasonDay:
		return o.clock.column(a.Range, a.Parts.SeasonDay)
	case query.SeasonWeek:
		return o.clock.column(a.Range, a.Parts.SeasonWeek)
	case query.Remainder:
		return o.clock.column(a.Range, a.Parts.Remainder)
	default:
		return o.ahead(a, m, meta)
	}
}

// cells are the times and the values of a frame.
type cells struct{ times, values *data.Field }

// clock makes time fields. Frames of the same window share theirs, which nobody may change: a dashboard's frames differ in little else than
// their values. It is safe for concurrent use.
type clock struct {
	mutex    sync.Mutex
	byWindow map[stretch]*data.Field
}

// stretch is the first so many buckets of a window.
type stretch struct {
	series.Window
	buckets int
}

func newClock() *clock { return &clock{byWindow: map[stretch]*data.Field{}} }

func (c *clock) field(w series.Window, buckets int) *data.Field {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	id := stretch{w, buckets}
	f, ok := c.byWindow[id]
	if !ok {
		times := make([]time.Time, buckets)
		for i := range times {
			times[i] = w.Time(i)
		}
		f = timeField(times, w.Period)
		c.byWindow[id] = f
	}
	return f
}

func timeField(times []time.Time, period time.Duration) *data.Field {
	f := data.NewField("time", nil, times)
	f.Config = &data.FieldConfig{Interval: float64(period / time.Millisecond)}
	return f
}

// column spreads values over a window, null where they are not finite; a window without values (no forecast yet) makes an empty column. The
// frame points into the values: they may not change any more.
func (c *clock) column(w series.Window, values []float64) cells {
	out := data.NewFieldFromFieldType(data.FieldTypeNullableFloat64, len(values))
	for i := range values {
		if !math.IsNaN(values[i]) && !math.IsInf(values[i], 0) {
			out.Set(i, &values[i])
		}
	}
	return cells{c.field(w, len(values)), out}
}

// single is a number of now; without any observation there is no now and no row.
func single(now time.Time, period time.Duration, v float64) cells {
	times, values := []time.Time{}, []*float64{}
	if !now.IsZero() {
		times, values = []time.Time{now}, []*float64{finite(v)}
	}
	return cells{timeField(times, period), data.NewField("", nil, values)}
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// bandColor is the band's in the stock time series panel: grey, so that it stands behind every series' own colour.
const bandColor = "#8f8f8f"

// lowerOf names the lower edge of a band by its upper one: upper, forecast_upper, forecast_upper_80 ...
func lowerOf(m query.Measure) (query.Measure, bool) {
	lower := strings.Replace(string(m), string(query.Upper), string(query.Lower), 1)
	return query.Measure(lower), lower != string(m) && isBand(m)
}

// isBand says that a measure is an edge of a band over time.
func isBand(m query.Measure) bool {
	return m == query.Lower || m == query.Upper ||
		strings.HasPrefix(string(m), string(query.ForecastLower)) || strings.HasPrefix(string(m), string(query.ForecastUpper))
}

// configure makes the stock time series panel draw the band without an override: the upper edge is filled down to the lower one, which
// is named by its unique display name, and neither has a line or stands in the legend.
func configure(name string, m query.Measure) *data.FieldConfig {
	c := &data.FieldConfig{DisplayNameFromDS: measureName(name, m)}
	switch {
	case isBand(m):
		c.Color = map[string]any{"mode": "fixed", "fixedColor": bandColor}
		c.Custom = map[string]any{"lineWidth": 0, "showPoints": "never", "hideFrom": map[string]any{"legend": true, "tooltip": false, "viz": false}}
	case m == query.Expected:
		c.Color = map[string]any{"mode": "fixed", "fixedColor": bandColor}
		c.Custom = map[string]any{"lineWidth": 1, "lineStyle": map[string]any{"fill": "dot", "dash": []int{2, 6}}, "showPoints": "never"}
	case m == query.Forecast:
		c.Custom = map[string]any{"lineStyle": map[string]any{"fill": "dash", "dash": []int{8, 6}}, "showPoints": "never"}
	case m == query.HoursToThreshold || m == query.HoursEarly || m == query.HoursLate:
		c.Unit = "h"
	}
	if lower, ok := lowerOf(m); ok {
		c.Custom["fillBelowTo"], c.Custom["fillOpacity"] = measureName(name, lower), 15
	}
	return c
}
