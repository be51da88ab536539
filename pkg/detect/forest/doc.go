// Package forest is the random cut forest: a streaming sketch of what a series of rows has been, which says how unusual the next row
// is and which of its columns make it so.
//
// # The forest
//
// Guha, Mishra, Roy and Schrijvers, "Robust random cut forest based anomaly detection on streams", ICML 2016. Each tree holds a
// sample of the points and partitions it by random cuts: a dimension in proportion to the sides of the bounding box, a place uniform
// along that side. A point is inserted and removed so that the tree is always distributed as one built anew from its sample.
// A point is a shingle: the last Shingle rows side by side, the oldest first.
//
// # The score
//
// The score is the expected inverse depth at which a cut would separate the point from the sample, times log2 of the sample's size plus
// one: ordinary points have 0.5 to 1, unusual ones more than 1.5. A point that equals sampled ones counts by their mass, damped. Its
// attribution shares it among the dimensions, apart for above (high) and below (low): the dimension in which the cut falls carries it.
// These are the definitions of Amazon's implementation, with which package tests compare.
//
// # The sample
//
// A time-decayed reservoir: of each tree the points with the smallest keys log(-log u) - row/TimeDecay are kept (Efraimidis and
// Spirakis 2006, "Weighted random sampling with a reservoir"). Every random number is a hash of seed, tree and row, so a forest is a function of
// its configuration and its rows, and a saved state holds neither keys nor counters.
//
// # Numbers
//
// Cuts and boxes do not change when a constant is added to a column, so points are kept as float32 distances from the first row:
// 7e11 and 7e11 + 1 are told apart. Nothing is scaled: a column of large numbers outweighs one of small ones, as in Amazon's, unless Weigh says
// what a distance in each column counts.
package forest
