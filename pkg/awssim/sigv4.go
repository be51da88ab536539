package awssim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Signature Version 4, the server's side.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

const (
	sigAlgorithm    = "AWS4-HMAC-SHA256"
	sigTimeLayout   = "20060102T150405Z"
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// authorization is a parsed Authorization header.
type authorization struct {
	accessKey     string
	date          string // yyyymmdd
	region        string
	service       string
	signedHeaders []string // lower case, sorted
	signature     string   // hex
}

func (a authorization) scope() string {
	return a.date + "/" + a.region + "/" + a.service + "/aws4_request"
}

// parseAuthorization reads the header that a client signed a request with.
func parseAuthorization(header string) (authorization, *apiError) {
	rest, ok := strings.CutPrefix(header, sigAlgorithm)
	if !ok || rest == "" || rest[0] != ' ' {
		return authorization{}, incomplete("Authorization header requires the algorithm " + sigAlgorithm + ".")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return authorization{}, incomplete("Authorization header holds a part without '='.")
		}
		parts[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[name] == "" {
			return authorization{}, incomplete("Authorization header requires '" + name + "' parameter.")
		}
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || scope[4] != "aws4_request" || slices.Contains(scope, "") {
		return authorization{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
	}
	return authorization{
		accessKey: scope[0], date: scope[1], region: scope[2], service: scope[3],
		signedHeaders: strings.Split(parts["SignedHeaders"], ";"), signature: parts["Signature"],
	}, nil
}

func incomplete(message string) *apiError { return clientError("IncompleteSignature", message) }

func mismatch(message string) *apiError {
	return &apiError{http.StatusForbidden, "SignatureDoesNotMatch", message}
}

const mismatchMessage = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// verify checks the signature of a request against the secret of its access key. now is the signer's time as the server sees it;
// a maxSkew below zero accepts any date.
func (a authorization) verify(r *http.Request, body []byte, secret string, now time.Time, maxSkew time.Duration) *apiError {
	stamp := r.Header.Get("X-Amz-Date")
	signed, err := time.Parse(sigTimeLayout, stamp)
	if err != nil {
		return incomplete("Authorization header requires existence of a valid 'X-Amz-Date' header.")
	}
	if !strings.HasPrefix(stamp, a.date) {
		return mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
	}
	if err := checkSkew(signed, now, maxSkew); err != nil {
		return err
	}
	if !slices.Contains(a.signedHeaders, "host") {
		return mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	if r.Header.Get("X-Amz-Security-Token") != "" && !slices.Contains(a.signedHeaders, "x-amz-security-token") {
		return mismatch("'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.")
	}
	payload, ok := payloadHash(r, body)
	if !ok {
		return mismatch("The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	canonical := sha256.Sum256([]byte(a.canonicalRequest(r, payload)))
	toSign := sigAlgorithm + "\n" + stamp + "\n" + a.scope() + "\n" + hex.EncodeToString(canonical[:])
	want := hex.EncodeToString(hmacSHA256(a.signingKey(secret), toSign))
	if !hmac.Equal([]byte(want), []byte(a.signature)) {
		return mismatch(mismatchMessage)
	}
	return nil
}

func checkSkew(signed, now time.Time, maxSkew time.Duration) *apiError {
	if maxSkew < 0 {
		return nil
	}
	oldest, newest := now.Add(-maxSkew), now.Add(maxSkew)
	if signed.Before(oldest) {
		return &apiError{http.StatusForbidden, "RequestExpired", "Signature expired: " + signed.Format(sigTimeLayout) +
			" is now earlier than " + oldest.Format(sigTimeLayout) + " (" + now.Format(sigTimeLayout) + " - " + maxSkew.String() + ")"}
	}
	if signed.After(newest) {
		return &apiError{http.StatusForbidden, "RequestExpired", "Signature not yet current: " + signed.Format(sigTimeLayout) +
			" is still later than " + newest.Format(sigTimeLayout) + " (" + now.Format(sigTimeLayout) + " + " + maxSkew.String() + ")"}
	}
	return nil
}

func payloadHash(r *http.Request, body []byte) (string, bool) {
	computed := sha256.Sum256(body)
	text := hex.EncodeToString(computed[:])
	switch stated := r.Header.Get("X-Amz-Content-Sha256"); stated {
	case "":
		return text, true
	case unsignedPayload:
		return unsignedPayload, true
	default:
		return text, stated == text
	}
}

func (a authorization) canonicalRequest(r *http.Request, payload string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r.URL) + "\n" + canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range a.signedHeaders {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(a.signedHeaders, ";") + "\n" + payload)
	return b.String()
}

// headerValue gives a header as it was signed. Go's server and client keep some headers outside of the map.
func headerValue(r *http.Request, name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.FormatInt(max(0, r.ContentLength), 10)}
	case name == "transfer-encoding" && len(values) == 0:
		values = r.TransferEncoding
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Join(strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '\t' }), " ")
	}
	return strings.Join(trimmed, ",")
}

// canonicalPath encodes the path a second time, as every service but S3 wants it.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = awsEscape(s)
	}
	return strings.Join(segments, "/")
}

func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, reEscape(name)+"="+reEscape(value))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func reEscape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		s = plain
	}
	return awsEscape(s)
}

// awsEscape percent-encodes every byte but the unreserved characters of RFC 3986.
func awsEscape(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

func (a authorization) signingKey(secret string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{a.date, a.region, a.service, "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	return key
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
