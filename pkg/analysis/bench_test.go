package analysis

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// BenchmarkAnalyse is the last 6 hours of a series of 5 minutes, 4 days into its epoch: cold (from the origin), restored (in a new process,
// from the store), warm (from memory, nothing new), grown (from memory, one final point new) and revised (a point of 8 hours ago came late).
func BenchmarkAnalyse(b *testing.B) {
	planned, err := calendar.Parse([]byte(`[{"name": "nights", "weekly": [{"days": ["mon", "thu"], "from": "01:00", "to": "05:00"}]}]`), nil)
	require.NoError(b, err)
	history := world(1)
	for _, name := range []string{detect.Auto, detect.SeasonalRobust, detect.RandomCutForest} {
		if _, err := detect.Lookup(name); err != nil {
			continue
		}
		request := read(history, lastDays(1))
		request.Detector, request.Calendars = Detector{Name: name}, planned
		states := newStored(b)
		defer states.Close()
		warm := New(Options{States: states})
		warm.Analyse(request)
		require.NoError(b, warm.Close(context.Background()))
		b.Run(name+"/cold", func(b *testing.B) {
			for b.Loop() {
				New(Options{}).Analyse(request)
			}
		})
		b.Run(name+"/restored", func(b *testing.B) {
			for b.Loop() {
				New(Options{States: states}).Analyse(request)
			}
		})
		b.Run(name+"/warm", func(b *testing.B) {
			for b.Loop() {
				warm.Analyse(request)
			}
		})
		b.Run(name+"/revised", func(b *testing.B) {
			engine := New(Options{})
			revised := request
			revised.Series.Values = slices.Clone(request.Series.Values)
			engine.Analyse(request)
			for b.Loop() {
				revised.Series.Values[len(revised.Series.Values)-96]++
				engine.Analyse(revised)
			}
		})
		b.Run(name+"/grown", func(b *testing.B) {
			earlier := request
			earlier.FinalUntil = request.FinalUntil.Add(-period)
			engine := New(Options{})
			engine.Analyse(earlier)
			id := engine.newRun(earlier, epochOf(now, period)).id
			before, _ := engine.kept.get(id)
			for b.Loop() {
				engine.kept.put(id, before)
				engine.Analyse(request)
			}
		})
	}
}
