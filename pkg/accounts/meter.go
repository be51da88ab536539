package accounts

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Call is one request to STS. The SDK makes most of them by itself, whenever a session has to be renewed.
type Call struct {
	At        time.Time
	Target    Target
	Operation string // AssumeRole, GetCallerIdentity
	Err       string // "" on success
}

// Ledger takes note of a call. It must be safe for concurrent use.
type Ledger func(Call)

// meter notes the STS calls that pass through it. They are told from CloudWatch's by their protocol: AWS Query, a form.
type meter struct {
	next   http.RoundTripper
	target Target
	ledger Ledger
	clock  func() time.Time
}

// maxForm bounds what is read of a request to find its operation; STS's are a few hundred bytes.
const maxForm = 64 << 10

func (m meter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return m.next.RoundTrip(r)
	}
	form, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	sent := r.Clone(r.Context())
	sent.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(form), r.Body), r.Body}
	response, err := m.next.RoundTrip(sent)
	m.ledger(Call{At: m.clock(), Target: m.target, Operation: operation(form), Err: failure(response, err)})
	return response, err
}

func operation(form []byte) string {
	values, err := url.ParseQuery(string(form))
	if err != nil {
		return ""
	}
	return values.Get("Action")
}

func failure(response *http.Response, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case response.StatusCode >= 300:
		return response.Status
	default:
		return ""
	}
}
