//go:build race

package store

// kills of a writer: few, as a process under the race detector takes long to start. Without it there are two hundred.
const kills = 15
