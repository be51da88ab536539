package query

import (
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// Detector says how scores are made. Its defaults are filled in.
type Detector struct {
	Name       string             // of detect.Catalogue
	Parameters map[string]float64 // every parameter of the detector by name, so that a written default is the same as an absent one
	Function   Function           // None: the statistic as it is; else it has decided Query.Statistic
	Direction  Side
	Split      []string // labels; empty: each series by itself. See Peers
	Join       Function // how the series of one value of Split become one: Mean, Minimum, Maximum or Sum; None where they are not joined
	Columns    []Column
	Rules      []Rule
	Calendars  []string // names, or All; empty: none
	EventScore float64  // above 0, up to 100: scores from it on can begin an anomaly
}

// Peers says that series are scored against each other: all of the query, or those that share the labels of Split, which then joins none.
func (d Detector) Peers() bool { return d.Name == detect.Peers }

// Detectors lists the detectors that a query can name, the default first, as the editor shows them: no list in it is nil.
func Detectors() []detect.Definition {
	all := slices.Clone(detect.Catalogue())
	for i := range all {
		if all[i].Parameters == nil {
			all[i].Parameters = []detect.Parameter{}
		}
	}
	return all
}

// Function is how people name what is looked at.
type Function string

// The functions. RareZero looks at the sum with the detector of that name.
const (
	None     Function = ""
	Count    Function = "count"
	Mean     Function = "mean"
	Minimum  Function = "min"
	Maximum  Function = "max"
	Sum      Function = "sum"
	RareZero Function = "rare_zero"
)

// functionStatistics are CloudWatch's names of the functions.
var functionStatistics = map[Function]string{
	Count: "SampleCount", Mean: "Average", Minimum: "Minimum", Maximum: "Maximum", Sum: "Sum", RareZero: "Sum",
}

// statisticJoins say how values of a statistic are joined over series. Percentiles are missing: those of the parts do not give that of
// the whole. The mean of averages counts each series alike, however many samples it has.
var statisticJoins = map[string]Function{
	"SampleCount": Sum, "Sum": Sum, "Average": Mean, "Minimum": Minimum, "Maximum": Maximum,
}

// Side is which deviations count.
type Side string

// The sides; what deviates the other way scores 0.
const (
	Both Side = "both"
	Low  Side = "low"
	High Side = "high"
)

// Sign is -1 for Low, +1 for High and 0 for Both.
func (s Side) Sign() int8 {
	switch s {
	case Low:
		return -1
	case High:
		return 1
	default:
		return 0
	}
}

// Column is one more metric of the same namespace and dimensions, looked at together with the first.
type Column struct {
	Metric    string
	Statistic string
	Join      Function // as Detector.Join, by the column's own statistic
}

// Rule silences scores. Each limit that is set does so by itself; nil is none.
type Rule struct {
	SkipWithin        *float64 // no score where the value is closer to the expected one, in the metric's unit
	SkipWithinPercent *float64 // the same in percent of the expected value
	OnlyAbove         *float64 // no score where the value is not above it
	OnlyBelow         *float64 // no score where the value is not below it
}

// ownLabels are the labels of every series that are no dimensions.
var ownLabels = []string{"account_id", "account", "region", "namespace", "metric", "stat"}

// DimensionLabel is the label of a dimension: its name, or where one of our labels is called so a longer one, because a custom dimension
// may be called "region" and must not hide ours.
func DimensionLabel(name string) string {
	if slices.Contains(ownLabels, name) {
		return "dimension_" + name
	}
	return name
}
