// Package query holds the query model: what a panel, an alert rule or a YAML file may ask, its defaults, its validation and
// the migration of older JSON. It does no I/O and knows no accounts: whether an account exists is asked in package accounts.
package query
