package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

const (
	leakKind = "connection-leak"
	// leakLimit is what the connections have reached when the leak ends.
	leakLimit = 1000
	// leaksBack covers the leak under way and the one before it.
	leaksBack = 12 * 24 * time.Hour
)

// leakHours before a leak reaches its limit at which it is asked how long that will take.
var leakHours = []int{24, 12, 6}

// foretold is what was said of a leak at one moment, with nothing known that was not known then.
type foretold struct {
	incident           awssim.Incident
	at                 time.Time
	hours              float64 // that were left
	median, early, far *float64
}

// inside says that the band held what came.
func (f foretold) inside() bool {
	return f.early != nil && *f.early <= f.hours && (f.far == nil || f.hours <= *f.far)
}

// askLeaks asks again, at moments before each leak reached its limit, how many hours were left.
func askLeaks(ctx context.Context, q queryer, simulator string, now time.Time) ([]foretold, error) {
	incidents, err := labelledIncidents(ctx, simulator, now.Add(-leaksBack), now)
	if err != nil {
		return nil, err
	}
	var asked []foretold
	for _, i := range incidents {
		for _, hours := range leakHours {
			at := i.End.Add(-time.Duration(hours) * time.Hour)
			if i.Kind == leakKind && at.Before(now.Add(-2*time.Hour)) { // else the range would end at the newest bucket, whatever was asked
				asked = append(asked, foretold{incident: i, at: at})
			}
		}
	}
	done := progress.Count("the leak, asked again beforehand", len(asked))
	for n := range asked {
		if err := asked[n].ask(ctx, q); err != nil {
			return nil, fmt.Errorf("hours to threshold at %s: %w", clock(asked[n].at), err)
		}
		done()
	}
	return asked, nil
}

func (f *foretold) ask(ctx context.Context, q queryer) error {
	dimensions := map[string][]string{}
	for name, value := range f.incident.Dimensions {
		dimensions[name] = []string{value}
	}
	raw, err := json.Marshal(map[string]any{
		"refId": "A", "version": 1, "accounts": []string{f.incident.AccountID}, "regions": []string{f.incident.Region},
		"namespace": f.incident.Namespace, "metric": f.incident.Metric, "dimensions": dimensions,
		"output": "hours_to_threshold", "threshold": leakLimit, "horizon": "3d",
	})
	if err != nil {
		return err
	}
	answer, err := q.Query(ctx, request{queries: []oneQuery{{"A", raw}}, from: f.at.Add(-3 * time.Hour), to: f.at})
	if err != nil {
		return err
	}
	for _, frame := range answer.Responses["A"].Frames {
		_, _, points, err := readFrame(frame)
		if err != nil {
			return err
		}
		c, err := readCustom(frame)
		if err != nil {
			return err
		}
		f.early, f.far = c.Early, c.Late
		f.hours = f.incident.End.Sub(frame.Fields[0].At(0).(time.Time)).Hours()
		if len(points) > 0 {
			f.median = &points[0].value
		}
	}
	return answer.Responses["A"].Error
}

// writeLeaks shows what was said beside what came.
func (r report) writeLeaks(p page) {
	if len(r.leaks) == 0 {
		return
	}
	p.heading("The leak's hours to threshold, asked again beforehand")
	var rows [][]cell
	for _, f := range r.leaks {
		said, verdict := "-", text("outside its band").in(red)
		if f.median != nil {
			said = fmt.Sprintf("%.1f", *f.median)
		}
		if f.inside() {
			verdict = text("inside").in(green)
		}
		rows = append(rows, []cell{text(clock(f.at)), text(f.incident.Account), right(fmt.Sprintf("%.1f", f.hours)), right(said).in(yellow),
			text(between(f.early, f.far)), verdict})
	}
	p.table([]string{"ASKED AT", "ACCOUNT", "HOURS LEFT", "SAID", "EARLY AND LATE", "BAND"}, rows)
}

// held counts those whose band held what came.
func held(all []foretold) int {
	n := 0
	for _, f := range all {
		if f.inside() {
			n++
		}
	}
	return n
}
