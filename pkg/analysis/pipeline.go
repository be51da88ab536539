package analysis

import (
	"math"
	"strconv"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// pipeline is everything that learns on the way of one series: the detector and the events after it.
type pipeline struct {
	detector detect.Detector
	events   detect.Events
}

// point is what the pipeline says of one bucket.
type point struct {
	detect.Result
	begins bool // an anomaly
}

func newPipeline(s detect.Spec, eventScore float64) (*pipeline, error) {
	d, err := detect.New(s)
	if err != nil {
		return nil, err
	}
	return &pipeline{detector: d, events: detect.NewEvents(s.BucketsPerDay, eventScore)}, nil
}

func (p *pipeline) clone() *pipeline {
	return &pipeline{detector: p.detector.Clone(), events: p.events}
}

func (p *pipeline) size() int {
	if p == nil {
		return 0
	}
	return p.detector.Size()
}

// step scores one observation and learns it. A part is a count that may still grow.
func (p *pipeline) step(o detect.Observation, d *Detector, part bool) point {
	out := point{Result: p.detector.Step(o)}
	d.filter(&out.Result, o.Value)
	if part && out.Direction < 0 {
		// CloudWatch adds to a bucket for some minutes, and the newest one would alarm at every refresh. A count that is too high already
		// can only get higher, so it stands.
		out.Score, out.Rarity, out.Direction = math.NaN(), math.NaN(), 0
	}
	out.begins = p.events.Step(out.Rarity)
	return out
}

// filter takes the score from what deviates the other way and from what a rule skips, and says why.
func (d *Detector) filter(r *detect.Result, value float64) (skipped string) {
	if math.IsNaN(r.Score) {
		return ""
	}
	if side := sideOf(r, value); d.Direction != 0 && side != 0 && side != d.Direction {
		skipped = "direction"
	}
	for i := 0; i < len(d.Rules) && skipped == ""; i++ {
		if d.Rules[i].skips(value, r.Expected) {
			skipped = "rule " + strconv.Itoa(i+1)
		}
	}
	if skipped != "" {
		r.Score, r.Rarity, r.Direction = 0, 0, 0
	}
	return skipped
}

// sideOf is the direction of a result; of one that is too small to have one it is the value's side of what was expected.
func sideOf(r *detect.Result, value float64) int8 {
	switch {
	case r.Direction != 0:
		return r.Direction
	case value > r.Expected:
		return 1
	case value < r.Expected:
		return -1
	}
	return 0
}

// pipelineVersion of a saved pipeline.
const pipelineVersion = 1

func (p *pipeline) save() []byte {
	var w state.Writer
	w.Byte(pipelineVersion)
	w.Blob(detect.Save(p.detector))
	p.events.Save(&w)
	return w.Bytes()
}

func restorePipeline(s detect.Spec, eventScore float64, saved []byte) (*pipeline, error) {
	r := state.NewReader(saved)
	r.Version(pipelineVersion)
	blob := r.Blob()
	p := &pipeline{events: detect.NewEvents(s.BucketsPerDay, eventScore)}
	p.events.Restore(r)
	if err := r.Close(); err != nil {
		return nil, err
	}
	var err error
	p.detector, err = detect.Restore(s, blob)
	return p, err
}
