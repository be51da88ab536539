package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

func quickServer() fields { return server(fields{"detector": fields{"name": "seasonal_robust"}}) }

// log is all that stands in the log of events, with its numbers.
func (w *world) log() []store.Event {
	w.t.Helper()
	events, err := w.instance.store.Events(context.Background(), 0, store.EventFilter{}, 10_000)
	require.NoError(w.t, err)
	return events
}

// story is what the log says, in an order that does not depend on when it was found.
func story(events []store.Event) []string {
	var out []string
	for _, e := range events {
		e.Seq = 0
		out = append(out, fmt.Sprintf("%s %s %+v", e.Series.ID(), e.At.Format(time.RFC3339), e))
	}
	slices.Sort(out)
	return out
}

// However many look, whatever at, and after a restart: each event stands in the log once.
func TestEventsAreWrittenOnce(t *testing.T) {
	w := newWorld(t)
	w.frames(w.lastDays(7), quick(nil))
	first := w.log()
	require.NotEmpty(t, first)
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			q := quick(fields{"output": "anomaly_score"})
			if n%2 == 0 {
				q = quick(fields{"rollUp": []string{"account"}})
			}
			if answer := w.ask(w.lastDays(1+float64(n%4)), q); answer.Error != nil {
				t.Errorf("query %d: %v", n, answer.Error)
			}
		}()
	}
	wait.Wait()
	require.Equal(t, story(first), story(w.log()), "also of a roll-up, whose series are scored alike")

	w.end()
	w.restart(nil)
	w.frames(w.lastDays(7), quick(nil))
	require.Equal(t, story(first), story(w.log()))

	w.frames(w.lastDays(7), cpu(fields{"detector": fields{"name": "ewma"}}))
	specs := map[uint64]bool{}
	for _, e := range w.log() {
		specs[e.Spec] = true
	}
	require.Len(t, specs, 2, "who looks otherwise sees other events")
}

// Two instances of a data source overlap while its settings change: what both find at the same time is written once.
func TestTwoInstancesWriteOnce(t *testing.T) {
	w := newWorld(t)
	w.frames(w.lastDays(7), quickServer()) // reads, and makes the series known
	alone := story(w.log())
	memory, err := store.Open(context.Background(), "")
	require.NoError(t, err)
	t.Cleanup(memory.Close)
	var (
		wait      sync.WaitGroup
		recording sync.Mutex
	)
	settings := settingsOf(w.sim, w.url)
	for range 6 {
		other := newInstance(t, w.now, w.cacheDir, settings)
		other.events = newEventLog(memory, "", &recording, w.now)
		wait.Add(1)
		go func() {
			defer wait.Done()
			raw, err := json.Marshal(quickServer())
			if err != nil {
				t.Error(err)
			}
			answer := other.answer(grafana(), backend.DataQuery{RefID: "A", JSON: raw, TimeRange: w.lastDays(7)}, false)
			if answer.Error != nil {
				t.Error(answer.Error)
			}
		}()
	}
	wait.Wait()
	together, err := memory.Events(context.Background(), 0, store.EventFilter{}, 1000)
	require.NoError(t, err)
	require.Equal(t, alone, story(together))
}

