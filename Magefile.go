//go:build mage

// The tasks of Vigia. `go tool mage -l` lists them; nothing needs to be installed but Go, Node and a C compiler.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	"github.com/grafana/grafana-plugin-sdk-go/build/utils"
	"github.com/magefile/mage/mg"
	"github.com/magefile/mage/sh"
	"github.com/magefile/mage/target"

	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
)

// Tags of every build and test: a static SQLite that loads no extension, and name look-ups without libc.
const tags = "arrow_json_stdlib,sqlite_omit_load_extension,netgo,osusergo"

// packages are ours; ./... would take in Go sources that npm packages carry.
var packages = []string{"./cmd/...", "./pkg/...", "./provisioning/..."}

const backendDir = "src/datasource" // the nested plugin that has the back end

// Build makes the whole plugin in dist/: front end, back end for this machine (or TARGET, see buildBackend), manifest.
func Build() {
	mg.SerialDeps(BuildFrontend, BuildBackend)
}

// BuildFrontend bundles the app, the data source's editors and the panel into dist/, when a source is newer.
func BuildFrontend() error {
	if err := nodeModules(); err != nil {
		return err
	}
	inputs := []string{"src", "package.json", "package-lock.json", "tsconfig.json", ".swcrc", "README.md", "CHANGELOG.md"}
	configs, err := filepath.Glob("*.config.*")
	if err != nil {
		return err
	}
	const bundle = "dist/module.js"
	stale, err := target.Dir(bundle, append(inputs, configs...)...)
	if err != nil || !stale {
		return err
	}
	if err := progress.Step("bundle the front end", func() error { return quiet("npm", "run", "build", "--silent") }); err != nil {
		return err
	}
	now := time.Now()
	return os.Chtimes(bundle, now, now) // webpack does not write a file that stays the same
}

// nodeModules installs what package-lock.json lists, when it changed since.
func nodeModules() error {
	stale, err := target.Path("node_modules/.package-lock.json", "package-lock.json")
	if err != nil || !stale {
		return err
	}
	return progress.Step("install npm packages", func() error { return quiet("npm", "ci", "--loglevel=error") })
}

// BuildBackend compiles the back end into dist/datasource/. TARGET=linux/arm64 and TARGET_CC=<cross compiler> choose another platform.
func BuildBackend() error {
	goos, goarch, err := platform(os.Getenv("TARGET"))
	if err != nil {
		return err
	}
	binary, err := backendBinary(goos, goarch)
	if err != nil {
		return err
	}
	flags, err := linkerFlags(goos)
	if err != nil {
		return err
	}
	env := map[string]string{"CGO_ENABLED": "1", "GOOS": goos, "GOARCH": goarch}
	if cc := os.Getenv("TARGET_CC"); cc != "" {
		env["CC"] = cc
	}
	err = progress.Step("compile the back end", func() error {
		return quietWith(env, "go", "build", "-o", binary, "-tags", tags, "-ldflags", flags, "./pkg")
	})
	if err != nil {
		return err
	}
	return writeManifest()
}

// platform reads "os/arch"; empty is this machine. GOOS and GOARCH cannot serve: `go tool` would build mage itself for them.
func platform(target string) (goos, goarch string, err error) {
	if target == "" {
		return runtime.GOOS, runtime.GOARCH, nil
	}
	goos, goarch, ok := strings.Cut(target, "/")
	if !ok {
		return "", "", fmt.Errorf("TARGET %q is not os/arch", target)
	}
	return goos, goarch, nil
}

// backendBinary is where Grafana looks for the back end: the executable of plugin.json, with the platform.
func backendBinary(goos, goarch string) (string, error) {
	executable, err := jsonField(filepath.Join(backendDir, "plugin.json"), "executable")
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s_%s_%s", executable, goos, goarch)
	if goos == "windows" {
		name += ".exe"
	}
	return filepath.Join("dist", filepath.Base(backendDir), name), nil
}

// linkerFlags link statically where the platform can: a binary that needs a libc does not start on Grafana's Alpine images.
func linkerFlags(goos string) (string, error) {
	id, err := jsonField(filepath.Join(backendDir, "plugin.json"), "id")
	if err != nil {
		return "", err
	}
	version, err := jsonField("package.json", "version")
	if err != nil {
		return "", err
	}
	variables := map[string]string{}
	buildinfo.Info{PluginID: id, Version: version, Time: time.Now().UnixMilli()}.AppendFlags(variables)
	flags := "-w -s"
	if goos != "darwin" {
		flags += ` -linkmode external -extldflags "-static"`
	}
	for name, value := range variables {
		flags += fmt.Sprintf(" -X '%s=%s'", name, value)
	}
	return flags, nil
}

// writeManifest lists the hash of each Go source, by which Grafana's validator compares a binary with its repository.
func writeManifest() error {
	manifest, err := utils.GenerateManifest()
	if err != nil {
		return fmt.Errorf("hash Go sources: %w", err)
	}
	return os.WriteFile("dist/go_plugin_build_manifest", []byte(manifest), 0o644)
}

// Demo builds the plugin, starts a simulated AWS with three accounts and shows what the plugin makes of it.
func Demo() error {
	started := time.Now().Format(time.RFC3339)
	if err := buildForDemo(); err != nil {
		return err
	}
	for _, command := range []string{"awssim", "demo"} {
		err := progress.Step("compile "+command, func() error {
			return quiet("go", "build", "-tags", tags, "-o", "bin/", "./cmd/"+command)
		})
		if err != nil {
			return err
		}
	}
	return sh.RunV(filepath.Join("bin", "demo"), "-started", started)
}

