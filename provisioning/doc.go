// Package provisioning reads Vigia's provisioning files strictly. Grafana drops an unknown or wrongly cased key without a word, and a
// reference that leads nowhere shows only when a rule is evaluated; here both are errors. The demo reads its queries through
// this package, and its tests hold the files of this folder to it.
//
// The formats are those of Grafana 12: pkg/services/provisioning of its source, where each key's spelling stands.
package provisioning
