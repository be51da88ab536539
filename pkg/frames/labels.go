package frames

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// LabelsOf are the labels of a series: its own where it has them, else those of its account and key.
func LabelsOf(s Series) data.Labels {
	if s.Labels != nil {
		return s.Labels
	}
	k := s.Observed.Key
	out := data.Labels{
		"account_id": k.AccountID, "account": s.Account, "region": k.Region,
		"namespace": k.Namespace, "metric": k.Metric, "stat": k.Stat,
	}
	for _, d := range k.Dimensions {
		out[query.DimensionLabel(d.Name)] = d.Value
	}
	return out
}

// NameOf is the name of a series without a legend: what its labels tell people.
func NameOf(s Series) string { return fullName(LabelsOf(s)) }

// Gather groups series by the values that they have of some labels, groups and members in the order of the series. Labels of a group are
// those asked for; where account or account_id is one of them, both are given if the group has one value of each. A label that a
// series does not have is a value of its own, and missing in the group.
//
// Gather serves a roll-up, whose labels are those of query.Query.RollUp, and a split, whose series keep besides Detector.Split the
// labels namespace, metric and stat, which all members share.
func Gather(all []Series, by []string) []Group {
	var groups []Group
	at := map[string]int{}
	for i, s := range all {
		labels := LabelsOf(s)
		key := labelKey(labels, by)
		n, known := at[key]
		if !known {
			n = len(groups)
			at[key] = n
			groups = append(groups, Group{Labels: subset(labels, withAccount(by))})
		}
		g := &groups[n]
		g.Members = append(g.Members, i)
		for _, name := range withAccount(by) {
			if !slices.Contains(by, name) && g.Labels[name] != labels[name] {
				delete(g.Labels, name) // not unique
			}
		}
	}
	return groups
}

// withAccount adds the other name of the account.
func withAccount(by []string) []string {
	out := slices.Clone(by)
	for _, pair := range [][2]string{{"account", "account_id"}, {"account_id", "account"}} {
		if slices.Contains(by, pair[0]) && !slices.Contains(by, pair[1]) {
			out = append(out, pair[1])
		}
	}
	return out
}

func subset(labels data.Labels, names []string) data.Labels {
	out := data.Labels{}
	for _, name := range names {
		if value, ok := labels[name]; ok {
			out[name] = value
		}
	}
	return out
}

// labelKey tells values apart, whatever characters they hold; a missing one is not an empty one.
func labelKey(labels data.Labels, by []string) string {
	var b strings.Builder
	for _, name := range by {
		if value, ok := labels[name]; ok {
			b.WriteString(strconv.Quote(value))
		}
		b.WriteByte(',')
	}
	return b.String()
}

// wording is the order of labels in a name. An account's id and a namespace say nothing that its alias and the metric do not.
var wording = []string{"account", "region", "metric", "stat"}

// fullName is a name made of all labels that tell people something; of a group by namespace or account_id alone, of these.
func fullName(labels data.Labels) string {
	var parts []string
	for _, name := range wording {
		if value, ok := labels[name]; ok {
			parts = append(parts, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !slices.Contains(wording, name) && name != "account_id" && name != "namespace" {
			parts = append(parts, labels[name])
		}
	}
	for _, name := range []string{"namespace", "account_id"} {
		if value, ok := labels[name]; ok && len(parts) == 0 {
			parts = append(parts, value)
		}
	}
	return strings.Join(parts, " ")
}
