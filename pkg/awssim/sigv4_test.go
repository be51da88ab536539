package awssim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// signed builds a request signed by AWS's own signer.
func signed(t require.TestingT, method, url, body, payload, service string, at time.Time, c aws.Credentials, header http.Header) *http.Request {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	for name, values := range header {
		r.Header[name] = values
	}
	if payload == "" {
		sum := sha256.Sum256([]byte(body))
		payload = hex.EncodeToString(sum[:])
	} else {
		r.Header.Set("X-Amz-Content-Sha256", payload)
	}
	require.NoError(t, v4.NewSigner().SignHTTP(context.Background(), c, r, payload, service, usEast1, at))
	return r
}

var baseKeys = aws.Credentials{AccessKeyID: AccessKeyID, SecretAccessKey: SecretAccessKey}

const (
	whoAmI     = "Action=GetCallerIdentity&Version=2011-06-15"
	formHeader = "application/x-www-form-urlencoded; charset=utf-8"
)

func answer(s *Simulator, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, served(r))
	return w
}

func TestWhatAWSSignsIsAccepted(t *testing.T) {
	s, _ := newFixed(t)
	rapid.Check(t, func(t *rapid.T) {
		header := http.Header{
			"Content-Type": {formHeader},
			"X-Amz-Meta-A": {rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "header")},
		}
		path := rapid.StringMatching(`/[a-z ~%2]{0,1}[a-zA-Z0-9._~-]{0,8}(/[a-z]{1,4})?`).Draw(t, "path")
		path = strings.ReplaceAll(strings.ReplaceAll(path, "%", "%25"), " ", "%20")
		query := rapid.StringMatching(`(\?([a-z]{1,3}=[a-zA-Z0-9._~-]{0,4}&)?[A-Z]{1,3}=[a-z0-9]{0,4}(%20|%2F)?)?`).Draw(t, "query")
		payload := rapid.SampledFrom([]string{"", unsignedPayload}).Draw(t, "payload")
		r := signed(t, http.MethodPost, "http://sts.us-east-1.amazonaws.com"+path+query, whoAmI, payload, "sts", testAnchor, baseKeys, header)
		w := answer(s, r)
		require.Equal(t, http.StatusOK, w.Code, "%s %s", r.URL, w.Body)
	})
}

func TestWhatIsChangedAfterSigningIsRefused(t *testing.T) {
	s, _ := newFixed(t)
	for name, change := range map[string]func(*http.Request){
		"body":    func(r *http.Request) { r.Body = http.NoBody; r.ContentLength = 0; r.URL.RawQuery = whoAmI },
		"query":   func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"path":    func(r *http.Request) { r.URL.Path = "/other" },
		"header":  func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "other") },
		"date":    func(r *http.Request) { r.Header.Set("X-Amz-Date", testAnchor.Add(time.Second).Format(sigTimeLayout)) },
		"host":    func(r *http.Request) { r.Host = "sts.eu-west-1.amazonaws.com" },
		"payload": func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) },
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Content-Type": {formHeader}, "X-Amz-Meta-A": {"one"}}
			r := signed(t, http.MethodPost, "http://sts.us-east-1.amazonaws.com/", whoAmI, "", "sts", testAnchor, baseKeys, header)
			require.Equal(t, http.StatusOK, answer(s, r).Code)
			r = signed(t, http.MethodPost, "http://sts.us-east-1.amazonaws.com/", whoAmI, "", "sts", testAnchor, baseKeys, header)
			change(r)
			w := answer(s, r)
			require.Equal(t, http.StatusForbidden, w.Code)
			require.Contains(t, w.Body.String(), "<Code>SignatureDoesNotMatch</Code>")
		})
	}
}

