package awssim

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Config says what is simulated. Its zero value is valid.
type Config struct {
	Seed   uint64           // of every random number; 0 is 1
	Anchor time.Time        // incidents stand relative to it, cut to the minute; zero: the clock's now, cut to 5 minutes
	Clock  func() time.Time // default time.Now
	// Sessions is the clock by which the sessions of roles begin and end. Zero: Clock. A client renews them by a clock of its own, mostly
	// time.Now: where Clock is another, it would renew them at each call, or not at all.
	Sessions func() time.Time
	Replay   fs.FS // CSV series (timestamp,value), one metric per file; nil: none
	Fleet    int   // hosts beside the cast, with one metric each (Fleet/Load), in groups of 100: for benchmarks
	// MaxSkew is how far the date of a signature may be off. Zero: 5 minutes, or no check at all where Clock is set, because a client
	// signs by a clock of its own. Below zero: no check.
	MaxSkew time.Duration
}

// Simulator is a simulated AWS. It is safe for concurrent use.
type Simulator struct {
	seed      uint64
	anchor    time.Time
	clock     func() time.Time
	lives     func() time.Time // the clock of sessions
	maxSkew   time.Duration
	accounts  []Account
	catalogue *catalogue
	plans     []plan
	sessions  *sessions
	faults    faultSwitch
	counts    ledger
}

// New returns a simulator. It fails where a file of Replay cannot be read as a series; the error names file and line.
func New(c Config) (*Simulator, error) {
	s := &Simulator{
		seed: c.Seed, anchor: c.Anchor, clock: c.Clock, lives: c.Sessions, maxSkew: c.MaxSkew,
		accounts: simulatedAccounts(), sessions: newSessions(),
	}
	if s.seed == 0 {
		s.seed = 1
	}
	if s.maxSkew == 0 {
		s.maxSkew = 5 * time.Minute
		if c.Clock != nil {
			s.maxSkew = -1
		}
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.lives == nil {
		s.lives = s.clock
	}
	if s.anchor.IsZero() {
		s.anchor = s.clock().Truncate(5 * time.Minute)
	}
	s.anchor = s.anchor.UTC().Truncate(time.Minute)
	s.catalogue = newCatalogue(s.seed, s.anchor)
	cast := s.catalogue.build(s.accounts)
	s.plans = plans(cast)
	cast.disturb(s.plans)
	s.catalogue.buildFleet(accountByAlias(s.accounts, data), c.Fleet)
	if c.Replay != nil {
		if err := s.catalogue.replay(c.Replay, accountByAlias(s.accounts, data)); err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
	}
	s.catalogue.sort()
	return s, nil
}

// Anchor returns the time that incidents stand relative to.
func (s *Simulator) Anchor() time.Time { return s.anchor }

// call is one request on its way through the simulator.
type call struct {
	request   *http.Request
	wire      wire
	service   string // signing name: sts or monitoring
	operation string
	input     document
	principal principal
	region    string
	requestID string
	now       int64 // Unix seconds: one call sees one moment
	metrics   int   // asked
	points    int   // returned
}

// wire is one of AWS's protocols.
type wire interface {
	decode(r *http.Request, body []byte) (document, error)
	encode(out any) (contentType string, body []byte)
	encodeError(err *apiError, c *call) (contentType string, body []byte, header http.Header)
}

type handler func(*Simulator, *call) (any, *apiError)

var operations = map[string]handler{
	"sts.AssumeRole":           (*Simulator).assumeRole,
	"sts.GetCallerIdentity":    (*Simulator).getCallerIdentity,
	"monitoring.ListMetrics":   (*Simulator).listMetrics,
	"monitoring.GetMetricData": (*Simulator).getMetricData,
}

// maxBody bounds a request; the largest sensible one, 500 queries with long dimensions, is far below it.
const maxBody = 4 << 20

// ServeHTTP answers AWS's protocols, and the control plane under /_sim/.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		s.control(w, r)
		return
	}
	c := &call{request: r, requestID: newRequestID(), now: s.clock().Unix(), wire: queryWire{}}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.refuse(w, c, bodyError(err))
		return
	}
	out, verdict, failed := s.handle(c, body)
	if failed != nil {
		s.refuse(w, c, failed)
		return
	}
	contentType, answer := c.wire.encode(out)
	send(w, c, http.StatusOK, contentType, answer, nil, verdict)
}

func bodyError(err error) *apiError {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is larger than 4 MiB."}
	}
	return malformed("The request body could not be read.")
}

// handle takes a call through its stations: which protocol, who, what, faults, the operation itself.
func (s *Simulator) handle(c *call, body []byte) (any, verdict, *apiError) {
	if err := s.admit(c, body); err != nil {
		return nil, verdict{}, err
	}
	account := s.accountAtStake(c)
	v, err := s.inject(c, account)
	var out any
	if err == nil {
		out, err = operations[c.service+"."+c.operation](s, c)
	}
	if err == nil && v.partial {
		out = halve(out)
	}
	s.counts.add(account, c, err != nil)
	return out, v, err
}

// admit finds out who asks for what. Nothing of a request's content is looked at before its signature is known to be good.
func (s *Simulator) admit(c *call, body []byte) *apiError {
	if err := identify(c, body); err != nil {
		return err
	}
	who, auth, err := s.authenticate(c.request, body)
	if err != nil {
		return err
	}
	c.principal, c.region = who, auth.region
	input, decodeErr := c.wire.decode(c.request, body)
	if decodeErr != nil {
		return asAPIError(decodeErr)
	}
	c.input = input
	if err := c.route(); err != nil {
		return err
	}
	if auth.service != c.service {
		return mismatch("Credential should be scoped to correct service: '" + c.service + "'.")
	}
	return nil
}

// accountAtStake is the account that a call is counted for and that faults are chosen by: for AssumeRole that of the role.
func (s *Simulator) accountAtStake(c *call) string {
	if c.operation != "AssumeRole" {
		return c.principal.accountID
	}
	arn, _ := c.input.field("RoleArn").text()
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return c.principal.accountID
}

func (s *Simulator) refuse(w http.ResponseWriter, c *call, err *apiError) {
	contentType, body, header := c.wire.encodeError(err, c)
	send(w, c, err.status, contentType, body, header, verdict{})
}

// send writes an answer. A truncated one promises its whole length and stops half way, as a broken connection does; a slow one rests there.
func send(w http.ResponseWriter, c *call, status int, contentType string, body []byte, header http.Header, v verdict) {
	h := w.Header()
	for name, values := range header {
		h[name] = values
	}
	h.Set("Content-Type", contentType)
	h.Set("X-Amzn-Requestid", c.requestID)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if _, ok := c.wire.(cborWire); ok {
		h.Set("Smithy-Protocol", "rpc-v2-cbor")
	}
	w.WriteHeader(status)
	// A client that went away is no error of the server.
	if v.slow > 0 {
		_, _ = w.Write(body[:len(body)/2])
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		if !wait(c, v.slow) {
			return
		}
		body = body[len(body)/2:]
	}
	if v.truncate {
		body = body[:len(body)/2]
	}
	_, _ = w.Write(body)
}

func asAPIError(err error) *apiError {
	var e *apiError
	if errors.As(err, &e) {
		return e
	}
	return malformed(err.Error())
}
