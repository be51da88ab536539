package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-aws-sdk/pkg/awsds"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/frames"
)

// world is the data source beside a simulated AWS that it reaches over HTTP, both on one clock.
type world struct {
	t        testing.TB
	sim      *awssim.Simulator
	instance *Instance
	cacheDir string
	url      string // of the simulator
	mutex    sync.Mutex
	at       time.Time
}

var worldStart = time.Date(2026, 11, 22, 12, 2, 30, 0, time.UTC)

func (w *world) now() time.Time {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.at = w.at.Add(d)
}

// edit changes the data source's settings before the instance is made.
type edit func(map[string]any)

func newWorld(t testing.TB, edits ...edit) *world {
	t.Helper()
	return newWorldOf(t, 1, worldStart, edits...)
}

func newWorldOf(t testing.TB, seed uint64, at time.Time, edits ...edit) *world {
	t.Helper()
	w := &world{t: t, at: at, cacheDir: t.TempDir()}
	var err error
	w.sim, err = awssim.New(awssim.Config{Clock: w.now, Sessions: time.Now, Seed: seed})
	require.NoError(t, err)
	server := httptest.NewServer(w.sim)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.instance = newInstance(t, w.now, w.cacheDir, settingsOf(w.sim, w.url, edits...))
	return w
}

// noTicks keeps collectors still: their rounds would come by the wall clock.
func noTicks() (<-chan time.Time, func()) { return nil, func() {} }

func newInstance(t testing.TB, clock func() time.Time, cacheDir string, settings backend.DataSourceInstanceSettings) *Instance {
	t.Helper()
	f := NewFactory(cacheDir)
	f.clock, f.ticks = clock, noTicks
	instance, err := f.NewInstance(grafana(), settings)
	require.NoError(t, err)
	t.Cleanup(instance.(*Instance).Dispose)
	return instance.(*Instance)
}

func settingsOf(sim *awssim.Simulator, url string, edits ...edit) backend.DataSourceInstanceSettings {
	var all []any
	for _, a := range sim.Accounts() {
		all = append(all, map[string]any{"id": a.ID, "alias": a.Alias, "roleArn": a.RoleARN, "externalId": a.ExternalID, "regions": a.Regions})
	}
	settings := map[string]any{"authType": "keys", "stsEndpoint": url, "cloudWatchEndpoint": url, "accounts": all}
	for _, e := range edits {
		e(settings)
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		panic(err)
	}
	return backend.DataSourceInstanceSettings{
		JSONData:                raw,
		DecryptedSecureJSONData: map[string]string{"accessKey": awssim.AccessKeyID, "secretKey": awssim.SecretAccessKey},
	}
}

// account edits one field of the settings of an account.
func account(n int, field string, value any) edit {
	return func(s map[string]any) { s["accounts"].([]any)[n].(map[string]any)[field] = value }
}

func set(field string, value any) edit { return func(s map[string]any) { s[field] = value } }

// grafana is the context of a Grafana whose [aws] section allows what the tests use.
func grafana() context.Context {
	return backend.WithGrafanaConfig(context.Background(), backend.NewGrafanaCfg(map[string]string{
		awsds.AllowedAuthProvidersEnvVarKeyName: "default,keys", awsds.AssumeRoleEnabledEnvVarKeyName: "true",
		awsds.SessionDurationEnvVarKeyName: "1h",
	}))
}

// fields of a query; those that are not given have their defaults.
type fields map[string]any

func cpu(more fields) fields {
	q := fields{"version": 1, "namespace": "AWS/EC2", "metric": "CPUUtilization", "dimensions": fields{"InstanceId": []string{"*"}}}
	for name, value := range more {
		q[name] = value
	}
	return q
}

// quick is a query whose detector is learnt in no time: what most tests ask, because they are not about what it finds.
func quick(more fields) fields { return looked(more, fields{"name": "seasonal_robust"}) }

// auto is a query of the detector by default, as far as the race detector allows.
func auto(more fields) fields { return looked(more, fields{"parameters": autoParameters()}) }

// looked is a query by a detector; what else stands in its "detector" stays.
func looked(more, by fields) fields {
	q := cpu(more)
	if given, ok := q["detector"].(fields); ok {
		by = maps.Clone(by)
		maps.Copy(by, given)
	}
	q["detector"] = by
	return q
}

func (w *world) lastDays(days float64) backend.TimeRange {
	return backend.TimeRange{From: w.now().Add(-time.Duration(days * 24 * float64(time.Hour))), To: w.now()}
}

func (w *world) ask(r backend.TimeRange, q fields, headers ...string) backend.DataResponse {
	w.t.Helper()
	raw, err := json.Marshal(q)
	require.NoError(w.t, err)
	request := &backend.QueryDataRequest{
		PluginContext: role("Editor").plugin(), Queries: []backend.DataQuery{{RefID: "A", JSON: raw, TimeRange: r}}, Headers: map[string]string{},
	}
	for _, h := range headers {
		request.Headers[h] = "true"
	}
	response, err := w.instance.QueryData(grafana(), request)
	require.NoError(w.t, err)
	return response.Responses["A"]
}

func (w *world) frames(r backend.TimeRange, q fields) data.Frames {
	w.t.Helper()
	answer := w.ask(r, q)
	require.NoError(w.t, answer.Error)
	return answer.Frames
}

func usage(f data.Frames) frames.Usage { return f[0].Meta.Custom.(frames.Meta).Usage }

// points are a frame's values by time; null is NaN.
func points(f *data.Frame) map[time.Time]float64 {
	out := map[time.Time]float64{}
	for i := range f.Fields[0].Len() {
		v := math.NaN()
		if p := f.Fields[1].At(i).(*float64); p != nil {
			v = *p
		}
		out[f.Fields[0].At(i).(time.Time)] = v
	}
	return out
}

func measure(all data.Frames, name string) data.Frames {
	var out data.Frames
	for _, f := range all {
		if len(f.Fields) == 2 && f.Fields[1].Name == name {
			out = append(out, f)
		}
	}
	return out
}

func identity(f *data.Frame) string { return fmt.Sprint(f.Fields[1].Labels, f.Fields[1].Name) }

func noticeTexts(all data.Frames) []string {
	var out []string
	for _, f := range all {
		if f.Meta == nil {
			continue
		}
		for _, n := range f.Meta.Notices {
			out = append(out, n.Text)
		}
	}
	return out
}

// content is the frames as they are sent, less what the query cost.
func content(t testing.TB, all data.Frames) string {
	t.Helper()
	for _, f := range all {
		meta := f.Meta.Custom.(frames.Meta)
		meta.Usage = frames.Usage{}
		f.Meta.Custom = meta
	}
	raw, err := json.Marshal(all)
	require.NoError(t, err)
	return string(raw)
}
