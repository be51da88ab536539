package awssim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func control(t *testing.T, s *Simulator, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, "http://simulated"+path, strings.NewReader(body))
	require.NoError(t, err)
	response, err := s.RoundTripper().RoundTrip(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "application/json", response.Header.Get("Content-Type"))
	return response.StatusCode, strings.TrimSpace(string(text))
}

func TestControlPlane(t *testing.T) {
	s, _ := newFixed(t)
	status, body := control(t, s, "GET", "/_sim/health", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"ok","now":"2026-03-11T15:00:00Z","anchor":"2026-03-11T15:00:00Z","seed":1}`, body)

	status, body = control(t, s, "GET", "/_sim/accounts", "")
	require.Equal(t, http.StatusOK, status)
	var accounts []Account
	require.NoError(t, json.Unmarshal([]byte(body), &accounts))
	require.Equal(t, s.Accounts(), accounts)

	status, body = control(t, s, "GET", "/_sim/incidents?from=2026-03-10T00:00:00Z&to=2026-03-11T15:00:00Z", "")
	require.Equal(t, http.StatusOK, status)
	var incidents []Incident
	require.NoError(t, json.Unmarshal([]byte(body), &incidents))
	require.Equal(t, s.Incidents(testAnchor.Add(-39*time.Hour), testAnchor), incidents)
	require.Len(t, incidents, 3)

	_, body = control(t, s, "GET", "/_sim/incidents?from=2026-03-07T11:00:00Z&to=2026-03-07T11:01:00Z", "")
	require.Equal(t, "[]", body)
	_, body = control(t, s, "GET", "/_sim/counts", "")
	require.Equal(t, "[]", body)
	_, body = control(t, s, "GET", "/_sim/faults", "")
	require.JSONEq(t, `{"rules":[]}`, body)

	rules := `{"rules":[{"kind":"latency","account":"staging","latency":"250ms","probability":0.5},{"kind":"throttling","everyNth":3}]}`
	status, body = control(t, s, "POST", "/_sim/faults", rules)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, rules, body)
	require.Equal(t, 250*time.Millisecond, s.Faults().Rules[0].Latency)
	status, _ = control(t, s, "POST", "/_sim/webhook", `{"alerts":[]}`)
	require.Equal(t, http.StatusOK, status)
}

func TestControlPlaneRefuses(t *testing.T) {
	s, _ := newFixed(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/_sim/", "", 404, "there is no"},
		{"DELETE", "/_sim/faults", "", 404, "there is no DELETE"},
		{"GET", "/_sim/incidents?from=yesterday", "", 400, "from must be an RFC 3339 time"},
		{"GET", "/_sim/incidents?to=2026-03-11", "", 400, "to must be an RFC 3339 time"},
		{"GET", "/_sim/incidents?from=2026-03-11T15:00:00Z&to=2026-03-11T15:00:00Z", "", 400, "from must be before to"},
		{"GET", "/_sim/incidents?from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z", "", 400, "at most five years"},
		{"POST", "/_sim/faults", "{", 400, "read faults"},
		{"POST", "/_sim/faults", `{"rules":[{"kind":"throttling","often":true}]}`, 400, "often"},
		{"POST", "/_sim/faults", `{"rules":[{"kind":"latency","latency":"soon"}]}`, 400, "latency"},
		{"POST", "/_sim/faults", `{"rules":[{"kind":"earthquake"}]}`, 400, "earthquake"},
	} {
		status, body := control(t, s, c.method, c.path, c.body)
		require.Equal(t, c.status, status, c.path)
		require.Contains(t, body, c.says)
	}
}
