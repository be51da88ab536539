package awssim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

func always(kind FaultKind) Faults { return Faults{Rules: []Fault{{Kind: kind}}} }

func TestFaultsAsClientsSeeThem(t *testing.T) {
	s, _ := newFixed(t)
	for name, l := range map[string]link{"in process": inProcess(s), "over HTTP": overHTTP(t, s)} {
		t.Run(name, func(t *testing.T) {
			cw := l.cloudWatch(t, s, production, usEast1)
			identity := sts.NewFromConfig(l.config(usEast1, l.assume(t, s, production)))
			list := func() error { _, err := cw.ListMetrics(context.Background(), nil); return err }
			who := func() error { _, err := identity.GetCallerIdentity(context.Background(), nil); return err }
			for kind, codes := range map[FaultKind][2]string{
				Throttling:   {"ThrottlingException", "Throttling"},
				AccessDenied: {"AccessDeniedException", "AccessDenied"},
				ExpiredToken: {"ExpiredTokenException", "ExpiredToken"},
				ServerError:  {"InternalServiceError", "InternalServiceError"},
			} {
				require.NoError(t, s.SetFaults(always(kind)))
				requireCode(t, list(), codes[0])
				requireCode(t, who(), codes[1])
			}
			require.NoError(t, s.SetFaults(always(ServerError)))
			var fault *types.InternalServiceFault
			require.ErrorAs(t, list(), &fault)

			require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: ServerError, Status: 503}}}))
			var response *awshttp.ResponseError
			require.ErrorAs(t, list(), &response)
			require.Equal(t, http.StatusServiceUnavailable, response.HTTPStatusCode())

			require.NoError(t, s.SetFaults(always(TruncatedBody)))
			require.ErrorIs(t, list(), io.ErrUnexpectedEOF)

			require.NoError(t, s.SetFaults(Faults{}))
			require.NoError(t, list())
			require.NoError(t, who())
		})
	}
}

// A body that comes in two halves is read whole, and given up where the client has no time for it.
func TestSlowBodies(t *testing.T) {
	s, _ := newFixed(t)
	for name, l := range map[string]link{"in process": inProcess(s), "over HTTP": overHTTP(t, s)} {
		t.Run(name, func(t *testing.T) {
			cw := l.cloudWatch(t, s, production, usEast1)
			whole, err := cw.ListMetrics(context.Background(), nil)
			require.NoError(t, err)
			slow := func(d time.Duration) Faults { return Faults{Rules: []Fault{{Kind: SlowBody, Latency: d}}} }
			require.NoError(t, s.SetFaults(slow(20*time.Millisecond)))
			begun := time.Now()
			again, err := cw.ListMetrics(context.Background(), nil)
			require.NoError(t, err)
			require.Equal(t, whole.Metrics, again.Metrics)
			require.GreaterOrEqual(t, time.Since(begun), 20*time.Millisecond)

			require.NoError(t, s.SetFaults(slow(time.Minute)))
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			_, err = cw.ListMetrics(ctx, nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NoError(t, s.SetFaults(Faults{}))
		})
	}
	require.Error(t, s.SetFaults(Faults{Rules: []Fault{{Kind: SlowBody}}}))
}

func TestClientRetriesWhatIsThrottled(t *testing.T) {
	s, _ := newFixed(t)
	l := inProcess(s)
	provider := l.assume(t, s, production)
	require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: Throttling, EveryNth: 2}}}))
	cw := cloudwatch.NewFromConfig(l.config(usEast1, provider), func(o *cloudwatch.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	})
	for range 4 {
		_, err := cw.ListMetrics(context.Background(), nil)
		require.NoError(t, err)
	}
	n := s.Counts().Of("111111111111", "ListMetrics")
	require.Equal(t, 7, n.Calls)
	require.Equal(t, 3, n.Errors)
}

func TestPartialDataHalvesHalfOfTheResults(t *testing.T) {
	s, _ := newFixed(t)
	cw := inProcess(s).cloudWatch(t, s, production, usEast1)
	require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: PartialData, Operation: "GetMetricData"}}}))
	in := ask(testAnchor.Add(-3*time.Hour), testAnchor.Add(-time.Hour))
	for _, id := range []string{"a", "b", "c", "d"} {
		in.MetricDataQueries = append(in.MetricDataQueries, query(id, webCPU(s), "Average", 5*time.Minute))
	}
	out, err := cw.GetMetricData(context.Background(), in)
	require.NoError(t, err)
	for i, r := range out.MetricDataResults {
		if i < 2 {
			require.Equal(t, types.StatusCodeComplete, r.StatusCode)
			require.Len(t, r.Values, 24)
			continue
		}
		require.Equal(t, types.StatusCodePartialData, r.StatusCode)
		require.Len(t, r.Values, 12)
		require.NotEmpty(t, r.Messages)
	}
	require.Nil(t, out.NextToken)
}

