package main

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// scored is a series with scores at minutes after noon.
func scored(metric string, scores map[int]float64) *oneSeries {
	s := &oneSeries{
		labels: data.Labels{
			"account_id": "111111111111", "account": "production", "region": "us-east-1",
			"namespace": "AWS/SQS", "metric": metric, "stat": "Average", "QueueName": "orders",
		},
		measures: map[string][]sample{},
	}
	for m := -600; m <= 600; m += 5 {
		if score, ok := scores[m]; ok {
			s.measures["anomaly_score"] = append(s.measures["anomaly_score"], sample{minutes(m), score})
			s.measures["value"] = append(s.measures["value"], sample{minutes(m), 10 * score})
			s.measures["expected"] = append(s.measures["expected"], sample{minutes(m), score})
			s.measures["direction"] = append(s.measures["direction"], sample{minutes(m), -1})
		}
	}
	return s
}

func ref(metric string) awssim.MetricRef {
	return awssim.MetricRef{
		AccountID: "111111111111", Region: "us-east-1", Namespace: "AWS/SQS", Metric: metric,
		Dimensions: map[string]string{"QueueName": "orders"},
	}
}

// incident is one hour from noon on the metric Visible, announced for 45 minutes by Age.
func incident() awssim.Incident {
	target := ref("Visible")
	return awssim.Incident{
		Kind: "queue-growth", Account: "production", AccountID: target.AccountID, Region: target.Region, Namespace: target.Namespace,
		Metric: target.Metric, Dimensions: target.Dimensions, Start: noon, End: minutes(60),
		Announced: true, PrecursorStart: minutes(-45), Related: []awssim.MetricRef{ref("Age")},
	}
}

func TestEventsAreRunsOfCriticalScores(t *testing.T) {
	s := scored("Visible", map[int]float64{0: 75, 5: 99, 10: 20, 35: 80, 70: 90, 75: 74.9})
	found := events([]*oneSeries{s})
	require.Len(t, found, 2, "a pause of 30 minutes is bridged, one of 35 is not")
	require.Equal(t, []time.Time{minutes(0), minutes(35), minutes(5)}, []time.Time{found[0].start, found[0].end, found[0].peak})
	require.Equal(t, []float64{99, -1, 990, 99}, []float64{found[0].score, found[0].direction, found[0].actual, found[0].expected})
	require.Equal(t, minutes(70), found[1].start)
	require.Equal(t, minutes(70), found[1].end, "a score below 75 does not prolong an event")
}

func TestIncidentIsFoundFromItsStartUntilShortlyAfterItsEnd(t *testing.T) {
	for minute, want := range map[int]bool{-5: false, 0: true, 60: true, 75: true, 80: false} {
		v := judgeIncident([]*oneSeries{scored("Visible", map[int]float64{minute: 75})}, incident())
		require.Equal(t, want, v.found, "minute %d", minute)
	}
	v := judgeIncident([]*oneSeries{scored("Visible", map[int]float64{5: 74})}, incident())
	require.False(t, v.found)
	require.Equal(t, 74.0, v.best)
}

func TestIncidentIsFoundByItsPrecursor(t *testing.T) {
	for minute, want := range map[int]bool{-50: false, -45: true, 60: true, 65: false} {
		v := judgeIncident([]*oneSeries{scored("Age", map[int]float64{minute: 80})}, incident())
		require.Equal(t, want, v.found, "minute %d", minute)
	}
	v := judgeIncident([]*oneSeries{scored("Visible", map[int]float64{10: 90}), scored("Age", map[int]float64{-30: 80})}, incident())
	require.Equal(t, minutes(-30), v.at, "the first point counts, whichever metric gave it")
	require.Equal(t, "Age orders", v.by)
	require.Equal(t, "30m ahead", delay(v))
}

func TestEventsOutsideIncidents(t *testing.T) {
	other := scored("Visible", map[int]float64{10: 90})
	other.labels = other.labels.Copy()
	other.labels["account_id"] = "222222222222"
	all := []*oneSeries{
		scored("Visible", map[int]float64{-600: 90, -45: 90, 240: 90, 300: 90}),
		scored("Age", map[int]float64{-10: 90}),
		scored("Sent", map[int]float64{20: 90}),
		other,
	}
	_, outside := judge(all, events(all), []awssim.Incident{incident()})
	var starts []time.Time
	for _, e := range outside {
		starts = append(starts, e.start)
	}
	require.Equal(t, []time.Time{minutes(-600), minutes(10), minutes(20), minutes(300)}, starts,
		"another time, another account, an unrelated metric and the time after the aftermath")
}

func TestSameMetricComparesEveryDimension(t *testing.T) {
	labels := scored("Visible", nil).labels
	require.True(t, sameMetric(ref("Visible"), labels))
	more := labels.Copy()
	more["Zone"] = "a"
	require.False(t, sameMetric(ref("Visible"), more))
	require.Equal(t, "orders", labels["QueueName"], "labels are not changed by the comparison")
}
