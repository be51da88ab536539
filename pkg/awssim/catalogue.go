package awssim

import (
	"slices"
	"strings"
	"time"
)

const (
	nsEC2      = "AWS/EC2"
	nsALB      = "AWS/ApplicationELB"
	nsRDS      = "AWS/RDS"
	nsLambda   = "AWS/Lambda"
	nsSQS      = "AWS/SQS"
	nsCheckout = "Shop/Checkout"
	nsReplay   = "Replay"
	nsFleet    = "Fleet"
)

// settleDelay is how many seconds after its end a minute can be read at the earliest, by namespace.
var settleDelay = map[string]int64{
	nsEC2: 90, nsALB: 180, nsRDS: 300, nsLambda: 60, nsSQS: 120, nsCheckout: 60, nsFleet: 60,
}

// Minutes before and after all others; their seconds still fit.
const (
	beginning = -1 << 40
	forever   = 1 << 40
)

// catalogue holds every metric, by account and region.
type catalogue struct {
	seed    uint64
	anchor  int64 // minutes since the epoch
	cache   *blockCache
	places  map[place]*shelf
	metrics []*metric
}

type place struct{ accountID, region string }

// shelf holds the metrics of one account and region, in the order in which ListMetrics gives them.
type shelf struct {
	metrics []*metric
	byKey   map[string]*metric
}

func newCatalogue(seed uint64, anchor time.Time) *catalogue {
	return &catalogue{seed: seed, anchor: floorDiv(anchor.Unix(), 60), cache: newBlockCache(), places: map[place]*shelf{}}
}

func (c *catalogue) at(accountID, region string) *shelf {
	p := place{accountID, region}
	if c.places[p] == nil {
		c.places[p] = &shelf{byKey: map[string]*metric{}}
	}
	return c.places[p]
}

func (c *catalogue) add(m *metric) {
	shelf := c.at(m.accountID, m.region)
	shelf.metrics = append(shelf.metrics, m)
	shelf.byKey[m.id.key()] = m
	c.metrics = append(c.metrics, m)
}

// sort brings the metrics of each place into the order of ListMetrics.
func (c *catalogue) sort() {
	for _, s := range c.places {
		slices.SortFunc(s.metrics, func(a, b *metric) int { return strings.Compare(a.id.key(), b.id.key()) })
	}
}

// stand is a place under construction: what its metrics have in common.
type stand struct {
	catalogue *catalogue
	account   Account
	region    string
	service   string // metrics of one service share the slow part of their noise
	dimension dimension
	extra     []dimension
	from      int64
	until     int64
}

func (c *catalogue) stand(a Account, region, service string) stand {
	return stand{catalogue: c, account: a, region: region, service: service, from: beginning, until: forever}
}

// of names the dimension of the metrics that follow.
func (s stand) of(name, value string, extra ...dimension) stand {
	s.dimension, s.extra = dimension{name, value}, extra
	return s
}

// retired lets the metrics that follow end this long before the anchor.
func (s stand) retired(ago time.Duration) stand {
	s.until = s.catalogue.anchor - int64(ago/time.Minute)
	return s
}

func (s stand) add(namespace, name, unit string, sampling sampling, spread float64, r recipe) *metric {
	c := s.catalogue
	id := newMetricID(namespace, name, append([]dimension{s.dimension}, s.extra...))
	m := &metric{
		id: id, accountID: s.account.ID, region: s.region, unit: unit, sampling: sampling, spread: spread,
		key: hashKey(c.seed, s.account.ID, s.region, id.key()), from: s.from, until: s.until,
		delay: settleDelay[namespace], revises: true,
	}
	m.source = &generator{
		recipe: r, own: m.key, shared: hashKey(c.seed, s.account.ID, s.region, s.service), anchor: c.anchor, cache: c.cache, metric: m,
	}
	c.add(m)
	return m
}

func (m *metric) disturb(e effect) {
	g := m.source.(*generator)
	g.effects = append(g.effects, e)
}
