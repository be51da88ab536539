package analysis

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// stored is a store as the plugin wires it.
type stored struct {
	*store.Store
	mutex sync.Mutex
	puts  int // transactions
}

func (s *stored) LoadState(ctx context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (State, bool, error) {
	st, ok, err := s.Store.LoadState(ctx, k, spec, epoch, slot)
	return State(st), ok, err
}

func (s *stored) PutStates(ctx context.Context, states []State) error {
	s.mutex.Lock()
	s.puts++
	s.mutex.Unlock()
	out := make([]store.State, len(states))
	for i, st := range states {
		out[i] = store.State(st)
	}
	return s.Store.PutStates(ctx, out)
}

func newStored(t require.TestingT) *stored {
	s, err := store.Open(context.Background(), "")
	require.NoError(t, err)
	return &stored{Store: s}
}

func requireSameResult(t require.TestingT, a, b Result) {
	for _, pair := range [][2][]float64{
		{a.Score, b.Score}, {a.Expected, b.Expected}, {a.Lower, b.Lower}, {a.Upper, b.Upper},
		{a.Direction, b.Direction}, {a.Event, b.Event}, {a.Raw, b.Raw}, {a.Rarity, b.Rarity},
	} {
		requireSame(t, pair[0], pair[1])
	}
}

// hourly is a series of hours, whose epochs are long and cheap.
func hourly(seed uint64) series.Series {
	random := rand.New(rand.NewPCG(seed, 2))
	k := key
	k.Period = time.Hour
	end := series.Floor(now, time.Hour)
	s := series.New(k, series.Window{Start: end.Add(-200 * day), End: end, Period: time.Hour})
	for i := range s.Values {
		s.Values[i] = 100 + 30*math.Sin(float64(s.Window.Time(i).Hour())/24*2*math.Pi) + 3*random.NormFloat64()
		switch random.IntN(100) {
		case 0:
			s.Values[i] = math.NaN()
		case 1:
			s.Values[i] += 50 * random.NormFloat64()
		}
	}
	return s
}

func float(x float64) *float64 { return &x }

// ways are requests that use what a request can have.
func ways(t require.TestingT) map[string]func(*Request) {
	planned, err := calendar.Parse([]byte(`[{"name": "nights", "weekly": [{"days": ["mon", "thu"], "from": "01:00", "to": "05:00"}]}]`), nil)
	require.NoError(t, err)
	return map[string]func(*Request){
		"plain": func(*Request) {},
		"everything": func(r *Request) {
			r.Detector = Detector{Name: detect.SeasonalRobust, Direction: 1, Rules: []Rule{{SkipWithin: float(2)}, {OnlyAbove: float(60)}}}
			r.Calendars = planned
		},
	}
}

// Whatever was asked before, by whatever process, and wherever it ended: what comes out of memory and store is what a fresh computation
// gives, to the bit. A final point that is revised all the same changes nothing before it.
func TestRestartsAndRevisionsChangeNothing(t *testing.T) {
	for name, way := range ways(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				states := newStored(rt)
				defer states.Close()
				history := hourly(rapid.Uint64Range(0, 3).Draw(rt, "seed"))
				engine := New(Options{States: states})
				end := rapid.IntRange(0, 10*24).Draw(rt, "hours still to come")
				var before Result
				revised := -1
				for range rapid.IntRange(2, 5).Draw(rt, "steps") {
					until := history.Window.End.Add(-time.Duration(end) * time.Hour)
					r := series.Window{Start: until.Add(-time.Duration(rapid.IntRange(1, 20).Draw(rt, "days")) * day), End: until, Period: time.Hour}
					request := read(history, r)
					request.FinalUntil, request.WholeUntil = until.Add(-2*time.Hour), until
					way(&request)
					got := engine.Analyse(request)
					requireSameResult(rt, New(Options{}).Analyse(request), got)
					if common := before.Range.Intersect(got.Range); !common.Empty() {
						n := common.Len()
						if at := common.Index(history.Window.Time(revised)); revised >= 0 && at < n {
							n = max(at, 0)
						}
						a, b := before.Range.Index(common.Start), got.Range.Index(common.Start)
						final := min(n, common.Index(before.Range.End.Add(-2*time.Hour)))
						if final > 0 {
							requireSame(rt, before.Score[a:a+final], got.Score[b:b+final])
						}
					}
					before, revised = got, -1
					switch rapid.SampledFrom([]string{"go on", "restart", "kill", "revise", "revise lately", "revise lately"}).Draw(rt, "then") {
					case "restart":
						require.NoError(rt, engine.Close(context.Background()))
						engine = New(Options{States: states})
					case "kill":
						require.NoError(rt, engine.Flush(context.Background()))
						engine = New(Options{States: states})
					case "revise":
						revised = rapid.IntRange(0, history.Window.Index(until)-1).Draw(rt, "revised")
						history.Values[revised] = rapid.SampledFrom([]float64{0, 400, math.NaN()}).Draw(rt, "to")
					case "revise lately": // several points, of which the first one counts
						newest := history.Window.Index(until) - 1
						revised = newest - rapid.IntRange(0, 10*24).Draw(rt, "hours back")
						for range 3 {
							history.Values[rapid.IntRange(revised, newest).Draw(rt, "revised")] += 100
						}
						history.Values[revised] += 50
					}
					end -= rapid.IntRange(0, end).Draw(rt, "passed")
				}
			})
		})
	}
}

