package history

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// oddAWS finds something odd in its answers for one metric.
type oddAWS struct {
	*fakeAWS
	metric string
}

func (f oddAWS) Fetch(ctx context.Context, scope cloudwatch.Scope, w series.Window, keys []series.Key) ([]cloudwatch.Outcome, cloudwatch.Usage) {
	out, used := f.fakeAWS.Fetch(ctx, scope, w, keys)
	for i, k := range keys {
		if k.Metric == f.metric {
			out[i].Oddities = []cloudwatch.Oddity{{At: w.Start, Check: series.FormatCheck, Detail: "odd"}}
			out[i].MoreOddities = 4
		}
	}
	return out, used
}

// What is odd is told and counted by the read that met it, with its series, and by no other.
func TestOdditiesAreOfTheReadThatMetThem(t *testing.T) {
	b, done := newBench(t)
	defer done()
	s, err := store.Open(context.Background(), "")
	require.NoError(t, err)
	defer s.Close()
	b.Reader = NewReader(s, oddAWS{b.aws, "odd"}, b.now)
	w := series.Window{Start: start.Add(-3 * time.Hour), End: start.Add(-time.Hour), Period: period}
	results, used := read(t, b, w, "plain", "odd")
	require.Equal(t, 5, used.Odd)
	require.Zero(t, results[0].Odd)
	require.Equal(t, 5, results[1].Odd)
	require.Equal(t, "odd", results[1].Oddities[0].Detail)
	results, used = read(t, b, w, "plain", "odd")
	require.Zero(t, used.Odd)
	require.Zero(t, results[1].Odd)
}
