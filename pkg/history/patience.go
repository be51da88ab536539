package history

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const (
	// patienceShare is the part of a range that a picture of it can lack at its end without anyone seeing it: some three pixels.
	patienceShare = 288
	// DefaultMaxStaleness bounds the patience of a reader that was told no bound. It is the period of most metrics, which are asked for once
	// per period as ever; only finer ones are asked for less often.
	DefaultMaxStaleness = 5 * time.Minute
)

// Patience is how much later than it could be the newest point of a picture of the window may come: a 288th of it. AWS's price is by the
// metric asked, so a picture of a day at a minute a bucket, which is asked for every 5 minutes and not every minute, costs a fifth. A reader
// has a bound of its own for it; what an alert rule asks for is read without patience.
func Patience(w series.Window) time.Duration { return w.End.Sub(w.Start) / patienceShare }

// MaxStaleness sets the bound of a reader's patience; with 0 everything is as fresh as it can be. Call it before the first Read.
func (r *Reader) MaxStaleness(most time.Duration) *Reader {
	r.maxStaleness = most
	return r
}

// Patience is that of a picture of the window, within the reader's bound.
func (r *Reader) Patience(w series.Window) time.Duration { return min(Patience(w), r.maxStaleness) }

type patienceKey struct{}

// WithPatience says that whoever reads with the context needs no point newer than that, as far as the reader's bound allows; without it,
// each period is asked for when it is due.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

// patienceFor is how long a read with the context waits.
func (r *Reader) patienceFor(ctx context.Context) time.Duration {
	if onlyStored(ctx) {
		return math.MaxInt64
	}
	d, _ := ctx.Value(patienceKey{}).(time.Duration)
	return min(d, r.maxStaleness)
}

// ErrNotStored is the error of a series, read OnlyStored, that lacks something that AWS may still have.
var ErrNotStored = errors.New("it is not all stored, and AWS is not asked")

type onlyStoredKey struct{}

// OnlyStored says that reads with the context ask nothing of AWS. A series whose newest points were not asked for lately is as final as it
// was then; one that lacks something before them has ErrNotStored.
func OnlyStored(ctx context.Context) context.Context {
	return context.WithValue(ctx, onlyStoredKey{}, true)
}

func onlyStored(ctx context.Context) bool {
	only, _ := ctx.Value(onlyStoredKey{}).(bool)
	return only
}
