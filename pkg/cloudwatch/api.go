package cloudwatch

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// API is what of CloudWatch's client is used. *cloudwatch.Client satisfies it.
type API interface {
	GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
	ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error)
}

// Scope is where a call goes: one account, read under one role, in one region. AWS throttles per scope.
type Scope struct{ AccountID, RoleARN, Region string }

// ScopeOf is the scope of a series.
func ScopeOf(k series.Key) Scope { return Scope{k.AccountID, k.RoleARN, k.Region} }

// Clients finds the client of a scope.
type Clients func(context.Context, Scope) (API, error)

// Call is one request to AWS, for the ledger: each attempt of one that is tried again is a call.
type Call struct {
	At         time.Time
	Scope      Scope
	Operation  string
	Metrics    int     // metrics asked for, as AWS counts them for the bill
	Datapoints int     // points that came back
	CostUSD    float64 // an estimate
	Err        string  // "" on success
	AskedBy    string  // of the context: see WithAsker
}

// Ledger takes note of a call. It must not block for long and must be safe for concurrent use.
type Ledger func(Call)

// PricePerMetric is what GetMetricData costs for each metric asked, in US dollars: $0.01 for 1,000
// (https://aws.amazon.com/cloudwatch/pricing/). ListMetrics is counted as free: its first million requests a month are.
const PricePerMetric = 0.01 / 1000
