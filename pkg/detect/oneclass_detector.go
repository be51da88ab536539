package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/oneclass"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

var oneClassDefinition = Definition{
	Name:       OneClassSVM,
	Title:      "One-class SVM",
	Help:       "A smooth boundary around the residuals of the last days: what lies far outside is unusual. Several metrics can be looked at together.",
	MaxColumns: maxFeatureColumns,
	Parameters: oneClassParameters,
	make:       func(s Spec) Detector { return newWindowed(s, oneClassKind) },
	restore:    func(s Spec, r *state.Reader) Detector { return restoreWindowed(s, oneClassKind, r) },
}

var oneClassParameters = []Parameter{
	{Name: "nu", Title: "Share outside", Help: "The share of usual buckets that the boundary leaves outside.", Default: 0.05, Min: 0.001, Max: 0.5},
	{Name: "gamma", Title: "Kernel width", Help: "Gamma of the RBF kernel: larger follows the data closer. 0 chooses it by their spread.", Default: 0, Min: 0, Max: 100},
	{Name: "sample", Title: "Sample", Help: "Buckets that the machine is trained on, drawn from the window.", Default: 256, Min: 32, Max: 512, Whole: true},
	{Name: "window", Title: "Window", Help: "The last buckets that the machine knows: 2016 are a week at 5 minutes.", Default: 2016, Min: 64, Max: 8064, Whole: true},
	{Name: "refit", Title: "Trained anew after", Help: "Buckets after which the machine is trained anew: 288 are a day at 5 minutes.", Default: 288, Min: 16, Max: 2016, Whole: true},
}

var oneClassKind = windowedKind{
	channel:    "boundary",
	parameters: oneClassParameters,
	tails:      seasonal.NewTails,
	make: func(s Spec, width int) estimator {
		return machineEstimator{oneclass.New(oneclass.Config{
			Nu:       parameterFloat(s, oneClassParameters, "nu"),
			Gamma:    parameterFloat(s, oneClassParameters, "gamma"),
			Variance: 1, // the features are standardised: less is a series that hardly ever changes
			Sample:   parameterInt(s, oneClassParameters, "sample"),
			Width:    width,
		})}
	},
}

type machineEstimator struct{ *oneclass.Machine }

func (m machineEstimator) fit(rows *rowRing, seed uint64) { m.Fit(rows, seed) }

// judge returns the decision value, and how far outside the boundary the row lies: the logarithm of the kernel's fall goes on where the
// value comes to rest, and its root is again a distance.
func (m machineEstimator) judge(row []float32) (raw, statistic float64) {
	return m.Decision(row), math.Sqrt(2 * math.Max(m.Distance(row), 0))
}

func (m machineEstimator) attribute([]float32) (high, low []float64) { return nil, nil }

func (m machineEstimator) size() int { return m.Size() }
