package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// TestMain lets the test binary stand in for a back end: a host that knows the handshake starts it as a plugin.
func TestMain(m *testing.M) {
	if os.Getenv(grpcplugin.MagicCookieKey) != grpcplugin.MagicCookieValue {
		os.Exit(m.Run())
	}
	if err := datasource.Serve(datasource.ServeOpts{QueryDataHandler: fakeBackend{}, CallResourceHandler: fakeBackend{}}); err != nil {
		os.Exit(1)
	}
}

// fakeBackend answers a query with what it was asked, as labels of its frame.
type fakeBackend struct{}

func (fakeBackend) QueryData(_ context.Context, r *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	for _, q := range r.Queries {
		var asked struct{ Fail bool }
		if err := json.Unmarshal(q.JSON, &asked); err != nil || asked.Fail {
			response.Responses[q.RefID] = backend.ErrDataResponse(backend.StatusBadRequest, "account staging: denied")
			continue
		}
		settings := r.PluginContext.DataSourceInstanceSettings
		labels := data.Labels{
			"alert": r.Headers[backend.FromAlertHeaderName], "range": q.TimeRange.Duration().String(), "interval": q.Interval.String(),
			"settings": string(settings.JSONData), "secret": settings.DecryptedSecureJSONData["secretKey"],
			"cache": filepath.Base(os.Getenv("GF_PLUGIN_CACHE_PATH")), "host": os.Getenv("VIGIA_TEST_HOST_VARIABLE"),
			"providers": r.PluginContext.GrafanaConfig.Get("AWS_AUTH_AllowedAuthProviders"),
		}
		response.Responses[q.RefID] = backend.DataResponse{Frames: data.Frames{data.NewFrame("",
			data.NewField("time", nil, []time.Time{q.TimeRange.To}), data.NewField("value", labels, []*float64{num(float64(q.MaxDataPoints))}))}}
	}
	return response, nil
}

func (fakeBackend) CallResource(_ context.Context, r *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	u, err := url.Parse(r.URL)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if r.Path == "missing" {
		status = http.StatusNotFound
	}
	body, err := json.Marshal([]string{r.Path, u.Query().Get("account")})
	if err != nil {
		return err
	}
	return sender.Send(&backend.CallResourceResponse{Status: status, Body: body})
}

// fakeDist is a built plugin whose executable is this test binary.
func fakeDist(t *testing.T) string {
	t.Helper()
	dist := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dist, "datasource"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dist, "datasource", "plugin.json"), []byte(`{"executable":"gpx_fake"}`), 0o600))
	self, err := os.Executable()
	require.NoError(t, err)
	name := "gpx_fake_" + runtime.GOOS + "_" + runtime.GOARCH
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	require.NoError(t, os.Symlink(self, filepath.Join(dist, "datasource", name)))
	return dist
}

func source() provisioning.DataSource {
	return provisioning.DataSource{
		UID: "vigia", Type: provisioning.DataSourceID, JSONData: provisioning.Settings{AuthType: "keys"},
		SecureJSONData: map[string]string{"secretKey": "s3cret"},
	}
}

func TestPluginIsAskedOverGrafanasProtocol(t *testing.T) {
	t.Setenv("VIGIA_TEST_HOST_VARIABLE", "leaked")
	host, err := startPlugin(fakeDist(t), filepath.Join(t.TempDir(), "cache"), source())
	require.NoError(t, err)
	defer host.close()

	ask := func(alert bool) data.Labels {
		answer, err := host.Query(t.Context(), request{queries: []oneQuery{{"A", []byte(`{}`)}}, from: noon.Add(-time.Hour), to: noon, alert: alert})
		require.NoError(t, err)
		require.NoError(t, answer.Responses["A"].Error)
		return answer.Responses["A"].Frames[0].Fields[1].Labels
	}
	require.Equal(t, data.Labels{
		"alert": "true", "range": "1h0m0s", "interval": "1s", "settings": `{"authType":"keys","accounts":null}`, "secret": "s3cret",
		"cache": "cache", "host": "", "providers": "default,keys,credentials",
	}, ask(true))
	require.Equal(t, "", ask(false)["alert"])

	answer, err := host.Query(t.Context(), request{queries: []oneQuery{{"B", []byte(`{"fail":true}`)}}, from: noon, to: noon.Add(time.Hour)})
	require.NoError(t, err)
	require.EqualError(t, answer.Responses["B"].Error, "account staging: denied")

	var echo []string
	require.NoError(t, getResource(t.Context(), host, "account-health", url.Values{"account": {"data"}}, &echo))
	require.Equal(t, []string{"account-health", "data"}, echo)
	require.ErrorContains(t, getResource(t.Context(), host, "missing", nil, &echo), "status 404")
}

func TestPluginThatIsNotBuiltIsSaid(t *testing.T) {
	dist := fakeDist(t)
	entries, err := filepath.Glob(filepath.Join(dist, "datasource", "gpx_*"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(entries[0]))
	_, err = startPlugin(dist, t.TempDir(), source())
	require.ErrorContains(t, err, "gpx_fake")
}

func TestGrafanaIsAskedAsItsFrontEndDoes(t *testing.T) {
	var asked struct {
		From, To string
		Queries  []map[string]any
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/ds/query":
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusMultiStatus)
			_, _ = w.Write([]byte(`{"results":{"A":{"error":"account staging: denied","status":403,"frames":[]}}}`))
		case "/api/datasources/uid/vigia/resources/accounts":
			_, _ = w.Write([]byte(`["production"]`))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	host := grafanaHost{server.URL, source()}

	answer, err := host.Query(t.Context(), request{
		queries: []oneQuery{{"A", []byte(`{"metric":"CPUUtilization"}`)}}, from: noon.Add(-1000 * time.Minute), to: noon,
	})
	require.NoError(t, err)
	require.EqualError(t, answer.Responses["A"].Error, "account staging: denied")
	require.Equal(t, "1772452800000", asked.To)
	require.Equal(t, map[string]any{
		"refId": "A", "metric": "CPUUtilization", "intervalMs": 60000.0, "maxDataPoints": 1000.0,
		"datasource": map[string]any{"type": provisioning.DataSourceID, "uid": "vigia"},
	}, asked.Queries[0])

	var names []string
	require.NoError(t, getResource(t.Context(), host, "accounts", nil, &names))
	require.Equal(t, []string{"production"}, names)
	host.source.UID = "unknown"
	require.ErrorContains(t, getResource(t.Context(), host, "accounts", nil, &names), "status 404")
}

func TestGrafanaThatAnswersNonsenseIsAnError(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such plugin", http.StatusInternalServerError)
	}))
	defer server.Close()
	_, err := grafanaHost{server.URL, source()}.Query(t.Context(), request{from: noon, to: noon.Add(time.Hour)})
	require.ErrorContains(t, err, "Grafana answers 500: no such plugin")
}

func TestServerThatEndsAtOnceIsSaidWithItsWords(t *testing.T) {
	_, err := startServer(t.Context(), "http://127.0.0.1:1", "/", time.Minute, nil, "go", "no-such-command")
	require.ErrorContains(t, err, "ended before it answered")
	require.ErrorContains(t, err, "no-such-command")
}

func TestServerThatNeverAnswersIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	self, err := os.Executable()
	require.NoError(t, err)
	_, err = startServer(ctx, "http://127.0.0.1:1", "/", time.Minute, []string{grpcplugin.MagicCookieKey + "=" + grpcplugin.MagicCookieValue}, self)
	require.True(t, errors.Is(err, context.Canceled), "%v", err)
}
