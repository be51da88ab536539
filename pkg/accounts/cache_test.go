package accounts

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/history"
)

func TestCacheSettings(t *testing.T) {
	parse := func(cache string) (Settings, error) {
		return ParseSettings([]byte(`{"simulated":true,"cache":`+cache+`}`), nil)
	}
	s, err := parse(`{"maxGiB":0.5,"keepDays":{"minutes":30,"events":0.5}}`)
	require.NoError(t, err)
	require.Equal(t, int64(1<<29), s.Cache.Bytes())
	require.Equal(t, 30*24*time.Hour, Days(s.Cache.KeepDays.Minutes))
	require.Equal(t, 12*time.Hour, Days(s.Cache.KeepDays.Events))
	for cache, field := range map[string]string{
		`{"maxGiB":-1}`:                     "cache.maxGiB",
		`{"keepDays":{"fiveMinutes":14}}`:   "cache.keepDays.fiveMinutes",
		`{"keepDays":{"hours":-1}}`:         "cache.keepDays.hours",
		`{"keepDays":{"seconds":1e9}}`:      "cache.keepDays.seconds",
		`{"keepDays":{"minutes":"thirty"}}`: "cache.keepDays.minutes",
		`{"maxStaleness":"soon"}`:           "cache.maxStaleness",
		`{"maxStaleness":"-1s"}`:            "cache.maxStaleness",
		`{"maxStaleness":"61m"}`:            "cache.maxStaleness",
		`{"maxStaleness":300}`:              "cache.maxStaleness",
	} {
		_, err := parse(cache)
		require.ErrorContains(t, err, field, cache)
	}
}

// Nothing said is the default of who reads; 0s is no staleness at all.
func TestMaxStaleness(t *testing.T) {
	for written, want := range map[string]time.Duration{
		`{}`: history.DefaultMaxStaleness, `{"maxStaleness":""}`: history.DefaultMaxStaleness, `{"maxStaleness":"0s"}`: 0, `{"maxStaleness":"90s"}`: 90 * time.Second,
		`{"maxStaleness":"1h"}`: time.Hour,
	} {
		s, err := ParseSettings([]byte(`{"simulated":true,"cache":`+written+`}`), nil)
		require.NoError(t, err)
		require.Equal(t, want, s.Cache.Staleness(), written)
	}
}
