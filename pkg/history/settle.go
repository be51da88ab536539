package history

import (
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// FinalAge is the age, after the end of its bucket, at which a point is final: CloudWatch's late points come within some 10 minutes, and
// the rest is margin.
const FinalAge = 30 * time.Minute

// settleDelays is how long after the end of a bucket its first complete value is expected, by namespace. The services differ in
// when they publish; for one that is not listed the longest is assumed.
var settleDelays = map[string]time.Duration{
	"AWS/EC2":                2 * time.Minute,
	"AWS/Lambda":             2 * time.Minute,
	"AWS/SQS":                2 * time.Minute,
	"AWS/SNS":                2 * time.Minute,
	"AWS/DynamoDB":           2 * time.Minute,
	"AWS/ApiGateway":         2 * time.Minute,
	"AWS/ELB":                5 * time.Minute,
	"AWS/ApplicationELB":     5 * time.Minute,
	"AWS/NetworkELB":         5 * time.Minute,
	"AWS/GatewayELB":         5 * time.Minute,
	"AWS/RDS":                5 * time.Minute,
	"AWS/ECS":                5 * time.Minute,
	"AWS/ElastiCache":        5 * time.Minute,
	"ECS/ContainerInsights":  5 * time.Minute,
	"ContainerInsights":      5 * time.Minute,
	"AWS/CloudFront":         10 * time.Minute,
	"AWS/ElasticMapReduce":   10 * time.Minute,
	"AWS/Billing":            10 * time.Minute,
	"AWS/S3":                 10 * time.Minute,
	"AWS/ES":                 5 * time.Minute,
	"AWS/Kinesis":            2 * time.Minute,
	"AWS/States":             2 * time.Minute,
	"AWS/Events":             2 * time.Minute,
	"AWS/EBS":                5 * time.Minute,
	"AWS/NATGateway":         5 * time.Minute,
	"AWS/AutoScaling":        5 * time.Minute,
	"CWAgent":                2 * time.Minute,
	"LambdaInsights":         2 * time.Minute,
	"AWS/ApplicationSignals": 5 * time.Minute,
}

// SettleDelay is how long after its end a bucket of the namespace is believed to be complete.
func SettleDelay(namespace string) time.Duration {
	if d, ok := settleDelays[namespace]; ok {
		return d
	}
	if strings.HasPrefix(namespace, "AWS/") {
		return 10 * time.Minute
	}
	return 2 * time.Minute // custom metrics are shown as they are put
}

// Settled is the end of the newest bucket that is complete at now.
func Settled(namespace string, period time.Duration, now time.Time) time.Time {
	return series.Floor(now.Add(-SettleDelay(namespace)), period)
}
