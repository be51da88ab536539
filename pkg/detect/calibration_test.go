package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

const train = 28 * perDay

// TestCalibration holds the contract of the score on clean data of many kinds: a warning at most once in 2 days, major once in 2 weeks,
// critical once in 10 weeks, counted by points and not by runs of them. (By points alone the score promises 1, 0.1 and 0.01 %, which
// is 5.8, 4 and 2 times more.)
func TestCalibration(t *testing.T) {
	const series, days = 60, 14
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			points := 0
			var above [3]int // warning, major, critical
			for seed := range uint64(series) {
				d := detect.NewSeasonal(k.config())
				for i, o := range k.generate(rand.New(rand.NewPCG(seed, 7)), train+days*perDay) {
					s := d.Step(o).Score
					if i < train {
						continue
					}
					require.False(t, math.IsNaN(s), "no score at %d", i)
					points++
					for level := range above {
						if s >= float64(25*(level+1)) {
							above[level]++
						}
					}
				}
			}
			weeks := float64(points) / (7 * perDay)
			warning, major, critical := float64(above[0])/weeks*2/7, float64(above[1])/weeks*2, float64(above[2])/weeks*10
			t.Logf("%.0f series-weeks: %.2f warnings in 2 days, %.2f major in 2 weeks, %.2f critical in 10 weeks", weeks, warning, major, critical)
			require.LessOrEqual(t, warning, 1.0)
			require.LessOrEqual(t, major, 1.0)
			require.LessOrEqual(t, critical, 1.0)
			require.Positive(t, above[0], "a score that never warns is no score")
		})
	}
}

func BenchmarkStep(b *testing.B) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(1, 1)), train)
	d := detect.NewSeasonal(k.config())
	for _, o := range obs {
		d.Step(o)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		d.Step(obs[i%len(obs)])
	}
}