// Of an incident the log says when it began, that it ended, and what anomaly_event says in between.
func TestEventsOfAnIncident(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	answer := w.frames(around(burn), quick(fields{"events": true}))
	begun := map[time.Time]float64{}
	for at, v := range points(one(t, measure(answer, "anomaly_event"), data.Labels{"InstanceId": burning})) {
		if v > 0 {
			begun[at] = v
		}
	}
	table := w.frames(around(burn), fields{"version": 1, "kind": "events", "namespace": "AWS/EC2", "dimensions": fields{"InstanceId": []string{burning}}})[0]
	require.Equal(t, []string{"time", "kind", "account", "region", "namespace", "metric", "stat", "dimensions", "score", "direction", "value", "expected", "start", "end", "spec"}, namesOfFields(table))
	require.Equal(t, data.FrameTypeTable, table.Meta.Type)
	require.Positive(t, table.Rows())
	kinds := map[string]int{}
	for n := range table.Rows() {
		row := table.RowCopy(n)
		at, kind := row[0].(time.Time), row[1].(string)
		kinds[kind]++
		require.Equal(t, []any{"production", "us-east-1", "AWS/EC2", "CPUUtilization", "Average", "InstanceId=" + burning}, row[2:8])
		if kind != "closed" {
			require.Equal(t, begun[at], *row[8].(*float64))
			require.Nil(t, row[13])
			delete(begun, at)
		}
		if n > 0 {
			require.False(t, at.After(table.At(0, n-1).(time.Time)), "the newest first")
		}
	}
	require.Empty(t, begun, "every beginning that lies in the range is in the table")
	require.Positive(t, kinds["opened"])
	require.Positive(t, kinds["closed"])
	require.Empty(t, w.frames(around(burn), fields{"version": 1, "kind": "events", "metric": "NetworkIn"})[0].Rows())
	require.ErrorContains(t, w.ask(around(burn), fields{"version": 1, "kind": "events"}, "FromAlert").Error, "cannot be alerted on")
	require.ErrorContains(t, w.ask(backend.TimeRange{From: w.now(), To: w.now()}, fields{"version": 1, "kind": "events"}).Error, `"timeRange"`)
	require.ErrorContains(t, w.ask(around(burn), fields{"version": 1, "kind": "events", "accounts": []string{"nobody"}}).Error, `"accounts"`)
}

func namesOfFields(f *data.Frame) []string {
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	return names
}

// Any order of queries over any ranges, with restarts in between, makes the same log, and never one that says anything else on the way.
func TestTheLogDoesNotDependOnWhoLooks(t *testing.T) {
	w := newWorld(t)
	q := server(fields{"detector": fields{"name": "seasonal_robust", "eventScore": 5}})
	fresh := func() {
		memory, err := store.Open(context.Background(), "")
		require.NoError(t, err)
		t.Cleanup(memory.Close)
		w.instance.events = newEventLog(memory, "one", &sync.Mutex{}, w.now)
	}
	read := func() []string {
		events, err := w.instance.events.store.Events(context.Background(), 0, store.EventFilter{}, 10_000)
		require.NoError(t, err)
		return story(events)
	}
	fresh()
	w.frames(w.lastDays(12), q)
	reference := read()
	require.Greater(t, len(reference), 8)
	rapid.Check(t, func(rt *rapid.T) {
		fresh()
		for range rapid.IntRange(0, 4).Draw(rt, "queries") {
			from := time.Duration(rapid.IntRange(30, 12*24*60).Draw(rt, "from")) * time.Minute
			to := time.Duration(rapid.IntRange(0, int(from/time.Minute)-20).Draw(rt, "to")) * time.Minute
			w.frames(backend.TimeRange{From: w.now().Add(-from), To: w.now().Add(-to)}, q)
			for _, line := range read() {
				require.Contains(rt, reference, line)
			}
			if rapid.Bool().Draw(rt, "restart") {
				w.instance.events = newEventLog(w.instance.events.store, "one", &sync.Mutex{}, w.now)
			}
		}
		w.frames(w.lastDays(12), q)
		require.Equal(rt, reference, read())
	})
}

// overwrite changes stored points of the burning server, as late data does.
func (w *world) overwrite(from, until time.Time, value func(float64) float64) {
	w.t.Helper()
	key := w.log()[0].Series
	key.Source, key.RoleARN = w.instance.directory.Source(w.instance.directory.Accounts()[0]), w.instance.directory.Accounts()[0].RoleARN
	key.AccountID, key.Region, key.Dimensions = w.instance.directory.Accounts()[0].ID, "us-east-1", []series.Dimension{{Name: "InstanceId", Value: burning}}
	window := series.Align(from, until, key.Period)
	held, err := w.instance.store.Load(context.Background(), []series.Key{key}, window)
	require.NoError(w.t, err)
	late := held[0].Series
	for i := range late.Values {
		late.Values[i] = value(late.Values[i])
	}
	_, err = w.instance.store.Save(context.Background(), []store.Write{{Series: late, FinalUntil: window.End, FetchedAt: w.now()}})
	require.NoError(w.t, err)
}

