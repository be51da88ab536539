package awssim

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

func csv(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// replayed reads a recorded series, oldest first, over the wire.
func replayed(t *testing.T, s *Simulator, name string, from, to time.Time, period time.Duration) ([]time.Time, []float64) {
	t.Helper()
	ref := MetricRef{Namespace: nsReplay, Metric: name, Dimensions: map[string]string{"Series": name}}
	in := ask(from, to, query("a", ref, "Average", period))
	in.ScanBy = types.ScanByTimestampAscending
	out, err := inProcess(s).cloudWatch(t, s, data, usEast1).GetMetricData(context.Background(), in)
	require.NoError(t, err)
	return out.MetricDataResults[0].Timestamps, out.MetricDataResults[0].Values
}

func TestReplayIsRetimedToTheAnchorAndThenRepeats(t *testing.T) {
	clock := &testClock{testAnchor}
	s := newSimulator(t, Config{Anchor: testAnchor, Clock: clock.Now, Replay: fstest.MapFS{
		"aws/cpu.csv": csv("timestamp,value\n2014-02-14 14:27:00,1\n2014-02-14 14:32:00,2\n2014-02-14 14:42:00,4\n2014-02-14 14:47:00,5.5\n"),
		"readme.txt":  csv("not a series"),
	}})
	stamps, values := replayed(t, s, "cpu", testAnchor.Add(-3*time.Hour), testAnchor.Add(time.Hour), 5*time.Minute)
	require.Equal(t, []float64{1, 2, 4, 5.5}, values, "nothing before the first row, and the gap stays a gap")
	for i, before := range []time.Duration{25, 20, 10, 5} {
		require.Equal(t, testAnchor.Add(-before*time.Minute), stamps[i].UTC())
	}
	clock.Advance(50 * time.Minute)
	stamps, values = replayed(t, s, "cpu", testAnchor, testAnchor.Add(time.Hour), 5*time.Minute)
	require.Equal(t, []float64{1, 2, 4, 5.5, 1, 2, 4, 5.5}, values)
	require.Equal(t, testAnchor.Add(15*time.Minute), stamps[2].UTC())
	stamps, _ = replayed(t, s, "cpu", testAnchor, testAnchor.Add(20*time.Minute), time.Minute)
	require.Len(t, stamps, 3, "a recording has the resolution of its rows")
}

func TestReplayReadsOtherForms(t *testing.T) {
	s := newSimulator(t, Config{Anchor: testAnchor, Clock: func() time.Time { return testAnchor }, Replay: fstest.MapFS{
		"rfc.csv":    csv("\ufeff2014-02-14T14:30:00Z,1\r\n\r\n2014-02-14T14:31:00Z, 3\r\n2014-02-14T14:31:00Z,5\r\n"),
		"single.csv": csv("2014-02-14 14:30:00,7\n"),
	}})
	_, values := replayed(t, s, "rfc", testAnchor.Add(-time.Hour), testAnchor, time.Minute)
	require.Equal(t, []float64{1, 4}, values, "two rows of one bucket are two samples")
	stamps, values := replayed(t, s, "single", testAnchor.Add(-time.Hour), testAnchor, 5*time.Minute)
	require.Equal(t, []float64{7}, values)
	require.Equal(t, testAnchor.Add(-5*time.Minute), stamps[0].UTC())
}

func TestReplayNamesFileAndLineOfABadRow(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"not a number":   {"timestamp,value\n2014-02-14 14:30:00,1\n2014-02-14 14:35:00,many\n", `bad.csv: line 3: value "many"`},
		"not finite":     {"2014-02-14 14:30:00,NaN\n", `bad.csv: line 1: value "NaN"`},
		"too large":      {"2014-02-14 14:30:00,1e300\n", `bad.csv: line 1: value "1e300"`},
		"not a time":     {"2014-02-14 14:30:00,1\nsoon,2\n", `bad.csv: line 2: timestamp "soon"`},
		"one column":     {"2014-02-14 14:30:00\n", "bad.csv: line 1"},
		"three columns":  {"2014-02-14 14:30:00,1,2\n", "bad.csv: line 1"},
		"empty":          {"timestamp,value\n", "bad.csv: no rows"},
		"endless line":   {strings.Repeat("x", 1<<17), "bad.csv"},
		"slow":           {"2014-02-14 14:30:00,1\n2015-02-14 14:30:00,1\n", "more than a week"},
		"too wide apart": {"0001-01-01 00:00:00,1\n0001-01-01 00:01:00,1\n9999-01-01 00:00:00,1\n", "bad.csv: its rows span"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Config{Replay: fstest.MapFS{"bad.csv": csv(c.text)}})
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err := New(Config{Replay: fstest.MapFS{"a/x.csv": csv("2014-02-14 14:30:00,1\n"), "b/x.csv": csv("2014-02-14 14:30:00,1\n")}})
	require.ErrorContains(t, err, "a/x.csv and b/x.csv")
}

// The real CloudWatch series of the Numenta Anomaly Benchmark survive the way through the wire unchanged.
func TestReplayOfRealSeries(t *testing.T) {
	folder := os.Getenv("VIGIA_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	files := os.DirFS(filepath.Join(folder, "nab", "data", "realAWSCloudwatch"))
	text, err := os.ReadFile(filepath.Join(folder, "nab", "data", "realAWSCloudwatch", "ec2_cpu_utilization_24ae8d.csv"))
	if err != nil {
		t.Skipf("the benchmark's data are absent (set VIGIA_DATA to their folder): %v", err)
	}
	s := newSimulator(t, Config{Anchor: testAnchor, Clock: func() time.Time { return testAnchor }, Replay: files})
	rows, err := readRows("it", bytes.NewReader(text))
	require.NoError(t, err)
	_, values := replayed(t, s, "ec2_cpu_utilization_24ae8d", testAnchor.Add(-20*24*time.Hour), testAnchor, 5*time.Minute)
	require.Len(t, values, len(rows))
	for i, r := range rows {
		require.Equal(t, r.value, values[i])
	}
	count := 0
	for _, m := range s.catalogue.metrics {
		if m.id.namespace == nsReplay {
			count++
		}
	}
	require.Equal(t, 17, count)
}

func FuzzReplayCSV(f *testing.F) {
	f.Add("timestamp,value\n2014-02-14 14:30:00,0.132\n2014-02-14 14:35:00,0.134\n")
	f.Add("2014-02-14T14:30:00Z,1\r\n2014-02-14T14:30:00+02:00,-1e300\n")
	f.Add("0001-01-01 00:00:00,1\n9999-12-31 23:59:59,2\n")
	f.Add("\ufeff,\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := readRows("fuzz.csv", strings.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "fuzz.csv")
			return
		}
		rec, err := record("fuzz.csv", rows)
		if err != nil {
			require.ErrorContains(t, err, "fuzz.csv")
			return
		}
		rec.cache, rec.last = newBlockCache(), floorDiv(testAnchor.Unix(), rec.step)*rec.step
		found, samples := 0.0, 0.0
		for _, s := range rec.slots {
			samples += s.count
		}
		require.Equal(t, float64(len(rows)), samples)
		b := rec.generate(floorDiv(rec.last, 86400))
		for _, n := range b.count {
			found += n
		}
		require.GreaterOrEqual(t, found, 1.0, "the day of the last row has it")
	})
}
