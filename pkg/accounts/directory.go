package accounts

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/grafana/grafana-aws-sdk/pkg/awsauth"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

// Target is one account in one region.
type Target struct {
	Account Account
	Region  string
}

// Failure is an account (in a region, where that matters) that cannot be read, and why.
type Failure struct {
	Account string // alias
	Region  string
	Err     error
}

func (f Failure) Error() string { return fmt.Sprintf("%s: %v", f.Where(), f.Err) }

// Where names the account and the region.
func (f Failure) Where() string {
	if f.Region == "" {
		return "account " + f.Account
	}
	return fmt.Sprintf("account %s (%s)", f.Account, f.Region)
}

// Unwrap gives errors.As the cause.
func (f Failure) Unwrap() error { return f.Err }

// Directory is the accounts of one data source. It is safe for concurrent use.
type Directory struct {
	settings Settings
	accounts []Account
	invalid  map[string]error // by alias
	outside  Outside
	owners   owners
}

// Outside is how a directory reaches AWS. Every field has a default.
type Outside struct {
	Configs   awsauth.ConfigProvider // grafana-aws-sdk's; InProcess for the simulator
	Transport http.RoundTripper      // the plugin SDK's; the simulator's own
	Ledger    Ledger                 // notes nothing
	Clock     func() time.Time       // time.Now
}

