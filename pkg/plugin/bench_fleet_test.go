package plugin

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// fleetVariable makes the test binary a simulator of so many hosts and nothing else, so that its memory is not ours.
const fleetVariable = "VIGIA_TEST_FLEET"

func TestMain(m *testing.M) {
	if hosts, err := strconv.Atoi(os.Getenv(fleetVariable)); err == nil {
		serveFleet(hosts)
		return
	}
	if err := os.Unsetenv("AWS_CA_BUNDLE"); err != nil { // grafana-aws-sdk fails with it; see accounts.Explain
		panic(err)
	}
	os.Exit(m.Run())
}

func serveFleet(hosts int) {
	sim, err := awssim.New(awssim.Config{Clock: func() time.Time { return worldStart }, Sessions: time.Now, Fleet: hosts})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(http.Handler(sim))
	fmt.Println(server.URL)
	_, _ = bufio.NewReader(os.Stdin).ReadString(0) // until the parent is gone
}

// fleet is a data source that reads so many hosts from a simulator of its own process.
func fleet(b *testing.B, hosts int) *Instance {
	self, err := os.Executable()
	require.NoError(b, err)
	child := exec.Command(self)
	child.Env = append(os.Environ(), fleetVariable+"="+strconv.Itoa(hosts))
	stdin, err := child.StdinPipe()
	require.NoError(b, err)
	stdout, err := child.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, child.Start())
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = child.Wait()
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(b, err)
	sim, err := awssim.New(awssim.Config{Clock: func() time.Time { return worldStart }})
	require.NoError(b, err)
	f := NewFactory(b.TempDir())
	f.clock = func() time.Time { return worldStart }
	instance, err := f.NewInstance(context.WithoutCancel(grafana()), settingsOf(sim, strings.TrimSpace(url)))
	require.NoError(b, err)
	b.Cleanup(instance.(*Instance).Dispose)
	return instance.(*Instance)
}

// panels are queries of 100 hosts each over 7 days at 5 minutes, one after the other, as a dashboard of so many panels asks.
func panels(b *testing.B, hosts int, more fields) []*backend.QueryDataRequest {
	var all []*backend.QueryDataRequest
	for group := range hosts / 100 {
		q := fields{"version": 1, "namespace": "Fleet", "metric": "Load", "dimensions": fields{"Host": []string{"*"}, "Group": []string{fmt.Sprintf("g%02d", group)}}}
		for name, value := range more {
			q[name] = value
		}
		raw, err := json.Marshal(q)
		require.NoError(b, err)
		all = append(all, &backend.QueryDataRequest{PluginContext: backend.PluginContext{}, Queries: []backend.DataQuery{{
			RefID: "A", JSON: raw, TimeRange: backend.TimeRange{From: worldStart.Add(-7 * 24 * time.Hour), To: worldStart},
		}}})
	}
	return all
}

// refresh asks all panels and packs the answers as they go to Grafana; it returns how long each took.
func refresh(b *testing.B, i *Instance, all []*backend.QueryDataRequest) (took []float64) {
	for _, request := range all {
		began := time.Now()
		response, err := i.QueryData(grafana(), request)
		require.NoError(b, err)
		require.NoError(b, response.Responses["A"].Error)
		require.Equal(b, 100, usage(response.Responses["A"].Frames).Series)
		_, err = backend.ToProto().QueryDataResponse(backend.DataFrameFormat_ARROW, response)
		require.NoError(b, err)
		took = append(took, float64(time.Since(began).Microseconds())/1e3)
	}
	return took
}

// BenchmarkFleet times what Grafana waits for: 100 series over 7 days at 5 minutes, from a warm cache, value only and with score, band and
// forecast; then a thousand series in ten panels, and the memory that the process holds after them.
func BenchmarkFleet(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(GCPercent))
	everything := fields{"forecast": true, "events": true}
	value := fields{"output": "value"}
	b.Run("hundred", func(b *testing.B) {
		i := fleet(b, 100)
		for b.Loop() {
			cold := refresh(b, i, panels(b, 100, everything))
			fmt.Printf("figure query_cold_full_ms %.0f ms\n", cold[0])
			tell("query_warm_value_ms", repeat(b, i, panels(b, 100, value), 60))
			tell("query_warm_full_ms", repeat(b, i, panels(b, 100, everything), 60))
		}
	})
	b.Run("thousand", func(b *testing.B) {
		i := fleet(b, 1000)
		for b.Loop() {
			refresh(b, i, panels(b, 1000, everything))
			fmt.Printf("figure query_resident_cold_mb_1000 %.0f MB\n", resident(b))
			debug.FreeOSMemory() // what the first read took, the runtime gives back in the minutes after it
			tell("query_warm_value_1000_ms", repeat(b, i, panels(b, 1000, value), 6))
			tell("query_warm_full_1000_ms", repeat(b, i, panels(b, 1000, everything), 6))
			fmt.Printf("figure query_resident_mb_1000 %.0f MB\n", resident(b))
		}
	})
}

func repeat(b *testing.B, i *Instance, all []*backend.QueryDataRequest, rounds int) (took []float64) {
	for range rounds {
		took = append(took, refresh(b, i, all)...)
	}
	return took
}

// tell prints the median and the 95th percentile of a panel.
func tell(name string, took []float64) {
	slices.Sort(took)
	fmt.Printf("figure %s_p50 %.1f ms\nfigure %s %.1f ms\n", name, took[len(took)/2], name, took[len(took)*95/100])
}

// resident memory of this process in MB, of Linux; elsewhere what Go has taken from the system.
func resident(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.Sys) / 1e6
	}
	for line := range strings.Lines(string(status)) {
		if kb, found := strings.CutPrefix(line, "VmRSS:"); found {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			require.NoError(b, err)
			return n * 1024 / 1e6
		}
	}
	b.Fatal("no VmRSS in the process's status")
	return 0
}
