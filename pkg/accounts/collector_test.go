package accounts

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCollectorSettings(t *testing.T) {
	s, err := ParseSettings(nil, nil)
	require.NoError(t, err)
	require.Equal(t, Collector{Enabled: true, WarmFor: 6 * time.Hour, MetricsPerMinute: 1000}, s.Collector)

	s, err = ParseSettings([]byte(`{"collector": {"enabled": false, "warmFor": "2d", "metricsPerMinute": 50,
		"watch": [{"namespace": "AWS/EC2", "metric": "CPUUtilization", "period": "1m", "lazy": true}]}}`), nil)
	require.NoError(t, err)
	require.False(t, s.Collector.Enabled)
	require.Equal(t, 48*time.Hour, s.Collector.WarmFor)
	require.Equal(t, 50, s.Collector.MetricsPerMinute)
	require.Len(t, s.Collector.Watch, 1)
	require.True(t, s.Collector.Watch[0].Lazy)
	require.JSONEq(t, `{"namespace": "AWS/EC2", "metric": "CPUUtilization", "period": "1m"}`, string(s.Collector.Watch[0].Query))

	for _, none := range []string{`{"collector": null}`, `{"collector": {}}`} {
		s, err = ParseSettings([]byte(none), nil)
		require.NoError(t, err)
		require.True(t, s.Collector.Enabled)
	}
}

func TestCollectorMistakesNameTheField(t *testing.T) {
	for settings, want := range map[string]string{
		`{"warmfor": "6h"}`:                           `"collector.warmfor": is unknown`,
		`{"warmFor": "soon"}`:                         `"collector.warmFor"`,
		`{"warmFor": "-1h"}`:                          `"collector.warmFor"`,
		`{"warmFor": "31d"}`:                          `"collector.warmFor"`,
		`{"metricsPerMinute": 0}`:                     `"collector.metricsPerMinute": 0 is not between`,
		`{"enabled": "yes"}`:                          `"collector.enabled"`,
		`{"watch": [{"metric": "a"}, {"lazy": 1}]}`:   `"collector.watch[1].lazy"`,
		`{"watch": [{"metric": "a", "score": true}]}`: `"collector.watch[0].score": is unknown`,
		`{"watch": [null]}`:                           `"collector.watch[0]": is empty`,
	} {
		_, err := ParseSettings([]byte(`{"collector": `+settings+`}`), nil)
		require.ErrorContains(t, err, "field "+want, settings)
	}
}
