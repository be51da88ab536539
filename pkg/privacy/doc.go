// Package privacy replaces the values of chosen labels by masks before they leave the back end: a keyed hash that is short enough to be
// read out ("acct-7f3a9c2e4k"), or an alias that was given. The same value of the same label has the same mask, over restarts and over
// replicas that share the key; without the key nobody can tell what a mask stands for, nor try values out. What a mask stands for is
// known to the process that made it, and is understood back when it is asked for.
//
// It is pure: text and JSON in, text and JSON out. pkg/plugin applies it where answers leave and where questions arrive.
package privacy
