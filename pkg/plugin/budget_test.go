package plugin

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// spend puts a cost of an account into the ledger, as if it had been asked for.
func (w *world) spend(usd float64, account string) {
	w.instance.enter(store.Entry{At: w.now(), AccountID: account, Region: "us-east-1", Operation: "GetMetricData", Metrics: 1, CostUSD: usd})
}

func (w *world) calls() (n int) {
	w.t.Helper()
	spent, err := w.instance.store.Spending(context.Background(), time.Time{})
	require.NoError(w.t, err)
	for _, s := range spent {
		n += s.Metrics
	}
	return n
}

// A spent budget: what is stored is served with a notice, a cold series says that it has nothing, a rule is answered for a few periods and
// then fails; the next day everything is fetched again.
func TestSpentBudgetServesWhatIsStored(t *testing.T) {
	w := newWorld(t, set("dailyBudgetUSD", 2.5))
	r := w.lastDays(0.2)
	warm := w.frames(r, plain(nil))
	require.Empty(t, noticeTexts(warm))
	w.spend(2.5, w.sim.Accounts()[0].ID)
	asked := w.calls()

	require.Equal(t, content(t, warm), content(t, w.frames(r, plain(nil))), "a warm read is not touched")
	w.pass(10 * time.Minute)
	late := w.frames(w.lastDays(0.2), plain(nil))
	require.Len(t, late, len(warm))
	notice := strings.Join(noticeTexts(late), "\n")
	for _, part := range []string{`"dailyBudgetUSD"`, "daily budget of $2.50", "about $2.50", "until 2026-11-23T00:00:00Z", "what is stored is shown"} {
		require.Contains(t, notice, part)
	}
	for _, f := range late {
		require.NotEmpty(t, points(f))
	}
	cold := w.ask(w.lastDays(0.2), plain(fields{"metric": "NetworkIn"}))
	require.ErrorContains(t, cold.Error, "nothing of it is stored")
	require.Equal(t, backend.ErrorSourceDownstream, cold.ErrorSource)
	rule := plain(fields{"output": "value"})
	require.NoError(t, w.ask(w.lastDays(0.01), rule, "FromAlert").Error)
	require.Error(t, w.ask(w.lastDays(0.01), plain(fields{"metric": "NetworkIn", "output": "value"}), "FromAlert").Error)
	w.pass(15 * time.Minute)
	stale := w.ask(w.lastDays(0.2), rule, "FromAlert")
	require.ErrorContains(t, stale.Error, "daily budget of $2.50 is spent")
	require.ErrorContains(t, stale.Error, "before what the rule asks for")
	require.Equal(t, backend.ErrorSourceDownstream, stale.ErrorSource)
	require.Equal(t, asked, w.calls())

	w.pass(12 * time.Hour)
	w.instance = newInstance(t, w.now, w.cacheDir, settingsOf(w.sim, w.url, set("dailyBudgetUSD", 2.5))) // with new sessions
	next := w.frames(w.lastDays(0.2), plain(nil))
	require.NotContains(t, strings.Join(noticeTexts(next), "\n"), "budget")
	require.Greater(t, w.calls(), asked)
}

// A budget knows from the ledger what was spent before a restart, and by others on the same accounts; what other accounts cost is not its
// affair.
func TestBudgetIsOfTheDataSourcesAccounts(t *testing.T) {
	w := newWorld(t)
	w.spend(5, "999999999999")
	edit := set("dailyBudgetUSD", 4)
	w.instance = newInstance(t, w.now, w.cacheDir, settingsOf(w.sim, w.url, edit))
	require.NoError(t, w.ask(w.lastDays(0.1), plain(nil)).Error)
	w.spend(4, w.sim.Accounts()[1].ID)
	w.instance = newInstance(t, w.now, w.cacheDir, settingsOf(w.sim, w.url, edit))
	require.ErrorContains(t, w.ask(w.lastDays(0.1), plain(fields{"metric": "NetworkIn"})).Error, "daily budget of $4.00")
}

func TestBudgetReadsTheLedgerOnceAMinute(t *testing.T) {
	now, reads := worldStart, 0
	spent := []store.Spent{{AccountID: "1", CostUSD: 0.5}, {AccountID: "2", CostUSD: 100}}
	var broken error
	b := &budget{usd: 1, accounts: map[string]bool{"1": true}, clock: func() time.Time { return now }}
	b.spending = func(_ context.Context, since time.Time) ([]store.Spent, error) {
		reads++
		require.Equal(t, day(now), since)
		return spent, broken
	}
	allow := func() error { return b.allow(context.Background()) }
	require.NoError(t, allow())
	b.spend(now, 0.25)
	require.NoError(t, allow())
	b.spend(now, 0.25)
	var why *spentError
	require.ErrorAs(t, allow(), &why)
	require.Equal(t, &spentError{limit: 1, spent: 1, anew: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}, why)
	require.Equal(t, 1, reads)
	now = now.Add(budgetAge)
	require.NoError(t, allow(), "the ledger is right")
	require.Equal(t, 2, reads)
	now = now.Add(-time.Hour)
	require.NoError(t, allow(), "a clock that jumps back")
	require.Equal(t, 3, reads)
	spent[0].CostUSD = 7
	now = time.Date(2026, 11, 22, 23, 59, 50, 0, time.UTC)
	require.Error(t, allow())
	now, spent = now.Add(10*time.Second), nil
	require.NoError(t, allow(), "a new day")
	b.spend(now.Add(-time.Minute), 9)
	require.NoError(t, allow(), "what was spent yesterday is yesterday's")
	now, broken = now.Add(time.Hour), errors.New("disk")
	require.ErrorContains(t, allow(), "cannot be checked")
	require.NoError(t, (*budget)(nil).allow(context.Background()))
}

// A call that a budget forbids is not in the ledger, and an explanation is answered from what is stored.
func TestSpentBudgetAndResources(t *testing.T) {
	w := newWorld(t, set("dailyBudgetUSD", 3))
	one := func(more fields) fields {
		q := cpu(more)
		q["accounts"], q["regions"], q["dimensions"] = []string{"production"}, []string{"us-east-1"}, fields{"InstanceId": []string{"i-0a1b2c3d4e5f60000"}}
		return q
	}
	all := w.frames(w.lastDays(0.2), one(fields{"output": "anomaly_score"}))
	w.spend(3, w.sim.Accounts()[0].ID)
	asked := w.calls()
	w.pass(20 * time.Minute)
	at := w.now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
	status, body := w.post("explain", fields{"query": one(nil), "time": at, "labels": all[0].Fields[1].Labels})
	require.Equal(t, 200, status, "%s", body)
	labels := maps.Clone(all[0].Fields[1].Labels)
	labels["stat"] = "Maximum"
	status, body = w.post("explain", fields{"query": one(fields{"statistic": "Maximum"}), "time": at, "labels": labels})
	require.NotEqual(t, 200, status)
	require.Contains(t, body["error"], "daily budget")
	require.Equal(t, asked, w.calls())
}
