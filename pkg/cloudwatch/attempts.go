package cloudwatch

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// callTimeout bounds one call with its retries, so that an account that does not answer is a failure while others are shown. Grafana gives
// an alert rule 30 seconds.
const callTimeout = 12 * time.Second

// attempt is one try of a call over the wire.
type attempt struct {
	answered bool // by AWS, with the status 200: it charges for that, also where the answer breaks off on its way
	err      error
}

// bounded calls AWS with the timeout. It returns the attempts too, in their order; there is none where nothing reached the wire.
func bounded[In, Out any](
	ctx context.Context, call func(context.Context, In, ...func(*cloudwatch.Options)) (Out, error), input In,
) (out Out, tries []attempt, err error) {
	limited, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err = call(limited, input, func(o *cloudwatch.Options) { o.APIOptions = append(o.APIOptions, noting(&tries)) })
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("AWS did not answer within %s: %w", callTimeout, err)
	}
	return out, tries, err
}

// noting has a client note each attempt of a call.
func noting(tries *[]attempt) func(*middleware.Stack) error {
	note := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		middleware.DeserializeOutput, middleware.Metadata, error,
	) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		*tries = append(*tries, attempt{ok && response.StatusCode == http.StatusOK, err})
		return out, metadata, err
	}
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("VigiaAttempts", note), middleware.Before)
	}
}

// record enters a call into the ledger, each of its attempts by itself; the last one has the call's outcome. An answer costs so much. It returns
// what all of it comes to.
func (l Ledger) record(c Call, tries []attempt, err error, price float64) (used Usage) {
	if len(tries) == 0 {
		tries = []attempt{{answered: err == nil}}
	}
	points := c.Datapoints
	for i, t := range tries {
		c.Datapoints, c.CostUSD, c.Err = 0, 0, ""
		if i == len(tries)-1 {
			t.err, c.Datapoints = err, points
		}
		if t.answered {
			c.CostUSD = price
		}
		if t.err != nil {
			c.Err = t.err.Error()
		}
		l(c)
		used = used.Add(Usage{1, c.Metrics, c.CostUSD})
	}
	return used
}
