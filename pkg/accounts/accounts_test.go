package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-aws-sdk/pkg/awsds"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

func account(id, alias string, regions ...string) Account {
	return Account{ID: id, Alias: alias, RoleARN: "arn:aws:iam::" + id + ":role/vigia-reader", ExternalID: "vigia-" + alias, Regions: regions}
}

func settings(accounts ...Account) Settings {
	return Settings{
		AuthType: "keys", AccessKey: awssim.AccessKeyID, SecretKey: awssim.SecretAccessKey, DefaultRegion: "us-east-1", Timezone: "UTC",
		Accounts: accounts,
	}
}

var (
	production = account("111111111111", "production", "us-east-1", "eu-west-1")
	staging    = account("222222222222", "staging", "us-east-1")
)

func directory(accounts ...Account) *Directory {
	return NewDirectory(settings(accounts...), Outside{})
}

func names(targets []Target) []string {
	var out []string
	for _, t := range targets {
		out = append(out, t.Account.Alias+"/"+t.Region)
	}
	return out
}

func TestSelect(t *testing.T) {
	d := directory(production, staging)
	for _, c := range []struct {
		accounts, regions []string
		want              []string
		failures          int
	}{
		{[]string{"*"}, []string{"*"}, []string{"production/us-east-1", "production/eu-west-1", "staging/us-east-1"}, 0},
		{[]string{"*"}, []string{"eu-west-1"}, []string{"production/eu-west-1"}, 0},
		{[]string{"staging", "111111111111"}, []string{"us-east-1"}, []string{"production/us-east-1", "staging/us-east-1"}, 0},
		{[]string{"staging"}, []string{"eu-west-1"}, nil, 1},
		{[]string{"*"}, []string{"us-east-1", "eu-wset-1"}, []string{"production/us-east-1", "staging/us-east-1"}, 1},
		{[]string{"staging", "nobody"}, []string{"*"}, []string{"staging/us-east-1"}, 1},
	} {
		targets, failures, err := d.Select(c.accounts, c.regions)
		require.NoError(t, err)
		require.Equal(t, c.want, names(targets))
		require.Len(t, failures, c.failures)
	}
	_, _, err := d.Select([]string{"*"}, []string{"mars-north-1"})
	require.ErrorContains(t, err, `"regions"`)
	_, _, err = directory().Select([]string{"*"}, []string{"*"})
	require.ErrorIs(t, err, ErrNoAccount)
}

// A mistake in one account belongs to that account; the error names it and the field.
func TestMistakeStaysWithItsAccount(t *testing.T) {
	for name, c := range map[string]struct {
		bad   Account
		field string
	}{
		"malformed ARN":         {Account{ID: "333333333333", Alias: "bad", RoleARN: "arn:aws:iam:role/x"}, "roleArn"},
		"ARN of a user":         {Account{ID: "333333333333", Alias: "bad", RoleARN: "arn:aws:iam::333333333333:user/x"}, "roleArn"},
		"role of another":       {Account{ID: "333333333333", Alias: "bad", RoleARN: production.RoleARN}, "roleArn"},
		"short id":              {Account{ID: "333", Alias: "bad"}, "id"},
		"id twice":              {Account{ID: production.ID, Alias: "bad"}, "id"},
		"region of no place":    {Account{ID: "333333333333", Alias: "bad", Regions: []string{"everywhere"}}, "regions"},
		"region of a partition": {Account{ID: "333333333333", Alias: "bad", RoleARN: "arn:aws:iam::333333333333:role/r", Regions: []string{"cn-north-1"}}, "regions"},
	} {
		t.Run(name, func(t *testing.T) {
			targets, failures, err := directory(production, c.bad).Select([]string{"*"}, []string{"*"})
			require.NoError(t, err)
			require.Equal(t, []string{"production/us-east-1", "production/eu-west-1"}, names(targets))
			require.Len(t, failures, 1)
			require.Equal(t, "bad", failures[0].Account)
			require.ErrorContains(t, failures[0], fmt.Sprintf("field %q", c.field))
		})
	}
}

func TestRegionTwiceIsOne(t *testing.T) {
	targets, _, err := directory(account("111111111111", "production", "us-east-1", "us-east-1")).Select([]string{"*"}, []string{"*"})
	require.NoError(t, err)
	require.Len(t, targets, 1)
}

// Who signs in otherwise, or elsewhere, does not read what another has fetched.
func TestSourceTellsDataSourcesApart(t *testing.T) {
	base := settings(production)
	source := func(change func(*Settings)) string {
		s := settings(production)
		change(&s)
		return NewDirectory(s, Outside{}).Source(s.Accounts[0])
	}
	same := NewDirectory(base, Outside{}).Source(production)
	require.Equal(t, same, source(func(s *Settings) { s.SecretKey, s.SessionToken = "rotated", "x" }))
	for name, change := range map[string]func(*Settings){
		"key":        func(s *Settings) { s.AccessKey = "other" },
		"endpoint":   func(s *Settings) { s.CloudWatchEndpoint = "http://localhost:4599" },
		"externalId": func(s *Settings) { s.Accounts[0].ExternalID = "guess" },
		"profile":    func(s *Settings) { s.Profile = "other" },
	} {
		require.NotEqual(t, same, source(change), name)
	}
}