// Late data that take an anomaly back, or find one where there was none, are a revision; what was written stays.
func TestLateDataReviseTheLog(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	w.frames(w.lastDays(7), quick(nil))
	before := w.log()
	ofBurn := func(events []store.Event) (found []store.Event) {
		for _, e := range events {
			if e.Series.Dimension("InstanceId") == burning && !e.Start.Before(burn.Start.Add(-time.Hour)) && e.Start.Before(burn.End) {
				found = append(found, e)
			}
		}
		return found
	}
	was := ofBurn(before)
	require.NotEmpty(t, was)

	w.overwrite(burn.Start.Add(-time.Hour), burn.End.Add(time.Hour), func(float64) float64 { return was[0].Expected })
	w.frames(w.lastDays(7), quick(nil))
	after := w.log()
	require.Equal(t, story(before), story(after[:len(before)]), "nothing is changed")
	revised := slices.DeleteFunc(ofBurn(after[len(before):]), func(e store.Event) bool { return e.Kind != store.EventRevised })
	require.Len(t, revised, len(latest(was)))
	for _, e := range revised {
		require.Equal(t, w.now().UnixMilli(), e.At.UnixMilli(), "when it was found")
		require.Equal(t, e.Start, e.Until, "it is none any more")
		require.True(t, math.IsNaN(e.Score))
	}
	w.frames(w.lastDays(7), quick(nil))
	w.frames(w.lastDays(2), quick(nil))
	require.Equal(t, story(after), story(w.log()), "said once")

	// What is found in the past only now is written now.
	quiet := burn.Start.Add(-26 * time.Hour)
	w.overwrite(quiet, quiet.Add(20*time.Minute), func(float64) float64 { return 99 })
	w.frames(w.lastDays(7), quick(nil))
	found := 0
	for _, e := range w.log()[len(after):] {
		if e.Kind == store.EventOpened && e.Series.Dimension("InstanceId") == burning && !e.At.Before(quiet.Add(-5*time.Minute)) && e.At.Before(quiet.Add(time.Hour)) {
			found++
		}
	}
	require.Equal(t, 1, found)
}

// What was scored without all of its data says nothing: an account that fails takes no anomaly back.
func TestFailuresReviseNothing(t *testing.T) {
	w := newWorld(t)
	w.frames(w.lastDays(7), quick(nil))
	before := w.log()
	w.pass(2 * time.Hour)
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied, Operation: "GetMetricData"}}}))
	w.frames(w.lastDays(7), quick(nil))
	require.Equal(t, story(before), story(w.log()))
}

// A draft that was made from less than the recorded one, or by another version, revises nothing and goes on.
func TestOnlyLikeIsCompared(t *testing.T) {
	start := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	at := func(bucket int) time.Time { return start.Add(time.Duration(bucket) * 5 * time.Minute) }
	journal := analysis.Journal{
		Read: series.Window{Start: start.Add(-time.Hour), End: start.Add(7 * 24 * time.Hour), Period: 5 * time.Minute}, Start: start, Until: at(101),
		Changes: []analysis.Change{
			{Kind: analysis.Opened, At: at(10), Start: at(10), Score: 80}, {Kind: analysis.Closed, At: at(20), Start: at(10), Until: at(14), Score: 80},
			{Kind: analysis.Opened, At: at(90), Start: at(90), Score: 60},
		},
	}
	d, found := draft{journal: journal, whole: true}, at(400)
	kindsOf := func(events []store.Event) (kinds []string) {
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
		return kinds
	}
	all := d.beyond(nil, found)
	require.Equal(t, []string{"opened", "closed", "opened"}, kindsOf(all))
	require.Empty(t, d.beyond(all, found))
	require.Equal(t, all[1:], d.beyond(all[:1], found))

	other := slices.Clone(all[:2])
	other[1].Score = 30
	require.Equal(t, []string{"revised", "opened"}, kindsOf(d.beyond(other, found)))
	require.Equal(t, found, d.beyond(other, found)[0].At)
	other[1].Score = 79.5
	require.Equal(t, []string{"opened"}, kindsOf(d.beyond(other, found)), "hardly another score")
	other[1].Score, other[0].Version = 30, 1
	require.Equal(t, []string{"opened"}, kindsOf(d.beyond(other, found)), "of another version")
	other[0].Version = analysis.JournalVersion
	d.whole = false
	require.Equal(t, []string{"opened"}, kindsOf(d.beyond(other, found)), "made from less")
	d.whole, d.journal.Until = true, at(15)
	require.Empty(t, d.beyond(other, found), "it knows less than the log")
}

