package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// Function joins what several series have in one bucket.
type Function string

// The functions.
const (
	Sum   Function = "sum"
	Count Function = "count" // of things that are counted: their sum
	Mean  Function = "mean"
	Min   Function = "min"
	Max   Function = "max"
)

// Join makes one series of several of the same period, over all of their time. In each bucket it takes what is there; where nothing is,
// the bucket is missing. The order of the members does not matter.
func Join(key series.Key, members []series.Series, f Function) (series.Series, error) {
	if !slices.Contains([]Function{Sum, Count, Mean, Min, Max}, f) {
		return series.Series{}, fmt.Errorf("%q joins no series: choose one of %s, %s, %s, %s, %s", f, Sum, Count, Mean, Min, Max)
	}
	w, err := union(members)
	if err != nil {
		return series.Series{}, err
	}
	out := series.New(key, w)
	values := make([]float64, 0, len(members))
	for i := range out.Values {
		if values = valuesAt(members, w, i, values[:0]); len(values) > 0 {
			slices.Sort(values) // sums are rounded alike whatever the order of the members
			out.Values[i] = f.of(values)
		}
	}
	return out, nil
}

// of sorted values, at least one.
func (f Function) of(values []float64) float64 {
	switch f {
	case Min:
		return values[0]
	case Max:
		return values[len(values)-1]
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if f == Mean {
		return sum / float64(len(values))
	}
	return sum
}

// union is the window that holds all of the members, which must have one period.
func union(members []series.Series) (series.Window, error) {
	var w series.Window
	for _, m := range members {
		if !w.Empty() && !m.Window.Empty() && m.Window.Period != w.Period {
			return w, fmt.Errorf("series of periods %s and %s cannot be joined", w.Period, m.Window.Period)
		}
		w = w.Union(m.Window)
	}
	return w, nil
}

func valuesAt(members []series.Series, w series.Window, i int, into []float64) []float64 {
	for _, m := range members {
		if v := valueAt(m, w, i); !math.IsNaN(v) {
			into = append(into, v)
		}
	}
	return into
}

// valueAt is the value of a series in bucket i of a window of the same grid, NaN where there is none.
func valueAt(s series.Series, w series.Window, i int) float64 {
	if s.Window.Empty() {
		return math.NaN()
	}
	j := i + int(w.Start.Sub(s.Window.Start)/w.Period)
	if j < 0 || j >= len(s.Values) || math.IsInf(s.Values[j], 0) {
		return math.NaN()
	}
	return s.Values[j] + 0 // makes one zero of two
}

const (
	// leastPeers others must have a value for a member to be compared with them.
	leastPeers = 3
	// madToSigma turns a Gaussian's median absolute deviation into its standard deviation.
	madToSigma = 1.4826
)

// Peers returns for each member the two columns of detect.Peers, over the member's own window: the median of the others at the same moment,
// and their median absolute deviation from it times 1.4826. Both are missing where fewer than three others have a value. The order of
// the members does not matter. Columns have the member's key with the metric's name marked.
func Peers(members []series.Series) ([][]series.Series, error) {
	w, err := union(members)
	if err != nil {
		return nil, err
	}
	out := make([][]series.Series, len(members))
	for k, m := range members {
		centre, spread := m.Key, m.Key
		centre.Metric += " (centre of peers)"
		spread.Metric += " (spread of peers)"
		out[k] = []series.Series{series.New(centre, m.Window), series.New(spread, m.Window)}
	}
	var g group
	for i := range w.Len() {
		g.gather(members, w, i)
		for k, m := range members {
			if j := w.Time(i).Sub(m.Window.Start) / w.Period; !m.Window.Empty() && j >= 0 && int(j) < m.Window.Len() {
				out[k][0].Values[j], out[k][1].Values[j] = g.others(k)
			}
		}
	}
	return out, nil
}

// group is what the members have in one bucket.
type group struct {
	sorted  []ranked
	values  []float64 // sorted
	rank    []int     // by member, -1 for one without a value
	centre  float64   // for which the deviations were made
	fresh   bool
	spreads []float64 // sorted deviations from centre
	place   []int     // by rank, of its deviation
}

type ranked struct {
	value  float64
	member int
}

func (g *group) gather(members []series.Series, w series.Window, i int) {
	g.sorted, g.values, g.rank, g.fresh = g.sorted[:0], g.values[:0], g.rank[:0], false
	for k, m := range members {
		g.rank = append(g.rank, -1)
		if v := valueAt(m, w, i); !math.IsNaN(v) {
			g.sorted = append(g.sorted, ranked{v, k})
		}
	}
	slices.SortFunc(g.sorted, func(a, b ranked) int { return cmp.Compare(a.value, b.value) })
	for rank, r := range g.sorted {
		g.values = append(g.values, r.value)
		g.rank[r.member] = rank
	}
}

// others returns centre and spread of all but one member. There are three medians at most, whoever is left out; for each the deviations
// are sorted once.
func (g *group) others(member int) (centre, spread float64) {
	rank := g.rank[member]
	others := len(g.values)
	if rank >= 0 {
		others--
	}
	if others < leastPeers {
		return math.NaN(), math.NaN()
	}
	centre = medianWithout(g.values, rank)
	if !g.fresh || centre != g.centre {
		g.deviate(centre)
	}
	if rank >= 0 {
		rank = g.place[rank]
	}
	return centre, madToSigma * medianWithout(g.spreads, rank)
}

// deviate sorts the deviations from a centre: on each side of it they are sorted already.
func (g *group) deviate(centre float64) {
	n := len(g.values)
	g.centre, g.fresh = centre, true
	g.spreads = g.spreads[:0]
	g.place = slices.Grow(g.place[:0], n)[:n]
	right, _ := slices.BinarySearch(g.values, centre)
	left := right - 1
	for left >= 0 || right < n {
		if right >= n || left >= 0 && centre-g.values[left] <= g.values[right]-centre {
			g.place[left] = len(g.spreads)
			g.spreads = append(g.spreads, centre-g.values[left])
			left--
			continue
		}
		g.place[right] = len(g.spreads)
		g.spreads = append(g.spreads, g.values[right]-centre)
		right++
	}
}

// medianWithout is the median of sorted values but the one of a rank; a negative rank leaves none out.
func medianWithout(sorted []float64, rank int) float64 {
	n := len(sorted)
	at := func(i int) float64 {
		if rank >= 0 && i >= rank {
			i++
		}
		return sorted[i]
	}
	if rank >= 0 {
		n--
	}
	if n%2 == 1 {
		return at(n / 2)
	}
	a, b := at(n/2-1), at(n/2)
	return a + (b-a)/2
}
