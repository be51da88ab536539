// Package frames turns results into Grafana data frames by the contract in docs/architecture.md: one frame per series and measure, fixed
// field names, labels that tell accounts and regions apart, display names that are unique, null for what is not known. It decides nothing.
package frames
