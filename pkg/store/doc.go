// Package store keeps what was fetched, in SQLite: for each series the extents (which ranges are held) and the points; what analysis has
// learnt from them and found (states and results, which can be worked out again, and events, which stay); the ledger of AWS calls, what
// they cost and the cache saved by the hour, and the log of the collector.
//
// Several processes may have it open at the same time. What one of them adds to the log of events is compared with what it was worked out
// from (ContinueEvents), so that nothing is told twice.
//
// It is a cache of AWS, but what AWS no longer keeps (1-minute points beyond 15 days) is truth, so: write-ahead log, one writer,
// forward-only migrations; a commit that returned survives a kill of the process. A chunk whose checksum is wrong costs what it held, which is
// asked of AWS again; Damaged reports it. A database that SQLite calls damaged is set aside as it is and a new one is begun beside it
// (name-1.db, name-2.db, ...), which SetAside reports; another process that has the old one open goes on there, with what it commits.
//
// Clocks are wrong now and then. What a clock that was ahead has called final is taken back by the next write that meets it, and by a clock that
// leaps ahead by more than a month nothing leaves for its age until it was in use for a week.
//
// Points stand in chunks of 540 buckets (package chunk), each with a mark that it is final, as the extents say. The newest ones of a series
// stand in its tail, a short chunk of its own, from whose start on there are no others: the everyday write, a few new points of many
// series, rewrites their tails, which lie together, and nothing else. About every hundred points a tail moves to its chunk.
//
// Maintain is called about once an hour: points leave by the tier of their period, after they were rolled up to the next one; calls leave the
// ledger, and what they cost stays by the hour; over a size the least used history leaves first; free pages go back to the disk. It works in
// steps of some milliseconds.
//
// The file is opened by its name alone. Grafana's plugin validator allows no file-system calls, and none is needed: SQLite itself says
// whether a file exists, and the newest generation of a name is the one in use.
package store
