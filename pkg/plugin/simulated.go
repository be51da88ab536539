package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// openSimulated puts the simulator in AWS's place, in-process: no port, no credential, nothing leaves the machine. Its points stay in
// memory, so that they never mix with those of real accounts.
func (i *Instance) openSimulated(ctx context.Context, settings *accounts.Settings, outside *accounts.Outside) error {
	simulator, err := awssim.New(awssim.Config{Clock: i.clock, Sessions: time.Now})
	if err != nil {
		return fmt.Errorf("start the simulator: %w", err)
	}
	settings.AuthType, settings.Profile = "keys", ""
	settings.AccessKey, settings.SecretKey, settings.SessionToken = awssim.AccessKeyID, awssim.SecretAccessKey, ""
	settings.STSEndpoint, settings.CloudWatchEndpoint = "", ""
	if len(settings.Accounts) == 0 {
		for _, a := range simulator.Accounts() {
			settings.Accounts = append(settings.Accounts, accounts.Account{ID: a.ID, Alias: a.Alias, RoleARN: a.RoleARN, ExternalID: a.ExternalID, Regions: a.Regions})
		}
	}
	outside.Configs, outside.Transport = accounts.InProcess{}, simulator.RoundTripper()
	memory, err := store.Open(ctx, "")
	if err != nil {
		return err
	}
	i.store, i.release = memory, memory.Close
	return nil
}
