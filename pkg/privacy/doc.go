// Package privacy replaces the values of chosen labels by masks before they leave the back end: a keyed hash that is short enough to be
// read out ("acct-7f3a9c2e4k"), or an alias that was given. The same value of the same label has the same mask, over restarts and over
// replicas that share the key. Without the key nobody can work out what a mask stands for. It hides names from those who do not know them,
// and no guess from those who may ask: who asks for a name that exists is answered under its mask, a question for each guess, because
// dashboards and rules may hold names from before they were hidden.
//
// What a mask stands for is known to the process that made it. It is understood back as the whole name of its own label, where a question
// gives one, and nowhere else; whatever else a question says is echoed as it was said.
//
// Labels are masked as what they are. Only texts that others compose, as AWS its errors, and sentences are searched for values.
//
// It is pure: text and JSON in, text and JSON out. pkg/plugin applies it where answers leave and where questions arrive.
package privacy
