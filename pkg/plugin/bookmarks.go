package plugin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// bookmarks make and read where a page ends: a token that holds the series, as a digest, and the time, and a seal over both and the question.
// Tokens outlive a restart; one of another question or another data source is refused. A token says too where the whole export ends, which is
// the same on each of its pages.
type bookmarks struct {
	key, question []byte
	end           time.Time // of the export
}

// bookmark is where the page before ended; the zero value is before the first.
type bookmark struct {
	series []byte // its digest
	at     time.Time
	end    time.Time // of the export
}

const (
	digestLen = 16
	markLen   = digestLen + 8 + 8 // series, time, end
	tokenLen  = markLen + digestLen
)

func (i *Instance) bookmarks(z zone, asked question) bookmarks {
	// Which page is asked for and how long it is are no part of the question.
	written, _ := json.Marshal([]any{z, compact(asked.Query), asked.From, asked.To, asked.Labels})
	return bookmarks{key: i.tokenKey, question: written}
}

// compact is JSON in one spelling: without spaces, fields in order.
func compact(raw json.RawMessage) any {
	var out any
	_ = json.Unmarshal(raw, &out) // it has been parsed before
	return out
}

func (b bookmarks) digest(parts ...[]byte) []byte {
	h := hmac.New(sha256.New, b.key)
	for _, p := range parts {
		_ = binary.Write(h, binary.LittleEndian, int64(len(p)))
		_, _ = h.Write(p)
	}
	return h.Sum(nil)[:digestLen]
}

func (b bookmarks) series(u unit) []byte { return b.digest([]byte(u.labels.String())) }

// at is the token of a page that ends in a unit, before a time.
func (b bookmarks) at(u unit, t time.Time) string {
	token := binary.BigEndian.AppendUint64(b.series(u), uint64(t.Unix()))
	token = binary.BigEndian.AppendUint64(token, uint64(b.end.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(token, b.digest(token, b.question)...))
}

// read is what a token says.
func (b bookmarks) read(token string) (bookmark, error) {
	if token == "" {
		return bookmark{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	inOneSpelling := err == nil && base64.RawURLEncoding.EncodeToString(raw) == token && len(raw) == tokenLen
	if !inOneSpelling || !hmac.Equal(raw[markLen:], b.digest(raw[:markLen], b.question)) {
		return bookmark{}, &query.FieldError{Field: "after", Reason: "is not \"next\" of a page of the same question (zone, query, from, to, labels)"}
	}
	at := func(from int) time.Time { return time.Unix(int64(binary.BigEndian.Uint64(raw[from:])), 0).UTC() }
	return bookmark{series: raw[:digestLen], at: at(digestLen), end: at(digestLen + 8)}, nil
}

// resume returns the units from where the page before ended, and the time to go on at in the first of them; a zero one is its beginning.
func (b bookmarks) resume(units []unit, before bookmark) ([]unit, time.Time, error) {
	if before.series == nil {
		return units, time.Time{}, nil
	}
	n := slices.IndexFunc(units, func(u unit) bool { return hmac.Equal(b.series(u), before.series) })
	if n < 0 {
		return nil, time.Time{}, &query.FieldError{Field: "after", Reason: "the series in which the page ended is not there any more: begin anew"}
	}
	if !before.at.Before(before.end) {
		return units[n+1:], time.Time{}, nil
	}
	return units[n:], before.at, nil
}

// tokenKeyOf is the key of a data source's tokens. Its secrets are part of it, where it has any, so that no one else can make or test them.
func tokenKeyOf(uid string, secrets map[string]string) []byte {
	h := sha256.New()
	for _, part := range append([]string{"zones", uid}, sortedPairs(secrets)...) {
		_, _ = fmt.Fprintf(h, "%d:%s|", len(part), part)
	}
	return h.Sum(nil)
}

func sortedPairs(m map[string]string) []string {
	var out []string
	for k, v := range m {
		out = append(out, strings.Join([]string{k, v}, "="))
	}
	slices.Sort(out)
	return out
}
