package accounts

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/grafana/grafana-aws-sdk/pkg/awsauth"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// A field that is mistyped is never silently left out: the account is a failure by its name, and the others are read.
func TestAccountsAreReadStrictly(t *testing.T) {
	for name, c := range map[string]struct{ json, account, says string }{
		"another field": {
			`{"id":"222222222222","alias":"b","role":"arn:aws:iam::222222222222:role/r"}`, "b",
			`field "role": is unknown: use alias, externalId, id, labels, regions, roleArn`,
		},
		"a field's case":      {`{"id":"222222222222","alias":"b","rolearn":"arn:aws:iam::222222222222:role/r"}`, "b", `field "rolearn": is unknown`},
		"a list as a text":    {`{"id":"222222222222","alias":"b","regions":"us-east-1"}`, "b", `field "regions": a JSON string does not fit here`},
		"a label's type":      {`{"id":"222222222222","alias":"b","labels":{"team":7}}`, "b", `field "labels`},
		"a number of nothing": {`{"id":2.5,"alias":"b"}`, "b", `field "id": a JSON number does not fit here`},
		"a lost zero":         {`{"id":22222222222,"alias":"b"}`, "b", `field "id": "22222222222" is not twelve digits (in YAML, put it into quotes`},
		"no alias":            {`{"id":"222222222222","role":"x"}`, "222222222222", `field "role": is unknown`},
		"no object":           {`"222222222222"`, "accounts[1]", `field "accounts": a JSON string does not fit here`},
		"nothing":             {`null`, "accounts[1]", `field "id": "" is not twelve digits`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSettings([]byte(`{"accounts":[{"id":"111111111111","alias":"a"},`+c.json+`]}`), nil)
			require.NoError(t, err)
			targets, failures, err := NewDirectory(s, Outside{}).Select([]string{"*"}, []string{"*"})
			require.NoError(t, err)
			require.Equal(t, []string{"a/us-east-1"}, names(targets))
			require.Len(t, failures, 1)
			require.Equal(t, c.account, failures[0].Account)
			require.ErrorContains(t, failures[0], c.says)
		})
	}
}

// YAML without quotes has numbers.
func TestIDsMayBeNumbers(t *testing.T) {
	s, err := ParseSettings([]byte(`{"accounts":[{"id":222222222222},{"id":3.33333333333e11,"alias":"c"}]}`), nil)
	require.NoError(t, err)
	require.Equal(t, []Account{{ID: "222222222222"}, {ID: "333333333333", Alias: "c"}}, s.Accounts)
}

func TestCacheIsReadStrictly(t *testing.T) {
	s, err := ParseSettings([]byte(`{"cache":{"maxGiB":1.5,"keepDays":{"minutes":30}}}`), nil)
	require.NoError(t, err)
	require.Equal(t, Cache{MaxGiB: 1.5, KeepDays: KeepDays{Minutes: 30}}, s.Cache)
	for text, field := range map[string]string{
		`{"maxGB":1}`: `"cache.maxGB"`, `{"keepDays":{"minute":30}}`: `"cache.keepDays.minute"`, `{"keepDays":7}`: `"cache.keepDays"`, `7`: `"cache"`,
	} {
		_, err := ParseSettings([]byte(`{"cache":`+text+`}`), nil)
		require.ErrorContains(t, err, field)
	}
}

// owned is a directory that signs in as the simulator's own account, and how often it has asked whose that is.
func owned(t *testing.T, now func() time.Time, a Account) (d *Directory, asked *atomic.Int32) {
	t.Helper()
	s, err := awssim.New(awssim.Config{Clock: now, Sessions: time.Now})
	require.NoError(t, err)
	asked = &atomic.Int32{}
	return NewDirectory(settings(a), Outside{Configs: InProcess{}, Transport: s.RoundTripper(), Clock: now, Ledger: func(c Call) {
		if c.Operation == "GetCallerIdentity" {
			asked.Add(1)
		}
	}}), asked
}

func lists(d *Directory, t Target) error {
	cfg, err := d.Config(context.Background(), t)
	if err != nil {
		return err
	}
	_, err = cloudwatch.NewFromConfig(cfg).ListMetrics(context.Background(), &cloudwatch.ListMetricsInput{})
	return err
}

// What is read without a role is of the account that the credentials belong to, or it is not read: a role whose field was mistyped would show
// one account under another's name.
func TestAccountsWithoutARoleAreTheCredentialsOwn(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	who, _ := owned(t, clock, production)
	_, arn, err := who.caller(context.Background(), Target{Region: "us-east-1"})
	require.NoError(t, err)
	own := Account{ID: arn[len("arn:aws:iam::"):][:12], Alias: "own", Regions: []string{"us-east-1"}}

	d, asked := owned(t, clock, own)
	var wait sync.WaitGroup
	for range 16 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if err := lists(d, Target{own, "us-east-1"}); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	now = now.Add(24 * time.Hour)
	require.NoError(t, lists(d, Target{own, "us-east-1"}))
	require.EqualValues(t, 1, asked.Load(), "once")

	other := Account{ID: "222222222222", Alias: "staging", Regions: []string{"us-east-1"}}
	d, asked = owned(t, clock, other)
	for range 3 {
		err := Explain(lists(d, Target{other, "us-east-1"}))
		require.EqualError(t, err, `field "roleArn": is empty, and the data source's own credentials belong to account `+own.ID+`, not to 222222222222`)
	}
	require.EqualValues(t, 1, asked.Load())
	now = now.Add(ownerPause)
	require.Error(t, lists(d, Target{other, "us-east-1"}))
	require.EqualValues(t, 2, asked.Load(), "credentials may have been changed")
}

// Where STS is out of reach nothing is proven, and CloudWatch itself says what it thinks of the credentials.
func TestOwnerThatCannotBeAskedStopsNobody(t *testing.T) {
	out := &failing{}
	d := NewDirectory(settings(staging), Outside{Configs: out})
	for range 3 {
		require.NoError(t, d.owner(context.Background(), Target{staging, "us-east-1"}))
	}
	require.Equal(t, 1, out.asked, "nobody waits each time")
}

type failing struct{ asked int }

func (f *failing) GetConfig(context.Context, awsauth.Settings) (aws.Config, error) {
	f.asked++
	return aws.Config{}, errors.New("out of reach")
}
