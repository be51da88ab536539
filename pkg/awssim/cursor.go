package awssim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// cursor is what a NextToken holds. A token belongs to one request: with other parameters it is invalid.
type cursor struct {
	Print  uint64 `json:"p"`
	AsOf   int64  `json:"t"` // Unix seconds: the moment that the first page saw
	Index  int    `json:"i"` // of the query, or of the metric
	Offset int    `json:"o"` // of the datapoint within the query
}

func (c cursor) token(print uint64) string {
	c.Print = print
	b, err := json.Marshal(c)
	if err != nil {
		panic("awssim: cursor cannot be written: " + err.Error()) // integers only
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(token string, print uint64) (cursor, bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return cursor{}, false
	}
	var c cursor
	if err := json.Unmarshal(b, &c); err != nil {
		return cursor{}, false
	}
	return c, c.Print == print && c.Index >= 0 && c.Offset >= 0
}

// fingerprint identifies what is asked, except for the page.
func (in metricDataInput) fingerprint(c *call) uint64 {
	parts := []string{c.principal.accountID, c.region, fmt.Sprint(in.start.UnixNano(), in.end.UnixNano(), in.ascending)}
	for _, q := range in.queries {
		parts = append(parts, q.id, q.metric.key(), fmt.Sprint(q.stat, q.period, q.unit, q.returnData, q.accountID))
	}
	return hashKey(0, strings.Join(parts, "\x02"))
}
