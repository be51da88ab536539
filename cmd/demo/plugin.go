package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// pluginHost runs the built back end as Grafana does: as a child process that is found by a handshake and asked over gRPC.
type pluginHost struct {
	client   *goplugin.Client
	data     grpcplugin.DataClient
	resource grpcplugin.ResourceClient
	context  backend.PluginContext
	logs     *tail
}

// grafanaSettings is what Grafana tells a plugin of its [aws] section; provisioning/grafana.ini has the same.
var grafanaSettings = map[string]string{
	"AWS_AUTH_AllowedAuthProviders": "default,keys,credentials",
	"AWS_AUTH_AssumeRoleEnabled":    "true",
}

// startPlugin starts the back end of dist with its cache in the folder, for the provisioned data source.
func startPlugin(dist, cache string, source provisioning.DataSource) (*pluginHost, error) {
	executable, err := backendPath(dist)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return nil, fmt.Errorf("make the cache's folder: %w", err)
	}
	logs := &tail{}
	command := exec.Command(executable)
	command.Env = []string{"GF_VERSION=12.4.0", "GF_PLUGIN_CACHE_PATH=" + cache}
	for name, value := range grafanaSettings {
		command.Env = append(command.Env, name+"="+value)
	}
	client := goplugin.NewClient(&goplugin.ClientConfig{
		Cmd:              command,
		SkipHostEnv:      true, // as Grafana does since 12.4
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Output: logs, Level: hclog.Info}),
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"data":     &grpcplugin.DataGRPCPlugin{},
			"resource": &grpcplugin.ResourceGRPCPlugin{},
		}},
	})
	host := &pluginHost{client: client, logs: logs}
	if err := host.connect(source); err != nil {
		client.Kill()
		return nil, fmt.Errorf("start %s: %w\n%s", executable, err, logs)
	}
	return host, nil
}

// backendPath is the executable of this platform, by the name in plugin.json.
func backendPath(dist string) (string, error) {
	content, err := os.ReadFile(filepath.Join(dist, "datasource", "plugin.json"))
	if errors.Is(err, os.ErrNotExist) {
		content, err = os.ReadFile(filepath.Join("src", "datasource", "plugin.json"))
	}
	if err != nil {
		return "", fmt.Errorf("read plugin.json: %w", err)
	}
	var plugin struct {
		Executable string `json:"executable"`
	}
	if err := json.Unmarshal(content, &plugin); err != nil {
		return "", fmt.Errorf("read plugin.json: %w", err)
	}
	name := fmt.Sprintf("%s_%s_%s", plugin.Executable, runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Abs(filepath.Join(dist, "datasource", name))
}

func (h *pluginHost) connect(source provisioning.DataSource) error {
	settings, err := json.Marshal(source.JSONData)
	if err != nil {
		return fmt.Errorf("encode jsonData: %w", err)
	}
	h.context = backend.PluginContext{
		OrgID:         1,
		PluginID:      source.Type,
		User:          &backend.User{Login: "demo", Role: "Admin"},
		GrafanaConfig: backend.NewGrafanaCfg(grafanaSettings),
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: 1, UID: source.UID, Type: source.Type, Name: source.Name, Updated: time.Now(),
			JSONData: settings, DecryptedSecureJSONData: source.SecureJSONData,
		},
	}
	protocol, err := h.client.Client()
	if err != nil {
		return err
	}
	data, err := protocol.Dispense("data")
	if err != nil {
		return err
	}
	resource, err := protocol.Dispense("resource")
	if err != nil {
		return err
	}
	h.data, h.resource = data.(grpcplugin.DataClient), resource.(grpcplugin.ResourceClient)
	return nil
}

func (h *pluginHost) Query(ctx context.Context, r request) (*backend.QueryDataResponse, error) {
	interval, points := r.resolution()
	asked := &backend.QueryDataRequest{PluginContext: h.context, Headers: map[string]string{}}
	if r.alert {
		asked.Headers[backend.FromAlertHeaderName] = "true"
	}
	for _, q := range r.queries {
		asked.Queries = append(asked.Queries, backend.DataQuery{
			RefID: q.refID, JSON: q.json, Interval: interval, MaxDataPoints: points,
			TimeRange: backend.TimeRange{From: r.from, To: r.to},
		})
	}
	answer, err := h.data.QueryData(ctx, backend.ToProto().QueryDataRequest(asked))
	if err != nil {
		return nil, fmt.Errorf("query data: %w\n%s", err, h.logs)
	}
	return backend.FromProto().QueryDataResponse(answer)
}

func (h *pluginHost) Resource(ctx context.Context, path string, parameters url.Values) (int, []byte, error) {
	stream, err := h.resource.CallResource(ctx, backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: h.context, Path: path, Method: http.MethodGet, URL: path + "?" + parameters.Encode(),
	}))
	if err != nil {
		return 0, nil, err
	}
	status, body := 0, []byte(nil)
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return status, body, nil
		}
		if err != nil {
			return 0, nil, err
		}
		if status == 0 {
			status = int(part.Code)
		}
		body = append(body, part.Body...)
	}
}

// close ends the child process.
func (h *pluginHost) close() { h.client.Kill() }
