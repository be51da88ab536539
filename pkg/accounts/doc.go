// Package accounts knows the AWS accounts of a data source: who they are, under which role each is read, and in which regions.
// It turns a query's selection into targets (one account in one region) and a target into an AWS configuration. Credentials
// come from grafana-aws-sdk, so Grafana's [aws] settings hold here as in Grafana's own AWS data sources.
// It also reads the settings that hold for all accounts, calendars among them, for which a mistake is one of the data source.
//
// A mistake in one account's settings belongs to that account: the others keep working, and the mistake is said wherever the
// account is asked for.
package accounts