// What is stepped through anew is what lies behind the last state that still holds.
func TestARestoredQueryCostsTheNewPoints(t *testing.T) {
	states := newStored(t)
	defer states.Close()
	history := world(1)
	request := read(history, lastDays(1))
	first := New(Options{States: states})
	first.Analyse(request)
	require.NoError(t, first.Close(context.Background()))

	again := New(Options{States: states})
	run := again.newRun(request, epochOf(now, period))
	k, err := run.recall(run.final, true)
	require.NoError(t, err)
	require.Equal(t, run.final, k.at, "nothing is left to learn")
	require.Equal(t, run.final-run.first, k.points.len())

	history.Values[len(history.Values)-200] += 50
	run = again.newRun(read(history, lastDays(1)), epochOf(now, period))
	k, err = run.recall(run.final, true)
	require.NoError(t, err)
	require.Equal(t, run.first, k.at, "a revision in the epoch goes back to its start")

	history.Values[len(history.Values)-8*288] += 50
	run = again.newRun(read(history, lastDays(1)), epochOf(now, period))
	k, err = run.recall(run.final, true)
	require.NoError(t, err)
	require.Zero(t, k.at, "a revision of the training goes back to the origin")
}

// A late point costs the way from the last mark before it, not the weeks from the origin on, store or not; what is stepped through is the
// same to the bit. So does a look at a bucket of yesterday.
func TestALateRevisionGoesBackToTheMarkBeforeIt(t *testing.T) {
	history := world(1)
	engine := New(Options{})
	engine.Analyse(read(history, lastDays(1)))
	for _, back := range []int{10, 100, 200, 300} {
		at := len(history.Values) - back
		history.Values[at] += 50
		request := read(history, lastDays(1))
		run := engine.newRun(request, epochOf(now, period))
		k, err := run.recall(run.final, true)
		require.NoError(t, err)
		changed := run.input.window.Index(history.Window.Time(at))
		require.LessOrEqual(t, k.at, changed)
		require.Less(t, changed-k.at, 288, "%d buckets back", back)
		require.Equal(t, k.at-run.first, k.points.len())
		requireSameResult(t, New(Options{}).Analyse(request), engine.Analyse(request))
	}
	run := engine.newRun(read(history, lastDays(1)), epochOf(now, period))
	k, err := run.recall(run.final-300, false)
	require.NoError(t, err)
	require.Less(t, run.final-300-k.at, 288)
	require.NotNil(t, k.pipe)

	history.Values[len(history.Values)-3*288] += 50
	run = engine.newRun(read(history, lastDays(1)), epochOf(now, period))
	k, err = run.recall(run.final, true)
	require.NoError(t, err)
	require.Zero(t, k.at, "nobody adds to what is older")
}

// A clock that was ahead has marked what is not there: the marks of the right time take their place.
func TestMarksOfTheFutureGo(t *testing.T) {
	history := world(1)
	engine := New(Options{})
	ahead := history
	ahead.Window.End = ahead.Window.End.Add(2 * day)
	ahead.Values = slices.Concat(history.Values, slices.Repeat([]float64{math.NaN()}, 2*288))
	request := read(ahead, series.Window{Start: now.Add(-day), End: now.Add(2 * day), Period: period})
	request.FinalUntil = now.Add(2 * day)
	engine.Analyse(request)
	history.Values[len(history.Values)-20] += 1 // it was not final
	engine.Analyse(read(history, lastDays(1)))
	run := engine.newRun(read(history, lastDays(1)), epochOf(now, period))
	marks, _ := engine.marks.get(run.id)
	require.NotEmpty(t, marks)
	require.LessOrEqual(t, marks[len(marks)-1].at, run.final)
	k, ok := run.fromMark(run.final)
	require.True(t, ok)
	require.Less(t, run.final-k.at, 288)
}

// Marks are bounded by themselves: those of many series push out no pipeline.
func TestMarksAreBounded(t *testing.T) {
	engine := New(Options{})
	engine.marks = newMemory[marked](300_000)
	history := world(1)
	for n := range 8 {
		history.Key.Metric = string(rune('a' + n))
		engine.Analyse(read(history, lastDays(1)))
	}
	require.LessOrEqual(t, engine.marks.used, 300_000)
	require.Positive(t, engine.marks.order.Len())
	require.Less(t, engine.marks.order.Len(), 8)
	require.Equal(t, 8, engine.kept.order.Len())
}

// States are written when they are new, each 6 hours and at the end: not with each query.
func TestStatesAreWrittenSeldom(t *testing.T) {
	states := newStored(t)
	defer states.Close()
	history := world(1)
	engine := New(Options{States: states})
	for ago := 100; ago >= 0; ago-- {
		until := now.Add(-time.Duration(ago) * period)
		request := read(history, series.Window{Start: until.Add(-6 * time.Hour), End: until, Period: period})
		request.FinalUntil = until.Add(-30 * time.Minute)
		engine.Analyse(request)
		require.NoError(t, engine.Flush(context.Background()))
	}
	require.Equal(t, 2, states.puts)
	require.NoError(t, engine.Close(context.Background()))
	require.Equal(t, 3, states.puts)
}

