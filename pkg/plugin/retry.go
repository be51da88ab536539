package plugin

import (
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go"
)

// maxAttempts bounds the tries of one call; its time is bounded by package cloudwatch.
const maxAttempts = 5

// newRetryer tries again what may succeed: what the SDK knows, and answers that broke off. AWS throttles per account, region and API,
// which is one client here: each learns its own rate.
func newRetryer() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) {
			s.MaxAttempts = maxAttempts
			s.Retryables = append(s.Retryables, retry.IsErrorRetryableFunc(brokenOff))
		})
	})
}

func brokenOff(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// renewing asks once more, with new credentials, where a session has ended before its time: it was revoked, or the clocks differ. The SDK
// would go on with the old ones until they are to end by our clock.
type renewing struct{ *awscloudwatch.Client }

func (r renewing) GetMetricData(ctx context.Context, in *awscloudwatch.GetMetricDataInput, options ...func(*awscloudwatch.Options)) (*awscloudwatch.GetMetricDataOutput, error) {
	out, err := r.Client.GetMetricData(ctx, in, options...)
	if r.renew(err) {
		return r.Client.GetMetricData(ctx, in, options...)
	}
	return out, err
}

func (r renewing) ListMetrics(ctx context.Context, in *awscloudwatch.ListMetricsInput, options ...func(*awscloudwatch.Options)) (*awscloudwatch.ListMetricsOutput, error) {
	out, err := r.Client.ListMetrics(ctx, in, options...)
	if r.renew(err) {
		return r.Client.ListMetrics(ctx, in, options...)
	}
	return out, err
}

// renew forgets the credentials if the error says that they have expired, and says whether there may be others.
func (r renewing) renew(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ExpiredToken" && api.ErrorCode() != "ExpiredTokenException" {
		return false
	}
	cache, ok := r.Options().Credentials.(interface{ Invalidate() })
	if ok {
		cache.Invalidate()
	}
	return ok
}
