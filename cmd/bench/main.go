// Command bench measures the detectors and the forecasters: on labelled series, on clean ones, on those of a competition, and by the
// clock. Each benchmark ends with one line per figure: figure <name> <value> <unit>.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
)

// benchmark is one of the command's.
type benchmark struct {
	about string
	run   func(options, io.Writer) error
}

var benchmarks = map[string]benchmark{
	"calibration": {"how often clean series pass the levels of the score", runCalibration},
	"cost":        {"an hour of a dashboard and an alert rule: what is asked of AWS with the cache and without, and its price", runCost},
	"detect":      {"time, memory and saved state of every detector, and the forest beside AWS's own", runDetect},
	"forecast":    {"time and memory of every forecaster, and the default's errors and bands on real series", runForecast},
	"m4":          {"forecasts of the 414 hourly series of the M4 competition, beside what others reach", runM4},
	"monitoring":  {"rows of labelled series of real services, F1 with a delay of 7 rows", runMonitoring},
	"nab":         {"alerts on the 58 series of the Numenta Anomaly Benchmark", runNAB},
	"store":       {"what points take on disk, and how fast they are written and read", runStore},
}

// options of a benchmark, from its flags.
type options struct {
	spec   detect.Spec // the detector and its parameters
	plain  bool        // every row over the threshold fires, not only where an event begins
	byFile bool        // say more: a line per file

	forecaster string // by its name in the catalogue
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	names := slices.Sorted(maps.Keys(benchmarks))
	if len(args) == 0 {
		return fmt.Errorf("name a benchmark: %s", strings.Join(names, ", "))
	}
	b, ok := benchmarks[args[0]]
	if !ok {
		return fmt.Errorf("%q is no benchmark: choose one of %s", args[0], strings.Join(names, ", "))
	}
	o, err := parse(args[0], b.about, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.run(o, out)
}

func parse(name, about string, args []string) (options, error) {
	o := options{spec: unbounded()}
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.Usage = func() {
		fmt.Fprintf(set.Output(), "bench %s: %s\n", name, about)
		set.PrintDefaults()
	}
	set.StringVar(&o.spec.Name, "detector", detect.Auto, "the detector, by its `name` in the catalogue")
	set.Func("set", "a parameter of the detector, `name=value`; may be repeated", func(text string) error {
		return setParameter(o.spec.Parameters, text)
	})
	set.BoolVar(&o.plain, "plain", false, "every row over the threshold fires, not only where an event begins (nab)")
	set.BoolVar(&o.byFile, "files", false, "a line per file (nab, monitoring)")
	set.StringVar(&o.forecaster, "forecaster", forecast.Auto, "the forecaster, by its `name` in the catalogue (m4)")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if set.NArg() > 0 {
		return o, fmt.Errorf("%q is too much", set.Arg(0))
	}
	if o.spec.Name == detect.Peers && name != "detect" {
		return o, fmt.Errorf("detector %s looks at a group, and these series have none", detect.Peers)
	}
	if _, err := forecast.Lookup(o.forecaster); err != nil {
		return o, err
	}
	_, err := detect.New(o.spec)
	return o, err
}

func setParameter(parameters map[string]float64, text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q is not name=value", text)
	}
	v, err := strconv.ParseFloat(value, 64)
	parameters[name] = v
	return err
}

// dataFolder is the shared data: VIGIA_DATA, or ../shared/data beside the project.
func dataFolder() (fs.FS, error) {
	folder := os.Getenv("VIGIA_DATA")
	if folder == "" {
		folder = "../shared/data"
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("there is no labelled data in %s: run in the project's folder, or name the folder in VIGIA_DATA", folder)
	}
	return os.DirFS(folder), nil
}

// figure prints one measured number, with four digits where it has fractions.
func figure(out io.Writer, name string, value float64, unit string) {
	text := strconv.FormatFloat(value, 'g', 4, 64)
	if math.Abs(value) >= 1000 {
		text = strconv.FormatFloat(value, 'f', 0, 64)
	}
	fmt.Fprintf(out, "figure %s %s %s\n", name, text, unit)
}