// The resource gives the log page by page, in the order of writing, and what is new after the last page.
func TestEventsPageByPage(t *testing.T) {
	w := newWorld(t)
	w.frames(w.lastDays(20), quick(nil))
	page := func(path string) (p eventsPage) {
		status, body, _ := w.resource("events" + path)
		require.Equal(t, 200, status, body)
		require.NoError(t, json.Unmarshal([]byte(body), &p))
		return p
	}
	whole := page("?limit=1000")
	require.Greater(t, len(whole.Events), 6)
	require.False(t, whole.More)
	var got []listedEvent
	for after, more := int64(0), true; more; {
		p := page(fmt.Sprintf("?limit=3&after=%d", after))
		got = append(got, p.Events...)
		after, more = p.Next, p.More
	}
	require.Equal(t, whole.Events, got)
	require.Empty(t, page(fmt.Sprintf("?after=%d", whole.Next)).Events)
	require.Equal(t, whole.Next, page(fmt.Sprintf("?after=%d", whole.Next)).Next)

	first := whole.Events[0]
	require.Equal(t, "CPUUtilization", first.Labels["metric"])
	require.NotEmpty(t, first.Labels["InstanceId"])
	for _, e := range page("?account=staging&kind=opened&limit=1000").Events {
		require.Equal(t, "staging opened", e.Labels["account"]+" "+e.Kind)
		require.Nil(t, e.End)
	}
	middle := whole.Events[len(whole.Events)/2].Time
	for _, e := range page("?limit=1000&from=" + url.QueryEscape(middle.Format(time.RFC3339))).Events {
		require.False(t, e.Time.Before(middle))
	}
	require.Empty(t, page("?namespace=AWS/Lambda").Events)

	for path, says := range map[string]string{
		"?after=-1": "after", "?after=x": "after", "?limit=0": "limit", "?limit=1001": "1000", "?from=yesterday": "from", "?kind=vanished": "kind", "?account=nobody": "nobody",
	} {
		status, body, _ := w.resource("events" + path)
		require.Equal(t, 400, status, path)
		require.Contains(t, body, says)
	}
}

// A log belongs to one data source, also where points are shared.
func TestEventsOfAnotherDataSource(t *testing.T) {
	w := newWorld(t)
	w.frames(w.lastDays(7), quick(nil))
	mine := len(w.log())
	settings := settingsOf(w.sim, w.url)
	settings.UID = "other"
	other := newInstance(t, w.now, t.TempDir(), settings)
	other.events = newEventLog(w.instance.store, "other", &sync.Mutex{}, w.now)
	require.False(t, slices.ContainsFunc(w.log(), other.events.owns))
	first := w.instance
	w.instance = other
	require.Zero(t, w.frames(w.lastDays(7), fields{"version": 1, "kind": "events"})[0].Rows())
	w.instance = first
	table := w.frames(w.lastDays(15), fields{"version": 1, "kind": "events"})[0]
	require.Equal(t, mine, table.Meta.Custom.(frames.EventsMeta).Total)
}

// What a split has joined has the labels that its members share.
func TestEventsOfASplit(t *testing.T) {
	w := newWorld(t)
	w.frames(w.lastDays(7), cpu(fields{"detector": fields{"name": "seasonal_robust", "split": []string{"account"}, "eventScore": 5}}))
	table := w.frames(w.lastDays(15), fields{"version": 1, "kind": "events"})[0]
	require.Positive(t, table.Rows())
	for n := range table.Rows() {
		row := table.RowCopy(n)
		require.Contains(t, []any{"production", "staging", "data"}, row[2])
		require.Equal(t, "", row[7])
	}
}

