package plugin

import (
	"database/sql"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

// A damaged chunk of the cache changes no answer: what it held is asked of AWS again, that series alone, and health says so.
func TestDamagedChunkIsAskedAgain(t *testing.T) {
	w := newWorld(t, set("collector", map[string]any{"enabled": false}))
	want := content(t, w.frames(w.lastDays(1), staging(nil)))
	w.idle()
	db, err := sql.Open("sqlite3", "file:"+w.cacheDir+"/vigia-cloudwatch.db?_busy_timeout=10000")
	require.NoError(t, err)
	result, err := db.Exec("UPDATE points SET chunk = zeroblob(100) WHERE id = (SELECT id FROM points ORDER BY id LIMIT 1 OFFSET 2)")
	require.NoError(t, err)
	changed, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, changed)
	require.NoError(t, db.Close())
	before := w.sim.Counts().Of("", "GetMetricData").Metrics
	require.True(t, want == content(t, w.frames(w.lastDays(1), staging(nil))))
	require.Equal(t, 1, w.sim.Counts().Of("", "GetMetricData").Metrics-before, "of one series")
	health, err := w.instance.CheckHealth(grafana(), &backend.CheckHealthRequest{})
	require.NoError(t, err)
	require.Contains(t, health.Message, "since Grafana started: 1.")
	require.NotContains(t, health.Message, "set aside")
}
