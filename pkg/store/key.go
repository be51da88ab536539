package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// A key may hold what the settings hide, so it does not stand in errors.
var (
	errKey        = errors.New("key cannot be read")
	errKeyVersion = errors.New("key is of another version")
)

// keyParts is the number of parts of a key before its dimensions.
const keyParts = 8

// parseKey reads what series.Key.ID wrote: a version, and parts that are led by their length.
func parseKey(id string) (series.Key, error) {
	parts, err := splitKey(id)
	if err != nil {
		return series.Key{}, err
	}
	if len(parts) < keyParts || len(parts)%2 != 0 {
		return series.Key{}, fmt.Errorf("key has %d parts", len(parts))
	}
	seconds, err := strconv.ParseInt(parts[7], 10, 32)
	if err != nil || seconds <= 0 {
		return series.Key{}, fmt.Errorf("period %q of key is no number of seconds", parts[7])
	}
	k := series.Key{
		Source: parts[0], AccountID: parts[1], RoleARN: parts[2], Region: parts[3], Namespace: parts[4], Metric: parts[5], Stat: parts[6],
		Period: time.Duration(seconds) * time.Second,
	}
	for d := parts[keyParts:]; len(d) > 0; d = d[2:] {
		k.Dimensions = append(k.Dimensions, series.Dimension{Name: d[0], Value: d[1]})
	}
	if k.ID() != id {
		return series.Key{}, errKeyVersion
	}
	return k, nil
}

func splitKey(id string) (parts []string, err error) {
	_, rest, ok := strings.Cut(id, "|")
	for ok {
		text, after, found := strings.Cut(rest, ":")
		n, err := strconv.Atoi(text)
		if !found || err != nil || n < 0 || n > len(after) {
			return nil, errKey
		}
		parts = append(parts, after[:n])
		rest = after[n:]
		if ok = rest != ""; ok {
			if rest[0] != '|' {
				return nil, errKey
			}
			rest = rest[1:]
		}
	}
	return parts, nil
}
