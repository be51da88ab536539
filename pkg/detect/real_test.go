package detect_test

import (
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/nab"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// realNAB is far below what `bench nab` prints: it is for what is broken, not for what is a little worse.
const realNAB = 45.0

// TestRealSeries runs auto over the labelled series of the Numenta anomaly benchmark, which no one here made.
func TestRealSeries(t *testing.T) {
	if underRace || testing.Short() {
		t.Skip("SKIPPED: 58 series take too long here")
	}
	folder := os.Getenv("VIGIA_DATA")
	if folder == "" {
		folder = "../../../shared/data"
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: no labelled data in %s; set VIGIA_DATA to run on real series", folder)
	}
	data, err := fs.Sub(os.DirFS(folder), "nab")
	require.NoError(t, err)
	series, err := nab.Read(data)
	require.NoError(t, err)
	files := make([]nab.File, len(series))
	for i, s := range series {
		grid, err := s.Rows.Grid()
		require.NoError(t, err, s.Name)
		spec := grid.Spec(specOf(detect.Auto))
		rarities, _ := grid.Run(made(spec))
		fired := make([]float64, len(rarities))
		events := detect.NewEvents(spec.BucketsPerDay, 12)
		for j, r := range rarities {
			if events.Step(r) {
				fired[j] = 1
			}
		}
		files[i] = nab.File{Windows: s.Windows, Scores: grid.ByRow(fired)}
	}
	standard := nab.Profiles()[0]
	t.Logf("%d series: %.1f points at an event score of 12", len(files), standard.Normalized(files, 1))
	require.Greater(t, standard.Normalized(files, 1), realNAB)
}
