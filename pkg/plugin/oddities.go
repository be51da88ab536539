package plugin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// oddSpec tells flags of AWS's answers from what analysis keeps of a series in the same table of the store, which prunes both.
	oddSpec = 0x0DD1_7135
	// oddSpan is how many buckets have their flags in one row.
	oddSpan = 1024
)

// oddList is where a row stands, beside the others, that says until when there are any: nearly every series has none, and is not looked for
// row by row. It is as old as the newest of them, and so is never pruned before them.
var oddList = time.Unix(0, 0).UTC()

// oddities keeps which buckets were odd in AWS's answers: format and duplicates cannot be told from stored points. Such answers are rare.
type oddities struct {
	store   *store.Store
	unkept  *sync.Once
	log     discreet
	fetcher history.Fetcher
}

// Fetch fetches, and keeps what is odd in the outcomes. What cannot be kept fails nothing; it is logged once.
func (o oddities) Fetch(ctx context.Context, scope cloudwatch.Scope, w series.Window, keys []series.Key) ([]cloudwatch.Outcome, cloudwatch.Usage) {
	outcomes, usage := o.fetcher.Fetch(ctx, scope, w, keys)
	for _, outcome := range outcomes {
		if outcome.Err != nil || outcome.Flags == nil {
			continue
		}
		if err := o.keep(context.WithoutCancel(ctx), outcome.Series, outcome.Flags); err != nil {
			o.unkept.Do(func() {
				o.log.warn("what is odd in an answer of AWS cannot be stored", "metric", outcome.Series.Key.Metric, "error", err)
			})
		}
	}
	return outcomes, usage
}

// keep adds flags of a fetched series to those that are kept.
func (o oddities) keep(ctx context.Context, s series.Series, flags series.Flags) error {
	rows := map[time.Time]*store.State{}
	for i := range s.Values {
		if flags.Count(i) == 0 {
			continue
		}
		at := s.Window.Time(i)
		row, err := o.row(ctx, rows, s.Key, at)
		if err != nil {
			return err
		}
		row.Blob[int(at.Sub(row.Epoch)/s.Window.Period)] |= flags[i]
		if until := at.Add(s.Window.Period); until.After(row.Until) {
			row.Until = until
		}
	}
	if len(rows) == 0 {
		return nil
	}
	states := []store.State{}
	listed := store.State{Series: s.Key, Spec: oddSpec, Epoch: oddList, Slot: store.SlotResults, Blob: []byte{}}
	for _, row := range rows {
		states = append(states, *row)
		if row.Until.After(listed.Until) {
			listed.Until = row.Until
		}
	}
	known, ok, err := o.store.LoadState(ctx, s.Key, oddSpec, oddList, store.SlotResults)
	if err != nil {
		return err
	}
	if ok && known.Until.After(listed.Until) {
		listed.Until = known.Until
	}
	return o.store.PutStates(ctx, append(states, listed))
}

// row is that of a time, as it is stored or new.
func (o oddities) row(ctx context.Context, rows map[time.Time]*store.State, k series.Key, at time.Time) (*store.State, error) {
	epoch := series.Floor(at, oddSpan*k.Period)
	if row, ok := rows[epoch]; ok {
		return row, nil
	}
	found, ok, err := o.store.LoadState(ctx, k, oddSpec, epoch, store.SlotResults)
	if err != nil {
		return nil, err
	}
	if !ok || len(found.Blob) != oddSpan {
		found = store.State{Series: k, Spec: oddSpec, Epoch: epoch, Slot: store.SlotResults, Count: oddSpan, Blob: make([]byte, oddSpan)}
	}
	rows[epoch] = &found
	return &found, nil
}

// flags are those that are kept of a series in a window; nil: none.
func (o oddities) flags(ctx context.Context, k series.Key, w series.Window) (series.Flags, error) {
	if w.Empty() {
		return nil, nil
	}
	listed, ok, err := o.store.LoadState(ctx, k, oddSpec, oddList, store.SlotResults)
	if err != nil || !ok || !listed.Until.After(w.Start) {
		return nil, err
	}
	var flags series.Flags
	span := oddSpan * k.Period
	for epoch := series.Floor(w.Start, span); epoch.Before(w.End); epoch = epoch.Add(span) {
		found, ok, err := o.store.LoadState(ctx, k, oddSpec, epoch, store.SlotResults)
		if err != nil {
			return nil, err
		}
		if !ok || len(found.Blob) != oddSpan {
			continue
		}
		row := w.Intersect(series.Window{Start: epoch, End: epoch.Add(span), Period: k.Period})
		if flags == nil {
			flags = make(series.Flags, w.Len())
		}
		from := int(row.Start.Sub(epoch) / k.Period)
		copy(flags[w.Index(row.Start):], found.Blob[from:from+row.Len()])
	}
	return flags, nil
}

// oddIn says for each account and region what was odd in AWS's answers, by an example.
func (i *Instance) oddIn(results []history.Result) []string {
	type place struct{ account, region string }
	var order []place
	count, example := map[place]int{}, map[place]string{}
	for _, r := range results {
		if r.Odd == 0 {
			continue
		}
		at := place{i.alias(r.Series.Key), r.Series.Key.Region}
		if count[at] == 0 {
			order = append(order, at)
		}
		count[at] += r.Odd
		if example[at] == "" && len(r.Oddities) > 0 {
			example[at] = exampleOf(r.Series.Key, r.Oddities[0])
		}
	}
	var out []string
	for _, at := range order {
		points := "points"
		if count[at] == 1 {
			points = "point"
		}
		out = append(out, fmt.Sprintf("account %s (%s): %d %s of AWS's answer were odd: %s", at.account, at.region, count[at], points, example[at]))
	}
	return out
}

func exampleOf(k series.Key, odd cloudwatch.Oddity) string {
	text := fmt.Sprintf("of %s of %s, %s", k.Stat, k.Metric, odd.Detail)
	if !odd.At.IsZero() {
		text += " at " + odd.At.Format(time.RFC3339)
	}
	return text
}