func TestLatencyHonoursTheContext(t *testing.T) {
	s, _ := newFixed(t)
	for name, l := range map[string]link{"in process": inProcess(s), "over HTTP": overHTTP(t, s)} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, s.SetFaults(Faults{}))
			cw := l.cloudWatch(t, s, production, usEast1)
			require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: Latency, Latency: 30 * time.Millisecond}}}))
			began := time.Now()
			_, err := cw.ListMetrics(context.Background(), nil)
			require.NoError(t, err)
			require.GreaterOrEqual(t, time.Since(began), 30*time.Millisecond)

			require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: Latency, Latency: time.Minute}}}))
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			_, err = cw.ListMetrics(ctx, nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
}

func TestFaultsAreAimedAndRepeatable(t *testing.T) {
	s, _ := newFixed(t)
	l := inProcess(s)
	denied := func(alias, region string) bool {
		_, err := l.cloudWatch(t, s, alias, region).ListMetrics(context.Background(), nil)
		return err != nil
	}
	require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: AccessDenied, Account: staging, Operation: "ListMetrics"}}}))
	require.True(t, denied(staging, usEast1))
	require.False(t, denied(production, usEast1))
	require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: AccessDenied, Account: "111111111111", Region: euWest1, Operation: "ListMetrics"}}}))
	require.True(t, denied(production, euWest1))
	require.False(t, denied(production, usEast1))

	pattern := func(rule Fault) (out []bool) {
		require.NoError(t, s.SetFaults(Faults{Rules: []Fault{rule}}))
		for range 200 {
			out = append(out, denied(data, usEast1))
		}
		return out
	}
	third := pattern(Fault{Kind: Throttling, Operation: "ListMetrics", EveryNth: 3})
	for i, failed := range third {
		require.Equal(t, i%3 == 2, failed)
	}
	chance := Fault{Kind: Throttling, Operation: "ListMetrics", Probability: 0.25}
	first := pattern(chance)
	require.Equal(t, first, pattern(chance), "by seed and count, not by chance")
	failures := 0
	for _, failed := range first {
		if failed {
			failures++
		}
	}
	require.InDelta(t, 50, failures, 20)

	require.NoError(t, s.SetFaults(Faults{Rules: []Fault{{Kind: AccessDenied, Account: staging, Operation: "AssumeRole"}}}))
	account := accountByAlias(s.Accounts(), staging)
	_, err := sts.NewFromConfig(l.config(usEast1, baseCredentials())).AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String(account.RoleARN), RoleSessionName: aws.String("test"), ExternalId: aws.String(account.ExternalID),
	})
	requireCode(t, err, "AccessDenied")
	l.assume(t, s, production)
}

func TestFaultsThatMakeNoSense(t *testing.T) {
	s, _ := newFixed(t)
	require.NoError(t, s.SetFaults(always(Throttling)))
	for _, f := range []Fault{
		{Kind: "explosion"}, {Kind: Throttling, Probability: 1.5}, {Kind: Throttling, EveryNth: -1}, {Kind: Latency}, {Kind: Latency, Latency: time.Hour},
		{Kind: Throttling, Probability: 0.5, EveryNth: 2}, {Kind: ServerError, Status: 404},
	} {
		err := s.SetFaults(Faults{Rules: []Fault{{Kind: Throttling}, f}})
		require.ErrorContains(t, err, "rule 1")
	}
	require.Equal(t, always(Throttling), s.Faults(), "a refused list changes nothing")
}

func TestRoundTripperAnswersForAnyHost(t *testing.T) {
	s, _ := newFixed(t)
	client := &http.Client{Transport: s.RoundTripper()}
	response, err := client.Get("https://monitoring.eu-central-1.amazonaws.com/_sim/health")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, string(body), `"status":"ok"`)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://sts.amazonaws.com/_sim/health", nil)
	require.NoError(t, err)
	_, err = client.Do(request)
	require.True(t, errors.Is(err, context.Canceled))
}
