package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"golang.org/x/sync/errgroup"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
)

// probeTimeout bounds the check of one account, so that a dead network is reported and not waited for.
const probeTimeout = 20 * time.Second

// accountHealth is the health of one account in one region.
type accountHealth struct {
	Account   string `json:"account"`
	Alias     string `json:"alias"`
	Role      string `json:"role"`
	Region    string `json:"region"`
	OK        bool   `json:"ok"`
	Message   string `json:"message"`
	Simulated bool   `json:"simulated"`
}

// checkHealth is CheckHealth for those who may see everything.
func (i *Instance) checkHealth(ctx context.Context) (*backend.CheckHealthResult, error) {
	defer i.use()()
	if err := i.ready(ctx); err != nil {
		return unhealthy(err.Error()), nil
	}
	if err := i.store.Check(ctx); err != nil {
		return unhealthy(err.Error()), nil
	}
	if len(i.directory.Accounts()) == 0 {
		return unhealthy(accounts.ErrNoAccount.Error()), nil
	}
	checked := i.probeAll(ctx)
	var failed, notes []string
	for _, h := range checked {
		if !h.OK {
			failed = append(failed, fmt.Sprintf("account %s: %s", h.Alias, h.Message))
		}
	}
	if i.simulated {
		notes = append(notes, simulatedNotice)
	}
	if i.tempCache && !i.simulated {
		notes = append(notes, "The cache lies in the system's temporary directory; set cache_path in Grafana's [plugin."+ID+"] section to keep it.")
	}
	for _, file := range i.store.SetAside() {
		notes = append(notes, "A damaged cache was set aside as "+file+"; a new one is in use.")
	}
	if note := i.damageNote(); note != "" {
		notes = append(notes, note)
	}
	details, err := json.Marshal(map[string]any{"accounts": checked})
	if err != nil {
		return nil, fmt.Errorf("encode health: %w", err)
	}
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, JSONDetails: details}
	result.Message = fmt.Sprintf("%d of %d accounts can be read.", len(checked)-len(failed), len(checked))
	if len(failed) > 0 {
		result.Status = backend.HealthStatusError
	}
	result.Message = strings.Join(append(append([]string{result.Message}, failed...), notes...), "\n")
	return result, nil
}

func unhealthy(message string) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: message}
}

func (i *Instance) probeAll(ctx context.Context) []accountHealth {
	all := i.directory.Accounts()
	checked := make([]accountHealth, len(all))
	var group errgroup.Group
	group.SetLimit(8)
	for n, a := range all {
		group.Go(func() error {
			checked[n] = i.probe(ctx, a)
			return nil
		})
	}
	_ = group.Wait()
	return checked
}

// probe proves that the account's role can be assumed and may read CloudWatch, in each of its regions.
func (i *Instance) probe(ctx context.Context, a accounts.Account) accountHealth {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	h := accountHealth{Account: a.ID, Alias: a.Alias, Role: a.RoleARN, Region: strings.Join(a.Regions, ", "), Simulated: i.simulated}
	identity, err := i.probeRegions(ctx, a)
	if err != nil {
		h.Message = accounts.Explain(err).Error()
		return h
	}
	h.OK = true
	h.Message = "reads CloudWatch as " + withoutSession(identity)
	return h
}

// withoutSession leaves out the last part of an assumed role's ARN, a random name that tells people nothing.
func withoutSession(arn string) string {
	if session := strings.LastIndex(arn, "/"); strings.Contains(arn, ":assumed-role/") && session > 0 {
		return arn[:session]
	}
	return arn
}

func (i *Instance) probeRegions(ctx context.Context, a accounts.Account) (identity string, err error) {
	if _, err := i.directory.Find(a.Alias); err != nil {
		return "", err
	}
	for _, region := range a.Regions {
		target := accounts.Target{Account: a, Region: region}
		if identity, err = i.directory.Identity(ctx, target); err != nil {
			return "", err
		}
		if err := i.catalog.Probe(ctx, i.scope(target)); err != nil {
			return "", fmt.Errorf("region %s: %w", region, accounts.Explain(err))
		}
	}
	return identity, nil
}
