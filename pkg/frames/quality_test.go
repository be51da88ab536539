package frames

import (
	"math"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// checked has a bucket that fails two checks.
func checked() Checked {
	flags := series.Flags(nil).Mark(3, 1, series.MissingCheck).Mark(3, 2, series.RangeCheck).Mark(3, 2, series.LogicCheck)
	return Checked{Series: shown("production", instance("i-1")), Flags: flags}
}

// A check that was not made is null, not passed; what failed already counts. A rule sees nothing after the newest bucket that can be told.
func TestWhatWasNotCheckedIsNull(t *testing.T) {
	c := checked()
	c.Open = series.Flags(nil).Mark(3, 0, series.LogicCheck).Mark(3, 1, series.LogicCheck).Mark(3, 2, series.MissingCheck)
	null := math.NaN()
	for m, want := range map[query.Measure][]float64{
		query.Quality: {null, 1, 2}, query.QualityLogic: {null, null, 1}, query.QualityMissing: {0, 1, null}, query.QualityFormat: {0, 0, 0},
	} {
		got := failures(c, m)
		for i := range want {
			require.InDelta(t, want[i], got[i], 0, "%s of bucket %d", m, i)
		}
	}
	require.Equal(t, 2, c.Judged(query.QualityMissing).Observed.Window.Len())
	require.Equal(t, 3, c.Judged(query.Quality).Observed.Window.Len())
	frame := BuildQuality([]Checked{c.Judged(query.QualityMissing)}, options(query.QualityMissing))[0]
	require.Equal(t, 2, frame.Rows())
	c.Open = c.Open.Mark(3, 0, series.FormatCheck).Mark(3, 1, series.FormatCheck).Mark(3, 2, series.FormatCheck)
	require.Zero(t, BuildQuality([]Checked{c.Judged(query.QualityFormat)}, options(query.QualityFormat))[0].Rows())
}

// One frame for each check, and one that counts them.
func TestGoldenQuality(t *testing.T) {
	answer := &backend.DataResponse{Frames: BuildQuality([]Checked{checked()}, options(query.QualityMeasures...))}
	experimental.CheckGoldenJSONResponse(t, "testdata", "quality", answer, *update)
}

// Each check has a measure, in the order of both lists.
func TestEveryCheckIsMeasured(t *testing.T) {
	require.Len(t, query.QualityMeasures, 1+len(series.Checks))
	for n, check := range series.Checks {
		c := Checked{Series: shown("production"), Flags: series.Flags(nil).Mark(3, 1, check)}
		require.Equal(t, []float64{0, 1, 0}, failures(c, query.QualityMeasures[1+n]), "%s", check)
		require.Equal(t, []float64{0, 1, 0}, failures(c, query.Quality))
	}
	require.Equal(t, []float64{0, 0, 0}, failures(Checked{Series: shown("production")}, query.Quality), "without a fault")
}

// The value's frame says how many of its points are flagged, and no other does.
func TestFlaggedIsOfTheValue(t *testing.T) {
	s := shown("production", instance("i-1"))
	s.Flagged = 2
	for _, f := range Build([]Series{s}, options(query.Measures...)) {
		meta := f.Meta.Custom.(Meta)
		require.Equal(t, map[bool]int{true: 2}[meta.Measure == query.Value], meta.Flagged)
	}
}

func event(kind string, minute int) Event {
	return Event{
		At: start.Add(time.Duration(minute) * time.Minute), Kind: kind, Start: start, Score: 81.5, Value: 99, Expected: 12, Direction: 1,
		Spec: "1f2e3d",
		Labels: data.Labels{
			"account": "production", "account_id": "111111111111", "region": "us-east-1", "namespace": "AWS/EC2", "metric": "CPUUtilization", "stat": "Average",
			"InstanceId": "i-1", "AutoScalingGroupName": "web",
		},
	}
}

// A table of what became of anomalies, also of one over several accounts and of one that was taken back.
func TestGoldenEvents(t *testing.T) {
	closed, split, revised := event("closed", 45), event("changed", 20), event("revised", 90)
	closed.Until = start.Add(15 * time.Minute)
	split.Labels = data.Labels{"namespace": "AWS/EC2", "metric": "CPUUtilization", "stat": "Average"}
	revised.Until, revised.Score, revised.Value, revised.Expected, revised.Direction = start, math.NaN(), math.NaN(), math.Inf(1), 0
	frame := BuildEvents([]Event{revised, closed, split, event("opened", 0)}, 17, options())
	experimental.CheckGoldenJSONResponse(t, "testdata", "events", &backend.DataResponse{Frames: data.Frames{frame}}, *update)
	require.Equal(t, "AutoScalingGroupName=web, InstanceId=i-1", frame.At(7, 1))
	require.Zero(t, BuildEvents(nil, 0, options()).Rows())
}
