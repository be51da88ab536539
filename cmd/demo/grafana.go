package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/provisioning"
)

const (
	grafanaPatience = 3 * time.Minute
	homeDashboard   = "/d/vigia-overview"
)

// grafanaHost asks a running Grafana, as its front end does.
type grafanaHost struct {
	url    string
	source provisioning.DataSource
}

func (g grafanaHost) Query(ctx context.Context, r request) (*backend.QueryDataResponse, error) {
	body, err := g.queryBody(r)
	if err != nil {
		return nil, err
	}
	status, answer, err := g.do(ctx, http.MethodPost, "/api/ds/query?ds_type="+g.source.Type, body)
	if err != nil {
		return nil, err
	}
	// A failed query answers 4xx or 5xx and stands in the body with its error.
	response := &backend.QueryDataResponse{}
	if err := json.Unmarshal(answer, response); err != nil || len(response.Responses) == 0 {
		return nil, fmt.Errorf("Grafana answers %d: %s", status, answer)
	}
	return response, nil
}

// queryBody adds to each query what Grafana's front end adds.
func (g grafanaHost) queryBody(r request) ([]byte, error) {
	interval, points := r.resolution()
	var queries []map[string]any
	for _, q := range r.queries {
		var fields map[string]any
		if err := json.Unmarshal(q.json, &fields); err != nil {
			return nil, fmt.Errorf("query %s: %w", q.refID, err)
		}
		fields["refId"] = q.refID
		fields["datasource"] = map[string]string{"type": g.source.Type, "uid": g.source.UID}
		fields["intervalMs"], fields["maxDataPoints"] = interval.Milliseconds(), points
		queries = append(queries, fields)
	}
	millis := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	return json.Marshal(map[string]any{"queries": queries, "from": millis(r.from), "to": millis(r.to)})
}

func (g grafanaHost) Resource(ctx context.Context, path string, parameters url.Values) (int, []byte, error) {
	return g.do(ctx, http.MethodGet, "/api/datasources/uid/"+g.source.UID+"/resources/"+path+"?"+parameters.Encode(), nil)
}

func (g grafanaHost) do(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, g.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("ask Grafana: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// withGrafanaHome starts the Grafana that is unpacked at home, with everything it writes in the working folder.
func withGrafanaHome(ctx context.Context, o options, work, home string, out io.Writer) error {
	if _, err := os.Stat(filepath.Join(o.dist, "module.js")); err != nil {
		return fmt.Errorf("Grafana needs the front end, which is not built: %w", err)
	}
	simulator, err := simulate(ctx, o, out)
	if err != nil {
		return err
	}
	defer simulator.stop()
	hook, err := listenForAlerts(out)
	if err != nil {
		return err
	}
	defer hook.close()
	folder, err := filepath.Abs(o.provisioning)
	if err != nil {
		return err
	}
	refs := environment(simulator.url, hook.url, folder)
	files, err := loadProvisioning(o.provisioning, refs)
	if err != nil {
		return err
	}
	var grafana *server
	err = progress.Step("start Grafana", func() (err error) {
		grafana, err = startGrafana(ctx, o, work, home, refs)
		return err
	})
	if err != nil {
		return err
	}
	defer grafana.stop()
	return showGrafana(ctx, o, grafana.url, files, simulator.url, out)
}

func startGrafana(ctx context.Context, o options, work, home string, refs map[string]string) (*server, error) {
	address, err := freeAddress("3000")
	if err != nil {
		return nil, err
	}
	dist, err := filepath.Abs(o.dist)
	if err != nil {
		return nil, err
	}
	plugins := filepath.Join(work, "plugins")
	for _, folder := range []string{plugins, filepath.Join(work, "cache")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.Symlink(dist, filepath.Join(plugins, provisioning.AppID)); err != nil {
		return nil, err
	}
	args := []string{"server", "--homepath", home, "--config", filepath.Join(o.provisioning, "grafana.ini")}
	return startServer(ctx, "http://"+address, "/api/health", grafanaPatience, grafanaEnvironment(address, work, plugins, refs),
		filepath.Join(home, "bin", "grafana"), args...)
}

// grafanaEnvironment configures a Grafana for this machine alone: it listens on loopback, calls nobody, keeps its data in the
// working folder and lets whoever sits here look at everything.
func grafanaEnvironment(address, work, plugins string, refs map[string]string) []string {
	host, port, _ := strings.Cut(address, ":")
	env := []string{
		"GF_SERVER_HTTP_ADDR=" + host, "GF_SERVER_HTTP_PORT=" + port,
		"GF_PATHS_DATA=" + filepath.Join(work, "data"), "GF_PATHS_LOGS=" + filepath.Join(work, "logs"), "GF_PATHS_PLUGINS=" + plugins,
		"GF_PLUGIN_VIGIA_CLOUDWATCH_DATASOURCE_CACHE_PATH=" + filepath.Join(work, "cache"),
		"GF_AUTH_ANONYMOUS_ENABLED=true", "GF_AUTH_ANONYMOUS_ORG_ROLE=Admin",
		"GF_ANALYTICS_REPORTING_ENABLED=false", "GF_ANALYTICS_CHECK_FOR_UPDATES=false", "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false",
		"GF_SECURITY_DISABLE_GRAVATAR=true", "GF_NEWS_NEWS_FEED_ENABLED=false",
		"GF_PLUGINS_PREINSTALL_DISABLED=true", "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED=true",
	}
	for name, value := range refs {
		env = append(env, name+"="+value)
	}
	return env
}

// showGrafana prints the report as asked through Grafana, then stays.
func showGrafana(ctx context.Context, o options, address string, files provisioning.Files, simulator string, out io.Writer) error {
	source, err := findSource(files, sourceUID)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Grafana: %s%s\n", address, homeDashboard)
	if err := show(ctx, o, grafanaHost{address, source}, files, simulator, out); err != nil || o.once {
		return err
	}
	fmt.Fprintf(out, "\nGrafana stays at %s%s until you press Ctrl-C.\n", address, homeDashboard)
	<-ctx.Done()
	return nil
}

// dockerRuns says whether a Docker engine and its compose answer.
func dockerRuns(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "docker", "info").Run() == nil && exec.CommandContext(ctx, "docker", "compose", "version").Run() == nil
}

// The addresses that docker-compose.yaml publishes.
const (
	composeGrafana   = "http://127.0.0.1:3000"
	composeSimulator = "http://127.0.0.1:4599"
)

// withDocker starts docker-compose.yaml and stops it at the end; its volumes stay.
func withDocker(ctx context.Context, o options, out io.Writer) error {
	binaries, err := filepath.Glob(filepath.Join(o.dist, "datasource", "gpx_*_linux_*"))
	if err != nil || len(binaries) == 0 {
		return fmt.Errorf("the containers run Linux, and %s has no back end for it: set TARGET=linux/<arch> and TARGET_CC for the build", o.dist)
	}
	files, err := loadProvisioning(o.provisioning, environment(composeSimulator, "http://127.0.0.1/unused", o.provisioning))
	if err != nil {
		return err
	}
	defer exec.Command("docker", "compose", "stop").Run()
	err = progress.Step("start Grafana and the simulated AWS with docker compose", func() error {
		output, err := exec.CommandContext(ctx, "docker", "compose", "up", "--detach", "--wait").CombinedOutput()
		if err != nil {
			return fmt.Errorf("docker compose up: %w\n%s", err, output)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return showGrafana(ctx, o, composeGrafana, files, composeSimulator, out)
}
