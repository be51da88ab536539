package plugin

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"strings"
	"sync"
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
	allow := func() error {
		settle, err := b.allow(context.Background(), 0)
		if err == nil {
			settle()
		}
		return err
	}
	require.NoError(t, allow())
	b.spend(now, 0.25, true)
	require.NoError(t, allow())
	b.spend(now, 0.25, true)
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
	b.spend(now.Add(-time.Minute), 9, true)
	require.NoError(t, allow(), "what was spent yesterday is yesterday's")
	now, broken = now.Add(time.Hour), errors.New("disk")
	require.ErrorContains(t, allow(), "cannot be checked")
	_, err := (*budget)(nil).allow(context.Background(), 1)
	require.NoError(t, err)
}

// What the ledger could not take counts until midnight, however often the ledger is read.
func TestBudgetRemembersWhatTheLedgerCouldNotTake(t *testing.T) {
	now := worldStart
	b := &budget{usd: 1, clock: func() time.Time { return now }}
	b.spending = func(context.Context, time.Time) ([]store.Spent, error) { return nil, nil }
	for range 4 {
		settle, err := b.allow(context.Background(), 0.25)
		require.NoError(t, err)
		b.spend(now, 0.25, false)
		settle()
		now = now.Add(budgetAge)
	}
	_, err := b.allow(context.Background(), 0.25)
	require.ErrorContains(t, err, "is spent")
	now = day(now).Add(24 * time.Hour)
	_, err = b.allow(context.Background(), 0.25)
	require.NoError(t, err, "a new day")
}

// What is being asked for is set aside: however many ask at once, they spend no more than there is. What does not fit leaves the rest to others.
func TestBudgetIsSharedByThoseWhoAskAtOnce(t *testing.T) {
	b := &budget{usd: 1, clock: func() time.Time { return worldStart }}
	b.spending = func(context.Context, time.Time) ([]store.Spent, error) { return nil, nil }
	allow := func(usd float64) (func(), error) { return b.allow(context.Background(), usd) }
	first, err := allow(0.75)
	require.NoError(t, err)
	_, err = allow(0.5)
	require.ErrorContains(t, err, "has $0.25 left, and this would cost about $0.50")
	second, err := allow(0.25)
	require.NoError(t, err, "to the last cent")
	_, err = allow(0.01)
	require.ErrorContains(t, err, "is spent")
	first()
	first()
	second()
	_, err = allow(1)
	require.NoError(t, err, "AWS could not be asked, and nothing was paid")
}

func TestQueriesAtOnceKeepToTheBudget(t *testing.T) {
	const usd = 0.0003
	w := newWorld(t, set("dailyBudgetUSD", usd))
	var wait sync.WaitGroup
	for _, metric := range []string{"CPUUtilization", "NetworkIn", "NetworkOut", "DiskReadOps", "DiskWriteOps", "NetworkPacketsIn"} {
		for _, period := range []string{"1m", "5m", "10m", "15m"} {
			wait.Add(1)
			go func() {
				defer wait.Done()
				w.ask(w.lastDays(0.2), plain(fields{"metric": metric, "period": period}))
			}()
		}
	}
	wait.Wait()
	spent, err := w.instance.store.Spending(context.Background(), time.Time{})
	require.NoError(t, err)
	sum := 0.0
	for _, s := range spent {
		sum += s.CostUSD
	}
	require.Positive(t, sum)
	require.LessOrEqual(t, sum, usd+rounding)
}

// seal lets nothing more into the cache, as a full disk does.
func (w *world) seal() {
	w.t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(w.cacheDir, "vigia-cloudwatch.db"))
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, db.Close()) }()
	for _, table := range []string{"extents", "ledger", "costs"} {
		for _, change := range []string{"INSERT", "UPDATE"} {
			_, err := db.Exec(fmt.Sprintf("CREATE TRIGGER seal_%s_%s BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'sealed'); END", table, change, change, table))
			require.NoError(w.t, err)
		}
	}
}

// A cache that cannot be written: AWS is paid once and not at each refresh, and the answer says why nothing new comes.
func TestACacheThatCannotBeWrittenCostsNothing(t *testing.T) {
	w := newWorld(t, set("collector", fields{"enabled": false}))
	require.NoError(t, w.ask(w.lastDays(0.1), plain(nil)).Error)
	paid := func() int { return w.sim.Counts().Of("", "GetMetricData").Metrics }
	w.seal()
	before := paid()
	for range 6 {
		w.pass(5 * time.Minute)
		answer := w.ask(w.lastDays(0.1), plain(nil))
		require.NoError(t, answer.Error)
		require.Contains(t, strings.Join(noticeTexts(answer.Frames), "\n"), "the cache cannot be written")
		require.NotEmpty(t, points(answer.Frames[0]), "what is stored is shown")
		require.ErrorContains(t, w.ask(w.lastDays(0.1), plain(fields{"output": "value"}), "FromAlert").Error, "cannot be written")
	}
	require.LessOrEqual(t, paid(), 2*before, "once more for each series")
}

// brief is a world whose budget is spent when values of two stretches of the day are stored, and little of what scores learn from.
func brief(t *testing.T, q fields) *world {
	w := newWorld(t, set("dailyBudgetUSD", 2.5))
	values := maps.Clone(q)
	values["score"], values["band"] = false, false
	delete(values, "output")
	w.frames(w.lastDays(0.25), values)
	w.frames(backend.TimeRange{From: w.now().Add(-20 * time.Hour), To: w.now().Add(-17 * time.Hour)}, values)
	w.spend(2.5, w.sim.Accounts()[0].ID)
	return w
}

