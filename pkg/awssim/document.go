package awssim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// document is a request's content whatever its protocol: map[string]any, []any, and scalars. AWS Query has only strings,
// so every scalar is read from a string as well.
type document map[string]any

// field is a part of a document together with its path, for messages that say which parameter is wrong.
type field struct {
	path  string
	value any // nil where absent
}

func (d document) field(name string) field { return field{name, d[name]} }

func (f field) field(name string) field {
	path := f.path + "." + name
	switch v := f.value.(type) {
	case document:
		return field{path, v[name]}
	case map[string]any:
		return field{path, v[name]}
	}
	return field{path, nil}
}

func (f field) present() bool { return f.value != nil }

// list returns the members of a list; an absent list is empty.
func (f field) list() ([]field, error) {
	if f.value == nil {
		return nil, nil
	}
	items, ok := f.value.([]any)
	if !ok {
		return nil, f.wrong("a list")
	}
	out := make([]field, len(items))
	for i, v := range items {
		out[i] = field{f.path + ".member." + strconv.Itoa(i+1), v}
	}
	return out, nil
}

// text returns a string; an absent one is empty.
func (f field) text() (string, error) {
	if f.value == nil {
		return "", nil
	}
	s, ok := f.value.(string)
	if !ok {
		return "", f.wrong("a string")
	}
	return s, nil
}

func (f field) integer() (int64, error) {
	switch v := f.value.(type) {
	case nil:
		return 0, nil
	case int64:
		return v, nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), nil
		}
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, f.wrong("an integer")
}

func (f field) boolean(absent bool) (bool, error) {
	switch v := f.value.(type) {
	case nil:
		return absent, nil
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(strings.ToLower(v)); err == nil {
			return b, nil
		}
	}
	return false, f.wrong("a boolean")
}

// timestamp reads a time: a tagged CBOR time, seconds since the epoch, or ISO 8601. Years outside 1 to 9999 are refused.
func (f field) timestamp() (time.Time, error) {
	t, ok := f.asTime()
	if !ok || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, f.wrong("a timestamp")
	}
	return t.UTC(), nil
}

func (f field) asTime() (time.Time, bool) {
	const limit = 253402300800 // year 10000
	switch v := f.value.(type) {
	case time.Time:
		return v, true
	case int64:
		return time.Unix(v, 0), v > -limit && v < limit
	case float64:
		if !(math.Abs(v) < limit) {
			return time.Time{}, false
		}
		return time.UnixMilli(int64(math.Round(v * 1000))), true
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"} {
			if t, err := time.Parse(layout, v); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

func (f field) wrong(want string) error {
	return malformed(fmt.Sprintf("The value for parameter %s must be %s.", f.path, want))
}
