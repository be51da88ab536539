package plugin

import (
	"context"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// maintainEvery is how often the cache is cleared of what is too old or too much; it grows with queries, so it is done behind one.
	maintainEvery = time.Hour
	// maintainFirst is how long after the first instance it waits: a dashboard that opens has the disk for itself.
	maintainFirst = 10 * time.Minute
	// maintainTimeout bounds one time; what is not done by then waits for the next.
	maintainTimeout = 10 * time.Minute
)

// upkeep is the maintenance of the caches of one process: the instances that share a cache share it.
type upkeep struct {
	mutex    sync.Mutex
	policies map[*Instance]store.Policy
	last     map[*store.Store]time.Time
}

// policyOf is what the settings say of the cache.
func policyOf(c accounts.Cache) store.Policy {
	return store.Policy{
		UnderMinute: accounts.Days(c.KeepDays.Seconds), UnderFiveMinutes: accounts.Days(c.KeepDays.Minutes),
		UnderHour: accounts.Days(c.KeepDays.FiveMinutes), HourAndMore: accounts.Days(c.KeepDays.Hours),
		Events: accounts.Days(c.KeepDays.Events), MaxBytes: c.Bytes(),
	}
}

// join adds an instance with what it wants to be kept.
func (u *upkeep) join(i *Instance, p store.Policy, now time.Time) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.policies == nil {
		u.policies, u.last = map[*Instance]store.Policy{}, map[*store.Store]time.Time{}
	}
	u.policies[i] = p
	if _, known := u.last[i.store]; !known {
		u.last[i.store] = now.Add(maintainFirst - maintainEvery)
	}
}

func (u *upkeep) leave(i *Instance) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	delete(u.policies, i)
	for other := range u.policies {
		if other.store == i.store {
			return
		}
	}
	delete(u.last, i.store)
}

// due says whether the cache of an instance is to be maintained now, and how: nothing goes that one of those who share it wants to be kept.
func (u *upkeep) due(i *Instance, now time.Time) (store.Policy, bool) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	own, joined := u.policies[i]
	if since := now.Sub(u.last[i.store]); !joined || since >= 0 && since < maintainEvery {
		return own, false
	}
	u.last[i.store] = now
	for other, p := range u.policies {
		if other.store == i.store {
			own = own.Widest(p)
		}
	}
	return own, true
}

// maintain keeps the cache within its limits, once an hour. The log says what went.
func (i *Instance) maintain() {
	i.tellDamage()
	policy, due := i.upkeep.due(i, i.clock())
	if !due {
		return
	}
	done := i.use()
	go func() {
		defer done()
		ctx, cancel := context.WithTimeout(context.Background(), maintainTimeout)
		defer cancel()
		err := func() (err error) {
			defer caught(&err)
			report, err := i.store.Maintain(ctx, i.clock(), policy)
			i.guard.log().maintained(report)
			return err
		}()
		if err != nil {
			i.guard.log().warn("the cache was not maintained; it is tried again within the hour", "error", err)
		}
	}()
}

// maintained writes down what is worth knowing.
func (d discreet) maintained(r store.Report) {
	if r.OverBytes > 0 {
		d.warn("the cache is larger than it may be, and nothing more can go", "bytes", r.Bytes, "over", r.OverBytes)
	}
	if r.Points+r.Events+r.Calls+r.Runs+r.Evicted > 0 {
		d.info("the cache was maintained", "pointsGone", r.Points, "ofThemForSize", r.Evicted, "rolledUp", r.RolledUp,
			"eventsGone", r.Events, "callsGone", r.Calls, "bytes", r.Bytes, "bytesFreed", r.BytesFreed)
	}
}
