package awssim

import (
	"cmp"
	"slices"
	"sync"
)

// Count is what was asked of one account's operation since the simulator began.
type Count struct {
	AccountID  string `json:"accountId"` // of AssumeRole: the account of the role
	Operation  string `json:"operation"`
	Calls      int    `json:"calls"`      // pages count one by one; calls whose signature fails do not count
	Errors     int    `json:"errors"`     // calls answered with an error
	Metrics    int    `json:"metrics"`    // GetMetricData: queries asked; ListMetrics: metrics listed
	Datapoints int    `json:"datapoints"` // returned by GetMetricData
}

// Counts are ordered by account and operation.
type Counts []Count

// Of adds up what matches; an empty account or operation matches any.
func (c Counts) Of(accountID, operation string) Count {
	total := Count{AccountID: accountID, Operation: operation}
	for _, n := range c {
		if accountID != "" && n.AccountID != accountID || operation != "" && n.Operation != operation {
			continue
		}
		total.Calls += n.Calls
		total.Errors += n.Errors
		total.Metrics += n.Metrics
		total.Datapoints += n.Datapoints
	}
	return total
}

// Counts returns what was asked so far, so that a test can hold a client to asking once.
func (s *Simulator) Counts() Counts {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	out := make(Counts, 0, len(s.counts.byKey))
	for _, n := range s.counts.byKey {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.Operation, b.Operation))
	})
	return out
}

type ledger struct {
	mu    sync.Mutex
	byKey map[ledgerKey]*Count
}

type ledgerKey struct{ accountID, operation string }

// maxLedger bounds the ledger, since AssumeRole names accounts at will; what comes after counts for no account.
const maxLedger = 1000

func (l *ledger) add(accountID string, c *call, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byKey == nil {
		l.byKey = map[ledgerKey]*Count{}
	}
	key := ledgerKey{accountID, c.operation}
	if l.byKey[key] == nil && len(l.byKey) >= maxLedger {
		key.accountID = ""
	}
	n := l.byKey[key]
	if n == nil {
		n = &Count{AccountID: key.accountID, Operation: key.operation}
		l.byKey[key] = n
	}
	n.Calls++
	n.Metrics += c.metrics
	if failed {
		n.Errors++
		return
	}
	n.Datapoints += c.points
}
