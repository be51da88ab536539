package awssim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// testAnchor is a Wednesday afternoon.
var testAnchor = time.Date(2026, 3, 11, 15, 0, 0, 0, time.UTC)

// testClock is a clock that a test moves by hand.
type testClock struct{ now time.Time }

func (c *testClock) Now() time.Time { return c.now }

func (c *testClock) Advance(d time.Duration) { c.now = c.now.Add(d) }

func newSimulator(t testing.TB, config Config) *Simulator {
	t.Helper()
	s, err := New(config)
	require.NoError(t, err)
	return s
}

// newFixed returns a simulator whose anchor and clock stand at testAnchor.
func newFixed(t testing.TB) (*Simulator, *testClock) {
	t.Helper()
	clock := &testClock{testAnchor}
	return newSimulator(t, Config{Anchor: testAnchor, Clock: clock.Now}), clock
}

// link is a way to reach a simulator with AWS's own client.
type link struct {
	client   *http.Client
	endpoint *string
}

func inProcess(s *Simulator) link { return link{client: &http.Client{Transport: s.RoundTripper()}} }

func overHTTP(t testing.TB, s *Simulator) link {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return link{client: server.Client(), endpoint: aws.String(server.URL)}
}

func (l link) config(region string, provider aws.CredentialsProvider) aws.Config {
	return aws.Config{
		Region: region, Credentials: provider, HTTPClient: l.client, BaseEndpoint: l.endpoint,
		Retryer: func() aws.Retryer { return retry.NewStandard(onlyClosedConnections) },
	}
}

// onlyClosedConnections lets the client retry nothing but its own mishap: it closes a request's body as soon as the answer's header is
// there, and where the transport has not yet seen the end of that body, it drops the connection ("use of closed network connection").
// A server on the same machine is fast enough for that to happen now and then.
func onlyClosedConnections(o *retry.StandardOptions) {
	o.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		return aws.BoolTernary(err != nil && strings.Contains(err.Error(), "use of closed network connection"))
	})}
	o.MaxBackoff = time.Millisecond
	o.RateLimiter = ratelimit.None
}

func baseCredentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(AccessKeyID, SecretAccessKey, "")
}

// assume returns the credentials of an account's role.
func (l link) assume(t testing.TB, s *Simulator, alias string) aws.CredentialsProvider {
	t.Helper()
	account := accountByAlias(s.Accounts(), alias)
	out, err := sts.NewFromConfig(l.config(usEast1, baseCredentials())).AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String(account.RoleARN), RoleSessionName: aws.String("test"), ExternalId: aws.String(account.ExternalID),
	})
	require.NoError(t, err)
	c := out.Credentials
	return credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

func (l link) cloudWatch(t testing.TB, s *Simulator, alias, region string) *cloudwatch.Client {
	t.Helper()
	return cloudwatch.NewFromConfig(l.config(region, l.assume(t, s, alias)))
}

func sdkMetric(ref MetricRef) *types.Metric {
	m := &types.Metric{Namespace: aws.String(ref.Namespace), MetricName: aws.String(ref.Metric)}
	for name, value := range ref.Dimensions {
		m.Dimensions = append(m.Dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(value)})
	}
	return m
}
