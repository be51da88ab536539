package awssim

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

// principal is who signed a request.
type principal struct {
	accountID string
	arn       string
	userID    string
	base      bool // the management user's long-lived credentials
}

// session is what AssumeRole hands out.
type session struct {
	principal
	accessKey, secret, token string
	expires                  time.Time
}

// sessions holds the sessions that were handed out. Keys are drawn at random, so that a client that outlives a simulator cannot
// meet a key of its own that now belongs to another account.
type sessions struct {
	mu    sync.Mutex
	byKey map[string]session
}

// rememberedSessions bounds the memory of a simulator that runs for long; sessions long expired go first.
const rememberedSessions = 4096

func newSessions() *sessions { return &sessions{byKey: map[string]session{}} }

func (s *sessions) begin(p principal, now time.Time, life time.Duration) session {
	next := session{
		principal: p, accessKey: "ASIA" + rand.Text()[:16], secret: rand.Text() + rand.Text()[:14],
		token: sessionToken(), expires: now.Add(life).Truncate(time.Second),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byKey) >= rememberedSessions {
		s.forget(now)
	}
	s.byKey[next.accessKey] = next
	return next
}

// forget drops the expired sessions, and if there is none the one that expires first. The caller holds the lock.
func (s *sessions) forget(now time.Time) {
	var first session
	for key, v := range s.byKey {
		if v.expires.Before(now) {
			delete(s.byKey, key)
			continue
		}
		if first.accessKey == "" || v.expires.Before(first.expires) {
			first = v
		}
	}
	if len(s.byKey) >= rememberedSessions {
		delete(s.byKey, first.accessKey)
	}
}

func (s *sessions) find(accessKey string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.byKey[accessKey]
	return v, ok
}

func sessionToken() string {
	b := make([]byte, 120)
	rand.Read(b) // never fails, see crypto/rand
	return "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(b)
}

var errUnknownKey = &apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}

var errExpired = &apiError{http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"}

// authenticate verifies who signed a request and for which region and service.
func (s *Simulator) authenticate(r *http.Request, body []byte) (principal, authorization, *apiError) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return principal{}, authorization{}, &apiError{http.StatusForbidden, "MissingAuthentication", "Request is missing Authentication Token"}
	}
	auth, err := parseAuthorization(header)
	if err != nil {
		return principal{}, auth, err
	}
	if !plausibleRegion(auth.region) {
		return principal{}, auth, mismatch("Credential should be scoped to a valid region.")
	}
	now := s.clock()
	token := r.Header.Get("X-Amz-Security-Token")
	if auth.accessKey == AccessKeyID && token == "" {
		p := principal{accountID: ManagementAccountID, arn: managementARN, userID: "AIDAVIGIASIMULATED01", base: true}
		return p, auth, auth.verify(r, body, SecretAccessKey, now, s.maxSkew)
	}
	known, ok := s.sessions.find(auth.accessKey)
	if !ok || subtle.ConstantTimeCompare([]byte(known.token), []byte(token)) == 0 {
		return principal{}, auth, errUnknownKey
	}
	if err := auth.verify(r, body, known.secret, now, s.maxSkew); err != nil {
		return principal{}, auth, err
	}
	if !s.lives().Before(known.expires) {
		return principal{}, auth, errExpired
	}
	return known.principal, auth, nil
}

// plausibleRegion accepts what is shaped like a region: us-east-1, us-gov-west-1.
func plausibleRegion(region string) bool {
	parts := strings.Split(region, "-")
	if len(parts) < 3 || len(parts[0]) != 2 || len(parts[len(parts)-1]) != 1 {
		return false
	}
	for i, p := range parts {
		letters := "abcdefghijklmnopqrstuvwxyz"
		if i == len(parts)-1 {
			letters = "123456789"
		}
		if p == "" || strings.Trim(p, letters) != "" {
			return false
		}
	}
	return true
}
