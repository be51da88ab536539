package frames

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Event is one row of a table of events.
type Event struct {
	At                     time.Time   // of the bucket that shows it; of a revision: when it was found
	Kind                   string      // opened, changed, closed, revised
	Labels                 data.Labels // of the series
	Score, Value, Expected float64     // NaN: there is none
	Direction              int
	Start, Until           time.Time // of the anomaly; a zero end: it is open
	Spec                   string    // tells apart who looked at the series otherwise
}

// EventsMeta is Meta.Custom of a table of events.
type EventsMeta struct {
	Vigia     int    `json:"vigia"`
	Kind      string `json:"kind"`
	Simulated bool   `json:"simulated"`
	Shown     int    `json:"shown"`
	Total     int    `json:"total"` // in the range

	rows []data.Labels // of which the table is made
}

// BuildEvents makes the table of some of so many events, in their order. Columns: time (of the bucket that shows the event; of a revision:
// when it was found), kind, account, region, namespace, metric, stat, dimensions (Name=value, by name, with commas), score, direction (1
// above, -1 below what was expected), value, expected, start (of the anomaly), end (null while it is open), spec (a way of looking: events of
// the same series by two detectors differ in it).
func BuildEvents(all []Event, total int, o Options) *data.Frame {
	n := len(all)
	at, start, end := make([]time.Time, n), make([]time.Time, n), make([]*time.Time, n)
	kinds, dims, specs := make([]string, n), make([]string, n), make([]string, n)
	var texts [len(ofEvents)][]string
	for c := range texts {
		texts[c] = make([]string, n)
	}
	score, value, expected, direction := make([]*float64, n), make([]*float64, n), make([]*float64, n), make([]int8, n)
	rows := make([]data.Labels, n)
	for i, e := range all {
		rows[i] = e.Labels
		at[i], start[i] = e.At.UTC(), e.Start.UTC()
		if !e.Until.IsZero() {
			until := e.Until.UTC()
			end[i] = &until
		}
		for c, name := range ofEvents {
			texts[c][i] = e.Labels[name]
		}
		kinds[i], dims[i], specs[i] = e.Kind, dimensionsOf(e.Labels), e.Spec
		score[i], value[i], expected[i], direction[i] = finite(e.Score), finite(e.Value), finite(e.Expected), int8(e.Direction)
	}
	frame := data.NewFrame("events", data.NewField("time", nil, at), data.NewField("kind", nil, kinds))
	for c, name := range ofEvents {
		frame.Fields = append(frame.Fields, data.NewField(name, nil, texts[c]))
	}
	frame.Fields = append(frame.Fields, data.NewField(dimensionsColumn, nil, dims), data.NewField("score", nil, score), data.NewField("direction", nil, direction),
		data.NewField("value", nil, value), data.NewField("expected", nil, expected), data.NewField("start", nil, start), data.NewField("end", nil, end),
		data.NewField("spec", nil, specs))
	frame.RefID = o.Query.RefID
	frame.Meta = &data.FrameMeta{
		Type: data.FrameTypeTable, TypeVersion: data.FrameTypeVersion{0, 1}, PreferredVisualization: data.VisTypeTable,
		Custom: EventsMeta{Vigia: metaVersion, Kind: "events", Simulated: o.Simulated, Shown: n, Total: total, rows: rows},
	}
	return frame
}

// dimensionsColumn holds what labels say beside ofEvents.
const dimensionsColumn = "dimensions"

// ofEvents are the labels with a column of their own.
var ofEvents = [...]string{"account", "region", "namespace", "metric", "stat"}

// dimensionsOf is what labels say besides.
func dimensionsOf(labels data.Labels) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "account_id" && !slices.Contains(ofEvents[:], name) {
			parts = append(parts, name+"="+labels[name])
		}
	}
	return strings.Join(parts, ", ")
}
