package plugin

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const (
	// maxSeries bounds one query. Beyond it a dashboard says how many it shows and an alert rule fails: a cut series is a hidden one.
	maxSeries = 500
	// maxPoints bounds one query's points to show: a frame set beyond it takes a browser down.
	maxPoints = 5_000_000
)

// expand finds the series of each target. A target that cannot be listed is a failure beside the others.
//
// Explicit dimensions in one target are taken at their word. In several targets the same values cannot exist everywhere, so only what
// AWS lists is asked for; where nothing is listed (a metric that was silent for two weeks) every target is.
func (i *Instance) expand(ctx context.Context, q query.Query, targets []accounts.Target) ([]series.Key, []accounts.Failure, error) {
	explicit := !cloudwatch.HasWildcard(q.Dimensions)
	var named [][]series.Dimension
	if explicit {
		var err error
		if named, err = cloudwatch.Combine(q.Dimensions); err != nil || len(targets) == 1 {
			return i.keysOf(q, targets, func(int) [][]series.Dimension { return named }), nil, err
		}
	}
	found := make([][][]series.Dimension, len(targets))
	errs := make([]error, len(targets))
	var group errgroup.Group
	for n, t := range targets {
		group.Go(func() error {
			found[n], errs[n] = i.catalog.Expand(ctx, i.scope(t), q.Namespace, q.Metric, q.Dimensions)
			return nil
		})
	}
	_ = group.Wait()
	var failures []accounts.Failure
	for n, t := range targets {
		if errs[n] != nil {
			failures = append(failures, accounts.Failure{Account: t.Account.Alias, Region: t.Region, Err: accounts.Explain(errs[n])})
		}
	}
	keys := i.keysOf(q, targets, func(n int) [][]series.Dimension { return found[n] })
	if explicit && len(keys) == 0 {
		keys = i.keysOf(q, targets, func(n int) [][]series.Dimension {
			if errs[n] != nil {
				return nil
			}
			return named
		})
	}
	return keys, failures, nil
}

// keysOf makes the keys of the dimensions that each target has.
func (i *Instance) keysOf(q query.Query, targets []accounts.Target, of func(target int) [][]series.Dimension) []series.Key {
	var keys []series.Key
	for n, t := range targets {
		for _, dims := range of(n) {
			keys = append(keys, series.Key{
				Source: i.directory.Source(t.Account), AccountID: t.Account.ID, RoleARN: t.Account.RoleARN, Region: t.Region, Namespace: q.Namespace,
				Metric: q.Metric, Dimensions: dims, Stat: q.Statistic, Period: q.Period,
			})
		}
	}
	return keys
}

// limit cuts what is too much, and says so. Each of the series is read in so many metrics: itself and the further columns of a detector.
func limit(keys []series.Key, w series.Window, metrics int) ([]series.Key, string) {
	most, name := max(1, maxSeries/metrics), fmt.Sprintf("the limit of %d series a query (maxSeries)", maxSeries)
	if metrics > 1 {
		name += fmt.Sprintf(", of which each takes %d with its columns", metrics)
	}
	if byPoints := max(1, maxPoints/max(1, w.Len())); byPoints < most {
		most, name = byPoints, fmt.Sprintf("the limit of %d points a query (maxPoints)", maxPoints)
	}
	if len(keys) <= most {
		return keys, ""
	}
	return keys[:most], fmt.Sprintf("shown %d of %d series: %s; narrow the field \"dimensions\" or \"accounts\"", most, len(keys), name)
}
