package analysis

import (
	"math"
	"slices"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const (
	// sparseGaps runs of missing buckets and sparseShare of all of them must have been missing for a gap to be a habit; from mostGaps
	// on it is one whatever the values.
	sparseGaps  = 8
	sparseShare = 0.05
	mostGaps    = 0.5
	// fewCounts, or a value of a fewth of the median, is near nothing.
	fewCounts = 5
	fewth     = 0.25
	// cadenceShare of equal distances between observations is a publisher that speaks seldom, and not one that has nothing to say.
	cadenceShare = 0.9
)

// isSparse says that a missing bucket of the series means a count of nothing, as AWS publishes no point where nothing happened. The past
// is what the detector learns from, from its first observation on: all of it before the epoch, so no score looks ahead, and one decision
// for all of the epoch. A gauge never is sparse, nor a count that has few gaps (then a gap is a fault), keeps far from zero between them,
// has been negative, or is published on a cadence of its own.
func isSparse(k series.Key, past []float64) bool {
	if !isCount(k) || time.Duration(len(past))*k.Period < 2*day || len(past) < 32 {
		return false
	}
	var observed []float64
	distances := map[int]int{}
	gaps, last := 0, -1
	for i, v := range past {
		if math.IsNaN(v) {
			continue
		}
		if v < 0 {
			return false
		}
		observed = append(observed, v)
		if last >= 0 && i-last > 1 {
			gaps++
			distances[i-last]++
		}
		last = i
	}
	share := 1 - float64(len(observed))/float64(len(past))
	if gaps < sparseGaps || share < sparseShare {
		return false
	}
	for _, n := range distances {
		if float64(n) > cadenceShare*float64(len(observed)-1) {
			return false
		}
	}
	slices.Sort(observed)
	low, median := observed[len(observed)/10], observed[len(observed)/2]
	return share >= mostGaps || low <= max(fewCounts, fewth*median)
}

func isCount(k series.Key) bool { return k.Stat == "Sum" || k.Stat == "SampleCount" }
