package frames

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// measureName is the display name of one measure of a series; the value itself has the series' name.
func measureName(name string, m query.Measure) string {
	if m == query.Value {
		return name
	}
	return name + " · " + strings.ReplaceAll(string(m), "_", " ")
}

// named is one series of an answer as people see it.
type named struct {
	labels data.Labels
	name   string // that no other series of the answer has
	legend string // of the query
}

// nameAll names each series of an answer, by its labels.
func nameAll(labels []data.Labels, legend string) []*named {
	out := make([]*named, len(labels))
	for i, name := range displayNames(labels, legend) {
		out[i] = &named{labels[i], name, legend}
	}
	return out
}

// displayNames gives each series a name that no other series of the query has: by the legend, else by account, region, metric,
// statistic and dimension values. Legends that collide are told apart by the whole name, and in the end by a number.
func displayNames(all []data.Labels, legend string) []string {
	names := make([]string, len(all))
	count := map[string]int{}
	for i, labels := range all {
		names[i] = fullName(labels)
		if legend != "" {
			names[i] = expand(legend, labels)
		}
		count[names[i]]++
	}
	taken := map[string]bool{}
	for i, labels := range all {
		if legend != "" && count[names[i]] > 1 {
			names[i] += " (" + fullName(labels) + ")"
		}
		base := names[i]
		for n := 2; taken[names[i]]; n++ {
			names[i] = fmt.Sprintf("%s #%d", base, n)
		}
		taken[names[i]] = true
	}
	return names
}

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)

// expand fills in a legend's {{label}} places; a label that the series does not have becomes empty.
func expand(legend string, labels data.Labels) string {
	expanded := placeholder.ReplaceAllStringFunc(legend, func(place string) string {
		return labels[placeholder.FindStringSubmatch(place)[1]]
	})
	if expanded = strings.TrimSpace(expanded); expanded == "" {
		return fullName(labels)
	}
	return expanded
}
