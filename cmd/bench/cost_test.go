package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Ten minutes of the benchmark of costs: every series is asked for when it is due and at no other time.
func TestCostOfTenMinutes(t *testing.T) {
	hour, err := simulateHour(10*time.Minute, rulePeriod, true)
	require.NoError(t, err)
	const panels = costPanels * costSeries
	require.Equal(t, 2*panels, hour.panels, "at first and after five minutes")
	require.Equal(t, 3*costSeries, hour.rule, "at first, and when two more buckets are complete")
	require.Equal(t, costPanels*costViewers*20, hour.refreshes)
	require.Equal(t, 10, hour.evaluations)
	require.Equal(t, hour.refreshes*costSeries+hour.evaluations*costSeries, hour.saved+hour.asked(), "asked or saved")
	require.Less(t, hour.stalest, 5*time.Minute)

	once, paged, err := uncached()
	require.NoError(t, err)
	require.Equal(t, costSeries, once)
	require.Equal(t, 2*costSeries, paged, "144,000 points are two pages")

	var out bytes.Buffer
	require.NoError(t, bill{cached: hour, fine: hour, fresh: hour, once: 9000, paged: 18000}.report(&out))
	require.Contains(t, out.String(), "figure cost_ratio 20 times")
	require.Contains(t, out.String(), "figure cost_usd_without_cache 0.18 USD")
}
