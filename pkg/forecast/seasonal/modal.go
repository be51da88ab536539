package seasonal

import "math"

// modal follows the value a series takes again and again: the zeros of a sparse count, 100 of an availability, a number of
// hosts. Where one value is the rule, the scale is set by how large the exceptions usually are, because a scale from
// residuals would vanish and make every exception a surprise.
type modal struct {
	value    float64
	votes    float64 // Boyer-Moore majority vote
	share    float64 // decayed share of observations equal to value
	n        float64
	episodes float64 // departures from value
	size     float64 // mean log size of exceptions
	away     bool
	memory   float64
}

const (
	// modalEpisodes departures must have been seen before exceptions set the scale: before, each is a surprise.
	modalEpisodes = 8
	maxVotes      = 1000
)

func (m *modal) learn(x float64) {
	m.n++
	if x == m.value {
		m.votes = math.Min(m.votes+1, maxVotes)
		m.share += math.Max(1/m.n, m.memory) * (1 - m.share)
		m.away = false
		return
	}
	m.share -= math.Max(1/m.n, m.memory) * m.share
	if m.votes--; m.votes < 0 {
		*m = modal{value: x, votes: 1, n: m.n, memory: m.memory}
		return
	}
	if m.away {
		return // an episode counts once, by its first value
	}
	m.away = true
	m.episodes++
	m.size += math.Max(1/m.episodes, 0.05) * (math.Log(math.Abs(x-m.value)) - m.size)
}

// scale is the scale of exceptions, 0 where no value is the rule or exceptions are new.
func (m *modal) scale() float64 {
	if m.share < 0.5 || m.episodes < modalEpisodes {
		return 0
	}
	return 0.5 * math.Exp(m.size)
}
