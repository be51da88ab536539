package awssim

import (
	"fmt"
	"slices"
)

// ListMetrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html

const (
	metricsPerPage   = 500
	maxFilters       = 10
	silentAfter      = 14 * oneDay // seconds without data after which a metric is no longer listed
	recentlyActive   = 3 * 3600
	recentlyActiveIs = "PT3H"
)

type listMetricsOutput struct {
	Metrics        []listedMetric `json:"Metrics"`
	OwningAccounts []string       `json:"OwningAccounts,omitempty"`
	NextToken      string         `json:"NextToken,omitempty"`
	requestID      string
}

// listedMetric is a metric as the answer shows it, in any of the protocols.
type listedMetric struct {
	Namespace  string
	MetricName string
	Dimensions []dimension `xml:"Dimensions>member"`
}

type metricFilter struct {
	namespace, name string
	dimensions      []dimension // an empty value matches any
	recent          bool
	owningAccount   string
	linked          bool
	token           string
}

func (s *Simulator) listMetrics(c *call) (any, *apiError) {
	filter, err := readFilter(c.input)
	if err != nil {
		return nil, err
	}
	print := hashKey(0, c.principal.accountID, c.region, fmt.Sprint(filter.namespace, filter.name, filter.dimensions, filter.recent))
	at := cursor{AsOf: c.now}
	if filter.token != "" {
		var ok bool
		if at, ok = parseCursor(filter.token, print); !ok {
			return nil, clientError("InvalidParameterValue", "Invalid nextToken")
		}
		at.AsOf = min(at.AsOf, c.now)
	}
	matches := s.matching(c, filter, at.AsOf)
	from := min(at.Index, len(matches))
	upTo := min(len(matches), from+metricsPerPage)
	out := &listMetricsOutput{Metrics: make([]listedMetric, 0, upTo-from), requestID: c.requestID}
	for _, m := range matches[from:upTo] {
		out.Metrics = append(out.Metrics, m.listed())
		if filter.linked {
			out.OwningAccounts = append(out.OwningAccounts, m.accountID)
		}
	}
	if upTo < len(matches) {
		out.NextToken = cursor{AsOf: at.AsOf, Index: upTo}.token(print)
	}
	c.metrics = len(out.Metrics)
	return out, nil
}

func (s *Simulator) matching(c *call, f metricFilter, now int64) []*metric {
	shelf := s.catalogue.places[place{c.principal.accountID, c.region}]
	if shelf == nil || f.owningAccount != "" && f.owningAccount != c.principal.accountID {
		return nil
	}
	quiet := int64(silentAfter)
	if f.recent {
		quiet = recentlyActive
	}
	var out []*metric
	for _, m := range shelf.metrics {
		newest := m.lastMinute(now)
		if newest >= m.from && now-newest*60 <= quiet && f.matches(m.id) {
			out = append(out, m)
		}
	}
	return out
}

func (f metricFilter) matches(id metricID) bool {
	if f.namespace != "" && f.namespace != id.namespace || f.name != "" && f.name != id.name {
		return false
	}
	for _, want := range f.dimensions {
		has := slices.ContainsFunc(id.dimensions, func(d dimension) bool {
			return d.Name == want.Name && (want.Value == "" || d.Value == want.Value)
		})
		if !has {
			return false
		}
	}
	return true
}

func (m *metric) listed() listedMetric {
	return listedMetric{Namespace: m.id.namespace, MetricName: m.id.name, Dimensions: m.id.dimensions}
}

func readFilter(d document) (f metricFilter, _ *apiError) {
	var recent string
	for name, target := range map[string]*string{
		"Namespace": &f.namespace, "MetricName": &f.name, "RecentlyActive": &recent, "OwningAccount": &f.owningAccount, "NextToken": &f.token,
	} {
		text, err := d.field(name).text()
		if err != nil {
			return f, asAPIError(err)
		}
		*target = text
	}
	if recent != "" && recent != recentlyActiveIs {
		return f, validation("1 validation error detected: Value '" + recent + "' at 'recentlyActive' failed to satisfy constraint: " +
			"Member must satisfy enum value set: [" + recentlyActiveIs + "]")
	}
	f.recent = recent != ""
	var err error
	if f.linked, err = d.field("IncludeLinkedAccounts").boolean(false); err != nil {
		return f, asAPIError(err)
	}
	return f, f.readDimensions(d.field("Dimensions"))
}

func (f *metricFilter) readDimensions(list field) *apiError {
	filters, err := list.list()
	if err != nil {
		return asAPIError(err)
	}
	if len(filters) > maxFilters {
		return validation(fmt.Sprintf("The collection Dimensions must not have a size greater than %d.", maxFilters))
	}
	for _, item := range filters {
		var d dimension
		if d.Name, err = item.field("Name").text(); err != nil {
			return asAPIError(err)
		}
		if d.Value, err = item.field("Value").text(); err != nil {
			return asAPIError(err)
		}
		if d.Name == "" {
			return missing(item.path + ".Name")
		}
		f.dimensions = append(f.dimensions, d)
	}
	return nil
}
