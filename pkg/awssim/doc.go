// Package awssim is a simulated AWS: STS and CloudWatch over their real wire protocols.
//
// A [Simulator] is an [http.Handler] that any AWS client can talk to (AWS Query, Smithy RPC v2 CBOR, JSON 1.0), and an
// [http.RoundTripper] that answers in the same process without a port. It checks Signature Version 4, hands out sessions for roles
// in three accounts, and serves metrics that are pure functions of (seed, series, minute) with labelled incidents in them.
// What makes a client's life hard on AWS is here too: the retention rule, paging, points that arrive late and change,
// and faults that are switched on at run time.
//
// The package knows nothing of the program that uses it. Every exported method is safe for concurrent use.
package awssim
