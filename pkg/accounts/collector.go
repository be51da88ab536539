package accounts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Collector is the field "collector" of a data source: what is kept warm without anyone looking.
type Collector struct {
	Enabled          bool
	WarmFor          time.Duration // how long after a dashboard or Explore looked last; 0: not at all
	MetricsPerMinute int           // asked of AWS, at most
	Watch            []Watched
}

// Watched is an entry of the watch list.
type Watched struct {
	Query json.RawMessage // as the query model has it
	Lazy  bool            // only for history: fetched before AWS forgets it
}

const (
	defaultWarmFor          = 6 * time.Hour
	maxWarmFor              = 30 * 24 * time.Hour
	defaultMetricsPerMinute = 1000
	maxMetricsPerMinute     = 100_000
)

// watchedFields are what an entry of the watch list may say: which series, and nothing about what is made of them.
var watchedFields = []string{"accounts", "regions", "namespace", "metric", "statistic", "dimensions", "period"}

// ParseCollector reads the field "collector" of jsonData; what is absent has its default. Errors name the field, e.g.
// collector.watch[0].lazy. What series an entry means is for package query to read.
func ParseCollector(jsonData []byte) (Collector, error) {
	c := Collector{Enabled: true, WarmFor: defaultWarmFor, MetricsPerMinute: defaultMetricsPerMinute}
	var settings struct {
		Collector json.RawMessage `json:"collector"`
	}
	if len(jsonData) > 0 {
		if err := json.Unmarshal(jsonData, &settings); err != nil {
			return c, fmt.Errorf("data source settings: %w", err)
		}
	}
	var written struct {
		Enabled          *bool             `json:"enabled"`
		WarmFor          string            `json:"warmFor"`
		MetricsPerMinute *int              `json:"metricsPerMinute"`
		Watch            []json.RawMessage `json:"watch"`
	}
	if err := decodeStrictly("collector", settings.Collector, &written, "enabled", "warmFor", "metricsPerMinute", "watch"); err != nil {
		return c, err
	}
	if written.Enabled != nil {
		c.Enabled = *written.Enabled
	}
	if n := written.MetricsPerMinute; n != nil {
		if *n < 1 || *n > maxMetricsPerMinute {
			return c, fmt.Errorf("field %q: %d is not between 1 and %d", "collector.metricsPerMinute", *n, maxMetricsPerMinute)
		}
		c.MetricsPerMinute = *n
	}
	var err error
	if written.WarmFor != "" {
		if c.WarmFor, err = parseSpan(written.WarmFor); err != nil || c.WarmFor < 0 || c.WarmFor > maxWarmFor {
			return c, fmt.Errorf("field %q: %q is no duration of up to 30d such as 6h", "collector.warmFor", written.WarmFor)
		}
	}
	c.Watch, err = parseEach("collector.watch", written.Watch, parseWatched)
	return c, err
}

// parseSpan reads 90m, 6h or 2d.
func parseSpan(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 10_000 {
			return 0, fmt.Errorf("%q is no number of days", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	return time.ParseDuration(text)
}

func parseWatched(path string, raw json.RawMessage) (Watched, error) {
	var written struct {
		Lazy bool `json:"lazy"`
	}
	if err := decodeStrictly(path, raw, &written, append(slices.Clone(watchedFields), "lazy")...); err != nil {
		return Watched{}, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return Watched{}, fmt.Errorf("field %q: %w", path, err)
	}
	if fields == nil {
		return Watched{}, fmt.Errorf("field %q: is empty", path)
	}
	delete(fields, "lazy")
	query, err := json.Marshal(fields)
	return Watched{Query: query, Lazy: written.Lazy}, err
}
