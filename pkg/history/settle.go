package history

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// usualFinalAge is the age, after the end of its bucket, at which a point is final: CloudWatch's late points come within some 10 minutes, and
// the rest is margin.
const usualFinalAge = 30 * time.Minute

// slowFinalAge is the same for what AWS publishes once or a few times a day, many hours late.
const slowFinalAge = 3 * 24 * time.Hour

var slowNamespaces = []string{"AWS/S3", "AWS/Billing"}

// emptyAge is the age at which the missing points after the last one are final: an agent that was cut off sends later what it has kept. It
// is more than a day, so that a clock that is a day ahead makes nothing final that is still to come.
const emptyAge = 26 * time.Hour

// edgeAge is how near to where AWS begins to forget an answer without points is doubted: no clock is taken to be slower than that.
const edgeAge = 24 * time.Hour

// finalAge is the age, after the end of its bucket, at which a point of the namespace is final.
func finalAge(namespace string) time.Duration {
	if slices.Contains(slowNamespaces, namespace) {
		return slowFinalAge
	}
	return usualFinalAge
}

// openAge is the age from which on everything is final.
func openAge(namespace string) time.Duration { return max(finalAge(namespace), emptyAge) }

// finalUntil is where what was fetched stops being final. Missing points after the last one stay open longer, and so do the newest points,
// counted from the last of them: where our clock is ahead they are younger than they look.
func finalUntil(fetched series.Series, now time.Time) time.Time {
	period := fetched.Window.Period
	until := Final(fetched.Key.Namespace, period, now)
	end := lastPoint(fetched)
	if open := series.Floor(end.Add(publishDelay(fetched.Key.Namespace)-finalAge(fetched.Key.Namespace)), period); open.Before(end) {
		end = open
	}
	if empty := series.Floor(now.Add(-emptyAge), period); end.Before(empty) {
		end = empty
	}
	if end.Before(until) {
		return end
	}
	return until
}

// saysNothing says that an answer without any point makes nothing final, because it was asked for from near where AWS begins to forget: AWS answers
// so where our clock is behind, and we asked for what it no longer keeps.
func saysNothing(answer series.Series, now time.Time) bool {
	asked := answer.Window
	return asked.Start.Before(now.Add(edgeAge-cloudwatch.Retention(asked.Period))) && lastPoint(answer).Equal(asked.Start)
}

// lastPoint is the end of the newest bucket with a value; of a series without any the start.
func lastPoint(s series.Series) time.Time {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if !math.IsNaN(s.Values[i]) {
			return s.Window.Time(i + 1)
		}
	}
	return s.Window.Start
}

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

// settleDelay is how long after its end a bucket of the namespace is believed to be complete. A long bucket is asked for only once it is
// whole, because the next time comes only after another period.
func settleDelay(namespace string, period time.Duration) time.Duration {
	delay := publishDelay(namespace)
	if period >= WholeAge {
		return max(delay, WholeAge)
	}
	return delay
}

func publishDelay(namespace string) time.Duration {
	if d, ok := settleDelays[namespace]; ok {
		return d
	}
	if strings.HasPrefix(namespace, "AWS/") {
		return unknownSettleDelay
	}
	return customSettleDelay
}

// Final is the end of the newest bucket that will not change any more, of what is asked for at now.
func Final(namespace string, period time.Duration, now time.Time) time.Time {
	return series.Floor(now.Add(-finalAge(namespace)), period)
}

// Settled is the end of the newest bucket that is complete at now.
func Settled(namespace string, period time.Duration, now time.Time) time.Time {
	return series.Floor(now.Add(-settleDelay(namespace, period)), period)
}
