package plugin

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

var chapterStart = time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)

func bucket(n int) time.Time { return chapterStart.Add(time.Duration(n) * 5 * time.Minute) }

// journalUntil is what an epoch's first so many buckets say: an anomaly of ten buckets after every tenth.
func journalUntil(buckets int) analysis.Journal {
	j := analysis.Journal{
		Start: chapterStart, Until: bucket(buckets),
		Read: series.Window{Start: chapterStart.Add(-time.Hour), End: chapterStart.Add(7 * 24 * time.Hour), Period: 5 * time.Minute},
	}
	for n := 10; n < buckets; n += 20 {
		opened := analysis.Change{Kind: analysis.Opened, At: bucket(n), Start: bucket(n), Score: 80, Value: float64(n)}
		closed := analysis.Change{Kind: analysis.Closed, At: bucket(n + 10), Start: bucket(n), Until: bucket(n + 5), Score: 80, Value: float64(n)}
		if j.Changes = append(j.Changes, opened); n+10 < buckets {
			j.Changes = append(j.Changes, closed)
		}
	}
	return j
}

func draftOf(l *eventLog, metric string, j analysis.Journal) draft {
	key := l.key(series.Key{AccountID: "111111111111", Region: "us-east-1", Namespace: "N", Metric: metric, Stat: "Sum", Period: j.Read.Period}, "")
	return draft{key: key, chapter: chapter{key.ID(), 7, j.Start.Unix()}, journal: j, whole: true}
}

// logOfProcess is the log of one data source as another process has it: with a store and a lock of its own.
func logOfProcess(t *testing.T, dir string) *eventLog {
	s, err := store.Open(context.Background(), dir)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return newEventLog(s, "one", &sync.Mutex{}, func() time.Time { return bucket(5000) })
}

func toldOf(t require.TestingT, l *eventLog, metric string) (events []store.Event) {
	all, err := l.store.Events(context.Background(), 0, store.EventFilter{Series: []series.Key{draftOf(l, metric, journalUntil(1)).key}}, 10_000)
	require.NoError(t, err)
	for _, e := range all {
		e.Seq = 0
		events = append(events, e)
	}
	return events
}

// Two Grafanas with one cache look at the same series at the same time, one of them knowing more: the log is that of the one who knows most,
// written once and in order.
func TestTwoProcessesTellOneStory(t *testing.T) {
	dir, round := t.TempDir(), 0
	logs := []*eventLog{logOfProcess(t, dir), logOfProcess(t, dir)}
	rapid.Check(t, func(rt *rapid.T) {
		round++
		metrics := []string{fmt.Sprint("a", round), fmt.Sprint("b", round)}
		known := [][]int{rapid.SliceOfN(rapid.IntRange(1, 300), 1, 5).Draw(rt, "one"), rapid.SliceOfN(rapid.IntRange(1, 300), 1, 5).Draw(rt, "other")}
		var wait sync.WaitGroup
		for i, l := range logs {
			wait.Go(func() {
				for _, n := range known[i] {
					var drafts []draft
					for _, m := range metrics {
						drafts = append(drafts, draftOf(l, m, journalUntil(n)))
					}
					if err := l.continueBy(context.Background(), drafts); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		for _, m := range metrics {
			most := draftOf(logs[0], m, journalUntil(slices.Max(slices.Concat(known...))))
			require.Equal(rt, most.beyond(nil, time.Time{}), toldOf(rt, logs[0], m))
		}
	})
}

// Who finds that another was quicker works it out again; who never gets a turn says so, adds nothing that is there already, and may try again.
func TestAnotherProcessIsQuicker(t *testing.T) {
	dir := t.TempDir()
	mine, other := logOfProcess(t, dir), logOfProcess(t, dir)
	ahead := 0
	quicker := func(until int) func() time.Time { // the clock is read between reading the log and writing it
		return func() time.Time {
			if ahead < until {
				ahead += 20
				require.NoError(t, other.continueBy(context.Background(), []draft{draftOf(other, "m", journalUntil(ahead))}))
			}
			return bucket(5000)
		}
	}
	mine.clock = quicker(40)
	all := draftOf(mine, "m", journalUntil(400))
	require.NoError(t, mine.continueBy(context.Background(), []draft{all}))
	require.Equal(t, all.beyond(nil, time.Time{}), toldOf(t, mine, "m"))

	ahead = 400
	mine.clock = quicker(1_000_000)
	more := draftOf(mine, "m", journalUntil(1900))
	require.ErrorContains(t, mine.continueBy(context.Background(), []draft{more}), "another process")
	require.Equal(t, draftOf(mine, "m", journalUntil(ahead)).beyond(nil, time.Time{}), toldOf(t, mine, "m"))
	mine.clock = quicker(0)
	require.NoError(t, mine.continueBy(context.Background(), []draft{more}))
	require.Equal(t, more.beyond(nil, time.Time{}), toldOf(t, mine, "m"))
}
