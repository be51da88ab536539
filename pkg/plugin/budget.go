package plugin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

const (
	// budgetAge is how long the ledger's sum is believed. What the instance itself spends meanwhile is added to it at once; what others spend
	// on the same accounts (a second data source, an instance that is ending) shows when the sum is read again.
	budgetAge = time.Minute
	// latePeriods is how many periods what an alert rule looks at may be behind, where nothing more is fetched.
	latePeriods = 3
)

// budget is what the accounts of a data source may cost in a day, in UTC as AWS's bill. A nil budget has no limit. It is asked only where
// something would be fetched, so a warm read costs nothing; reads under way when it is reached are not cut off, so it may be exceeded by
// those.
type budget struct {
	usd      float64
	accounts map[string]bool // by id
	spending func(ctx context.Context, since time.Time) ([]store.Spent, error)
	clock    func() time.Time

	mutex sync.Mutex
	read  time.Time // when spent was read from the ledger; zero: never
	spent float64   // of the day of read
}

// spentError says that a day's budget is spent.
type spentError struct {
	limit, spent float64
	anew         time.Time
}

func (e *spentError) Error() string {
	return fmt.Sprintf("field %q: the daily budget of $%.2f is spent: what was asked of AWS today cost about $%.2f; nothing more is fetched until %s",
		"dailyBudgetUSD", e.limit, e.spent, e.anew.Format(time.RFC3339))
}

// day is the start of the day of t in UTC.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// allow fails with a spentError where the day's budget is reached.
func (b *budget) allow(ctx context.Context) error {
	if b == nil {
		return nil
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	now := b.clock()
	if age := now.Sub(b.read); b.read.IsZero() || age < 0 || age >= budgetAge || !day(b.read).Equal(day(now)) {
		all, err := b.spending(ctx, day(now))
		if err != nil {
			return fmt.Errorf("the daily budget cannot be checked: %w", err)
		}
		b.read, b.spent = now, 0
		for _, s := range all {
			if b.accounts[s.AccountID] {
				b.spent += s.CostUSD
			}
		}
	}
	if b.spent < b.usd {
		return nil
	}
	return &spentError{limit: b.usd, spent: b.spent, anew: day(now).Add(24 * time.Hour)}
}

// spend adds what the instance itself has just spent.
func (b *budget) spend(at time.Time, usd float64) {
	if b == nil || usd == 0 {
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if day(at).Equal(day(b.read)) {
		b.spent += usd
	}
}

// newBudget is the budget of a data source's settings; nil where it has none.
func (i *Instance) newBudget(usd *float64) *budget {
	if usd == nil {
		return nil
	}
	b := &budget{usd: *usd, accounts: map[string]bool{}, spending: i.store.Spending, clock: i.clock}
	for _, a := range i.directory.Accounts() {
		b.accounts[a.ID] = true
	}
	return b
}

// withheld is what a budget kept a read from, of series of which something is stored.
type withheld struct {
	why    *spentError
	series int
	behind time.Duration // the most that any of them is behind what could be asked for
}

// note takes note of a series that was read for a window, if a budget is why it lacks something.
func (h *withheld) note(r history.Result, w series.Window) bool {
	var why *spentError
	if !errors.As(r.Err, &why) {
		return false
	}
	h.why = why
	h.series++
	h.behind = max(h.behind, w.End.Sub(r.AskedUntil))
	return true
}

// knownEmpty says that AWS had nothing of a series when it was asked for the window, before the budget was spent.
func knownEmpty(r history.Result, w series.Window) bool {
	var why *spentError
	return errors.As(r.Err, &why) && r.AskedUntil.After(w.Start)
}

// nothingHeld adds to a spent budget that there is nothing to show instead; other errors pass unchanged.
func nothingHeld(err error) error {
	var why *spentError
	if errors.As(err, &why) {
		return fmt.Errorf("%w; nothing of it is stored in this range", err)
	}
	return err
}

// notice is for people who look at what is stored.
func (h withheld) notice() string {
	return fmt.Sprintf("%v; what is stored is shown, which is not all of %d series", h.why, h.series)
}

// stale is why an alert rule cannot be answered from what is stored: what it would look at is too old. nil: it can.
func (h withheld) stale(period time.Duration) error {
	if h.why == nil || h.behind <= latePeriods*period {
		return nil
	}
	return fmt.Errorf("%w; what is stored ends %s before what the rule asks for, and %d periods are allowed", h.why, h.behind, latePeriods)
}
