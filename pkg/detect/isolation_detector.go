package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/isolation"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

var isolationDefinition = Definition{
	Name:       IsolationForest,
	Title:      "Isolation Forest",
	Help:       "Random cuts through the residuals of the last days: what is soon alone is unusual. Several metrics can be looked at together.",
	MaxColumns: maxFeatureColumns,
	Parameters: isolationParameters,
	make:       func(s Spec) Detector { return newWindowed(s, isolationKind) },
	restore:    func(s Spec, r *state.Reader) Detector { return restoreWindowed(s, isolationKind, r) },
}

var isolationParameters = []Parameter{
	{Name: "numberOfTrees", Title: "Trees", Help: "More trees make the score steadier and slower.", Default: 100, Min: 10, Max: 500, Whole: true},
	{Name: "subSampleSize", Title: "Sample of a tree", Help: "Buckets that each tree is grown on, drawn from the window.", Default: 256, Min: 16, Max: 1024, Whole: true},
	{Name: "window", Title: "Window", Help: "The last buckets that the forest knows: 2016 are a week at 5 minutes.", Default: 2016, Min: 64, Max: 8064, Whole: true},
	{Name: "refit", Title: "Grown anew after", Help: "Buckets after which the forest is grown anew: 288 are a day at 5 minutes.", Default: 288, Min: 16, Max: 2016, Whole: true},
}

const (
	// fenceMargin and fenceFloor let a score tell far from outside: half of the range of usual residuals is some 3 standard deviations.
	fenceMargin = 1
	fenceFloor  = 4
	// depthScale gives the statistic of the depth about the scale of a rarity.
	depthScale = 2
)

var isolationKind = windowedKind{
	channel:    "isolation",
	parameters: isolationParameters,
	tails:      seasonal.NewRarityTails,
	make: func(s Spec, width int) estimator {
		return forestEstimator{isolation.New(isolation.Config{
			Trees:  parameterInt(s, isolationParameters, "numberOfTrees"),
			Sample: parameterInt(s, isolationParameters, "subSampleSize"),
			Width:  width,
			Margin: fenceMargin,
			Floor:  fenceFloor,
		}), width}
	},
}

type forestEstimator struct {
	*isolation.Forest
	width int
}

func (f forestEstimator) fit(rows *rowRing, seed uint64) { f.Fit(rows, seed) }

// judge returns the score of the forest, and how many times shallower than usual the row lies.
func (f forestEstimator) judge(row []float32) (raw, statistic float64) {
	mean, usual := f.Depth(row)
	return math.Exp2(-mean / usual), depthScale * (usual/mean - 1)
}

func (f forestEstimator) attribute(row []float32) (high, low []float64) {
	high, low = make([]float64, f.width), make([]float64, f.width)
	f.Attribute(row, high, low)
	return high, low
}

func (f forestEstimator) size() int { return f.Size() }
