package forecast

import "math"

// model forecasts. path writes what comes after the first n values of s to out, looking at no value after them: of the future it may know
// the clock. A model is not changed by it.
type model interface {
	path(s *series, n int, out []float64)
	String() string
}

const (
	// trained is the share of a history before the first origin.
	trained = 0.45
	// enoughOrigins: where there are fewer, they stand closer.
	enoughOrigins = 24
	maxOrigins    = 60
	// errorsKept of each block and origin.
	errorsKept = 12
	// warmUp trials teach the weights alone, of a short history a fifth of them.
	warmUp = 4
	// judged is how many seasons ahead the report and the adaptation of bands look.
	judged = 2
)

// perSeason are the numbers of origins in a season that are tried, until there are enough.
var perSeason = []int{2, 4, 6, 8}

// originsOf are the moments from which it is forecast again, in order and evenly, counted back from the end; the last is the end itself.
func originsOf(s *series) []int {
	first := max(int(trained*float64(s.n)), s.season+max(s.season/2, s.slack+2))
	if 2*s.n >= 23*s.season && s.n >= s.whole()+4*s.season {
		first = max(first, s.whole()+2*s.season) // the cycle is learnt before
	}
	step := max(s.season/perSeason[0], 1)
	for _, k := range perSeason[1:] {
		if s.n-first < enoughOrigins*step && s.season%k == 0 {
			step = s.season / k
		}
	}
	count := min(max(s.n-first, 0)/step, maxOrigins)
	at := make([]int, count+1)
	for i := range at {
		at[i] = s.n - (count-i)*step
	}
	return at
}

// reachOf is how far it is forecast from the origin that is back-th from the end: from each as far as most people ask for, from some
// further, from a few as far as there are blocks.
func reachOf(s *series, back int) int {
	switch {
	case back%16 == 0:
		return s.n
	case back%4 == 0:
		return 10 * s.season
	}
	return 3 * s.season
}

// trial is what a forecast from one origin came to.
type trial struct {
	origin  int
	path    []float64   // of the stack
	members [][]float64 // by block the mean absolute error of each member; nil beyond the data
	whole   []float64   // by block that of the stack
	errors  [][]float64 // by block errors of the stack in units of the usual size at their hour
}

// backtest forecasts from each origin but the last with what was known there: models fitted and weights learnt by then. Each member has one
// model for each origin. The stack that is returned has the weights of the last origin, the end.
func backtest(s *series, origins []int, members [][]model) (*stack, []trial) {
	st := newStack(newLadder(s.clock), len(members))
	sizes := newSizes(s, origins)
	trials := make([]trial, 0, len(origins)-1)
	longest := min(s.n-origins[0], st.ladder.last())
	paths := make([][]float64, len(members))
	for m := range paths {
		paths[m] = make([]float64, longest)
	}
	learnt := make([]int, len(st.ladder.ends)) // trials that a block has learnt from
	for k, n := range origins {
		for b, end := range st.ladder.ends {
			for ; learnt[b] < k && trials[learnt[b]].origin+end <= n; learnt[b]++ {
				if t := &trials[learnt[b]]; b < len(t.members) {
					st.learn(b, t.members[b], t.whole[b])
				}
			}
		}
		st.weigh()
		if n == s.n {
			break
		}
		reach := min(s.n-n, longest, reachOf(s, len(origins)-1-k))
		for m := range members {
			paths[m] = paths[m][:reach]
			members[m][k].path(s.at(n), n, paths[m])
			s.tame(n, paths[m])
		}
		t := trial{origin: n, path: make([]float64, reach)}
		st.mix(t.path, paths)
		t.judge(s, st.ladder, paths, &sizes[k])
		trials = append(trials, t)
	}
	return st, trials
}

// warm are the trials of a stack that had weights.
func warm(trials []trial) []trial { return trials[min(warmUp, len(trials)/5):] }

// judge compares with what came.
func (t *trial) judge(s *series, l ladder, paths [][]float64, size *[slots]float64) {
	for b, end := range l.ends {
		if end > len(t.path) {
			return
		}
		from := l.begin(b)
		mae := make([]float64, len(paths))
		for m, path := range paths {
			mae[m] = s.meanError(t.origin, path, from, end)
		}
		t.members = append(t.members, mae)
		t.whole = append(t.whole, s.meanError(t.origin, t.path, from, end))
		t.errors = append(t.errors, t.sampled(s, from, end, size))
	}
}

// meanError is the mean absolute error of a path from its step from up to end, by values whose odd ones are cut: one spike would make all
// members alike. NaN where nothing was observed.
func (s *series) meanError(origin int, path []float64, from, end int) float64 {
	sum, count := 0.0, 0
	for i := from; i < end; i++ {
		if t := origin + i; s.seen[t] == s.seen[t] {
			sum += math.Abs(s.y[t] - path[i])
			count++
		}
	}
	return sum / float64(count)
}

// sampled are some errors, evenly taken.
func (t *trial) sampled(s *series, from, end int, size *[slots]float64) []float64 {
	count := min(end-from, errorsKept)
	kept := make([]float64, 0, count)
	for j := range count {
		i := from + (2*j+1)*(end-from)/(2*count)
		if x := s.seen[t.origin+i]; x == x {
			kept = append(kept, (x-t.path[i])/size[s.slot[t.origin+i]])
		}
	}
	return kept
}

const (
	// sizePrior buckets at the mean size stand beside those of an hour.
	sizePrior = 20
	// leastSize in units of the largest magnitude so far.
	leastSize = 1e-4
)

// newSizes says how large changes from a season or a cycle ago usually are in each hour of the day, as known at each origin. They are the
// units of errors.
func newSizes(s *series, origins []int) [][slots]float64 {
	all := make([][slots]float64, 0, len(origins))
	var sum, count [slots]float64
	total, buckets := 0.0, 0.0
	t := s.seasoned()
	for _, n := range origins {
		for ; t < n; t++ {
			if s.seen[t] != s.seen[t] {
				continue
			}
			e := math.Min(math.Abs(s.y[t]-s.y[s.back[oneSeason][t]]), math.Abs(s.y[t]-s.y[s.back[oneCycle][t]]))
			sum[s.slot[t]] += e
			count[s.slot[t]]++
			total += e
			buckets++
		}
		least := leastSize * math.Max(math.Abs(s.low[n-1]), math.Abs(s.high[n-1]))
		if least == 0 {
			least = 1 // nothing but zeros
		}
		mean := math.Max(total/math.Max(buckets, 1), least)
		var raw, size [slots]float64
		for i := range raw {
			raw[i] = (sum[i] + sizePrior*mean) / (count[i] + sizePrior)
		}
		for i := range size {
			size[i] = math.Max(raw[i]/2+(raw[(i+1)%slots]+raw[(i+slots-1)%slots])/4, least)
		}
		all = append(all, size)
	}
	return all
}
