package history

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// lack is what a read lacks of one series, and what is held of it.
type lack struct {
	plan   plan
	held   store.Held
	window series.Window
}

// call is what one fetch asks for: series of one scope, in a window that holds what each of them lacks.
type call struct {
	scope   cloudwatch.Scope
	window  series.Window
	members []int // of the read's keys, in their order
}

// callsFor makes as few calls as fit a page each of what is missing of some keys. Series that lack the same are one call, however many pages that
// takes. Of sparse ones hardly two lack the same, because each is asked for from its last point on: they share a page, in a window that holds what
// each of them lacks. The price is by the metric and not by the point, but AWS bounds the requests of an account.
func callsFor(keys []series.Key, missing []int, lacking []lack) []call {
	type alike struct {
		scope  cloudwatch.Scope
		window series.Window
	}
	groups := map[alike]*call{}
	var calls []*call
	for _, i := range missing {
		what := alike{cloudwatch.ScopeOf(keys[i]), lacking[i].window}
		if groups[what] == nil {
			groups[what] = &call{scope: what.scope, window: what.window}
			calls = append(calls, groups[what])
		}
		groups[what].members = append(groups[what].members, i)
	}
	slices.SortFunc(calls, func(a, b *call) int {
		return cmp.Or(compareScopes(a.scope, b.scope), a.window.Len()-b.window.Len(), a.window.Start.Compare(b.window.Start))
	})
	var joined []call
	for _, c := range calls {
		if n := len(joined); n == 0 || !joined[n-1].join(*c) {
			joined = append(joined, *c)
		}
	}
	return joined
}

// join takes another call into this one, if both fit a page.
func (c *call) join(other call) bool {
	window := c.window.Union(other.window)
	if c.scope != other.scope || len(c.members)+len(other.members) > cloudwatch.PageSize(window) {
		return false
	}
	c.window, c.members = window, append(c.members, other.members...)
	slices.Sort(c.members)
	return true
}

func compareScopes(a, b cloudwatch.Scope) int {
	return cmp.Or(strings.Compare(a.AccountID, b.AccountID), strings.Compare(a.RoleARN, b.RoleARN), strings.Compare(a.Region, b.Region))
}

// fetch makes one call, keeps what came and puts it into the results. Calls run side by side and share no series.
func (rd *reading) fetch(ctx context.Context, c call, mine *claim) error {
	settle, err := rd.allowed(ctx, c.members)
	if err != nil {
		for _, i := range c.members {
			rd.results[i].Err = err
		}
		return nil
	}
	defer settle()
	outcomes, used := rd.fetcher.Fetch(ctx, c.scope, c.window, pick(rd.keys, c.members))
	rd.count(Usage{Usage: used})
	var writes []store.Write
	var written []int
	for j, i := range c.members {
		rd.asked[i] = true
		if err := outcomes[j].Err; err != nil {
			rd.results[i].Err = fmt.Errorf("metric %s: %w", rd.keys[i].Metric, err)
			if ctx.Err() == nil { // else it failed for us alone
				mine.fail(i, rd.results[i].Err)
			}
			continue
		}
		writes = append(writes, rd.answered(i, outcomes[j]))
		written = append(written, i)
	}
	if len(writes) == 0 {
		return ctx.Err()
	}
	rd.keep(ctx, writes, written)
	return ctx.Err()
}

// keep stores what was paid for, also when the one who asked has gone meanwhile, or keeps it in memory.
func (rd *reading) keep(ctx context.Context, writes []store.Write, written []int) {
	revised, err := rd.store.Save(context.WithoutCancel(ctx), writes)
	if err != nil {
		rd.flights.unsaved.keep(writes, err)
		for _, i := range written {
			rd.results[i].Err = unwritable(err)
		}
		return
	}
	for j, i := range written {
		rd.results[i].Revised = revised[j]
		rd.count(Usage{Revised: revised[j]})
	}
}

// answered puts what AWS answered of one series into its result. It returns what of it is to be stored.
func (rd *reading) answered(i int, o cloudwatch.Outcome) store.Write {
	l := rd.lacking[i]
	fetched := o.Series.Slice(l.window)
	elsewhere := func(odd cloudwatch.Oddity) bool { // in what was asked for others' sake
		return holds(o.Series.Window, odd.At) && !holds(l.window, odd.At)
	}
	oddities := slices.DeleteFunc(slices.Clone(o.Oddities), elsewhere)
	write := store.Write{Series: fetched, FetchedAt: rd.now}
	if !saysNothing(o.Series, rd.now) {
		write.FinalUntil = finalUntil(fetched, rd.now)
	}
	rd.results[i] = l.plan.result(lay(l.held, write))
	rd.results[i].Oddities, rd.results[i].Odd = oddities, len(oddities)+o.MoreOddities
	rd.count(Usage{Points: observed(fetched), Odd: rd.results[i].Odd})
	return write
}

func holds(w series.Window, t time.Time) bool { return !t.Before(w.Start) && t.Before(w.End) }

// allowed fails where AWS may not be asked for some of the keys; what it returns is called once AWS has answered.
func (rd *reading) allowed(ctx context.Context, members []int) (settle func(), err error) {
	if onlyStored(ctx) {
		return nil, ErrNotStored
	}
	if rd.sealed != nil {
		return nil, unwritable(rd.sealed)
	}
	metrics := map[string]bool{}
	for _, i := range members {
		metrics[metricOf(rd.keys[i])] = true
	}
	return rd.meter.Allow(ctx, len(metrics))
}
