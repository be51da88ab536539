package cloudwatch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// wire is a client that speaks to the simulator under the account's role, and tries again what broke off.
func wire(transport http.RoundTripper, account awssim.Account) API {
	cfg := aws.Config{
		Region: "us-east-1", HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(awssim.AccessKeyID, awssim.SecretAccessKey, ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
				o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
					if errors.Is(err, io.ErrUnexpectedEOF) {
						return aws.TrueTernary
					}
					return aws.UnknownTernary
				}))
			})
		},
	}
	external := func(o *stscreds.AssumeRoleOptions) { o.ExternalID = &account.ExternalID }
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), account.RoleARN, external)
	cfg.Credentials = aws.NewCredentialsCache(role)
	return cloudwatch.NewFromConfig(cfg)
}

// invocations is a series that the simulator has in its first account.
func invocations(account awssim.Account) series.Key {
	return series.Key{
		AccountID: account.ID, RoleARN: account.RoleARN, Region: "us-east-1", Namespace: "AWS/Lambda", Metric: "Invocations", Stat: "Sum",
		Period: 5 * time.Minute, Dimensions: []series.Dimension{{Name: "FunctionName", Value: "checkout-authorise"}},
	}
}

// Over the wire too, one series that AWS refuses leaves the others alone.
func TestWhatAWSRefusesOverTheWireFailsAlone(t *testing.T) {
	sim, err := awssim.New(awssim.Config{Clock: func() time.Time { return at }, Sessions: time.Now})
	require.NoError(t, err)
	account := sim.Accounts()[0]
	good := invocations(account)
	statistic, dimension := good, good
	statistic.Stat = "p101"
	dimension.Dimensions = []series.Dimension{{Name: "FunctionName", Value: ""}}
	ft, _ := fetcher(nil)
	ft.Clients = func(context.Context, Scope) (API, error) { return wire(sim.RoundTripper(), account), nil }
	outcomes, _ := ft.Fetch(context.Background(), ScopeOf(good), last(time.Hour, 5*time.Minute), []series.Key{statistic, good, dimension})
	require.ErrorContains(t, outcomes[0].Err, "p101")
	require.NoError(t, outcomes[1].Err)
	require.False(t, math.IsNaN(outcomes[1].Series.Values[0]))
	require.Error(t, outcomes[2].Err)
}

// faulty spoils the first answers to one operation.
type faulty struct {
	http.RoundTripper
	operation string
	spoil     []func(*http.Response)
	calls     int
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/operation/"+f.operation) {
		return response, err
	}
	if f.calls++; f.calls <= len(f.spoil) {
		f.spoil[f.calls-1](response)
	}
	return response, nil
}

func breakOff(response *http.Response) {
	whole, _ := io.ReadAll(response.Body)
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), brokenOff{}))
}

func unavailable(response *http.Response) {
	response.StatusCode, response.Body = http.StatusServiceUnavailable, io.NopCloser(strings.NewReader(""))
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Each attempt of a call is in the ledger, and each that AWS answered has its price, also where the answer broke off on its way.
func TestEachAttemptIsInTheLedger(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    []func(*http.Response)
		answered []bool // by AWS, as it charges
		fails    bool
	}{
		"at once":            {nil, []bool{true}, false},
		"broke off once":     {[]func(*http.Response){breakOff}, []bool{true, true}, false},
		"unavailable once":   {[]func(*http.Response){unavailable}, []bool{false, true}, false},
		"one after another":  {[]func(*http.Response){unavailable, breakOff}, []bool{false, true, true}, false},
		"broke off for good": {[]func(*http.Response){breakOff, breakOff, breakOff}, []bool{true, true, true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			sim, err := awssim.New(awssim.Config{Clock: func() time.Time { return at }, Sessions: time.Now})
			require.NoError(t, err)
			account := sim.Accounts()[0]
			transport := &faulty{RoundTripper: sim.RoundTripper(), operation: "GetMetricData", spoil: c.spoil}
			ft, ledger := fetcher(nil)
			ft.Clients = func(context.Context, Scope) (API, error) { return wire(transport, account), nil }
			k := invocations(account)
			outcomes, usage := ft.Fetch(context.Background(), ScopeOf(k), last(time.Hour, 5*time.Minute), []series.Key{k})
			require.Equal(t, c.fails, outcomes[0].Err != nil)
			require.Len(t, *ledger, len(c.answered))
			cost := 0.0
			for i, entry := range *ledger {
				price := 0.0
				if c.answered[i] {
					price = PricePerMetric
				}
				cost += price
				require.InDelta(t, price, entry.CostUSD, 1e-12)
				require.Equal(t, i < len(c.spoil), entry.Err != "", "attempt %d: %s", i, entry.Err)
			}
			require.InDelta(t, cost, usage.CostUSD, 1e-12)
			require.Equal(t, []int{len(c.answered), len(c.answered)}, []int{usage.Requests, usage.MetricsAsked})
		})
	}
}

func TestEachAttemptOfAListingIsInTheLedger(t *testing.T) {
	sim, err := awssim.New(awssim.Config{Clock: func() time.Time { return at }, Sessions: time.Now})
	require.NoError(t, err)
	account := sim.Accounts()[0]
	transport := &faulty{RoundTripper: sim.RoundTripper(), operation: "ListMetrics", spoil: []func(*http.Response){unavailable, breakOff}}
	var ledger []Call
	c := &Catalog{
		Clients: func(context.Context, Scope) (API, error) { return wire(transport, account), nil },
		Ledger:  func(entry Call) { ledger = append(ledger, entry) },
		Clock:   func() time.Time { return at },
	}
	require.NoError(t, c.Probe(context.Background(), ScopeOf(invocations(account))))
	require.Len(t, ledger, 3)
	require.Equal(t, []bool{true, true, false}, []bool{ledger[0].Err != "", ledger[1].Err != "", ledger[2].Err != ""})
	_, err = c.Metrics(context.Background(), ScopeOf(invocations(account)), "AWS/Lambda", "Invocations")
	require.NoError(t, err)
	require.Len(t, ledger, transport.calls)
}