// buildForDemo needs the back end; a front end that cannot be built is said, and the demo fails later only if Grafana shows it.
func buildForDemo() error {
	if err := BuildBackend(); err != nil {
		return err
	}
	if err := BuildFrontend(); err != nil {
		fmt.Fprintf(os.Stderr, "The front end was not built: %v\n", err)
	}
	return nil
}

// lone are packages whose tests start no goroutine, but for TestMany... of pkg/analysis: the race detector has nothing to see there, and makes
// numbers ten times as slow. What many goroutines ask of this code at once is asked by the tests of pkg/plugin and pkg/forecast.
var lone = []string{
	"./pkg/analysis", "./pkg/forecast/arima", "./pkg/forecast/ets", "./pkg/forecast/seasonal", "./pkg/forecast/stl", "./pkg/forecast/theta",
}

// Test runs every test: types and units of the front end, vet, and the Go tests under the race detector. What is too slow under it (weeks
// of points through every detector, labelled data, all rounds of a property) runs in a second pass without it.
func Test() error {
	mg.Deps(nodeModules)
	raced, err := without(lone)
	if err != nil {
		return err
	}
	test := []string{"test", "-timeout", "20m", "-vet", "off", "-tags", tags}
	plain := append([]string{"./pkg/plugin", "./pkg/detect/...", "./pkg/store/...", "./cmd/bench"}, lone...)
	return errors.Join(
		sh.RunV("npm", "run", "--silent", "typecheck"),
		sh.RunV("npm", "test", "--silent"),
		sh.RunV("go", append([]string{"vet", "-tags", tags}, packages...)...),
		sh.RunV("go", slices.Concat(test, []string{"-race"}, raced)...),
		sh.RunV("go", slices.Concat(test, []string{"-race", "-run", "^TestMany", "./pkg/analysis"})...),
		sh.RunV("go", slices.Concat(test, plain)...),
		// What a back end without SQLite says can only be seen in one.
		sh.RunWithV(map[string]string{"CGO_ENABLED": "0"}, "go", "test", "-vet", "off", "-tags", tags, "./pkg/store"),
	)
}

// without lists our packages less some of them.
func without(some []string) ([]string, error) {
	list := func(patterns []string) ([]string, error) {
		out, err := sh.Output("go", slices.Concat([]string{"list", "-tags", tags}, patterns)...)
		return strings.Fields(out), err
	}
	all, err := list(packages)
	if err != nil {
		return nil, err
	}
	left, err := list(some)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(p string) bool { return slices.Contains(left, p) }), nil
}

// Lint reports what is not formatted, what vet finds, and what eslint and prettier find.
func Lint() error {
	mg.Deps(nodeModules)
	return errors.Join(
		formatted("Magefile.go", "cmd", "pkg", "provisioning"),
		sh.RunV("go", append([]string{"vet", "-tags", tags}, packages...)...),
		sh.RunV("go", "vet", "-tags", "mage", "Magefile.go"),
		sh.RunV("npm", "run", "--silent", "lint"),
	)
}

func formatted(paths ...string) error {
	list, err := sh.Output("gofmt", append([]string{"-l"}, paths...)...)
	if err == nil && list != "" {
		err = fmt.Errorf("gofmt these files:\n%s", list)
	}
	return err
}

// Bench holds the benchmarks; each ends with one line per figure.
type Bench mg.Namespace

// Query times a dashboard of some 50 series, cold, warm and after a restart; panels of 100 series over 7 days at 5 minutes from a warm cache, value only and with score, band and forecast, as they go to
// Grafana; then a thousand series, and the memory that they take.
func (Bench) Query() error {
	out, err := sh.Output("go", "test", "-tags", tags, "-timeout", "30m", "-run", "^$", "-bench", "^Benchmark(Query|Fleet)", "-benchtime", "1x", "./pkg/plugin")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "figure ") {
			fmt.Print(line)
		}
	}
	return nil
}

// NAB scores alerts on the 58 series of the Numenta Anomaly Benchmark, beside what others reach.
func (Bench) NAB() error { return bench("nab") }

// Monitoring scores the detector on Microsoft's labelled series of real services.
func (Bench) Monitoring() error { return bench("monitoring") }

// Detect measures time, memory and saved state of every detector, and compares the forest with AWS's own.
func (Bench) Detect() error { return bench("detect") }

// Calibration counts how often clean series pass the levels of the score.
func (Bench) Calibration() error { return bench("calibration") }

// Cost lets an hour of a dashboard and an alert rule pass, and counts what AWS is asked with the cache and without.
func (Bench) Cost() error { return bench("cost") }

// Store measures what points take on disk, and how fast they are written and read.
func (Bench) Store() error { return bench("store") }

// M4 forecasts the hourly series of the M4 competition, beside what others reach.
func (Bench) M4() error { return bench("m4") }

// Forecast measures time and memory of every forecaster, and the default's errors and bands on real series.
func (Bench) Forecast() error { return bench("forecast") }

// bench runs a benchmark of cmd/bench; `go run ./cmd/bench <name> -help` lists the flags it has.
func bench(name string) error { return sh.RunV("go", "run", "./cmd/bench", name) }

// quiet runs a command and shows its output only if it fails.
func quiet(command string, args ...string) error { return quietWith(nil, command, args...) }

func quietWith(env map[string]string, command string, args ...string) error {
	var out bytes.Buffer
	if _, err := sh.Exec(env, &out, &out, command, args...); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.TrimSpace(out.String()))
	}
	return nil
}

func jsonField(file, name string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var fields map[string]any
	if err := json.Unmarshal(content, &fields); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	value, ok := fields[name].(string)
	if !ok || value == "" {
		return "", fmt.Errorf("%s: field %q is missing", file, name)
	}
	return value, nil
}
