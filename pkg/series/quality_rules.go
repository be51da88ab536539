package series

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Measured is a statistic of a metric.
type Measured struct{ Metric, Statistic string }

// Rule is a logical rule from the view of one series: its value stands in Op to that of another one of the same namespace, account, region,
// dimensions and period.
type Rule struct {
	Op        Op
	Than      Measured
	Tolerance float64 // the share of the greater magnitude up to which a contradiction is rounding
}

// CounterpartOf is the key of the series that k is compared with.
func (r Rule) CounterpartOf(k Key) Key {
	k.Metric, k.Stat = r.Than.Metric, r.Than.Statistic
	return k
}

// Relation is a rule as it is written: Lesser is never above Greater.
type Relation struct {
	Namespace       string
	Lesser, Greater Measured
}

// Rules lists the relations in which a statistic of a metric takes part, on either side, in their order.
func Rules(relations []Relation, namespace, metric, statistic string) []Rule {
	var rules []Rule
	self := Measured{metric, statistic}
	for _, r := range relations {
		if r.Namespace != namespace {
			continue
		}
		if r.Lesser == self {
			rules = append(rules, Rule{AtMost, r.Greater, rounding})
		}
		if r.Greater == self {
			rules = append(rules, Rule{AtLeast, r.Lesser, rounding})
		}
	}
	return rules
}

const (
	// rounding is what sums and averages of the same samples may differ by when they are added in another order.
	rounding = 1e-9
	// binning is the error of a percentile: CloudWatch's agent sends samples as the middles of bins that are 10 % wide, with an exact
	// minimum and maximum beside them (sparse exponential histogram, metric/distribution/seh1 of its source), and the middle of the last bin
	// is up to sqrt(1.1) of the maximum. Percentiles of one metric come from the same bins, so they are in order exactly.
	binning = 0.05
)

// family is relations of one statistic: none of the parts is ever above the whole.
type family struct {
	namespace, statistic, whole string
	parts                       []string
}

// families are true by AWS's definitions of the metrics. What looks alike and is not: Lambda counts no throttled attempt as an invocation,
// so Throttles may exceed Invocations; a load balancer's own 4XX and 5XX are of requests for which no target was chosen, which
// RequestCount leaves out; notifications that failed are counted per subscription, messages once; what was consumed may exceed what is
// provisioned for as long as a burst lasts; a mean latency may exceed that of what it contains, because the two are not means over the
// same requests. Maxima of latencies do not.
var families = []family{
	{"AWS/Lambda", "Sum", "Invocations", []string{"Errors", "ProvisionedConcurrencyInvocations", "ProvisionedConcurrencySpilloverInvocations"}},
	{"AWS/ApplicationELB", "Sum", "RequestCount", []string{
		"HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "NonStickyRequestCount",
	}},
	{"AWS/ApplicationELB", "Sum", "HTTPCode_ELB_5XX_Count", []string{
		"HTTPCode_ELB_500_Count", "HTTPCode_ELB_502_Count", "HTTPCode_ELB_503_Count", "HTTPCode_ELB_504_Count",
	}},
	{"AWS/ApplicationELB", "Sum", "ProcessedBytes", []string{"IPv6ProcessedBytes"}},
	{"AWS/ELB", "Sum", "RequestCount", []string{"HTTPCode_Backend_2XX", "HTTPCode_Backend_3XX", "HTTPCode_Backend_4XX", "HTTPCode_Backend_5XX"}},
	{"AWS/NetworkELB", "Sum", "NewFlowCount", []string{"NewFlowCount_TCP", "NewFlowCount_TLS", "NewFlowCount_UDP"}},
	{"AWS/NetworkELB", "Sum", "ProcessedBytes", []string{"ProcessedBytes_TCP", "ProcessedBytes_TLS", "ProcessedBytes_UDP"}},
	{"AWS/ApiGateway", "Sum", "Count", []string{"4XXError", "5XXError", "4xx", "5xx", "CacheHitCount", "CacheMissCount"}},
	{"AWS/ApiGateway", "Maximum", "Latency", []string{"IntegrationLatency"}},
	{"AWS/CloudFront", "Average", "TotalErrorRate", []string{"4xxErrorRate", "5xxErrorRate"}},
	{"AWS/CloudFront", "Average", "4xxErrorRate", []string{"401ErrorRate", "403ErrorRate", "404ErrorRate"}},
	{"AWS/CloudFront", "Average", "5xxErrorRate", []string{"502ErrorRate", "503ErrorRate", "504ErrorRate"}},
	{"AWS/S3", "Sum", "AllRequests", []string{
		"4xxErrors", "5xxErrors", "GetRequests", "PutRequests", "DeleteRequests", "HeadRequests", "PostRequests", "ListRequests", "SelectRequests",
	}},
	{"AWS/S3", "Maximum", "TotalRequestLatency", []string{"FirstByteLatency"}},
	{"AWS/Kinesis", "Sum", "PutRecords.TotalRecords", []string{
		"PutRecords.SuccessfulRecords", "PutRecords.FailedRecords", "PutRecords.ThrottledRecords",
	}},
	{"AWS/EFS", "Sum", "TotalIOBytes", []string{"DataReadIOBytes", "DataWriteIOBytes", "MetadataIOBytes"}},
	{"AWS/EC2", "Maximum", "StatusCheckFailed", []string{"StatusCheckFailed_Instance", "StatusCheckFailed_System", "StatusCheckFailed_AttachedEBS"}},
}

