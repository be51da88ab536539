// Package cloudwatch asks AWS: which metrics exist (Catalog) and what they measured (Fetcher). It knows CloudWatch's rules (batches of
// 500 queries, pages of 100,800 points, how long each period is kept) and its price, and reports every attempt of a call to a ledger. It keeps no
// points: that is package history's.
package cloudwatch
