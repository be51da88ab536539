package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

func exampleReport() report {
	series := scored("Visible", map[int]float64{5: 80, 10: 97})
	series.measures["hours_to_threshold"] = []sample{{minutes(10), 8.25}}
	series.early, series.late = num(6), num(11)
	all := []*oneSeries{series, scored("Sent", map[int]float64{300: 76})}
	found := events(all)
	verdicts, outside := judge(all, found, []awssim.Incident{incident()})
	return report{
		dashboard: "All accounts", span: 7 * 24 * time.Hour,
		accounts: []accountLine{
			{"production", "111111111111", "vigia-reader", []string{"us-east-1", "eu-west-1"}, true, "ok"},
			{"staging", "222222222222", "vigia-reader", []string{"us-east-1"}, false, "access denied"},
		},
		first:  refresh{series: all, queries: 3, usage: usage{Series: 2, Requests: 4, MetricsAsked: 120, EstimatedCostUSD: 0.0012}, notices: []string{"staging is left out"}},
		second: refresh{queries: 3, usage: usage{Series: 2, MetricsAsked: 1, CacheHits: 119}},
		rules: []ruleLine{
			{title: "Unusual queue", firing: []number{{data.Labels{"account": "data", "region": "us-east-1", "metric": "Visible"}, 1}}, quiet: 2},
			{title: "Too many connections", quiet: 3},
		},
		events: found, verdicts: verdicts, outside: outside, replaySeries: 17, elapsed: 42 * time.Second,
	}
}

func write(r report, coloured bool) string {
	var out bytes.Buffer
	r.write(page{out: &out, coloured: coloured})
	return out.String()
}

func TestReportSaysWhatAPersonAsks(t *testing.T) {
	text := write(exampleReport(), false)
	for _, line := range []string{
		`(?m)^  production +111111111111 +vigia-reader +us-east-1 eu-west-1 +ok$`,
		`(?m)^  staging .* access denied$`,
		`(?m)^  first +3 +2 +4 +120 +\$0.00120 +0 `,
		`(?m)^  second +3 +2 +0 +1 +\$0.00000 +119 `,
		`notice: staging is left out`,
		`(?m)^  Mon 02 Mar 12:05 +5m +production +us-east-1 +Visible orders +97 +low +970 +97$`,
		`(?m)^  production +us-east-1 +Visible orders +970 +8.2 +6.0 and 11.0$`,
		`(?m)^  FIRES +Unusual queue +1 of 3 +data us-east-1 Visible$`,
		`(?m)^  quiet +Too many connections +0 of 3$`,
		`(?m)^  Mon 02 Mar 12:00 +1h00m +queue-growth .* found after 5m by Visible orders$`,
		`outside every incident: Mon 02 Mar 17:00 production Sent orders, score 76`,
		`Replay: 17 series`,
	} {
		require.Regexp(t, line, text)
	}
	require.NotContains(t, text, "\x1b", "no colours but on a terminal")
}

func TestReportEndsWithTheFigures(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(write(exampleReport(), false)), "\n")
	require.Equal(t, []string{
		"figure demo_seconds 42 s",
		"figure critical_events_outside 1 events",
		"figure incidents_found 1 of 1",
		"figure second_refresh_metrics_asked 1 metrics",
	}, lines[len(lines)-4:])
}

func TestColoursDoNotShiftColumns(t *testing.T) {
	coloured := write(exampleReport(), true)
	require.Contains(t, coloured, "\x1b[")
	for _, c := range []colour{bold, faint, red, green, yellow} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+string(c)+"m", "")
	}
	require.Equal(t, write(exampleReport(), false), strings.ReplaceAll(coloured, "\x1b[0m", ""))
}

func TestEmptyReportSaysSo(t *testing.T) {
	text := write(report{span: 7 * 24 * time.Hour}, false)
	require.Contains(t, text, "0 events")
	require.Contains(t, text, "No series will cross its threshold")
	require.Contains(t, text, "figure incidents_found 0 of 0")
}

func TestShortNumbers(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "0.085": 0.085, "0.5": 0.5, "5": 5, "5.25": 5.25, "46.3": 46.31, "990": 990, "999": 999.4, "1k": 999.6, "9.5M": 9.5e6,
		"182G": 182e9, "-2.5k": -2500, "-": math.NaN(),
	} {
		require.Equal(t, want, short(v))
	}
}
