package replay

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

func at(minutes ...int) []time.Time {
	times := make([]time.Time, len(minutes))
	for i, m := range minutes {
		times[i] = time.Date(2014, 4, 6, 0, m, 0, 0, time.UTC) // a Sunday
	}
	return times
}

// echo says of every observation its value, and keeps what it saw.
type echo struct {
	detect.Detector
	saw []detect.Observation
}

func (e *echo) Step(o detect.Observation) detect.Result {
	e.saw = append(e.saw, o)
	return detect.Result{Rarity: o.Value}
}

func TestRowsOnAGrid(t *testing.T) {
	// A gap at 10, an odd minute at 16, two rows in the bucket of 20, and one that goes back.
	rows := Rows{Times: at(0, 5, 16, 20, 22, 25, 30, 35, 2), Values: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}}
	g, err := rows.Grid()
	require.NoError(t, err)
	require.Equal(t, 5*time.Minute, g.Period)
	require.Equal(t, 288, g.PerDay())

	e := &echo{}
	rarities, _ := g.Run(e)
	require.Len(t, rarities, 8)
	require.True(t, math.IsNaN(rarities[2]), "the empty bucket is asked for, too")
	byRow := g.ByRow(rarities)
	require.Len(t, byRow, 9)
	for row, want := range map[int]float64{1: 2, 2: 3, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9} {
		require.Equal(t, want, byRow[row], "row %d", row)
	}
	require.True(t, math.IsNaN(byRow[3]), "replaced by the row after it")
	require.True(t, math.IsNaN(byRow[0]), "replaced by the row that came late")
	require.Equal(t, 6, e.saw[6].Phase.Day)
	require.Equal(t, 6, e.saw[6].Phase.Week, "weeks begin on Sunday")
}

func TestDailyRowsHaveOnePhase(t *testing.T) {
	g, err := Rows{Times: at(0, 1440, 2880), Values: make([]float64, 3)}.Grid()
	require.NoError(t, err)
	require.Equal(t, 1, g.PerDay())
	require.Equal(t, 1, g.Spec(detect.Spec{}).BucketsPerDay)
	e := &echo{}
	g.Run(e)
	require.Equal(t, 0, e.saw[2].Phase.Day)
	require.Equal(t, 2, e.saw[2].Phase.Week)
}

func TestNoSeries(t *testing.T) {
	_, err := Rows{Times: at(0), Values: []float64{1}}.Grid()
	require.Error(t, err)
	_, err = Rows{Times: at(0, 5), Values: []float64{1}}.Grid()
	require.Error(t, err)
	_, err = Rows{Times: at(0, 1, 2, 10_000_000), Values: make([]float64, 4)}.Grid()
	require.ErrorContains(t, err, "4 rows span")
}
