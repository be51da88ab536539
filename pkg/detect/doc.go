// Package detect turns a series of observations into anomaly scores, one observation at a time and without looking ahead.
//
// # The score
//
// A score is clamp(25 (-log10 p - 1), 0, 100) of a probability p: 25 is a warning (p of 1 %), 50 major (0.1 %), 75 critical
// (0.01 %). A rarity is -log10 p, not cut at the score's ends. p is that of what one who watches a series all week meets, not of a
// single point: on clean 5-minute data a warning comes at most once in two days, a major score once in two weeks, a critical one
// once in ten. Every detector keeps this contract; heavy tails (Student's t with three degrees) pass 75 some two times as often.
//
// # The detectors
//
// Catalogue lists them by name, with their parameters. New makes one from a Spec; Save and Restore carry its state over a restart,
// bit for bit. All score an observation before they learn it, say nothing while they learn and of what is missing or planned
// (Observation.Quiet), and none is critical before a season is known.
//
//   - auto, the default: below.
//   - seasonal_robust: season and level alone; what departs for long teaches it nothing.
//   - random_cut_forest, isolation_forest, one_class_svm: how far a row of values, of several metrics at once, is from those before.
//   - ewma: a control chart around an exponential mean. rare_zero: nothing where there should be something. peers: one beside its group.
//
// # How auto finds p
//
// Five channels look at each observation: step, its one-step error, sees a jump; baseline, its distance from season and level, what
// lasts; shift, the mean of that distance over twelve buckets, what creeps; level, its distance from a robust mean of days, what is
// unusual at any hour; forest, the random cut forest's score of the last eight values, an unusual shape. Each becomes a
// probability by the decayed distribution of its own statistic on this series, up and down apart (rareness.go). The weighted power
// mean of their rarities is the joint statistic. Its law on clean data hardly depends on the kind of data, which makes it a
// probability again; how often the series itself went as far is added (calm.go). An episode counts as one event and not as its
// buckets (episode.go). Beside this stands a second opinion, that of seasonal_robust, which fades while its alarm lasts: the rarer
// of the two is the score.
//
// # Events
//
// Events says where an anomaly begins: at the first bucket over the threshold, then not for a refractory time of a hundred buckets to
// a day, unless it becomes rarer by more than an order of magnitude.
//
// # Where it is blind
//
// A line that freezes near its usual value; zeros on a count so small that each zero is ordinary (the function rare_zero looks for
// runs of them); a creep over more than half a day, which the level begins to follow; for eight buckets after a jump the forest still
// has it in its shape, and the score comes down in steps.
package detect
