package arima

import "fmt"

// Forecast fills out with the values expected after y, by this model's coefficients and the residuals of y from its start; y may
// be longer or shorter than what the model was fitted to, or another series. Nothing but y is looked at. It fails, and leaves out
// as it is, where y is shorter than the longest lag or has values that Fit would refuse.
func (m *Model) Forecast(y, out []float64) error {
	if err := checkValues(y); err != nil {
		return err
	}
	first := m.order.conditioned()
	if len(y) < first {
		return fmt.Errorf("arima: %s forecasts after %d values or more, not after %d", m.order, first, len(y))
	}
	e := make([]float64, len(y)-first)
	for t := range e {
		e[t] = y[first+t] - m.expected(y, nil, e, first+t)
	}
	for h := range out {
		out[h] = m.expected(y, out, e, len(y)+h)
	}
	return nil
}

// expected is the model's value at t, of y followed by out, and of the residuals e of the newest values of y.
func (m *Model) expected(y, out, e []float64, t int) float64 {
	sum := m.offset
	for _, k := range m.past {
		if at := t - k.lag; at < len(y) {
			sum += k.coef * y[at]
		} else {
			sum += k.coef * out[at-len(y)]
		}
	}
	first := len(y) - len(e)
	for _, k := range m.noise {
		if at := t - k.lag - first; at >= 0 && at < len(e) {
			sum += k.coef * e[at]
		}
	}
	return sum
}
