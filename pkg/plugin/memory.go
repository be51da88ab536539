package plugin

// GCPercent is the garbage collector's target for a process that serves this plugin. Most of what lives is numbers without pointers, which a
// collection passes over, and most of what an answer takes is garbage once it is sent: collecting twice as often as Go would costs a sixth
// of a refresh in processor time, much of it idle, and saves a third of the memory (BenchmarkFleet). GOGC overrides it.
const GCPercent = 50
