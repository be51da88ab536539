package detect

import (
	"fmt"
	"math"
	"strings"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// The detectors that a query can name.
const (
	Auto            = "auto"
	RandomCutForest = "random_cut_forest"
	IsolationForest = "isolation_forest"
	OneClassSVM     = "one_class_svm"
	SeasonalRobust  = "seasonal_robust"
	EWMA            = "ewma"
	RareZero        = "rare_zero"
	Peers           = "peers"
)

// Definition is one detector as people choose it.
type Definition struct {
	Name       string      `json:"name"`
	Title      string      `json:"title"`
	Help       string      `json:"help"`
	MaxColumns int         `json:"maxColumns"` // metrics beyond the first that it can look at together
	Parameters []Parameter `json:"parameters"`

	fits    func(Spec) error // what parameters ask for together, where each by itself is within its limits; nil: anything
	make    func(Spec) Detector
	restore func(Spec, *state.Reader) Detector
}

// Parameter is one number of a detector.
type Parameter struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Help    string  `json:"help"` // one line
	Default float64 `json:"default"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Whole   bool    `json:"whole"` // a whole number; with Min 0 and Max 1: a switch
}

// Catalogue lists the detectors, the default first.
func Catalogue() []Definition { return catalogue }

// Lookup finds a definition; the empty name is Auto.
func Lookup(name string) (Definition, error) {
	if name == "" {
		name = Auto
	}
	known := make([]string, len(catalogue))
	for i, d := range catalogue {
		if d.Name == name {
			return d, nil
		}
		known[i] = d.Name
	}
	return Definition{}, fmt.Errorf("%q is no detector: choose one of %s", name, strings.Join(known, ", "))
}

func (d Definition) check(s Spec) error {
	if s.Columns < 0 || s.Columns > d.MaxColumns {
		return fmt.Errorf("detector %s looks at %d further columns at most, not at %d", d.Name, d.MaxColumns, s.Columns)
	}
	for name, value := range s.Parameters {
		if err := d.CheckParameter(name, value); err != nil {
			return err
		}
	}
	if d.fits == nil {
		return nil
	}
	return d.fits(s)
}

// CheckParameter fails on an unknown name and on a value outside its limits.
func (d Definition) CheckParameter(name string, value float64) error {
	known := make([]string, len(d.Parameters))
	for i, p := range d.Parameters {
		known[i] = p.Name
		if p.Name != name {
			continue
		}
		if !(value >= p.Min && value <= p.Max) || p.Whole && value != math.Trunc(value) {
			return fmt.Errorf("parameter %s of detector %s is %v: it must be between %v and %v%s", name, d.Name, value, p.Min, p.Max, map[bool]string{true: ", a whole number"}[p.Whole])
		}
		return nil
	}
	return fmt.Errorf("detector %s has no parameter %q: it has %s", d.Name, name, strings.Join(known, ", "))
}

var catalogue = []Definition{
	autoDefinition,
	forestDefinition,
	isolationDefinition,
	oneClassDefinition,
	seasonalDefinition,
	ewmaDefinition,
	rareZeroDefinition,
	peersDefinition,
}
