package plugin

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// The plugin's own metrics, which Grafana serves under /metrics/plugins. Their labels are accounts and regions of the settings, so there
// are few. Of a simulated data source there are none: it asks no AWS.
var (
	placeLabels  = []string{"account_id", "region"}
	callsTotal   = counter("vigia_aws_calls_total", "Calls of AWS APIs, whether they succeeded or not.")
	askedTotal   = counter("vigia_metrics_asked_total", "Metrics asked of CloudWatch, as its bill counts them.")
	savedTotal   = counter("vigia_metrics_saved_total", "Metrics answered from the cache, which would have been asked of CloudWatch without it.")
	costUSDTotal = counter("vigia_estimated_cost_usd_total", "Estimated price of what was asked of CloudWatch, in US dollars.")
)

func counter(name, help string) *prometheus.CounterVec {
	return promauto.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, placeLabels)
}

// record puts a call of CloudWatch into the ledger.
func (i *Instance) record(c cloudwatch.Call) {
	i.enter(store.Entry{
		At: c.At, AccountID: c.Scope.AccountID, Region: c.Scope.Region, Operation: c.Operation,
		Metrics: c.Metrics, Datapoints: c.Datapoints, CostUSD: c.CostUSD, Error: c.Err, AskedBy: c.AskedBy,
	})
}

// recordSTS puts a call of STS into the ledger; they cost nothing.
func (i *Instance) recordSTS(c accounts.Call) {
	i.enter(store.Entry{
		At: c.At, AccountID: c.Target.Account.ID, Region: c.Target.Region, Operation: c.Operation, Error: c.Err, AskedBy: cloudwatch.SignIn,
	})
}

// enter writes to the ledger. One that cannot be written must not fail the answer that was paid for; it is logged.
// What it does not have, the budget remembers.
func (i *Instance) enter(e store.Entry) {
	if place := i.guard.labelled(e.AccountID, e.Region); !i.simulated {
		callsTotal.WithLabelValues(place...).Inc()
		askedTotal.WithLabelValues(place...).Add(float64(e.Metrics))
		costUSDTotal.WithLabelValues(place...).Add(e.CostUSD)
	}
	err := i.store.Record(context.Background(), e)
	i.budget.spend(e.At, e.CostUSD, err == nil)
	if err != nil {
		i.guard.log().error("an AWS call is missing in the ledger", "account", e.AccountID, "operation", e.Operation, "error", err)
	}
}

// meter is an instance as package history knows it: what may be asked, and what was not.
type meter struct{ *Instance }

func (m meter) Allow(ctx context.Context, metrics int) (settle func(), err error) {
	return m.budget.allow(ctx, float64(metrics)*cloudwatch.PricePerMetric)
}

func (m meter) Saved(ctx context.Context, scope cloudwatch.Scope, metrics int) {
	if !m.simulated {
		savedTotal.WithLabelValues(m.guard.labelled(scope.AccountID, scope.Region)...).Add(float64(metrics))
	}
	m.savings.add(store.Saving{At: m.clock(), AccountID: scope.AccountID, Region: scope.Region, AskedBy: cloudwatch.Asker(ctx), Metrics: metrics})
}

const (
	// savingsPause is the least time between two writes of savings: a warm read writes nothing.
	savingsPause = time.Minute
	// maxSavers bounds the different ones of one write; those beyond are summed under otherSavers, so that invented headers fill no table.
	maxSavers   = 1000
	otherSavers = "others"
)

// savings are counted in memory and written behind a query, at most once in savingsPause, and at an instance's end. A kill loses those of
// a minute. The zero value is ready.
type savings struct {
	mutex   sync.Mutex
	counted map[store.Saving]int // by all but Metrics, and the hour as At
	written time.Time
}

func (s *savings) add(v store.Saving) {
	n := v.Metrics
	v.At, v.Metrics = v.At.UTC().Truncate(time.Hour), 0
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.counted == nil {
		s.counted = map[store.Saving]int{}
	}
	if _, known := s.counted[v]; !known && len(s.counted) >= maxSavers {
		v.AskedBy = otherSavers
	}
	s.counted[v] += n
}

// take returns what is to be written, and forgets it: all of it once the pause is over, or nothing.
func (s *savings) take(now time.Time, pause time.Duration) []store.Saving {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	since := now.Sub(s.written)
	if len(s.counted) == 0 || since >= 0 && since < pause {
		return nil
	}
	out := make([]store.Saving, 0, len(s.counted))
	for v, n := range s.counted {
		v.Metrics = n
		out = append(out, v)
	}
	s.counted, s.written = nil, now
	return out
}

// putSavings writes the savings that are due. What cannot be written waits for the next time.
func (i *Instance) putSavings(timeout, pause time.Duration) {
	due := i.savings.take(i.clock(), pause)
	if len(due) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := i.store.Saved(ctx, due); err != nil {
		for _, v := range due {
			i.savings.add(v)
		}
		i.guard.log().warn("what the cache saved cannot be written to the ledger yet", "error", err)
	}
}
