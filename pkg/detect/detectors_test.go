package detect_test

import (
	"math"
	"testing"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// light is auto without its forest, in these tests a detector of its own.
const light = "auto, light"

// byName are the detectors that look at one series, or at one beside its group. The forest of several columns has tests of its own.
func byName() []string {
	return append(scoredBySize(), detect.RareZero)
}

// scoredBySize are those that look at the size of a value.
func scoredBySize() []string {
	return append(seasonals(), detect.IsolationForest, detect.OneClassSVM, detect.EWMA, detect.Peers)
}

// seasonals are those that people get unless they ask for another, and the one that is their second opinion.
func seasonals() []string { return []string{detect.Auto, light, detect.SeasonalRobust} }

// eachSeasonal runs a test over the seasonals, side by side.
func eachSeasonal(t *testing.T, test func(t *testing.T, name string)) {
	each(t, seasonals(), test)
}

// each runs a test over the detectors of these names, side by side.
func each(t *testing.T, names []string, test func(t *testing.T, name string)) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name)
		})
	}
}

// made is the detector of a spec that is right.
func made(s detect.Spec) detect.Detector {
	d, err := detect.New(s)
	if err != nil {
		panic(err)
	}
	return d
}

// named puts a detector's name into a spec.
func named(name string, s detect.Spec) detect.Spec {
	s.Name = name
	if name == light {
		s.Name, s.Parameters = detect.Auto, map[string]float64{"forest": 0}
	}
	return s
}

func unbounded() detect.Spec {
	return detect.Spec{BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
}

func counting() detect.Spec { return detect.Spec{BucketsPerDay: perDay, Upper: math.Inf(1)} }

func percent() detect.Spec { return detect.Spec{BucketsPerDay: perDay, Upper: 100} }

// specOf has the defaults of five-minute data.
func specOf(name string) detect.Spec { return named(name, unbounded()) }

// hourly is a spec whose weeks are short, so that a property sees many of them.
const hourly = 24

// smallSpec fits often and on little, so that a property sees many fits.
func smallSpec(name string) detect.Spec {
	spec := specOf(name)
	spec.BucketsPerDay = hourly
	switch name {
	case detect.IsolationForest:
		spec.Columns = 2
		spec.Parameters = map[string]float64{"numberOfTrees": 10, "subSampleSize": 32, "window": 100, "refit": 30}
	case detect.OneClassSVM:
		spec.Columns = 1
		spec.Parameters = map[string]float64{"sample": 40, "window": 100, "refit": 30}
	}
	return spec
}
