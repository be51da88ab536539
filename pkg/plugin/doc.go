// Package plugin is Grafana's face of the data source: its settings, the life of its instances, queries, health and resources. It holds the
// thread of a query and calls one room after the other (docs/architecture.md); numbers, SQL and AWS calls are theirs.
package plugin
