package forecast

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const (
	// joinSteps is how far the model of the scores is heard beside Auto, with joinShare of the share from bucket to bucket.
	joinSteps, joinShare = 4, 0.25
	// borneOut is the share of Auto's error over the later half of a trend that is left where the line through its earlier half is followed.
	// Straight leaks leave up to 0.14. Where up to 0.33 was left (16 moments in the real series of the benchmark), the climb was mostly over: the
	// band around the line held 26 % of the day that came, Auto's own 91 %.
	borneOut = 0.15
)

// ForecastWith is Forecast of Auto that begins where m stands, the model that makes the scores, which has seen h: the first bucket is what
// m expects, with the band that its score goes by, so that the two tell one truth. From there on Auto takes over.
//
// While m sees a trend under way (a leak that grows towards a limit), and to follow it half-way would have been far better than Auto was, the
// forecast is that trend's; trend says so. Before that is borne out either may be true, and the band holds both. A model that is not ready changes nothing.
func (f *Fitted) ForecastWith(m *seasonal.Model, h History, to Future, levels []float64) (out Forecast, trend bool) {
	out = f.Forecast(h, to, levels)
	if m.Ready() != nil || len(to.Phases) == 0 {
		return out, false
	}
	age, under := m.Trending()
	if under && f.followed(h, age) {
		out.Median = m.Project(to.Phases, 0).Mean
		for i, b := range out.Bands {
			p := m.Project(to.Phases, b.Level)
			out.Bands[i].Lower, out.Bands[i].Upper = p.Lower, p.Upper
		}
		return out, true
	}
	reach := to.Phases[:min(len(to.Phases), joinSteps)]
	blend(out.Median, m.Project(reach, 0).Mean)
	for _, b := range out.Bands {
		p := m.Project(reach, b.Level)
		if under {
			p = m.Project(to.Phases, b.Level)
			for i := range b.Lower {
				b.Lower[i], b.Upper[i] = math.Min(b.Lower[i], p.Lower[i]), math.Max(b.Upper[i], p.Upper[i])
			}
		}
		blend(b.Lower, p.Lower[:len(reach)])
		blend(b.Upper, p.Upper[:len(reach)])
	}
	return out, false
}

// followed says that in the newest buckets, so many, a trend is borne out: what Auto said before them is off by a line, and the line through the
// earlier half of that foretells the later half.
func (f *Fitted) followed(h History, buckets int) bool {
	n := len(h.Values) - buckets
	if n <= 0 {
		return false
	}
	before, phases := h, h.phases()
	before.Values, before.Phases = h.Values[:n], phases[:n]
	to := Future{Phases: phases[n:]}
	if len(h.Marks) == len(h.Values) {
		before.Marks, to.Marks = h.Marks[:n], h.Marks[n:]
	}
	said := f.Forecast(before, to, nil).Median
	var early line
	for i := range buckets / 2 {
		early.learn(float64(i), h.Values[n+i]-said[i])
	}
	left, whole := 0.0, 0.0
	for i := buckets / 2; i < buckets; i++ {
		if off := h.Values[n+i] - said[i]; off == off {
			left += math.Abs(off - early.at(float64(i)))
			whole += math.Abs(off)
		}
	}
	return left < borneOut*whole
}

// line is a straight line by least squares.
type line struct{ n, x, y, xx, xy float64 }

func (l *line) learn(x, y float64) {
	if y == y {
		l.n, l.x, l.y, l.xx, l.xy = l.n+1, l.x+x, l.y+y, l.xx+x*x, l.xy+x*y
	}
}

func (l *line) at(x float64) float64 {
	d := l.n*l.xx - l.x*l.x
	if !(d > 0) {
		return 0
	}
	slope := (l.n*l.xy - l.x*l.y) / d
	return l.y/l.n + slope*(x-l.x/l.n)
}

// blend replaces the first bucket of what Auto says by what the model says, and mixes the next ones.
func blend(of, by []float64) {
	share := 1.0
	for i, x := range by {
		of[i] = share*x + (1-share)*of[i]
		share *= joinShare
	}
}
