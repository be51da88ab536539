//go:build !race

// Under the race detector 58 series would take many minutes.

package main

import (
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/nab"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// realNAB is far below what `bench nab` prints: it is for what is broken, not for what is a little worse.
const realNAB = 45.0

// TestRealSeries runs auto over the labelled series of the Numenta Anomaly Benchmark, which no one here made.
func TestRealSeries(t *testing.T) {
	if os.Getenv("VIGIA_DATA") == "" {
		t.Setenv("VIGIA_DATA", "../../../shared/data") // beside the project, seen from this folder
	}
	data, err := dataFolder()
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	benchmark, err := fs.Sub(data, "nab")
	require.NoError(t, err)
	series, err := nab.Read(benchmark)
	require.NoError(t, err)
	require.Len(t, series, 58)
	o := options{spec: unbounded()}
	o.spec.Name = detect.Auto
	result, _, err := replayNAB(o, series)
	require.NoError(t, err)
	const eventScore = 12
	got := result.score(nab.Profiles()[0], slices.Index(alertScores, eventScore))
	t.Logf("%d series: %.1f points at an event score of %d", len(series), got, eventScore)
	require.Greater(t, got, realNAB)
}