func TestCredentialsOfNoOne(t *testing.T) {
	s, _ := newFixed(t)
	l := overHTTP(t, s)
	for name, c := range map[string]struct {
		provider         aws.CredentialsProvider
		ofSTS, ofMetrics string
	}{
		"wrong secret":   {credentials.NewStaticCredentialsProvider(AccessKeyID, "guessed", ""), "SignatureDoesNotMatch", "InvalidSignatureException"},
		"unknown key":    {credentials.NewStaticCredentialsProvider("AKIAUNKNOWN", "x", ""), "InvalidClientTokenId", "UnrecognizedClientException"},
		"invented token": {credentials.NewStaticCredentialsProvider(AccessKeyID, SecretAccessKey, "x"), "InvalidClientTokenId", "UnrecognizedClientException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sts.NewFromConfig(l.config(usEast1, c.provider)).GetCallerIdentity(context.Background(), nil)
			requireCode(t, err, c.ofSTS)
			_, err = cloudwatch.NewFromConfig(l.config(usEast1, c.provider)).ListMetrics(context.Background(), nil)
			requireCode(t, err, c.ofMetrics)
		})
	}
}

func TestTokenBelongsToItsKey(t *testing.T) {
	s, _ := newFixed(t)
	l := inProcess(s)
	one, err := l.assume(t, s, production).Retrieve(context.Background())
	require.NoError(t, err)
	two, err := l.assume(t, s, staging).Retrieve(context.Background())
	require.NoError(t, err)
	mixed := credentials.NewStaticCredentialsProvider(one.AccessKeyID, one.SecretAccessKey, two.SessionToken)
	_, err = cloudwatch.NewFromConfig(l.config(usEast1, mixed)).ListMetrics(context.Background(), nil)
	requireCode(t, err, "UnrecognizedClientException")
}

func TestDateOfSignature(t *testing.T) {
	clock := &testClock{testAnchor}
	strict := newSimulator(t, Config{Clock: clock.Now, MaxSkew: 5 * time.Minute})
	lenient, _ := newFixed(t)
	at := func(s *Simulator, offset time.Duration) *httptest.ResponseRecorder {
		header := http.Header{"Content-Type": {formHeader}}
		return answer(s, signed(t, http.MethodPost, "http://sts.amazonaws.com/", whoAmI, "", "sts", testAnchor.Add(offset), baseKeys, header))
	}
	require.Equal(t, http.StatusOK, at(strict, 4*time.Minute).Code)
	require.Contains(t, at(strict, -6*time.Minute).Body.String(), "Signature expired")
	require.Contains(t, at(strict, 6*time.Minute).Body.String(), "Signature not yet current")
	require.Equal(t, http.StatusOK, at(lenient, 1000*time.Hour).Code, "an injected clock makes dates unchecked")
}

func TestScopeOfCredential(t *testing.T) {
	s, _ := newFixed(t)
	header := http.Header{"Content-Type": {formHeader}}
	w := answer(s, signed(t, http.MethodPost, "http://sts.amazonaws.com/", whoAmI, "", "monitoring", testAnchor, baseKeys, header))
	require.Contains(t, w.Body.String(), "Credential should be scoped to correct service")

	l := inProcess(s)
	_, err := cloudwatch.NewFromConfig(l.config("mars", l.assume(t, s, production)), func(o *cloudwatch.Options) {
		o.BaseEndpoint = aws.String("http://simulated")
	}).ListMetrics(context.Background(), nil)
	require.ErrorContains(t, err, "Credential should be scoped to a valid region")
}

func TestRequestWithoutSignature(t *testing.T) {
	s, _ := newFixed(t)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(whoAmI))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Contains(t, w.Body.String(), "MissingAuthenticationToken")
}

func TestTooLargeRequest(t *testing.T) {
	s, _ := newFixed(t)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, maxBody+1))))
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIA/20260311/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", "20260311T150000Z")
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request,SignedHeaders=host,Signature=x", "")
	f.Add("AWS4-HMAC-SHA256 Credential=////aws4_request, SignedHeaders=;;, Signature==", "x")
	f.Add("Basic dXNlcjpwYXNz", "")
	f.Fuzz(func(t *testing.T, header, date string) {
		auth, err := parseAuthorization(header)
		if err != nil {
			return
		}
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header["X-Amz-Date"] = []string{date}
		if auth.verify(r, nil, "a secret nobody knows", testAnchor, 5*time.Minute) == nil {
			t.Fatalf("accepted %q", header)
		}
	})
}
