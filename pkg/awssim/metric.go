package awssim

import (
	"cmp"
	"slices"
	"strings"
)

// dimension is one name and value of a metric's identity.
type dimension struct{ Name, Value string }

// MetricRef names one metric of one account and region.
type MetricRef struct {
	AccountID  string            `json:"accountId"`
	Region     string            `json:"region"`
	Namespace  string            `json:"namespace"`
	Metric     string            `json:"metric"`
	Dimensions map[string]string `json:"dimensions"`
}

// metricID is the identity of a metric within its account and region; dimensions are sorted by name.
type metricID struct {
	namespace, name string
	dimensions      []dimension
}

func newMetricID(namespace, name string, dimensions []dimension) metricID {
	sorted := slices.Clone(dimensions)
	slices.SortFunc(sorted, func(a, b dimension) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
	})
	return metricID{namespace: namespace, name: name, dimensions: sorted}
}

// key is unique among identities of printable characters, and AWS allows no others.
func (m metricID) key() string {
	var b strings.Builder
	b.WriteString(m.namespace)
	b.WriteByte(0)
	b.WriteString(m.name)
	for _, d := range m.dimensions {
		b.WriteByte(0)
		b.WriteString(d.Name)
		b.WriteByte(1)
		b.WriteString(d.Value)
	}
	return b.String()
}

// metric is one served series.
type metric struct {
	id        metricID
	accountID string
	region    string
	unit      string
	sampling  sampling
	spread    float64 // log-standard deviation of the samples within a minute
	key       uint64  // of all its randomness
	from      int64   // first minute with data
	until     int64   // first minute without data again
	delay     int64   // seconds from a minute's end until it can be read
	revises   bool    // its newest minutes arrive in parts
	source    source
}

// sampling says what the samples of one minute look like.
type sampling int

const (
	oneSample    sampling = iota // one sample a minute: a gauge
	unitSamples                  // each event is a sample of value 1: no event, no data
	zeroOrOne                    // each event is a sample, 1 where it failed
	spreadValues                 // samples spread about their average, log-normally
)

// source gives the truth of one UTC day, minute by minute.
type source interface {
	day(day int64) *block
}

// block is one UTC day of a metric: the sum of the samples of each minute and how many there were. No samples, no data.
type block struct {
	sum, count [minutesPerDay]float64
}

func (m *metric) ref() MetricRef {
	dims := make(map[string]string, len(m.id.dimensions))
	for _, d := range m.id.dimensions {
		dims[d.Name] = d.Value
	}
	return MetricRef{AccountID: m.accountID, Region: m.region, Namespace: m.id.namespace, Metric: m.id.name, Dimensions: dims}
}

// lastMinute is the newest minute that can hold data when the clock stands at now (Unix seconds).
func (m *metric) lastMinute(now int64) int64 {
	return min(floorDiv(now-60-m.delay, 60), m.until-1)
}
