// Command demo shows the plugin at work: it starts a simulated AWS with three accounts and asks the built back end what the
// provisioned dashboard and alert rules ask. With GRAFANA_HOME set, or a Docker engine, it asks through a real Grafana that
// stays until it is interrupted; without, it speaks Grafana's plugin protocol itself and ends with the report.
//
// It runs in the project's root, after a build: `go tool mage demo` does both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/provisioning"
)

// options are what the flags say.
type options struct {
	awssim       string
	dist         string
	provisioning string
	once         bool
	started      time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := options{started: time.Now()}
	flag.StringVar(&o.awssim, "awssim", filepath.Join("bin", "awssim"), "the built simulator")
	flag.StringVar(&o.dist, "dist", "dist", "`folder` of the built plugin")
	flag.StringVar(&o.provisioning, "provisioning", "provisioning", "`folder` of the provisioning files")
	flag.BoolVar(&o.once, "once", false, "end after the report, also with a Grafana")
	flag.TextVar(&o.started, "started", o.started, "`time` (RFC 3339) at which the build began, for the figure demo_seconds")
	flag.Parse()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	work, err := os.MkdirTemp("", "vigia-demo-")
	if err != nil {
		return fmt.Errorf("make a working folder: %w", err)
	}
	defer os.RemoveAll(work)
	switch {
	case os.Getenv("GRAFANA_HOME") != "":
		return withGrafanaHome(ctx, o, work, os.Getenv("GRAFANA_HOME"), out)
	case dockerRuns(ctx):
		return withDocker(ctx, o, out)
	}
	return withPlugin(ctx, o, work, out)
}

// withPlugin asks the back end itself.
func withPlugin(ctx context.Context, o options, work string, out io.Writer) error {
	fmt.Fprintln(out, "No GRAFANA_HOME and no Docker engine: asking the plugin's binary over Grafana's plugin protocol.")
	simulator, err := simulate(ctx, o, out)
	if err != nil {
		return err
	}
	defer simulator.stop()
	files, err := loadProvisioning(o.provisioning, environment(simulator.url, "http://127.0.0.1/unused", o.provisioning))
	if err != nil {
		return err
	}
	source, err := findSource(files, sourceUID)
	if err != nil {
		return err
	}
	var host *pluginHost
	err = progress.Step("start the plugin", func() (err error) {
		host, err = startPlugin(o.dist, filepath.Join(work, "cache"), source)
		return err
	})
	if err != nil {
		return err
	}
	defer host.close()
	return show(ctx, o, host, files, simulator.url, out)
}

// simulate starts the simulator, with real series where they lie.
func simulate(ctx context.Context, o options, out io.Writer) (simulator *server, err error) {
	replay := filepath.Join(dataFolder(), filepath.FromSlash(replayFolder))
	if _, err := os.Stat(replay); err != nil {
		fmt.Fprintf(out, "No real series to replay: %v (VIGIA_DATA names another folder).\n", err)
		replay = ""
	}
	err = progress.Step("start the simulated AWS", func() (err error) {
		simulator, err = startSimulator(ctx, o.awssim, replay)
		return err
	})
	return simulator, err
}

// environment is what the provisioning files refer to.
func environment(simulator, webhook, folder string) map[string]string {
	return map[string]string{
		"VIGIA_AWS_ENDPOINT":    simulator,
		"VIGIA_WEBHOOK_URL":     webhook,
		"GF_PATHS_PROVISIONING": folder,
	}
}

// show asks everything and writes the report.
func show(ctx context.Context, o options, q queryer, files provisioning.Files, simulator string, out io.Writer) error {
	r, err := ask(ctx, q, files, simulator)
	if errors.Is(ctx.Err(), context.Canceled) {
		return errors.New("interrupted")
	}
	if err != nil {
		return err
	}
	r.elapsed = time.Since(o.started)
	r.write(page{out: out, coloured: out == os.Stdout && progress.IsTerminal(os.Stdout) && os.Getenv("NO_COLOR") == ""})
	return nil
}