// NewDirectory builds the directory.
func NewDirectory(s Settings, o Outside) *Directory {
	if o.Configs == nil {
		o.Configs = awsauth.NewConfigProvider()
	}
	if o.Transport == nil {
		o.Transport = httpclient.NewHTTPTransport()
	}
	if o.Ledger == nil {
		o.Ledger = func(Call) {}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	d := &Directory{settings: s, invalid: map[string]error{}, outside: o}
	seen := map[string]string{} // id or alias -> field that took it
	for n, a := range s.Accounts {
		a.Alias = cmp.Or(a.Alias, a.ID, fmt.Sprintf("accounts[%d]", n))
		if len(a.Regions) == 0 {
			a.Regions = []string{s.DefaultRegion}
		}
		a.Regions = distinct(a.Regions)
		err := a.check()
		if err == nil {
			err = firstTaken(seen, a)
		}
		a.Alias = d.unusedAlias(a.Alias)
		d.accounts = append(d.accounts, a)
		if err != nil {
			d.invalid[a.Alias] = err
			continue
		}
		seen[a.ID], seen[a.Alias] = "id", "alias"
	}
	return d
}

func firstTaken(seen map[string]string, a Account) error {
	if _, taken := seen[a.ID]; taken {
		return fmt.Errorf("field %q: %s stands twice", "id", a.ID)
	}
	if _, taken := seen[a.Alias]; taken {
		return fmt.Errorf("field %q: %q is taken by another account", "alias", a.Alias)
	}
	return nil
}

// unusedAlias keeps aliases unique, so that a failure never falls on the wrong account.
func (d *Directory) unusedAlias(alias string) string {
	name := alias
	for n := 2; slices.ContainsFunc(d.accounts, func(a Account) bool { return a.Alias == name }); n++ {
		name = fmt.Sprintf("%s (%d)", alias, n)
	}
	return name
}

// Accounts lists the accounts in the order of the settings, valid or not.
func (d *Directory) Accounts() []Account { return slices.Clone(d.accounts) }

// Find returns an account by id or alias.
func (d *Directory) Find(name string) (Account, error) {
	for _, a := range d.accounts {
		if a.ID == name || a.Alias == name {
			return a, d.invalid[a.Alias]
		}
	}
	return Account{}, d.unknown(name)
}

func (d *Directory) unknown(name string) error {
	return fmt.Errorf("field %q: account %q is unknown; the data source has the accounts %s", "accounts", name, d.names())
}

func (d *Directory) names() string {
	var names []string
	for _, a := range d.accounts {
		names = append(names, a.Alias)
	}
	return strings.Join(names, ", ")
}

// Select resolves a query's accounts and regions ("*" is all) to targets, in the order of the settings. What cannot be read comes
// back as failures beside the targets that can. It fails as a whole only where nothing could ever be selected.
func (d *Directory) Select(names, regions []string) ([]Target, []Failure, error) {
	if len(d.accounts) == 0 {
		return nil, nil, ErrNoAccount
	}
	every := slices.Contains(names, "*")
	var failures []Failure
	if !every {
		for _, name := range names {
			if !d.has(name) {
				failures = append(failures, Failure{Account: name, Err: d.unknown(name)})
			}
		}
	}
	var targets []Target
	for _, a := range d.accounts {
		if !every && !slices.Contains(names, a.ID) && !slices.Contains(names, a.Alias) {
			continue
		}
		if err := d.invalid[a.Alias]; err != nil {
			failures = append(failures, Failure{Account: a.Alias, Err: err})
			continue
		}
		chosen := chooseRegions(a.Regions, regions)
		if len(chosen) == 0 && !every {
			failures = append(failures, Failure{Account: a.Alias, Err: unknownRegion(regions, a.Regions)})
		}
		for _, region := range chosen {
			targets = append(targets, Target{Account: a, Region: region})
		}
	}
	if len(targets) == 0 && len(failures) == 0 {
		return nil, nil, unknownRegion(regions, d.regions())
	}
	return targets, append(failures, unusedRegions(targets, names, regions)...), nil
}

// unusedRegions are asked for by name and are no region of any selected account: a slip of the pen, which must not be silent.
func unusedRegions(targets []Target, names, regions []string) []Failure {
	var failures []Failure
	for _, region := range regions {
		used := func(t Target) bool { return t.Region == region }
		if len(targets) > 0 && region != "*" && !slices.ContainsFunc(targets, used) {
			failures = append(failures, Failure{
				Account: strings.Join(names, ", "), Region: region,
				Err: fmt.Errorf("field %q: %s is a region of none of the selected accounts", "regions", region),
			})
		}
	}
	return failures
}

// distinct keeps the order and drops what stands twice.
func distinct(values []string) []string {
	var out []string
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (d *Directory) has(name string) bool {
	return slices.ContainsFunc(d.accounts, func(a Account) bool { return a.ID == name || a.Alias == name })
}

func unknownRegion(asked, known []string) error {
	return fmt.Errorf("field %q: %s is not among the configured regions %s", "regions", strings.Join(asked, ", "), strings.Join(known, ", "))
}

func (d *Directory) regions() []string {
	var all []string
	for _, a := range d.accounts {
		all = append(all, a.Regions...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func chooseRegions(have, asked []string) []string {
	if slices.Contains(asked, "*") {
		return have
	}
	var chosen []string
	for _, r := range have {
		if slices.Contains(asked, r) {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

// Config is the AWS configuration that reads a role in a region, made once for each account, role and region. The credentials are
// fetched at the first call that needs them, so a role that is denied fails there and not here. So does an account without a role whose id
// is not that of the data source's own credentials.
func (d *Directory) Config(ctx context.Context, t Target) (aws.Config, error) {
	cfg, err := d.signIn(ctx, t)
	if err != nil || t.Account.RoleARN != "" || d.settings.Simulated {
		return cfg, err
	}
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), d.provingOwner(t))
	return cfg, nil
}

func (d *Directory) signIn(ctx context.Context, t Target) (aws.Config, error) {
	metered := meter{next: d.outside.Transport, target: t, ledger: d.outside.Ledger, clock: d.outside.Clock}
	cfg, err := d.outside.Configs.GetConfig(ctx, awsauth.Settings{
		AuthType:           awsauth.AuthType(d.settings.AuthType),
		AccessKey:          d.settings.AccessKey,
		SecretKey:          d.settings.SecretKey,
		SessionToken:       d.settings.SessionToken,
		CredentialsProfile: d.settings.Profile,
		Region:             t.Region,
		AssumeRoleARN:      t.Account.RoleARN,
		ExternalID:         t.Account.ExternalID,
		Endpoint:           d.settings.STSEndpoint,
		UserAgent:          PluginID,
		HTTPClient:         &http.Client{Transport: metered},
	})
	if err != nil {
		return aws.Config{}, fmt.Errorf("account %s: %w", t.Account.Alias, err)
	}
	// The endpoint above is for STS alone; each service's client sets its own.
	cfg.BaseEndpoint = nil
	return cfg, nil
}

// Close closes connections that no call uses. The directory can still be used.
func (d *Directory) Close() { (&http.Client{Transport: d.outside.Transport}).CloseIdleConnections() }

// Source tells apart who asks for an account's points and where: what one data source has fetched is given to another only if both
// sign in alike, by the same external id and at the same endpoints. It holds a hash and no secret; keys may rotate.
func (d *Directory) Source(a Account) string {
	s := d.settings
	hash := sha256.New()
	for _, part := range []string{s.AuthType, s.Profile, s.AccessKey, a.ExternalID, s.STSEndpoint, s.CloudWatchEndpoint} {
		_, _ = fmt.Fprintf(hash, "%d:%s|", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// CloudWatchEndpoint is the override of the CloudWatch endpoint, or nil.
func (d *Directory) CloudWatchEndpoint() *string { return optional(d.settings.CloudWatchEndpoint) }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Identity asks STS who the account's role makes us. It returns the caller's ARN, and proves that the role can be assumed.
func (d *Directory) Identity(ctx context.Context, t Target) (string, error) {
	account, arn, err := d.caller(ctx, t)
	if err != nil {
		return "", fmt.Errorf("account %s: %w", t.Account.Alias, err)
	}
	if account != t.Account.ID {
		return "", fmt.Errorf("account %s: %w", t.Account.Alias, &notOwner{t.Account, account})
	}
	return arn, nil
}

// caller is who the account's role makes us, as STS knows it.
func (d *Directory) caller(ctx context.Context, t Target) (account, arn string, err error) {
	cfg, err := d.signIn(ctx, t)
	if err != nil {
		return "", "", err
	}
	client := sts.NewFromConfig(cfg, func(o *sts.Options) { o.BaseEndpoint = optional(d.settings.STSEndpoint) })
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", "", err
	}
	return aws.ToString(out.Account), aws.ToString(out.Arn), nil
}