func TestAliasTwiceFallsOnTheSecond(t *testing.T) {
	twin := staging
	twin.Alias = "production"
	targets, failures, err := directory(production, twin).Select([]string{"*"}, []string{"*"})
	require.NoError(t, err)
	require.Len(t, targets, 2)
	require.Equal(t, "production (2)", failures[0].Account)
}

func TestPartitions(t *testing.T) {
	for region, partition := range map[string]string{
		"us-east-1": "aws", "cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
	} {
		require.Equal(t, partition, partitionOf(region))
	}
	china := Account{ID: "333333333333", Alias: "china", RoleARN: "arn:aws-cn:iam::333333333333:role/r", Regions: []string{"cn-north-1"}}
	require.NoError(t, china.check())
}

func TestSettings(t *testing.T) {
	s, err := ParseSettings([]byte(`{"accounts":[{"id":"111111111111"}]}`), map[string]string{"accessKey": "a", "secretKey": "b"})
	require.NoError(t, err)
	require.Equal(t, "default", s.AuthType)
	require.Equal(t, "us-east-1", s.DefaultRegion)
	for json, field := range map[string]string{
		`{"authType":"magic"}`:                                "authType",
		`{"authType":"keys"}`:                                 "secretKey",
		`{"timezone":"Mars/Olympus"}`:                         "timezone",
		`{"stsEndpoint":"localhost"}`:                         "stsEndpoint",
		`{"cloudWatchEndpoint":"ftp://x"}`:                    "cloudWatchEndpoint",
		`{"stsEndpoint":"https://sts.us-east-1.example.com"}`: "stsEndpoint",
	} {
		_, err := ParseSettings([]byte(json), nil)
		require.ErrorContains(t, err, "field")
		require.ErrorContains(t, err, fmt.Sprintf("%q", field), json)
	}
}

// Calendars without a time zone follow the data source's; a mistake names its place.
func TestCalendars(t *testing.T) {
	s, err := ParseSettings([]byte(`{"timezone":"America/Bogota","calendars":[{"name":"holidays","holidays":["12-25"]},{"name":"tests","weekly":[{"days":["sat"],"from":"22:00","to":"02:00"}]}]}`), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"holidays", "tests"}, s.Calendars.Names())
	require.Equal(t, "holidays", s.Calendars.Holding(time.Date(2026, 12, 26, 4, 59, 59, 0, time.UTC), time.Time{}))
	require.False(t, s.Calendars.Contains(time.Date(2026, 12, 25, 4, 59, 59, 0, time.UTC)))

	s, err = ParseSettings([]byte(`{"timezone":"America/Bogota","calendars":[{"name":"paydays","quiet":false,"monthly":[{"days":[15,30]}]}]}`), nil)
	require.NoError(t, err)
	payday := time.Date(2026, 2, 28, 5, 0, 0, 0, time.UTC) // the last day of February, in Bogota
	require.False(t, s.Calendars.Contains(payday), "it silences nothing")
	marks, err := s.Calendars.Marks(payday.Add(-time.Hour), time.Hour, 26)
	require.NoError(t, err)
	require.Equal(t, append(append([]uint32{0}, slices.Repeat([]uint32{1}, 24)...), 0), marks)
	_, err = ParseSettings([]byte(`{"calendars":[{"name":"a","monthly":[{"days":[15,"last"]}]}]}`), nil)
	require.ErrorContains(t, err, `field "calendars[0].monthly[0].days[1]"`)
	_, err = ParseSettings([]byte(`{"calendars":[{"name":"a"},{"name":"b","weekly":[{"days":["sat"],"from":"later","to":"02:00"}]}]}`), nil)
	require.ErrorContains(t, err, `field "calendars[1].weekly[0].from"`)
	_, err = ParseSettings([]byte(`{"calendars":[{"name":"a"},{"name":"a"}]}`), nil)
	require.ErrorContains(t, err, `field "calendars[1].name": "a" stands twice`)
}

func FuzzParseSettings(f *testing.F) {
	f.Add(`{"calendars":[{"name":"paydays","quiet":false,"monthly":[{"days":[15,30],"from":"00:00","to":"24:00"}]}]}`)
	f.Add(`{"timezone":"Europe/Madrid","calendars":[{"name":"a","windows":[{"from":"2026-11-27T00:00:00","to":"2026-11-28T00:00:00"}]}]}`)
	f.Add(`{"accounts":[{"id":"1","roleArn":"arn:aws:iam::1:role/x","regions":["us-east-1"],"labels":{"a":"b"}}]}`)
	f.Add(`{"accounts":[{"id":222222222222,"role":"x"},7,null],"cache":{"maxGiB":1,"keepDays":{"hours":500}},"privacy":{"labels":["account"]}}`)
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := ParseSettings([]byte(raw), nil)
		if err != nil {
			return
		}
		require.True(t, json.Valid([]byte(raw)) || raw == "")
		_, _, _ = NewDirectory(s, Outside{}).Select([]string{"*"}, []string{"*"})
	})
}

