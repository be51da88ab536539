package accounts

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/singleflight"
)

const (
	// ownerTimeout bounds how long a call waits for STS, which may be out of reach where CloudWatch is not.
	ownerTimeout = 5 * time.Second
	// ownerPause is how long credentials that are another account's are refused, before STS is asked again.
	ownerPause = time.Minute
	// silentPause is how long STS is not asked again that did not answer: each time somebody waits for it.
	silentPause = 15 * time.Minute
)

// owners remembers whose the credentials are by which accounts without a role are read. The zero value is ready.
type owners struct {
	flights singleflight.Group
	mutex   sync.Mutex
	known   map[string]owner // by the id of the account
}

type owner struct {
	err    error // a *notOwner
	proven bool
	at     time.Time
	pause  time.Duration // before STS is asked again what is not proven
}

// notOwner says that credentials are another account's than the one they are to read: a role that is missing, or whose field is mistyped, would
// show one account's points under the other's name.
type notOwner struct {
	account Account
	belong  string
}

func (e *notOwner) Error() string {
	if e.account.RoleARN == "" {
		return fmt.Sprintf("field %q: is empty, and the data source's own credentials belong to account %s, not to %s", "roleArn", e.belong, e.account.ID)
	}
	return fmt.Sprintf("field %q: the credentials belong to account %s, not to %s", "id", e.belong, e.account.ID)
}

// provingOwner lets no call pass with credentials that are known to be another account's.
func (d *Directory) provingOwner(t Target) func(*middleware.Stack) error {
	check := middleware.InitializeMiddlewareFunc("VigiaOwner", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if err := d.owner(ctx, t); err != nil {
			return middleware.InitializeOutput{}, middleware.Metadata{}, err
		}
		return next.HandleInitialize(ctx, in)
	})
	return func(stack *middleware.Stack) error { return stack.Initialize.Add(check, middleware.Before) }
}

// owner fails where the credentials belong to another account. STS is asked once; where it does not answer nothing is proven, and the call may
// pass: it fails by itself if the credentials are wrong.
func (d *Directory) owner(ctx context.Context, t Target) error {
	if o, fresh := d.knownOwner(t.Account.ID); fresh {
		return o.err
	}
	asked := d.owners.flights.DoChan(t.Account.ID, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ownerTimeout)
		defer cancel()
		account, _, err := d.caller(ctx, t)
		o := owner{at: d.outside.Clock(), proven: err == nil && account == t.Account.ID, pause: silentPause}
		if err == nil && !o.proven {
			o.err, o.pause = &notOwner{t.Account, account}, ownerPause
		}
		d.owners.note(t.Account.ID, o)
		return nil, o.err
	})
	select {
	case answer := <-asked:
		return answer.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Directory) knownOwner(id string) (o owner, fresh bool) {
	d.owners.mutex.Lock()
	defer d.owners.mutex.Unlock()
	o, known := d.owners.known[id]
	age := d.outside.Clock().Sub(o.at)
	return o, known && (o.proven || age >= 0 && age < o.pause)
}

func (o *owners) note(id string, found owner) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.known == nil {
		o.known = map[string]owner{}
	}
	o.known[id] = found
}