var builtIn = relationsOf(families)

func relationsOf(families []family) []Relation {
	var relations []Relation
	for _, f := range families {
		for _, part := range f.parts {
			relations = append(relations, Relation{f.namespace, Measured{part, f.statistic}, Measured{f.whole, f.statistic}})
		}
	}
	return relations
}

// RulesOf lists the built-in rules in which a statistic of a metric takes part, each with the series to read beside it: relations between
// metrics of AWS, and the order of the statistics of any metric.
func RulesOf(namespace, metric, statistic string) []Rule {
	return append(Rules(builtIn, namespace, metric, statistic), orderRules(metric, statistic)...)
}

// ladder are the statistics between which others are held. AWS counts up to five statistics of a metric as one in its price.
var ladder = []string{"Minimum", "p50", "p90", "p99", "Maximum"}

// orderRules hold a statistic between its neighbours of Minimum <= p1 <= ... <= p99 <= Maximum, and the average between the ends. What is
// no order statistic has none.
func orderRules(metric, statistic string) []Rule {
	if statistic == "Average" {
		return []Rule{
			{AtLeast, Measured{metric, "Minimum"}, rounding},
			{AtMost, Measured{metric, "Maximum"}, rounding},
		}
	}
	rank, ok := rankOf(statistic)
	if !ok {
		return nil
	}
	var below, above string
	for _, step := range ladder {
		at, _ := rankOf(step)
		if at < rank {
			below = step
		}
		if at > rank && above == "" {
			above = step
		}
	}
	var rules []Rule
	if below != "" {
		rules = append(rules, Rule{AtLeast, Measured{metric, below}, orderTolerance(statistic, below)})
	}
	if above != "" {
		rules = append(rules, Rule{AtMost, Measured{metric, above}, orderTolerance(statistic, above)})
	}
	switch statistic {
	case "Minimum":
		rules = append(rules, Rule{AtMost, Measured{metric, "Average"}, rounding})
	case "Maximum":
		rules = append(rules, Rule{AtLeast, Measured{metric, "Average"}, rounding})
	}
	return rules
}

// rankOf is where a statistic stands among the ordered samples, in percent; the ends stand outside every percentile. It is false of what
// is no order statistic.
func rankOf(statistic string) (float64, bool) {
	switch statistic {
	case "Minimum":
		return math.Inf(-1), true
	case "Maximum":
		return math.Inf(1), true
	}
	digits, ok := strings.CutPrefix(statistic, "p")
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	rank, err := strconv.ParseFloat(digits, 64)
	return rank, err == nil && rank <= 100
}

func orderTolerance(a, b string) float64 {
	ends := []string{"Minimum", "Maximum"}
	if slices.Contains(ends, a) == slices.Contains(ends, b) {
		return rounding
	}
	return binning
}
