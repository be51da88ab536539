package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// splitLabels are the labels by which series can be told apart.
func splitLabels(dimensions map[string][]string) []string {
	known := []string{"account", "account_id", "region", "metric"}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		known = append(known, DimensionLabel(name))
	}
	return known
}

// labels drops repetitions, and fails on a label that is not known.
func labels(field string, names, known []string) ([]string, error) {
	var out []string
	for i, name := range names {
		if name = strings.TrimSpace(name); !slices.Contains(known, name) {
			return nil, fieldError(fmt.Sprintf("%s[%d]", field, i), "%q is no label of this query's series: use %s", name, strings.Join(known, ", "))
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// rollUp reads the labels of a roll-up. Series that a split has joined have lost the labels that it does not name.
func (q Query) rollUp(names []string) ([]string, error) {
	known := splitLabels(q.Dimensions)
	if split := q.Detector.Split; len(split) > 0 && !q.Detector.Peers() {
		byAccount := slices.Contains(split, "account") || slices.Contains(split, "account_id") // either gives the other
		known = slices.DeleteFunc(known, func(label string) bool {
			given := byAccount && (label == "account" || label == "account_id")
			return !given && label != "metric" && !slices.Contains(split, label)
		})
	}
	return labels("rollUp", names, append(known, "namespace"))
}

// rolledUp are the measures of a roll-up, which has a score and nothing else, and is asked for by its labels alone.
func (m model) rolledUp() ([]Measure, error) {
	switch m.Output {
	case Score, Event:
		return []Measure{m.Output}, nil
	case "":
		if m.Events {
			return []Measure{Score, Event}, nil
		}
		return []Measure{Score}, nil
	default:
		return nil, fieldError("output", "a roll-up has no %s: choose %s or %s, or leave rollUp empty", m.Output, Score, Event)
	}
}

// notRolledUp names what was asked for by a switch that a roll-up does not have.
func (m model) notRolledUp() []string {
	var notices []string
	if m.Forecast && m.Output == "" {
		notices = append(notices, `field "forecast": a roll-up has no forecast`)
	}
	if m.Raw && m.Output == "" {
		notices = append(notices, `field "raw": a roll-up has no raw score`)
	}
	if m.Decompose && m.Output == "" {
		notices = append(notices, `field "decompose": a roll-up is not taken apart`)
	}
	return notices
}
