package plugin

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// reading is what came back of a plan's series.
type reading struct {
	all      []history.Result   // of all metrics, in the order of plan.asked
	results  []history.Result   // of the plan's keys, as observed
	trusted  []history.Result   // the same without what fails a check, as the columns are; it is what is learnt from
	flagged  []int              // of the plan's keys: observations in the range that fail a check; nil: nothing was checked
	columns  [][]history.Result // of each column, for each of the plan's keys
	limits   []history.Result   // of the metric that is a threshold, for each of the plan's keys; nil: there is none
	failures []accounts.Failure
	usage    history.Usage
	empty    []string // metrics beside the query's of which nothing was ever observed
	unkept   int      // series of which AWS no longer keeps anything in the range
	partly   int      // series of which AWS no longer keeps the older part
	withheld withheld
	odd      []string // what was odd in AWS's answers, for people
}

func (i *Instance) read(ctx context.Context, p plan) (reading, error) {
	w := p.window
	if p.analysed() {
		w = analysis.Training(w)
	} else if p.query.Kind == query.KindQuality {
		w = qualityWindow(w)
	}
	all, usage, err := i.reader.Read(ctx, p.asked(), w)
	if err != nil {
		return reading{}, err
	}
	n := len(p.keys)
	out := reading{all: all, results: all[:n], usage: usage, odd: i.oddIn(all)}
	for k, r := range out.results {
		lost := out.lost(k, p.window)
		if r.Err != nil && (lost || !out.withheld.note(r, p.window)) {
			out.failures = append(out.failures, i.failure(p.keys[k], nothingHeld(accounts.Explain(r.Err))))
		}
		if lost {
			continue
		}
		// What is stored is shown beside the failure.
		switch gone := r.Unkept.Intersect(p.window); {
		case !gone.Empty() && gone.Len() == p.window.Len():
			out.unkept++
		case !gone.Empty():
			out.partly++
		}
	}
	for c, column := range p.beside() {
		results := all[(c+1)*n : (c+2)*n]
		name := fmt.Sprintf("column %s of %s", column.Statistic, column.Metric)
		threshold := c == len(p.columns()) && p.limited()
		check := c >= len(p.columns()) && !threshold
		if check {
			name = fmt.Sprintf("%s of %s, which a rule of the data source's quality names,", column.Statistic, column.Metric)
		}
		if threshold {
			name = fmt.Sprintf("thresholdMetric %s of %s", column.Statistic, column.Metric)
		}
		for k, r := range results {
			if r.Err != nil && (!observed(r.Series) || !out.withheld.note(r, p.window)) {
				out.failures = append(out.failures, i.failure(p.keys[k], fmt.Errorf("%s: %w", name, accounts.Explain(r.Err))))
			}
		}
		builtIn := check && p.query.Kind == query.KindQuality // many resources do not report all that a rule is about
		if n > 0 && !builtIn && !slices.ContainsFunc(results, func(r history.Result) bool { return r.Err != nil || observed(r.Series) }) {
			out.empty = append(out.empty, name)
		}
		switch {
		case threshold:
			out.limits = results
		case !check:
			out.columns = append(out.columns, results)
		}
	}
	if err := i.trust(ctx, p, all, &out); err != nil {
		return out, ours{err}
	}
	out.failures = firstOfEach(out.failures)
	return out, nil
}

func (i *Instance) failure(k series.Key, err error) accounts.Failure {
	return accounts.Failure{Account: i.alias(k), Region: k.Region, Err: err}
}

// lost says that a series could not be read and that nothing of it is stored in the window.
func (r reading) lost(key int, w series.Window) bool {
	result := r.results[key]
	return result.Err != nil && !observed(result.Series.Slice(w)) && !knownEmpty(result, w)
}

// blind says that a column of a series could not be read and that nothing of it is stored: there is no score without it.
func (r reading) blind(key int) bool {
	return slices.ContainsFunc(r.columns, func(column []history.Result) bool {
		return column[key].Err != nil && !observed(column[key].Series)
	})
}

func observed(s series.Series) bool {
	return slices.ContainsFunc(s.Values, func(v float64) bool { return !math.IsNaN(v) })
}

// firstOfEach keeps one failure for each account and region, which stands for all its series: what may not be listed cannot be read either.
func firstOfEach(failures []accounts.Failure) []accounts.Failure {
	type place struct{ account, region string }
	seen := map[place]bool{}
	return slices.DeleteFunc(failures, func(f accounts.Failure) bool {
		at := place{f.Account, f.Region}
		again := seen[at]
		seen[at] = true
		return again
	})
}

func (i *Instance) alias(k series.Key) string {
	for _, a := range i.directory.Accounts() {
		if a.ID == k.AccountID {
			return a.Alias
		}
	}
	return k.AccountID
}