// A score that would be of a part of the history is none: a rule fails, a dashboard shows the value and says why there is no score, and what
// is asked of resources says so as well. So it is for a split and a roll-up.
func TestSpentBudgetMakesNoFalseScores(t *testing.T) {
	q := quick(fields{"accounts": []string{"production"}})
	w := brief(t, q)
	r := w.lastDays(0.2)
	for name, more := range map[string]fields{
		"each":    nil,
		"split":   {"detector": fields{"name": "seasonal_robust", "split": []string{"account"}}},
		"roll-up": {"rollUp": []string{"account"}},
		"peers":   {"detector": fields{"name": "peers"}},
	} {
		t.Run(name, func(t *testing.T) {
			asked := maps.Clone(q)
			maps.Copy(asked, more)
			answer := w.frames(r, asked)
			require.Contains(t, strings.Join(noticeTexts(answer), "\n"), "they have gaps, and no score")
			known := map[string]int{}
			for _, f := range answer {
				for _, v := range points(f) {
					if !math.IsNaN(v) {
						known[f.Fields[1].Name]++
					}
				}
			}
			if name != "roll-up" { // which has no value
				require.Positive(t, known["value"])
			}
			delete(known, "value")
			require.Empty(t, known)
			asked["output"] = "anomaly_score"
			alert := w.ask(r, asked, "FromAlert")
			require.ErrorContains(t, alert.Error, "daily budget of $2.50")
			require.ErrorContains(t, alert.Error, "never asked for all of the past")
			require.Equal(t, backend.ErrorSourceDownstream, alert.ErrorSource)
		})
	}
	require.Empty(t, w.log())
	body := fields{"query": q, "from": iso(r.From), "to": iso(r.To), "time": iso(r.From), "labels": fields{"InstanceId": burning}}
	for _, path := range []string{"explain", "influencers", "zones/refined"} {
		status, answer := w.post(path, body)
		require.Equal(t, 502, status, "%s: %v", path, answer)
		require.Contains(t, answer["error"], "daily budget of $2.50 is spent")
	}
	require.NoError(t, w.ask(r, plain(fields{"accounts": []string{"production"}, "output": "value"}), "FromAlert").Error, "its values are all there")
}

// An export says what AWS was never asked for, by the point and in its notice; so it does of what AWS no longer keeps.
func TestExportsSayWhatWasNeverAsked(t *testing.T) {
	q := server(fields{"score": false, "band": false})
	w, truth := brief(t, q), newWorld(t)
	count := func(w *world, zone string, q fields, from, to time.Time) (unasked, missing, known int, notice string) {
		status, said := role("Admin").calls(w, "zones/"+zone, fields{"query": q, "from": iso(from), "to": iso(to)})
		require.Equal(t, 200, status, said)
		notice, body, _ := strings.Cut(said, "\n")
		var page zonePage
		require.NoError(t, json.Unmarshal([]byte(body), &page))
		for _, raw := range page.Series[0].Points {
			switch p := raw.(map[string]any); {
			case p["unasked"] == true:
				unasked++
				require.Nil(t, p["value"])
				require.NotEqual(t, true, p["final"])
				require.NotEqual(t, true, p["missing"])
				require.NotContains(t, fmt.Sprint(p["failed"]), "missing")
			case p["value"] == nil:
				missing++
			default:
				known++
			}
		}
		return unasked, missing, known, notice
	}
	from, to := w.now().Add(-24*time.Hour), w.now()
	for _, zone := range []string{"raw", "trusted"} {
		unasked, missing, known, notice := count(w, zone, q, from, to)
		require.Positive(t, unasked)
		require.Positive(t, known)
		require.Contains(t, notice, "X-Vigia-Notice")
		require.Contains(t, notice, "daily budget of $2.50 is spent")
		asked, gone, whole, notice := count(truth, zone, q, from, to)
		require.Zero(t, asked)
		require.Equal(t, gone, missing)
		require.Equal(t, unasked+known, whole)
		require.NotContains(t, notice, "X-Vigia-Notice")
	}
	q["period"] = "1m"
	old := truth.now().Add(-16 * 24 * time.Hour)
	unasked, missing, known, notice := count(truth, "raw", q, old, old.Add(36*time.Hour))
	require.InDelta(t, 24*60, unasked, 90)
	require.Positive(t, known)
	require.InDelta(t, 36*60, unasked+missing+known, 1)
	require.Contains(t, notice, "AWS keeps points of a period of 1m0s for 15 days")
	unasked, _, known, _ = count(truth, "raw", q, old.Add(-24*time.Hour), old)
	require.InDelta(t, 24*60, unasked, 1)
	require.Zero(t, known)
}

// What AWS was never asked for is not missing, and no rule on quality is answered without it.
func TestSpentBudgetMakesNoFalseFaults(t *testing.T) {
	q := checkedServer(nil)
	w := brief(t, server(nil))
	answer := w.frames(w.lastDays(1), q)
	for _, f := range answer {
		null := 0
		for at, v := range points(f) {
			require.False(t, v > 0, "%s at %v", f.Fields[1].Name, at)
			if math.IsNaN(v) {
				null++
			}
		}
		require.Greater(t, null, 150, "%s: nothing was checked of what was never asked for", f.Fields[1].Name)
	}
	q["output"] = "quality_missing"
	require.ErrorContains(t, w.ask(w.lastDays(0.1), q, "FromAlert").Error, "daily budget")
}

// A call that a budget forbids is not in the ledger, and an explanation is answered from what is stored.
func TestSpentBudgetAndResources(t *testing.T) {
	w := newWorld(t, set("dailyBudgetUSD", 3))
	one := func(more fields) fields {
		q := quick(more)
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
