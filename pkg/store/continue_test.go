//go:build cgo

package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

func chapterOf(metric string) Chapter {
	return Chapter{Series: key(metric), Spec: 7, From: epoch, To: epoch.Add(day)}
}

// tale is the n-th event of every chapter: anomalies open, become worse and close.
func tale(c Chapter, n int) Event {
	e := event(c.Series.Metric, []string{EventOpened, EventChanged, EventClosed}[n%3], n)
	e.Spec, e.Start, e.Value = c.Spec, epoch.Add(time.Duration(n/3*3)*time.Minute), float64(n)
	if e.Kind == EventClosed {
		e.Until = e.Start.Add(2 * time.Minute)
	}
	return e
}

// ofChapter reads what a log says of a chapter.
func ofChapter(t require.TestingT, s *Store, c Chapter) []Event {
	all, err := s.Events(context.Background(), 0, EventFilter{Series: []series.Key{c.Series}, From: c.From, To: c.To}, 10_000)
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(e Event) bool { return e.Spec != c.Spec })
}

// continuing is what follows on what is recorded, up to n events in all.
func continuing(c Chapter, recorded []Event, n int) Continuation {
	next := Continuation{Chapter: c}
	if k := len(recorded); k > 0 {
		next.After = recorded[k-1].Seq
	}
	for i := len(recorded); i < n; i++ {
		next.Events = append(next.Events, tale(c, i))
	}
	return next
}

// state is what a log says in the end of each anomaly, by its start.
func state(events []Event) map[int64]Event {
	out := map[int64]Event{}
	for _, e := range events {
		e.Seq = 0
		out[e.Start.Unix()] = e
	}
	return out
}

// Two processes write one log, in parallel, each as far as it knows at the time: no event stands in it twice, each chapter is in order, and what
// it says in the end is what the last to write worked out.
func TestTwoProcessesContinueOneLog(t *testing.T) {
	dir, round := t.TempDir(), 0
	stores := []*Store{open(t, dir), open(t, dir)}
	rapid.Check(t, func(rt *rapid.T) {
		round++
		metrics := []string{fmt.Sprint("a", round), fmt.Sprint("b", round)}
		known := make([][]int, len(stores)) // how much a process knows, round by round
		for i := range stores {
			known[i] = rapid.SliceOfN(rapid.IntRange(0, 40), 1, 5).Draw(rt, "known")
		}
		var (
			mutex  sync.Mutex
			latest = map[string]map[int64]Event{} // by metric, what the one who wrote most had worked out
			most   = map[string]int{}
			wait   sync.WaitGroup
		)
		for i, s := range stores {
			wait.Go(func() {
				for _, n := range known[i] {
					left := slices.Clone(metrics)
					for tries := 0; len(left) > 0; tries++ {
						if tries > 100 {
							t.Error("no end of it")
							return
						}
						var next []Continuation
						var told []map[int64]Event
						for _, m := range left {
							recorded := ofChapter(t, s, chapterOf(m))
							next = append(next, continuing(chapterOf(m), recorded, n))
							told = append(told, state(append(recorded, next[len(next)-1].Events...)))
						}
						late, err := s.ContinueEvents(context.Background(), next)
						if err != nil {
							t.Error(err)
							return
						}
						mutex.Lock()
						for j, m := range left {
							if !slices.Contains(late, j) && n > most[m] {
								most[m], latest[m] = n, told[j]
							}
						}
						mutex.Unlock()
						var again []string
						for _, j := range late {
							again = append(again, left[j])
						}
						left = again
					}
				}
			})
		}
		wait.Wait()
		for _, m := range metrics {
			c := chapterOf(m)
			got := ofChapter(rt, stores[0], c)
			require.Len(rt, got, max(slices.Max(known[0]), slices.Max(known[1])))
			for n, e := range got {
				e.Seq = 0
				require.Equal(rt, tale(c, n), e)
			}
			if len(got) > 0 {
				require.Equal(rt, latest[m], state(got))
			}
			require.Equal(rt, got, ofChapter(rt, stores[1], c))
		}
	})
}

// Who is late adds nothing, and holds up no one else; who says nothing is never late.
func TestWhoIsLateAddsNothing(t *testing.T) {
	s := open(t, "")
	ctx := context.Background()
	a, b, other := chapterOf("a"), chapterOf("b"), chapterOf("a")
	other.Spec = 8
	later := Chapter{Series: a.Series, Spec: a.Spec, From: a.To, To: a.To.Add(day)}
	next := func(c Chapter, after int64, events ...Event) Continuation { return Continuation{c, after, events} }
	late, err := s.ContinueEvents(ctx, []Continuation{next(a, 0, tale(a, 0)), next(b, 0, tale(b, 0), tale(b, 1)), next(other, 0)})
	require.NoError(t, err)
	require.Empty(t, late)

	begins := tale(a, 0)
	begins.Start, begins.At = later.From, later.From
	late, err = s.ContinueEvents(ctx, []Continuation{
		next(a, 0, tale(a, 0)), next(a, 99, tale(a, 1)), next(b, 0), next(other, 0, tale(other, 0)), next(later, 0, begins),
	})
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, late)
	require.Len(t, ofChapter(t, s, a), 1)
	require.Len(t, ofChapter(t, s, b), 2)
	require.Len(t, ofChapter(t, s, other), 1)
	require.Len(t, ofChapter(t, s, later), 1)

	newest := ofChapter(t, s, a)[0].Seq
	late, err = s.ContinueEvents(ctx, []Continuation{next(a, newest, tale(a, 1)), next(a, newest, tale(a, 1))})
	require.NoError(t, err)
	require.Equal(t, []int{1}, late, "a chapter twice in one call")
	require.Len(t, ofChapter(t, s, a), 2)

	late, err = s.ContinueEvents(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, late)
}

// The events of a call stand in the log in the order of their times, over all of its chapters.
func TestContinuationsAreInOrderOfTime(t *testing.T) {
	s := open(t, "")
	a, b := chapterOf("a"), chapterOf("b")
	_, err := s.ContinueEvents(context.Background(), []Continuation{{b, 0, []Event{tale(b, 0), tale(b, 2)}}, {a, 0, []Event{tale(a, 0), tale(a, 1)}}})
	require.NoError(t, err)
	all, err := s.Events(context.Background(), 0, EventFilter{}, 10)
	require.NoError(t, err)
	order := ""
	for _, e := range all {
		order += fmt.Sprint(e.Series.Metric, e.Value, " ")
	}
	require.Equal(t, "a0 b0 a1 b2 ", order)
}

// An event that its chapter does not hold would not be found again: it is refused, and all with it.
func TestEventsOfAnotherChapterAreRefused(t *testing.T) {
	s := open(t, "")
	a := chapterOf("a")
	for name, change := range map[string]func(*Event){
		"series": func(e *Event) { e.Series = key("b") }, "specification": func(e *Event) { e.Spec++ },
		"before": func(e *Event) { e.Start = a.From.Add(-time.Second) }, "after": func(e *Event) { e.Start = a.To },
	} {
		e := tale(a, 1)
		change(&e)
		_, err := s.ContinueEvents(context.Background(), []Continuation{{a, 0, []Event{tale(a, 0), e}}})
		require.ErrorContains(t, err, "not of the chapter", name)
		require.Zero(t, rows(t, s, "events"))
	}
}
