package seasonal

import "math"

const (
	lags = 3
	// The gains of the two exponential means of the residual that stand beside its last value.
	quickGain = 0.25
	slowGain  = 1.0 / 24
	solveEach = 16
)

// memory is the short memory of the model: a regression of the standardised residual on its last value and on two exponential
// means of it (a bounded approximation of a long autoregression), by decayed normal equations with a ridge.
type memory struct {
	state [lags]float64
	coef  [lags]float64
	gram  [lags][lags]float64
	cross [lags]float64
	decay float64
	wait  int
}

func (m *memory) predict() float64 {
	sum := 0.0
	for i, c := range m.coef {
		sum += c * m.state[i]
	}
	return sum
}

// learn takes the residual z as it is learnt (winsorised), then moves the state.
func (m *memory) learn(z float64) {
	for i := range m.state {
		for j := i; j < lags; j++ {
			m.gram[i][j] = m.decay*m.gram[i][j] + m.state[i]*m.state[j]
		}
		m.cross[i] = m.decay*m.cross[i] + m.state[i]*z
	}
	if m.wait++; m.wait >= solveEach {
		m.wait = 0
		m.solve()
	}
	m.move(z)
}

func (m *memory) move(z float64) {
	m.state[0] = z
	m.state[1] += quickGain * (z - m.state[1])
	m.state[2] += slowGain * (z - m.state[2])
}

// skip lets a missing bucket pass: the residual is what the memory itself expects.
func (m *memory) skip() { m.move(m.predict()) }

// solve is Cholesky's factorisation of the small normal equations.
func (m *memory) solve() {
	trace := m.gram[0][0] + m.gram[1][1] + m.gram[2][2]
	ridge := 0.002*trace + 1
	var l [lags][lags]float64
	var y [lags]float64
	for i := 0; i < lags; i++ {
		for j := 0; j <= i; j++ {
			sum := m.gram[j][i]
			if i == j {
				sum += ridge
			}
			for k := 0; k < j; k++ {
				sum -= l[i][k] * l[j][k]
			}
			if i == j {
				l[i][i] = math.Sqrt(math.Max(sum, 1e-12))
			} else {
				l[i][j] = sum / l[j][j]
			}
		}
		sum := m.cross[i]
		for k := 0; k < i; k++ {
			sum -= l[i][k] * y[k]
		}
		y[i] = sum / l[i][i]
	}
	total := 0.0
	for i := lags - 1; i >= 0; i-- {
		sum := y[i]
		for k := i + 1; k < lags; k++ {
			sum -= l[k][i] * m.coef[k]
		}
		m.coef[i] = sum / l[i][i]
		total += m.coef[i]
	}
	// A memory that does not fade would carry a forecast away.
	if total > 0.99 {
		for i := range m.coef {
			m.coef[i] *= 0.99 / total
		}
	}
}