// A store full of nonsense, or one that fails, changes no answer.
func TestNonsenseInTheStoreIsRecomputed(t *testing.T) {
	history := hourly(2)
	end := history.Window.End
	request := read(history, series.Window{Start: epochOf(end, time.Hour).start.Add(-day), End: end, Period: time.Hour})
	request.FinalUntil = end.Add(-2 * time.Hour)
	want := New(Options{}).Analyse(request)
	good := &inMemory{}
	engine := New(Options{States: good})
	engine.Analyse(request)
	require.NoError(t, engine.Flush(context.Background()))
	require.Len(t, good.states, 4, "two slots and results of this epoch, results of the one before")
	rapid.Check(t, func(rt *rapid.T) {
		bad := &inMemory{states: map[pendingID]State{}}
		for id, s := range good.states {
			s.Blob = slices.Clone(s.Blob)
			for range rapid.IntRange(0, 5).Draw(rt, "damage") {
				if rapid.Bool().Draw(rt, "cut") {
					s.Blob = s.Blob[:rapid.IntRange(0, len(s.Blob)).Draw(rt, "length")]
				}
				s.Hash ^= rapid.SampledFrom([]uint64{0, 1}).Draw(rt, "hash")
				s.Count += rapid.IntRange(-1, 1).Draw(rt, "count")
			}
			bad.states[id] = s
		}
		requireSameResult(rt, want, New(Options{States: bad}).Analyse(request))
	})
	broken := New(Options{States: &inMemory{err: errors.New("disk on fire")}})
	requireSameResult(t, want, broken.Analyse(request))
	require.ErrorContains(t, broken.Flush(context.Background()), "disk on fire")
	requireSameResult(t, want, New(Options{States: good, Version: "2"}).Analyse(request))
}

// inMemory keeps states in a map.
type inMemory struct {
	states map[pendingID]State
	err    error
}

func (m *inMemory) id(s State) pendingID {
	return pendingID{keptID{s.Series.ID(), s.Epoch.Unix(), s.Spec}, s.Slot}
}

func (m *inMemory) LoadState(_ context.Context, k series.Key, spec uint64, epoch time.Time, slot int) (State, bool, error) {
	s, ok := m.states[m.id(State{Series: k, Spec: spec, Epoch: epoch, Slot: slot})]
	return s, ok, m.err
}

func (m *inMemory) PutStates(_ context.Context, states []State) error {
	next := maps.Clone(m.states)
	if next == nil {
		next = map[pendingID]State{}
	}
	for _, s := range states {
		next[m.id(s)] = s
	}
	m.states = next
	return m.err
}

func (m *inMemory) PruneStates(context.Context, time.Time) error { return m.err }

// The results of an epoch are small enough to be kept for months.
func TestResultsPackSmallAndExactly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 5e-324, math.MaxFloat64}
		number := func() float64 {
			if random.IntN(4) == 0 {
				return odd[random.IntN(len(odd))]
			}
			return random.NormFloat64()
		}
		more := make([]point, rapid.IntRange(0, 300).Draw(rt, "n"))
		for i := range more {
			more[i] = point{begins: random.IntN(2) == 0, Result: detect.Result{
				Expected: number(), Lower: number(), Upper: number(), Rarity: number(), Score: number(), Raw: number(), Direction: int8(random.IntN(3) - 1),
			}}
		}
		cut := rapid.IntRange(0, len(more)).Draw(rt, "cut")
		all := points(nil).with(more[:cut]).with(more[cut:])
		require.Equal(rt, len(more), all.len())
		got, err := unpackPoints(all.pack())
		require.NoError(rt, err)
		for i, block := range got {
			for j := range block {
				a, b := all[i][j].numbers(), block[j].numbers()
				requireSame(rt, a[:], b[:])
				require.Equal(rt, all[i][j].flags(), block[j].flags())
			}
		}
	})
	kept := &inMemory{}
	engine := New(Options{States: kept})
	engine.Analyse(read(world(1), lastDays(10)))
	require.NoError(t, engine.Flush(context.Background()))
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	require.NoError(t, err)
	for id, s := range kept.states {
		packed := len(encoder.EncodeAll(s.Blob, nil))
		t.Logf("slot %d at %d buckets: %d bytes, %d compressed", id.slot, s.Count, len(s.Blob), packed)
		if id.slot == slotResults {
			require.Less(t, packed, 25*(len(s.Blob)/49), "25 bytes a bucket")
		}
	}
}

func FuzzUnpackPoints(f *testing.F) {
	f.Add(points(nil).with(make([]point, 3)).pack())
	f.Fuzz(func(t *testing.T, packed []byte) {
		p, err := unpackPoints(packed)
		if err != nil {
			require.ErrorIs(t, err, errBadResults)
			return
		}
		require.Equal(t, (len(packed)-1)/49, p.len())
	})
}
