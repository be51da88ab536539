package history

import (
	"context"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const (
	// patienceShare is the part of a range that a picture of it can lack at its end without anyone seeing it: some three pixels.
	patienceShare = 288
	maxPatience   = 5 * time.Minute
)

// Patience is how much later than it could be the newest point of a picture of the window may come: a 288th of it, up to 5 minutes. AWS's
// price is by the metric asked, so a picture of a day at a minute a bucket, which is asked for every 5 minutes and not every minute, costs a
// fifth. Periods of 5 minutes and more are asked for once per period as ever; so is everything that an alert rule asks.
func Patience(w series.Window) time.Duration {
	return min(w.End.Sub(w.Start)/patienceShare, maxPatience)
}

type patienceKey struct{}

// WithPatience says that whoever reads with the context needs no point newer than that; without it, each period is asked for when it is due.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

func patienceOf(ctx context.Context) time.Duration {
	d, _ := ctx.Value(patienceKey{}).(time.Duration)
	return d
}
