package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Kind is what a query asks about.
type Kind string

// The kinds.
const (
	KindMetric  Kind = "metric"  // the values of a metric and what is made of them
	KindQuality Kind = "quality" // which checks the values of a metric fail
	KindCosts   Kind = "costs"   // what the calls of AWS cost, and what the cache saved
	KindEvents  Kind = "events"  // anomalies that opened, changed, closed or were revised: a table, without measures
)

// Kinds lists the kinds, the default first.
var Kinds = []Kind{KindMetric, KindQuality, KindCosts, KindEvents}

// The measures of kind costs, each of the bucket's calls.
const (
	CostUSD      Measure = "cost_usd"      // estimated, in US dollars
	MetricsAsked Measure = "metrics_asked" // as AWS counts them
	MetricsSaved Measure = "metrics_saved" // answered from the store
	Calls        Measure = "calls"
	CallsFailed  Measure = "calls_failed"
)

// CostMeasures lists the measures of kind costs, in the order of the frames.
var CostMeasures = []Measure{CostUSD, MetricsAsked, MetricsSaved, Calls, CallsFailed}

// CostLabels lists what costs can be told apart by, the default first: the account, the region, and the panel or rule that asked.
var CostLabels = []string{"account", "region", "asked_by"}

// usedBy are the fields that a kind reads; KindMetric reads all but those of costs alone.
var usedBy = map[Kind][]string{
	KindQuality: {"version", "kind", "accounts", "regions", "namespace", "metric", "statistic", "dimensions", "period", "output", "legend"},
	KindCosts:   {"version", "kind", "accounts", "regions", "by", "period", "output", "legend"},
	KindEvents:  {"version", "kind", "accounts", "regions", "namespace", "metric", "dimensions"},
}

func (k Kind) uses(field string) bool {
	if k == KindMetric {
		return field != "by"
	}
	return slices.Contains(usedBy[k], field)
}

// takeKind reads the kind and takes away the fields that it does not use, so that nothing in them is a mistake. Those that say something
// are a notice.
func takeKind(fields map[string]json.RawMessage) (Kind, []string, error) {
	kind := KindMetric
	if raw, ok := fields["kind"]; ok {
		if err := readJSON("kind", raw, &kind); err != nil {
			return "", nil, err
		}
	}
	if kind == "" {
		kind = KindMetric
	}
	if err := refuseVariable("kind", string(kind)); err != nil {
		return "", nil, err
	}
	if !slices.Contains(Kinds, kind) {
		return "", nil, fieldError("kind", "%q is no kind of query: use one of %v", kind, Kinds)
	}
	var unused []string
	for _, name := range ownFields {
		raw, ok := fields[name]
		if !ok || kind.uses(name) {
			continue
		}
		if !slices.Contains([]string{`null`, `""`, `[]`, `{}`, `false`}, string(raw)) {
			unused = append(unused, fmt.Sprintf("%q", name))
		}
		delete(fields, name)
	}
	switch len(unused) {
	case 0:
		return kind, nil, nil
	case 1:
		return kind, []string{fmt.Sprintf("field %s was not used: a query of kind %s has none", unused[0], kind)}, nil
	default:
		return kind, []string{fmt.Sprintf("fields %s were not used: a query of kind %s has none of them", strings.Join(unused, ", "), kind)}, nil
	}
}

// needsMetric says that a query of the kind reads series of AWS.
func (k Kind) needsMetric() bool { return k == KindMetric || k == KindQuality }

// measures are those of a kind other than KindMetric, or the one of them that is asked for by name.
func (k Kind) measures(output Measure) ([]Measure, error) {
	all := map[Kind][]Measure{KindQuality: QualityMeasures, KindCosts: CostMeasures}[k]
	if output == "" {
		return slices.Clone(all), nil
	}
	if !slices.Contains(all, output) {
		return nil, fieldError("output", "%q is no measure of kind %s: choose one of %v", output, k, all)
	}
	return []Measure{output}, nil
}

// costLabels reads the field "by", in the order of CostLabels; nothing is the default, as an untouched editor field is.
func (m model) costLabels() ([]string, error) {
	if m.Kind != KindCosts {
		return nil, nil
	}
	for i, label := range m.By {
		if !slices.Contains(CostLabels, label) {
			return nil, fieldError(fmt.Sprintf("by[%d]", i), "%q is nothing that costs are told apart by: use %s", label, strings.Join(CostLabels, ", "))
		}
	}
	if len(m.By) == 0 {
		return slices.Clone(CostLabels[:1]), nil
	}
	var labels []string
	for _, label := range CostLabels {
		if slices.Contains(m.By, label) {
			labels = append(labels, label)
		}
	}
	return labels, nil
}
