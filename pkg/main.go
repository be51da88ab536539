// Command main is the data source's back end: Grafana starts it and talks to it over its plugin protocol.
package main

import (
	"os"
	"runtime/debug"
	_ "time/tzdata" // the time zones of hosts that have none, as Windows

	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/vigia-cloudwatch/vigia/pkg/plugin"
)

func main() {
	const usual = 100 // unless GOGC says otherwise
	if set := debug.SetGCPercent(plugin.GCPercent); set != usual {
		debug.SetGCPercent(set)
	}
	factory := plugin.NewFactory(os.Getenv("GF_PLUGIN_CACHE_PATH"))
	if err := datasource.Manage(plugin.ID, factory.NewInstance, datasource.ManageOpts{}); err != nil {
		log.DefaultLogger.Error("the plugin stopped", "error", err)
		os.Exit(1)
	}
}
