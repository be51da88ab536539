package awssim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The control plane: JSON under /_sim/, without signatures.
//
//	GET  /_sim/health                  200 {"status":"ok", ...}
//	GET  /_sim/accounts                [Account]
//	GET  /_sim/incidents?from=&to=     [Incident]; RFC 3339; default: the week before now
//	GET  /_sim/counts                  [Count]
//	GET  /_sim/faults                  Faults
//	POST /_sim/faults                  Faults in, Faults out
//	POST /_sim/webhook                 takes anything, for the notifications of a demo
const controlPrefix = "/_sim/"

// longestIncidentRange bounds one answer of /_sim/incidents.
const longestIncidentRange = 5 * 366 * 24 * time.Hour

func (s *Simulator) control(w http.ResponseWriter, r *http.Request) {
	route := r.Method + " " + r.URL.Path[len(controlPrefix):]
	switch route {
	case "GET health":
		answerJSON(w, http.StatusOK, map[string]any{"status": "ok", "now": s.clock().UTC(), "anchor": s.anchor, "seed": s.seed})
	case "GET accounts":
		answerJSON(w, http.StatusOK, s.Accounts())
	case "GET incidents":
		s.controlIncidents(w, r)
	case "GET counts":
		answerJSON(w, http.StatusOK, s.Counts())
	case "GET faults":
		answerJSON(w, http.StatusOK, s.Faults())
	case "POST faults":
		s.controlFaults(w, r)
	case "POST webhook":
		answerJSON(w, http.StatusOK, map[string]string{"status": "taken"})
	default:
		answerJSON(w, http.StatusNotFound, problem(fmt.Errorf("there is no %s %s", r.Method, r.URL.Path)))
	}
}

func (s *Simulator) controlIncidents(w http.ResponseWriter, r *http.Request) {
	to, err := timeParameter(r, "to", s.clock())
	if err != nil {
		answerJSON(w, http.StatusBadRequest, problem(err))
		return
	}
	from, err := timeParameter(r, "from", to.Add(-7*24*time.Hour))
	if err != nil {
		answerJSON(w, http.StatusBadRequest, problem(err))
		return
	}
	if !from.Before(to) || to.Sub(from) > longestIncidentRange {
		answerJSON(w, http.StatusBadRequest, problem(fmt.Errorf("from must be before to by at most five years")))
		return
	}
	incidents := s.Incidents(from, to)
	if incidents == nil {
		incidents = []Incident{}
	}
	answerJSON(w, http.StatusOK, incidents)
}

func timeParameter(r *http.Request, name string, absent time.Time) (time.Time, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return absent, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%s must be an RFC 3339 time, not %q", name, text)
	}
	return t, nil
}

func (s *Simulator) controlFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answerJSON(w, http.StatusBadRequest, problem(fmt.Errorf("read faults: %w", err)))
		return
	}
	var f Faults
	if err := decodeStrict(body, &f); err != nil {
		answerJSON(w, http.StatusBadRequest, problem(fmt.Errorf("read faults: %w", err)))
		return
	}
	if err := s.SetFaults(f); err != nil {
		answerJSON(w, http.StatusBadRequest, problem(err))
		return
	}
	answerJSON(w, http.StatusOK, s.Faults())
}

// decodeStrict refuses fields it does not know, so that a misspelt fault is not silently no fault.
func decodeStrict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func problem(err error) map[string]string { return map[string]string{"error": err.Error()} }

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that went away is no error of the server.
	_, _ = w.Write(append(marshalJSON(v), '\n'))
}