// A table that is cut says so.
func TestTooManyEvents(t *testing.T) {
	w := newWorld(t)
	key := w.instance.events.key(series.Key{AccountID: w.sim.Accounts()[0].ID, Region: "us-east-1", Namespace: "N", Metric: "M", Stat: "Sum", Period: time.Minute}, "")
	var events []store.Event
	for n := range 2*maxEvents + 500 {
		at := w.now().Add(-time.Duration(n) * time.Minute).Truncate(time.Minute)
		events = append(events, store.Event{At: at, Series: key, Kind: store.EventOpened, Start: at})
	}
	whole := store.Chapter{Series: key, From: events[len(events)-1].Start, To: w.now().Add(time.Minute)}
	_, err := w.instance.store.ContinueEvents(context.Background(), []store.Continuation{{Chapter: whole, Events: events}})
	require.NoError(t, err)
	answer := w.frames(w.lastDays(2), fields{"version": 1, "kind": "events"})
	require.Equal(t, maxEvents, answer[0].Rows())
	require.Equal(t, events[0].At, answer[0].At(0, 0))
	require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "shown 1000 of 2500 events")
}

// A Viewer writes nothing into everybody's log: neither by a query nor by an export, nor by what the collector scores for him. What an Editor or
// a rule has looked at so, whoever looks continues, also after a restart.
func TestOnlookersBeginNothing(t *testing.T) {
	w := newWorld(t, set("collector", fields{"warmFor": "6h"}))
	odd := quick(fields{})
	odd["detector"] = fields{"name": "seasonal_robust", "eventScore": 0.01}
	kept := func() { // as the collector scores it
		w.pass(10 * time.Minute)
		require.NoError(t, w.instance.scoreKept(cloudwatch.WithAsker(grafana(), cloudwatch.Collector)))
	}
	for _, who := range []role{"Viewer", ""} {
		_, answer := who.asks(w, odd)
		require.NoError(t, answer.Error)
		hours := w.lastHours(5)
		status, said := who.calls(w, "zones/refined", fields{"query": odd, "from": hours["from"], "to": hours["to"]})
		require.Equal(t, 200, status, said)
		kept()
		require.Empty(t, w.log(), "%q", who)
	}
	_, answer := role("Editor").asks(w, odd)
	require.NoError(t, answer.Error)
	begun := len(w.log())
	require.Positive(t, begun)
	w.end()
	w.restart(nil)
	w.pass(time.Hour)
	_, answer = role("Viewer").asks(w, odd)
	require.NoError(t, answer.Error)
	require.Greater(t, len(w.log()), begun, "it is told whoever looks")

	_, answer = role("Viewer").asks(w, quickServer(), "FromAlert")
	require.Error(t, answer.Error, "a rule names its measure")
	rule := quickServer()
	rule["output"] = "anomaly_score"
	require.NoError(t, w.ask(w.lastDays(6), rule, "FromAlert").Error)
	require.Greater(t, len(w.log()), begun)
}

// What the watch list scores is told whoever looks at it so first.
func TestOnlookersOfWhatIsWatched(t *testing.T) {
	w := newWorld(t, set("collector", fields{"watch": []fields{{
		"namespace": "AWS/EC2", "metric": "CPUUtilization", "dimensions": fields{"InstanceId": []string{burning}}, "period": "5m",
	}}}))
	raw, err := json.Marshal(server(fields{"detector": fields{"name": "auto"}}))
	require.NoError(t, err)
	parsed, err := query.Parse("A", raw)
	require.NoError(t, err)
	viewer := lookedBy(context.Background(), role("Viewer").plugin().User, false)
	w.instance.writeDown(viewer, plan{query: parsed}, nil)
	at := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	journal := analysis.Journal{Start: at, Until: at.Add(time.Hour), Read: series.Window{Start: at, End: at.Add(7 * 24 * time.Hour), Period: 5 * time.Minute},
		Changes: []analysis.Change{{Kind: analysis.Opened, At: at, Start: at, Score: 80}}}
	told := func(q query.Query) int {
		s := subject{way: wayOf(q.Detector)}
		s.request.Series.Key = series.Key{AccountID: w.sim.Accounts()[0].ID, Namespace: "N", Metric: "M", Stat: "Sum", Period: 5 * time.Minute}
		s.shown.Analysis.Journals = []analysis.Journal{journal}
		w.instance.writeDown(viewer, plan{query: q}, []subject{s})
		return len(w.log())
	}
	other := parsed
	other.Detector.EventScore = 3
	require.Zero(t, told(other))
	require.Equal(t, 1, told(parsed))
}

