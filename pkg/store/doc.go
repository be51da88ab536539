// Package store keeps what was fetched, in SQLite: for each series the extents (which ranges are held) and the points, in compressed
// chunks; what analysis has learnt from them and found (states and results, which can be worked out again); and the ledger of AWS calls.
//
// It is a cache of AWS, but what AWS no longer keeps (1-minute points beyond 15 days) is truth, so: write-ahead log, one writer,
// forward-only migrations; a commit that returned survives a kill of the process. A database that SQLite calls damaged is set aside as
// it is and a new one is begun beside it (name-1.db, name-2.db, ...), which SetAside reports.
//
// The file is opened by its name alone. Grafana's plugin validator allows no file-system calls, and none is needed: SQLite itself says
// whether a file exists, and the newest generation of a name is the one in use.
package store