// grafanaConfig is what Grafana's [aws] section sends to plugins.
func grafanaConfig(values map[string]string) context.Context {
	return backend.WithGrafanaConfig(context.Background(), backend.NewGrafanaCfg(values))
}

func allowKeys() context.Context {
	return grafanaConfig(map[string]string{awsds.AllowedAuthProvidersEnvVarKeyName: "keys", awsds.AssumeRoleEnabledEnvVarKeyName: "true"})
}

func simulator(t *testing.T) *httptest.Server {
	t.Helper()
	t.Setenv("AWS_CA_BUNDLE", "") // grafana-aws-sdk fails with it; see Explain
	s, err := awssim.New(awssim.Config{})
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

// Over the wire: roles are assumed through grafana-aws-sdk, each account by its own.
func TestIdentityThroughAssumedRoles(t *testing.T) {
	s := settings(production, staging)
	s.STSEndpoint = simulator(t).URL
	var calls []string
	d := NewDirectory(s, Outside{Ledger: func(c Call) { calls = append(calls, c.Target.Account.Alias+" "+c.Operation+c.Err) }})
	for _, a := range d.Accounts() {
		arn, err := d.Identity(allowKeys(), Target{a, "us-east-1"})
		require.NoError(t, err)
		require.Contains(t, arn, "arn:aws:sts::"+a.ID+":assumed-role/vigia-reader/")
	}
	require.Equal(t, []string{"production AssumeRole", "production GetCallerIdentity", "staging AssumeRole", "staging GetCallerIdentity"}, calls)
}

func TestDeniedRolesAreExplained(t *testing.T) {
	url := simulator(t).URL
	for name, c := range map[string]struct {
		change func(*Account)
		says   string
	}{
		"wrong external id":   {func(a *Account) { a.ExternalID = "guess" }, "externalId"},
		"missing external id": {func(a *Account) { a.ExternalID = "" }, "externalId"},
		"unknown role":        {func(a *Account) { a.RoleARN += "-other" }, "roleArn"},
	} {
		t.Run(name, func(t *testing.T) {
			a := production
			c.change(&a)
			s := settings(a)
			s.STSEndpoint = url
			_, err := NewDirectory(s, Outside{}).Identity(allowKeys(), Target{a, "us-east-1"})
			explained := Explain(err)
			require.ErrorContains(t, explained, c.says)
			require.ErrorContains(t, explained, "AccessDenied")
			require.NotContains(t, explained.Error(), "RequestID")
			require.NotContains(t, explained.Error(), awssim.SecretAccessKey)
		})
	}
}

func TestGrafanaSettingsHold(t *testing.T) {
	s := settings(production)
	_, err := NewDirectory(s, Outside{}).Config(grafanaConfig(map[string]string{awsds.AllowedAuthProvidersEnvVarKeyName: "default"}), Target{production, "us-east-1"})
	require.ErrorContains(t, Explain(err), "allowed_auth_providers")
	_, err = NewDirectory(s, Outside{}).Config(grafanaConfig(map[string]string{
		awsds.AllowedAuthProvidersEnvVarKeyName: "keys", awsds.AssumeRoleEnabledEnvVarKeyName: "false",
	}), Target{production, "us-east-1"})
	require.ErrorContains(t, Explain(err), "assume_role_enabled")
}

// Grafana 12.4 keeps the environment from plugins: the message carries the lines to paste.
func TestMissingCredentialsAreExplained(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	s := settings(production)
	s.AuthType = "default"
	s.STSEndpoint = "http://127.0.0.1:1"
	_, err := NewDirectory(s, Outside{}).Identity(grafanaConfig(map[string]string{awsds.AllowedAuthProvidersEnvVarKeyName: "default"}), Target{production, "us-east-1"})
	require.ErrorContains(t, Explain(err), "forward_settings_to_plugins = "+PluginID)
}

func TestExplainLeavesOthersAlone(t *testing.T) {
	err := errors.New("anything")
	require.Same(t, err, Explain(err))
	require.NoError(t, Explain(nil))
	require.ErrorIs(t, Explain(fmt.Errorf("x: %w", context.Canceled)), context.Canceled)
}

// The in-process provider needs neither Grafana's permission nor a port.
func TestInProcess(t *testing.T) {
	s, err := awssim.New(awssim.Config{})
	require.NoError(t, err)
	d := NewDirectory(settings(production), Outside{Configs: InProcess{}, Transport: s.RoundTripper()})
	arn, err := d.Identity(context.Background(), Target{production, "eu-west-1"})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(arn, "arn:aws:sts::111111111111:"))
}
