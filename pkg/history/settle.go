package history

import (
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// FinalAge is the age, after the end of its bucket, at which a point is final: CloudWatch's late points come within some 10 minutes, and
// the rest is margin.
const FinalAge = 30 * time.Minute

// WholeAge is the age, after the end of its bucket, at which a count (a sum, a number of samples) is taken to be whole: CloudWatch adds to
// a bucket for some minutes, up to 10, so what is read earlier may be too low.
const WholeAge = 10 * time.Minute

// settleDelays is how long after the end of a bucket its first whole value is expected, by namespace. Services publish at different
// speeds, and a count that is read too early is too low, which a detector takes for a drop.
var settleDelays = map[string]time.Duration{
	"AWS/EC2":            2 * time.Minute,
	"AWS/Lambda":         2 * time.Minute,
	"AWS/ELB":            5 * time.Minute,
	"AWS/ApplicationELB": 5 * time.Minute,
	"AWS/NetworkELB":     5 * time.Minute,
	"AWS/GatewayELB":     5 * time.Minute,
	"AWS/RDS":            5 * time.Minute,
}

// The delays of what is not listed: other services of AWS, and custom metrics, which are shown as they are put.
const (
	unknownSettleDelay = 10 * time.Minute
	customSettleDelay  = 2 * time.Minute
)

// SettleDelay is how long after its end a bucket of the namespace is believed to be complete.
func SettleDelay(namespace string) time.Duration {
	if d, ok := settleDelays[namespace]; ok {
		return d
	}
	if strings.HasPrefix(namespace, "AWS/") {
		return unknownSettleDelay
	}
	return customSettleDelay
}

// Settled is the end of the newest bucket that is complete at now.
func Settled(namespace string, period time.Duration, now time.Time) time.Time {
	return series.Floor(now.Add(-SettleDelay(namespace)), period)
}
