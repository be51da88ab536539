package frames

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// measureName is the display name of one measure of a series; the value itself has the series' name.
func measureName(name string, m query.Measure) string {
	if m == query.Value {
		return name
	}
	return name + " · " + strings.ReplaceAll(string(m), "_", " ")
}

// displayNames gives each series a name that no other series of the query has: by the legend, else by account, region, metric,
// statistic and dimension values. Legends that collide are told apart by the whole name, and in the end by a number.
func displayNames(all []Series, q query.Query) []string {
	names := make([]string, len(all))
	count := map[string]int{}
	for i, s := range all {
		names[i] = fullName(s)
		if q.Legend != "" {
			names[i] = expand(q.Legend, s)
		}
		count[names[i]]++
	}
	taken := map[string]bool{}
	for i, s := range all {
		if q.Legend != "" && count[names[i]] > 1 {
			names[i] += " (" + fullName(s) + ")"
		}
		base := names[i]
		for n := 2; taken[names[i]]; n++ {
			names[i] = fmt.Sprintf("%s #%d", base, n)
		}
		taken[names[i]] = true
	}
	return names
}

func fullName(s Series) string {
	k := s.Observed.Key
	parts := []string{s.Account, k.Region, k.Metric, k.Stat}
	for _, d := range k.Dimensions {
		parts = append(parts, d.Value)
	}
	return strings.Join(parts, " ")
}

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)

// expand fills in a legend's {{label}} places; a label that the series does not have becomes empty.
func expand(legend string, s Series) string {
	have := labels(s)
	expanded := placeholder.ReplaceAllStringFunc(legend, func(place string) string {
		return have[placeholder.FindStringSubmatch(place)[1]]
	})
	if strings.TrimSpace(expanded) == "" {
		return fullName(s)
	}
	return expanded
}
