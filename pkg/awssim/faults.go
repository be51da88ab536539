package awssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Faults is what goes wrong on purpose. Its zero value is: nothing.
type Faults struct {
	Rules []Fault `json:"rules"`
}

// FaultKind names what happens to a call.
type FaultKind string

// The kinds of faults.
const (
	Throttling    FaultKind = "throttling"     // 400, Throttling or ThrottlingException
	ServerError   FaultKind = "server_error"   // 500, or the Status of the rule
	Latency       FaultKind = "latency"        // the answer comes later by Latency
	PartialData   FaultKind = "partial_data"   // half of GetMetricData's results are halved and marked PartialData, without a NextToken
	AccessDenied  FaultKind = "access_denied"  // 403
	TruncatedBody FaultKind = "truncated_body" // the connection breaks in the middle of the answer
	SlowBody      FaultKind = "slow_body"      // the second half of the answer comes later by Latency
	ExpiredToken  FaultKind = "expired_token"  // 403, ExpiredToken or ExpiredTokenException
)

// Fault is one rule. A call that it applies to meets the fault with the given probability, or on every nth such call; with neither,
// always. Rules are tried in order; latencies add up, and the first rule that fails the call ends the trial.
type Fault struct {
	Kind        FaultKind     `json:"kind"`
	Account     string        `json:"account,omitempty"`     // twelve digits or alias; empty: any. AssumeRole counts for the account of the role
	Operation   string        `json:"operation,omitempty"`   // such as GetMetricData; empty: any
	Region      string        `json:"region,omitempty"`      // empty: any
	Probability float64       `json:"probability,omitempty"` // 0 to 1, drawn by the seed
	EveryNth    int           `json:"everyNth,omitempty"`    // 3: the third, the sixth ...
	Latency     time.Duration `json:"-"`                     // of Latency and SlowBody; in JSON: "latency": "250ms"
	Status      int           `json:"status,omitempty"`      // of ServerError, 500 to 599
}

// MarshalJSON writes the latency as text.
func (f Fault) MarshalJSON() ([]byte, error) {
	type plain Fault
	text := ""
	if f.Latency != 0 {
		text = f.Latency.String()
	}
	return json.Marshal(struct {
		plain
		Latency string `json:"latency,omitempty"`
	}{plain(f), text})
}

// UnmarshalJSON reads the latency as text.
func (f *Fault) UnmarshalJSON(b []byte) error {
	type plain Fault
	in := struct {
		*plain
		Latency string `json:"latency"`
	}{plain: (*plain)(f)}
	if err := decodeStrict(b, &in); err != nil {
		return err
	}
	if in.Latency == "" {
		return nil
	}
	d, err := time.ParseDuration(in.Latency)
	if err != nil {
		return fmt.Errorf("latency: %w", err)
	}
	f.Latency = d
	return nil
}

func (f Fault) check() error {
	switch f.Kind {
	case Throttling, ServerError, PartialData, AccessDenied, TruncatedBody, ExpiredToken:
	case Latency, SlowBody:
		if f.Latency <= 0 || f.Latency > time.Minute {
			return fmt.Errorf("latency must be above 0 and at most 1m, not %s", f.Latency)
		}
	default:
		return fmt.Errorf("kind %q is unknown", f.Kind)
	}
	switch {
	case !(f.Probability >= 0 && f.Probability <= 1):
		return fmt.Errorf("probability must be between 0 and 1, not %g", f.Probability)
	case f.EveryNth < 0:
		return fmt.Errorf("everyNth must not be negative, not %d", f.EveryNth)
	case f.EveryNth > 0 && f.Probability > 0:
		return fmt.Errorf("give either probability or everyNth, not both")
	case f.Status != 0 && (f.Status < 500 || f.Status > 599):
		return fmt.Errorf("status must be between 500 and 599, not %d", f.Status)
	}
	return nil
}

// faultSwitch holds the faults in force and how often each rule was tried.
type faultSwitch struct {
	mu    sync.Mutex
	rules []Fault
	tried []int64
}

// SetFaults replaces the faults in force; their counters start anew. A rule that is not valid fails the whole and changes nothing.
func (s *Simulator) SetFaults(f Faults) error {
	for i, r := range f.Rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = append([]Fault(nil), f.Rules...)
	s.faults.tried = make([]int64, len(f.Rules))
	return nil
}

// Faults returns the faults in force.
func (s *Simulator) Faults() Faults {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return Faults{Rules: append([]Fault{}, s.faults.rules...)}
}

// verdict is what becomes of a call that is answered all the same.
type verdict struct {
	partial, truncate bool
	slow              time.Duration
}

// inject waits for latencies and returns the error that a fault puts in place of the answer.
func (s *Simulator) inject(c *call, accountID string) (v verdict, _ *apiError) {
	for _, f := range s.faults.due(s.seed, func(f Fault) bool {
		return (f.Account == "" || f.Account == accountID || f.Account == s.alias(accountID)) &&
			(f.Operation == "" || f.Operation == c.operation) && (f.Region == "" || f.Region == c.region)
	}) {
		switch f.Kind {
		case Latency:
			if !wait(c, f.Latency) {
				return v, cancelled()
			}
		case PartialData:
			v.partial = true
		case TruncatedBody:
			v.truncate = true
		case SlowBody:
			v.slow += f.Latency
		default:
			return v, f.apiError(c)
		}
	}
	return v, nil
}

// due counts the call for every rule that applies and returns the rules whose turn it is.
func (s *faultSwitch) due(seed uint64, applies func(Fault) bool) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Fault
	for i, f := range s.rules {
		if !applies(f) {
			continue
		}
		s.tried[i]++
		n := s.tried[i]
		switch {
		case f.EveryNth > 0 && n%int64(f.EveryNth) != 0:
		case f.Probability > 0 && uniform(hashAt(mix(seed)+uint64(i), n)) >= f.Probability:
		default:
			out = append(out, f)
		}
	}
	return out
}

func wait(c *call, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.request.Context().Done():
		return false
	}
}

func (f Fault) apiError(c *call) *apiError {
	switch f.Kind {
	case Throttling:
		return clientError("Throttling", "Rate exceeded")
	case AccessDenied:
		action := "cloudwatch:" + c.operation
		if c.service == "sts" {
			action = "sts:" + c.operation
		}
		return &apiError{http.StatusForbidden, "AccessDenied", "User: " + c.principal.arn + " is not authorized to perform: " + action +
			" because no identity-based policy allows the " + action + " action"}
	case ExpiredToken:
		return errExpired
	}
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status == http.StatusServiceUnavailable {
		return &apiError{status, "ServiceUnavailable", "The service is temporarily unavailable."}
	}
	return &apiError{status, "InternalServiceError", "Request processing has failed because of an unknown error, exception or failure."}
}

// halve leaves the second half of GetMetricData's results with half of their points.
func halve(out any) any {
	data, ok := out.(*metricDataOutput)
	if !ok {
		return out
	}
	for i := len(data.Results) / 2; i < len(data.Results); i++ {
		r := &data.Results[i]
		r.StatusCode = partialData
		r.Timestamps, r.Values = r.Timestamps[:len(r.Timestamps)/2], r.Values[:len(r.Values)/2]
		r.Messages = append(r.Messages, messageData{Code: partialData, Value: "An incomplete set of data points was returned."})
	}
	return data
}
