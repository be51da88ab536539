package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// kept is every line that the plugin, the SDKs and AWS's libraries log by Grafana's logger while it is open.
type kept struct {
	log.Logger
	shared *struct {
		sync.Mutex
		open  bool
		lines []string
	}
	with []any
}

// lines stands in the logger's place from the beginning on: goroutines of other tests read it.
var lines = func() kept {
	l := kept{Logger: backend.Logger}
	l.shared = new(struct {
		sync.Mutex
		open  bool
		lines []string
	})
	backend.Logger, log.DefaultLogger = l, l
	return l
}()

func (l kept) keep(message string, pairs []any) {
	l.shared.Lock()
	defer l.shared.Unlock()
	if l.shared.open {
		l.shared.lines = append(l.shared.lines, fmt.Sprint(message, " ", l.with, " ", fmt.Sprintf("%v %+v", pairs, pairs)))
	}
}

func (l kept) Debug(message string, pairs ...any) {
	l.keep(message, pairs)
	l.Logger.Debug(message, pairs...)
}
func (l kept) Info(message string, pairs ...any) {
	l.keep(message, pairs)
	l.Logger.Info(message, pairs...)
}
func (l kept) Warn(message string, pairs ...any) {
	l.keep(message, pairs)
	l.Logger.Warn(message, pairs...)
}
func (l kept) Error(message string, pairs ...any) {
	l.keep(message, pairs)
	l.Logger.Error(message, pairs...)
}

func (l kept) With(pairs ...any) log.Logger {
	return kept{l.Logger.With(pairs...), l.shared, append(append([]any{}, l.with...), pairs...)}
}

func (l kept) FromContext(ctx context.Context) log.Logger {
	return kept{l.Logger.FromContext(ctx), l.shared, append(append([]any{}, l.with...), log.ContextualAttributesFromContext(ctx)...)}
}

// logged are the lines of a test so far, from its first call on.
func logged(t testing.TB) []string {
	lines.shared.Lock()
	defer lines.shared.Unlock()
	if !lines.shared.open {
		lines.shared.open, lines.shared.lines = true, nil
		t.Cleanup(func() {
			lines.shared.Lock()
			defer lines.shared.Unlock()
			lines.shared.open = false
		})
	}
	return append([]string{}, lines.shared.lines...)
}

// No line of the log holds what is masked, whatever an instance does: answers, collects, scores, maintains its cache, and fails at each of it.
func TestNoLineOfTheLogHoldsWhatIsMasked(t *testing.T) {
	plain := newWorld(t)
	instances := plain.list("dimension-values?namespace=AWS%2FEC2&key=InstanceId")
	balancers := plain.list("dimension-values?namespace=AWS%2FApplicationELB&key=LoadBalancer")
	aliases := []string{"quetzalcoatl", "axolotl team", "x\"olo"}
	denied := plain.sim.Accounts()[1].ID
	logged(t)
	w := newMasked(t, 1, private("viewers", "account", "account_id", "InstanceId", "LoadBalancer"),
		account(0, "alias", aliases[0]), account(1, "alias", aliases[1]), account(2, "alias", aliases[2]),
		account(1, "roleArn", "arn:aws:iam::"+denied+":role/of-"+denied),
		set("cache", fields{"keepDays": fields{"fiveMinutes": 40}}), set("dailyBudgetUSD", 50),
		watching(cpu(fields{"accounts": []string{aliases[0]}}), cpu(fields{"accounts": []string{aliases[1]}}), cpu(fields{"accounts": []string{"nobody"}})))
	w.quickly()
	says := func(messages ...string) {
		t.Helper()
		require.Eventually(t, func() bool {
			all := strings.Join(logged(t), "\n")
			for _, m := range messages {
				if !strings.Contains(all, m) {
					return false
				}
			}
			return true
		}, time.Minute, time.Millisecond, "%s", messages)
	}
	session := func() {
		role("Editor").everything(w, aliases, instances)
		if err := w.instance.collector.Round(cloudwatch.WithAsker(grafana(), cloudwatch.Collector)); err != nil {
			w.instance.collector.Trouble(err)
		}
		if err := w.instance.scoreKept(grafana()); err != nil {
			w.instance.collector.Trouble(err)
		}
	}
	session()
	old := w.lastDays(50)
	old.To = old.From.Add(24 * time.Hour)
	w.ask(old, cpu(fields{"output": "value"}))
	w.pass(30 * time.Minute) // when it is first maintained
	session()
	says("the cache was maintained")

	w.pass(10 * time.Minute)
	require.NoError(t, w.sim.SetFaults(awssim.Faults{Rules: []awssim.Fault{{Kind: awssim.AccessDenied}}}))
	session()
	for _, a := range w.sim.Accounts() {
		w.instance.collector.Trouble(w.instance.collector.Explain(keyOfAccount(a.ID), errors.New("denied to "+a.RoleARN)))
	}
	require.NoError(t, w.sim.SetFaults(awssim.Faults{}))

	w.pass(10 * time.Minute)
	w.instance.store.Close()
	session()
	w.instance.record(cloudwatch.Call{At: w.now(), Scope: cloudwatch.Scope{AccountID: denied, Region: "us-east-1"}, Operation: "GetMetricData"})
	w.pass(2 * time.Hour)
	session()
	says("the collector has trouble", "the cache was not maintained", "an AWS call is missing in the ledger")
	func() {
		var err error
		defer caught(&err)
		panic(fmt.Errorf("account %s", aliases[0]))
	}()
	says("a query panicked")

	secrets := append(append(instances, balancers...), aliases[0], aliases[1], `x\"olo`, privacyKey, awssim.SecretAccessKey, awssim.AccessKeyID)
	for _, a := range w.sim.Accounts() {
		secrets = append(secrets, a.ID)
	}
	for _, line := range logged(t) {
		for _, secret := range append(secrets, aliases[2]) {
			require.NotContains(t, line, secret)
		}
	}
}

func keyOfAccount(id string) series.Key { return series.Key{AccountID: id, Region: "us-east-1"} }
