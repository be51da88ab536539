//go:build cgo

package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// What the hours of a range cost, read at once, is what each of them says by itself, and all of them together what the range says.
func TestCostsByTheHourAreThoseOfEachHour(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(context.Background(), "")
		require.NoError(rt, err)
		defer s.Close()
		ctx := context.Background()
		name := rapid.SampledFrom([]string{"", "a", "b"})
		at := func() time.Time {
			return epoch.Add(time.Duration(rapid.IntRange(-7200, 40*3600).Draw(rt, "at")) * time.Second)
		}
		for range rapid.IntRange(0, 25).Draw(rt, "calls") {
			require.NoError(rt, s.Record(ctx, Entry{
				At: at(), AccountID: name.Draw(rt, "account"), Region: name.Draw(rt, "region"), AskedBy: name.Draw(rt, "who"), Error: name.Draw(rt, "fault"),
				Metrics: rapid.IntRange(0, 9).Draw(rt, "metrics"), Datapoints: 3, CostUSD: float64(rapid.IntRange(0, 8).Draw(rt, "cost")) / 8,
			}))
		}
		for range rapid.IntRange(0, 25).Draw(rt, "savings") {
			require.NoError(rt, s.Saved(ctx, []Saving{{At: at(), AccountID: name.Draw(rt, "account"), AskedBy: name.Draw(rt, "who"), Metrics: 1}}))
		}
		period := time.Duration(rapid.SampledFrom([]int{1, 2, 24}).Draw(rt, "period")) * time.Hour
		w := series.Align(epoch, epoch.Add(time.Duration(rapid.IntRange(0, 36).Draw(rt, "hours"))*time.Hour), period)
		buckets, err := s.CostsBy(ctx, w)
		require.NoError(rt, err)
		require.Len(rt, buckets, w.Len())
		sum := Cost{}
		for i, got := range buckets {
			want, err := s.Costs(ctx, w.Time(i), w.Time(i+1))
			require.NoError(rt, err)
			require.Equal(rt, want, got)
			require.True(rt, slices.IsSortedFunc(got, func(a, b Cost) int {
				return cmp.Or(slices.Compare([]string{a.AccountID, a.Region, a.AskedBy}, []string{b.AccountID, b.Region, b.AskedBy}), -1)
			}), "each of them once")
			for _, c := range got {
				sum.Calls, sum.Metrics, sum.MetricsSaved, sum.CostUSD = sum.Calls+c.Calls, sum.Metrics+c.Metrics, sum.MetricsSaved+c.MetricsSaved, sum.CostUSD+c.CostUSD
			}
		}
		whole, err := s.Costs(ctx, w.Start, w.End)
		require.NoError(rt, err)
		for _, c := range whole {
			sum.Calls, sum.Metrics, sum.MetricsSaved, sum.CostUSD = sum.Calls-c.Calls, sum.Metrics-c.Metrics, sum.MetricsSaved-c.MetricsSaved, sum.CostUSD-c.CostUSD
		}
		require.Zero(rt, sum)
	})
}

func TestCostsOfBucketsThatAreNoHoursAreRefused(t *testing.T) {
	s := open(t, "")
	for _, w := range []series.Window{
		{Start: epoch, End: epoch.Add(time.Hour), Period: 30 * time.Minute}, {Start: epoch.Add(time.Minute), End: epoch.Add(2 * time.Hour), Period: time.Hour},
	} {
		_, err := s.CostsBy(context.Background(), w)
		require.ErrorContains(t, err, "whole hours")
	}
	reversed, err := s.CostsBy(context.Background(), series.Window{Start: epoch, End: epoch.Add(-time.Hour), Period: time.Hour})
	require.NoError(t, err)
	require.Empty(t, reversed)
	nothing, err := s.Costs(context.Background(), epoch, epoch)
	require.NoError(t, err)
	require.Empty(t, nothing)
}

// BenchmarkCosts reads 62 days of costs, which 10 who ask have caused in 2 of 3 accounts each hour, by the hour and by the day.
func BenchmarkCosts(b *testing.B) {
	s := open(b, b.TempDir())
	ctx := context.Background()
	const hours = 62 * 24
	require.NoError(b, s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for i := range hours * 20 {
			err := addCost(ctx, tx, epoch.Add(time.Duration(i)*3*time.Minute),
				Cost{AccountID: fmt.Sprint(i % 3), Region: "us-east-1", AskedBy: fmt.Sprintf("panel shop/%d", i%10), Calls: 20, Metrics: 100, CostUSD: 0.001})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	for _, period := range []time.Duration{time.Hour, day} {
		w := series.Window{Start: epoch, End: epoch.Add(hours * time.Hour), Period: period}
		b.Run(period.String(), func(b *testing.B) {
			for b.Loop() {
				buckets, err := s.CostsBy(ctx, w)
				require.NoError(b, err)
				require.NotEmpty(b, buckets[len(buckets)-1])
			}
		})
	}
}
