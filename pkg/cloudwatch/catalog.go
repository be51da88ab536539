package cloudwatch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"golang.org/x/sync/singleflight"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const (
	// catalogAge is how long a listing is believed. AWS itself shows a new metric only after up to 15 minutes.
	catalogAge = 5 * time.Minute
	// catalogMemory is how long a listing is kept for the time when AWS does not answer.
	catalogMemory = 24 * time.Hour
)

// DefaultPageLimit bounds one listing, in pages of 500 metrics; it is the default of Grafana's list_metrics_page_limit.
const DefaultPageLimit = 500

// MaxCombinations bounds the series that explicit dimension values may name.
const MaxCombinations = 100_000

// Metric is one metric that exists.
type Metric struct {
	Namespace, Name string
	Dimensions      []series.Dimension // sorted by name
}

// Catalog knows which metrics exist. Listings are kept for a few minutes and asked for once, however many callers wait.
// It is safe for concurrent use.
type Catalog struct {
	Clients   Clients
	Ledger    Ledger
	Clock     func() time.Time
	PageLimit int // 0: DefaultPageLimit

	flights singleflight.Group
	mutex   sync.Mutex
	kept    map[listing]listed
}

// listing is what is asked: an empty field is any.
type listing struct {
	scope             Scope
	namespace, metric string
}

type listed struct {
	metrics []Metric
	at      time.Time
}

// Metrics lists what exists in a scope, in CloudWatch's order; empty namespace or name are any. Where AWS does not answer, the error comes
// with what was last listed, if that is known: what is stored of those series can still be shown.
func (c *Catalog) Metrics(ctx context.Context, scope Scope, namespace, name string) ([]Metric, error) {
	want := listing{scope, namespace, name}
	if metrics, fresh := c.recall(want); fresh {
		return metrics, nil
	}
	result := c.flights.DoChan(fmt.Sprintf("%q", want), func() (any, error) {
		if metrics, fresh := c.recall(want); fresh {
			return metrics, nil
		}
		// The first caller's cancellation must not fail the others who wait for the same listing.
		metrics, err := c.list(context.WithoutCancel(ctx), want)
		if err == nil {
			c.keep(want, metrics)
		}
		return metrics, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			last, _ := c.recall(want)
			return last, r.Err
		}
		return r.Val.([]Metric), nil
	}
}

func (c *Catalog) recall(want listing) (metrics []Metric, fresh bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	got, ok := c.kept[want]
	return got.metrics, ok && c.Clock().Sub(got.at).Abs() < catalogAge
}

func (c *Catalog) keep(want listing, metrics []Metric) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	now := c.Clock()
	if c.kept == nil {
		c.kept = map[listing]listed{}
	}
	for old, got := range c.kept {
		if now.Sub(got.at).Abs() >= catalogMemory {
			delete(c.kept, old)
		}
	}
	c.kept[want] = listed{metrics, now}
}

func (c *Catalog) list(ctx context.Context, want listing) ([]Metric, error) {
	api, err := c.Clients(ctx, want.scope)
	if err != nil {
		return nil, err
	}
	limit := c.PageLimit
	if limit <= 0 {
		limit = DefaultPageLimit
	}
	input := &cloudwatch.ListMetricsInput{Namespace: optional(want.namespace), MetricName: optional(want.metric)}
	var metrics []Metric
	for range limit {
		page, tries, err := bounded(ctx, api.ListMetrics, input)
		c.Ledger.record(Call{At: c.Clock(), Scope: want.scope, Operation: "ListMetrics", AskedBy: Asker(ctx)}, tries, err, 0)
		if err != nil {
			return nil, fmt.Errorf("list metrics in %s: %w", want.scope.Region, err)
		}
		for _, m := range page.Metrics {
			metrics = append(metrics, metricOf(m))
		}
		if aws.ToString(page.NextToken) == "" {
			return metrics, nil
		}
		input.NextToken = page.NextToken
	}
	return nil, fmt.Errorf("list metrics in %s: more than %d pages (list_metrics_page_limit in Grafana's [aws] section); narrow the namespace or the metric", want.scope.Region, limit)
}

func metricOf(m types.Metric) Metric {
	var dims []series.Dimension
	for _, d := range m.Dimensions {
		dims = append(dims, series.Dimension{Name: aws.ToString(d.Name), Value: aws.ToString(d.Value)})
	}
	return Metric{aws.ToString(m.Namespace), aws.ToString(m.MetricName), series.SortDimensions(dims)}
}

// Expand turns a query's dimensions into those of series that exist: each key has values, "*" is any. A metric matches where its
// dimension names are exactly the query's. The order is by name and value. As with Metrics, an error may come with what was last known.
func (c *Catalog) Expand(ctx context.Context, scope Scope, namespace, name string, dims map[string][]string) ([][]series.Dimension, error) {
	metrics, err := c.Metrics(ctx, scope, namespace, name)
	var found [][]series.Dimension
	for _, m := range metrics {
		if matches(m.Dimensions, dims) {
			found = append(found, m.Dimensions)
		}
	}
	slices.SortFunc(found, compareDimensions)
	return slices.CompactFunc(found, slices.Equal[[]series.Dimension]), err
}

// HasWildcard says that only AWS knows which series the dimensions stand for.
func HasWildcard(dims map[string][]string) bool {
	for _, values := range dims {
		if slices.Contains(values, "*") {
			return true
		}
	}
	return false
}

func matches(have []series.Dimension, want map[string][]string) bool {
	if len(have) != len(want) {
		return false
	}
	for _, d := range have {
		values, ok := want[d.Name]
		if !ok || (!slices.Contains(values, "*") && !slices.Contains(values, d.Value)) {
			return false
		}
	}
	return true
}

// Combine returns every combination of explicit values, whether it exists or not; there may be at most MaxCombinations.
func Combine(dims map[string][]string) ([][]series.Dimension, error) {
	names := make([]string, 0, len(dims))
	count := 1
	for name, values := range dims {
		names = append(names, name)
		if count *= len(values); count > MaxCombinations {
			return nil, fmt.Errorf("field %q: the values make more than %d combinations", "dimensions", MaxCombinations)
		}
	}
	slices.Sort(names)
	combinations := [][]series.Dimension{nil}
	for _, name := range names {
		var longer [][]series.Dimension
		for _, c := range combinations {
			for _, value := range dims[name] {
				longer = append(longer, append(slices.Clone(c), series.Dimension{Name: name, Value: value}))
			}
		}
		combinations = longer
	}
	return combinations, nil
}

func compareDimensions(a, b []series.Dimension) int {
	return slices.CompareFunc(a, b, func(x, y series.Dimension) int {
		if x.Name != y.Name {
			return strings.Compare(x.Name, y.Name)
		}
		return strings.Compare(x.Value, y.Value)
	})
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Probe asks for one page of one metric's listing, to prove that the scope's role may read CloudWatch. It is never answered from memory.
func (c *Catalog) Probe(ctx context.Context, scope Scope) error {
	api, err := c.Clients(ctx, scope)
	if err != nil {
		return err
	}
	_, tries, err := bounded(ctx, api.ListMetrics, &cloudwatch.ListMetricsInput{Namespace: aws.String("AWS/EC2"), MetricName: aws.String("CPUUtilization")})
	c.Ledger.record(Call{At: c.Clock(), Scope: scope, Operation: "ListMetrics", AskedBy: Asker(ctx)}, tries, err, 0)
	return err
}
