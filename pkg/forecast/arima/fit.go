package arima

import (
	"fmt"
	"math"
)

// Model is a fitted seasonal ARIMA. It does not change, and may be used by many goroutines at once.
type Model struct {
	order  Order
	coef   coefficients
	mean   float64 // of the differenced series, in its own unit
	sigma  float64
	aicc   float64
	past   []term  // of y: what is forecast is their sum
	noise  []term  // of the residuals
	offset float64 // added to each forecast
}

// Fit estimates a model of the order from y: complete, regular, finite values in any unit. It fails on an order with more than 5 terms
// of a kind, more than 2 differences or 1 seasonal one, on values that are no numbers or beyond 1e150, and on a series too short.
func Fit(y []float64, order Order) (*Model, error) {
	if order.Season < 2 {
		order.Season = 0
	}
	if err := order.check(); err != nil {
		return nil, err
	}
	if err := checkValues(y); err != nil {
		return nil, err
	}
	if len(y) < order.needed() {
		return nil, fmt.Errorf("arima: %s needs %d values, %d are missing", order, order.needed(), order.needed()-len(y))
	}
	n := standardise(y, order.Constant || order.D+order.SD > 0)
	s := newSearch(n.w(order), order)
	p := s.least()
	return newModel(&p, order, n, len(y)), nil
}

func newSearch(w []float64, order Order) *search {
	return &search{css: newCSS(w, order.Season, order.P+order.SP*order.Season), order: order}
}

func newModel(p *point, order Order, n standardised, length int) *Model {
	residuals := float64(length - order.conditioned())
	m := &Model{order: order, coef: p.coef}
	m.sigma = math.Sqrt(p.ssq/residuals) * n.scale
	used := float64(length - order.differences())
	m.aicc = aicc(p.ssq/residuals, used, order.parameters()+1) + 2*used*math.Log(n.scale)
	m.mean = p.coef.mean * n.scale
	if order.D+order.SD == 0 && order.Constant {
		m.mean += n.centre
	}
	m.prepare()
	return m
}

// prepare multiplies the polynomials out into the lags that a forecast needs.
func (m *Model) prepare() {
	difference := polynomial{c: [maxTerms]float64{1}, n: 1}
	past := expand([]term{{0, 1}}, m.coef.ar, 1)
	past = expand(past, m.coef.sar, m.order.Season)
	for range m.order.D {
		past = expand(past, difference, 1)
	}
	for range m.order.SD {
		past = expand(past, difference, m.order.Season)
	}
	for _, t := range past[1:] {
		m.past = append(m.past, term{t.lag, -t.coef})
	}
	m.noise = expand(expand([]term{{0, 1}}, m.coef.ma, 1), m.coef.sma, m.order.Season)[1:]
	m.offset = m.mean * m.coef.ar.atOne() * m.coef.sar.atOne()
}

// aicc is the corrected criterion of Akaike for Gaussian residuals of that variance, n observations and k parameters with the
// variance (Hurvich and Tsai 1989).
func aicc(variance, n float64, k int) float64 {
	kf := float64(k)
	return n*(math.Log(2*math.Pi*math.Max(variance, exact))+1) + 2*kf + 2*kf*(kf+1)/(n-kf-1)
}

// Order is what was fitted.
func (m *Model) Order() Order { return m.order }

// AR, MA, SAR and SMA are the coefficients by lag, with the signs of the package comment.
func (m *Model) AR() []float64 { return m.coef.ar.signed(1) }

// MA see AR.
func (m *Model) MA() []float64 { return m.coef.ma.signed(-1) }

// SAR see AR.
func (m *Model) SAR() []float64 { return m.coef.sar.signed(1) }

// SMA see AR.
func (m *Model) SMA() []float64 { return m.coef.sma.signed(-1) }

func (p polynomial) signed(sign float64) []float64 {
	out := make([]float64, p.n)
	for i := range out {
		out[i] = sign * p.c[i]
	}
	return out
}

// Constant is the mean of the series, or its drift by bucket where there is a difference; 0 where the order has no constant.
func (m *Model) Constant() float64 {
	if m.order.SD > 0 && m.order.D == 0 {
		return m.mean / float64(m.order.Season)
	}
	return m.mean
}

// Sigma2 is the variance of the residuals, in the square of the series' unit.
func (m *Model) Sigma2() float64 { return m.sigma * m.sigma }

// AICc compares models with the same differences; the number of observations is that after differencing, as in R's forecast.
func (m *Model) AICc() float64 { return m.aicc }
