package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
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
// something would be fetched, so a warm read costs nothing. What is being asked for is set aside until it is paid for, so that queries side by
// side do not spend the same money; it is exceeded by what an answer takes beyond its estimate (further pages, a second try) alone.
type budget struct {
	usd      float64
	accounts map[string]bool // by id
	spending func(ctx context.Context, since time.Time) ([]store.Spent, error)
	clock    func() time.Time

	mutex    sync.Mutex
	read     time.Time // when spent was read from the ledger; zero: never
	spent    float64   // of the day of read
	reserved float64   // for what is being asked for
	lost     float64   // of spent: what the ledger could not take, on the day of lostOn
	lostOn   time.Time
}

// spentError says that a day's budget is spent, or that what was to be asked for does not fit in what is left of it.
type spentError struct {
	limit, spent, needed float64
	anew                 time.Time
}

func (e *spentError) Error() string {
	if e.spent+rounding < e.limit {
		return fmt.Sprintf("field %q: the daily budget of %s has %s left, and this would cost about %s: nothing more than that is fetched until %s",
			"dailyBudgetUSD", dollars(e.limit), dollars(e.limit-e.spent), dollars(e.needed), e.anew.Format(time.RFC3339))
	}
	return fmt.Sprintf("field %q: the daily budget of %s is spent: what was asked of AWS today cost about %s; nothing more is fetched until %s",
		"dailyBudgetUSD", dollars(e.limit), dollars(e.spent), e.anew.Format(time.RFC3339))
}

// dollars is an amount in cents, of small ones in as many decimals as a metric's price has.
func dollars(usd float64) string {
	if usd < 0.1 {
		return fmt.Sprintf("$%.5f", usd)
	}
	return fmt.Sprintf("$%.2f", usd)
}

// day is the start of the day of t in UTC.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// rounding is what sums of prices may differ by.
const rounding = 1e-9

// allow sets aside what asking AWS will cost, until settle is called. It fails with a spentError where the day's budget does not have it.
func (b *budget) allow(ctx context.Context, usd float64) (settle func(), err error) {
	if b == nil {
		return func() {}, nil
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	now := b.clock()
	if err := b.update(ctx, now); err != nil {
		return nil, err
	}
	if taken := b.spent + b.reserved; taken+rounding >= b.usd || taken+usd > b.usd+rounding {
		return nil, &spentError{limit: b.usd, spent: taken, needed: usd, anew: day(now).Add(24 * time.Hour)}
	}
	b.reserved += usd
	return sync.OnceFunc(func() {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		b.reserved -= usd
	}), nil
}

// update reads the ledger where what is known of it is old, or of another day.
func (b *budget) update(ctx context.Context, now time.Time) error {
	if age := now.Sub(b.read); b.read.IsZero() || age < 0 || age >= budgetAge || !day(b.read).Equal(day(now)) {
		all, err := b.spending(ctx, day(now))
		if err != nil {
			return fmt.Errorf("the daily budget cannot be checked: %w", err)
		}
		b.read, b.spent = now, 0
		if day(b.lostOn).Equal(day(now)) {
			b.spent = b.lost
		}
		for _, s := range all {
			if b.accounts[s.AccountID] {
				b.spent += s.CostUSD
			}
		}
	}
	return nil
}

// spend adds what the instance itself has just spent, and says whether the ledger has it.
func (b *budget) spend(at time.Time, usd float64, recorded bool) {
	if b == nil || usd == 0 {
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if day(at).Equal(day(b.read)) {
		b.spent += usd
	}
	if recorded {
		return
	}
	if !day(b.lostOn).Equal(day(at)) {
		b.lostOn, b.lost = at, 0
	}
	b.lost += usd
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
	past   int           // of the series: those of which AWS was never asked for something that lies before what is stored
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
	if pastUnasked(r) {
		h.past++
	}
	return true
}

// pastUnasked says that AWS was never asked for a part of what was read that lies before what it was asked for: what is stored is no history
// to learn from, nor all of a range.
func pastUnasked(r history.Result) bool {
	return r.Err != nil && len(r.Unasked) > 0 && r.Unasked[0].Start.Before(r.AskedUntil)
}

// unlearnt says that a series, or a column of it, could not be read and that AWS was never asked for a part of its past: a score would be of
// another history than it has.
func (r reading) unlearnt(key int) bool {
	return pastUnasked(r.results[key]) || slices.ContainsFunc(r.columns, func(column []history.Result) bool { return pastUnasked(column[key]) })
}

// withheldFrom is what a plan lacks, for those who are given points and results instead of frames: of each account and region, what a
// budget has kept from AWS and what AWS no longer keeps. It stands beside the failures.
func (i *Instance) withheldFrom(p plan, r reading) []accounts.Failure {
	type place struct{ account, region string }
	var order []place
	why, held, old := map[place]error{}, map[place]int{}, map[place]int{}
	for n, result := range r.all {
		key := p.keys[n%len(p.keys)]
		at := place{i.alias(key), key.Region}
		var spent *spentError
		isHeld := errors.As(result.Err, &spent)
		isOld := n < len(p.keys) && !result.Unkept.Intersect(p.window).Empty()
		if !isHeld && !isOld {
			continue
		}
		if held[at]+old[at] == 0 {
			order = append(order, at)
		}
		if isHeld {
			why[at] = spent
			held[at]++
		}
		if isOld {
			old[at]++
		}
	}
	var out []accounts.Failure
	for _, at := range order {
		var parts []error
		if held[at] > 0 {
			parts = append(parts, fmt.Errorf("%w; what is stored is given, which is not all of %d series, and no score where their past is not all stored", why[at], held[at]))
		}
		if old[at] > 0 {
			parts = append(parts, errors.New(forgotten(p.query.Period, old[at])))
		}
		out = append(out, accounts.Failure{Account: at.account, Region: at.region, Err: errors.Join(parts...)})
	}
	return out
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
	text := fmt.Sprintf("%v; what is stored is shown, which is not all of %d series", h.why, h.series)
	if h.past > 0 {
		text += fmt.Sprintf("; of %d of them AWS was never asked for all of the past: they have gaps, and no score", h.past)
	}
	return text
}

// stale is why an alert rule cannot be answered from what is stored: what it would look at, or learn from, is not all there, or too old.
// nil: it can.
func (h withheld) stale(period time.Duration) error {
	if h.why == nil {
		return nil
	}
	if h.past > 0 {
		return fmt.Errorf("%w; of %d series AWS was never asked for all of the past that the rule depends on", h.why, h.past)
	}
	if h.behind <= latePeriods*period {
		return nil
	}
	return fmt.Errorf("%w; what is stored ends %s before what the rule asks for, and %d periods are allowed", h.why, h.behind, latePeriods)
}