// Two ways of looking are told apart in the table, by what the resource calls spec. After a restart those count in which somebody looks; what
// is left out is said.
func TestEventsTellWaysOfLookingApart(t *testing.T) {
	w := newWorld(t)
	burn := w.burn()
	table := func() (specs map[string]int, notices string) {
		answer := w.frames(around(burn), fields{"version": 1, "kind": "events"})
		specs = map[string]int{}
		column, _ := answer[0].FieldByName("spec")
		for n := range answer[0].Rows() {
			specs[column.At(n).(string)]++
		}
		return specs, strings.Join(noticeTexts(answer), "\n")
	}
	ewma := server(fields{"detector": fields{"name": "ewma"}})
	w.frames(around(burn), quickServer())
	robust, _ := table()
	require.Len(t, robust, 1)
	w.frames(around(burn), ewma)
	both, notices := table()
	require.Len(t, both, 2)
	require.Empty(t, notices)
	for _, e := range w.log() {
		require.Contains(t, both, specText(e))
	}
	w.end()
	w.restart(nil)
	all, _ := table()
	require.Equal(t, both, all, "nobody has looked yet")
	w.frames(around(burn), quickServer())
	now, notices := table()
	require.Equal(t, robust, now)
	require.Contains(t, notices, "of other ways of looking at these series")
}

// What an administrator changes takes back what it silences: the table of the time says what the graph says, the log keeps what it said.
func TestTheTableSaysWhatTheGraphSays(t *testing.T) {
	for name, change := range map[string]func(from, to time.Time) edit{
		"a calendar": func(from, to time.Time) edit {
			wall := func(at time.Time) string { return at.Format("2006-01-02T15:04:05Z") }
			return set("calendars", []fields{{"name": "x", "windows": []fields{{"from": wall(from), "to": wall(to)}}}})
		},
		"a range":     func(_, _ time.Time) edit { return ranged("CPUUtilization", 50) },
		"a time zone": func(_, _ time.Time) edit { return set("timezone", "Asia/Tokyo") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			burn := w.burn()
			w.frames(around(burn), quickServer())
			before := w.log()
			w.end()
			w.instance = newInstance(t, w.now, w.cacheDir, settingsOf(w.sim, w.url, change(burn.Start.Add(-time.Hour), burn.End.Add(time.Hour))))
			w.pass(time.Minute)
			scored := w.frames(around(burn), func() fields { q := quickServer(); q["events"] = true; return q }())
			scores := points(measure(scored, "anomaly_score")[0])
			require.Equal(t, story(before), story(w.log()[:len(before)]), "nothing is changed")
			table := w.frames(around(burn), fields{"version": 1, "kind": "events"})[0]
			column := func(name string, n int) any {
				f, _ := table.FieldByName(name)
				require.NotNil(t, f, name)
				v, ok := f.ConcreteAt(n)
				if !ok {
					return nil
				}
				return v
			}
			revised := 0
			for n := range table.Rows() {
				switch column("kind", n) {
				case "revised":
					revised++
					if column("score", n) == nil {
						require.Equal(t, column("start", n), column("end", n), "it is none any more")
					}
				case "opened", "changed":
					at := column("time", n).(time.Time)
					require.InDelta(t, scores[at], column("score", n).(float64), leastRevision, "%v", at)
				}
			}
			if name != "a time zone" { // which may change next to nothing
				require.Positive(t, revised, "it is found in the table of the time that it is about")
			}
		})
	}
}
