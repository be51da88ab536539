package detect

import (
	"math"
	"slices"
	"unsafe"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// forestParameters are those of Kinesis Data Analytics' RANDOM_CUT_FOREST_WITH_EXPLANATION, by name.
var forestParameters = []Parameter{
	{Name: "numberOfTrees", Title: "Trees", Help: "More trees make a score less random and cost time in proportion.", Default: 100, Min: 1, Max: 1000, Whole: true},
	{Name: "subSampleSize", Title: "Sample of a tree", Help: "Points that each tree remembers; an anomaly is what is rarer than about one of them.", Default: 256, Min: 10, Max: 1000, Whole: true},
	{Name: "timeDecay", Title: "Time decay", Help: "Points after which an old one has lost most of its weight.", Default: 100_000, Min: 1, Max: 1e9, Whole: true},
	{Name: "shingleSize", Title: "Shingle", Help: "Consecutive points that are judged together: more than 1 sees unusual shapes, not only unusual values.", Default: 1, Min: 1, Max: 30, Whole: true},
	{Name: "withDirectionality", Title: "Directionality", Help: "1: say whether the value is too high or too low.", Default: 1, Min: 0, Max: 1, Whole: true},
}

var forestDefinition = Definition{
	Name: RandomCutForest, Title: "Random cut forest", MaxColumns: 31, Parameters: forestParameters,
	Help:    "How easily random cuts set a point apart from the past, as in Amazon's services; several metrics at once, each with its share.",
	fits:    func(s Spec) error { return s.forest().Check() },
	make:    func(s Spec) Detector { return newForestDetector(s) },
	restore: restoreForestDetector,
}

// forest is the configuration of the random cut forest.
func (s Spec) forest() forest.Config {
	return forest.Config{
		Trees:      int(s.forestParameter("numberOfTrees")),
		SampleSize: int(s.forestParameter("subSampleSize")),
		TimeDecay:  s.forestParameter("timeDecay"),
		Shingle:    int(s.forestParameter("shingleSize")),
		Columns:    1 + s.Columns,
		Seed:       forestSeed,
	}
}

// forestParameter is Parameter without the catalogue, which is made of this detector.
func (s Spec) forestParameter(name string) float64 {
	if v, ok := s.Parameters[name]; ok {
		return v
	}
	i := slices.IndexFunc(forestParameters, func(p Parameter) bool { return p.Name == name })
	return forestParameters[i].Default
}

const (
	// forestSeed is the same for all: two reads of a series give one score.
	forestSeed = 1
	// bandEvery rows the band is taken anew, from the samples of bandTrees trees; bandTail of them lie beyond each edge.
	bandEvery = 16
	bandTrees = 4
	bandTail  = 0.005
	// weighEvery rows (and at each power of two before) the columns are weighed anew, where a spread has changed by more than weighWhen.
	weighEvery = 256
	weighWhen  = 1.5
	// leastSpread of a column, relative to its mean, and at all.
	leastSpread, leastAtAll = 1e-9, 1e-12
	// ownShare of its score a point must carry itself while the shingle still holds an anomaly before it.
	ownShare = 0.5
	// forestMultiplicity is twice what one-step errors need: of a forest high scores come in runs, which the tails count as one event.
	forestMultiplicity = 2 * multiplicity
	// Before there are scores, a raw one is taken to have this mean and deviation, with the weight of rawPrior of them.
	rawMean, rawDeviation, rawPrior = 0.8, 0.2, 8
	// rawFloor is the least deviation, rawClip bounds what one raw score teaches, in deviations.
	rawFloor, rawClip = 0.02, 4
)

// forestDetector is the detector on the random cut forest.
//
// The forest's own score is Result.Raw. How rare it is, is measured on the series' own raw scores: standardised, by their decayed
// distribution. Several columns count alike whatever their units: each is weighed by the inverse of its spread among the sampled values.
// After an anomaly the next Shingle-1 points have it in their shingle; of these only such are anomalies whose newest row
// carries most of the score, as in Amazon's thresholded forest. The band is of the values that the forest has sampled, whatever
// the time of day: the middle 99 % of them, around their median.
//
// What is missing in any column, and what is quiet, is neither scored nor learnt, and the shingle begins anew: no row is made up, and no
// shape spans a gap.
type forestDetector struct {
	forest      *forest.Forest
	cfg         forest.Config
	directional bool
	patience    int     // scores before one may be critical
	memory      float64 // of the distribution of raw scores
	scored      int
	mean        float64 // of raw scores
	variance    float64
	tails       seasonal.Tails
	after       int // of the next points, how many have an anomaly in their shingle
	rows        int // learnt
	band        [3]float64

	row, high, low, sample, weights []float64 // scratch
}

var _ Detector = (*forestDetector)(nil)

func newForestDetector(s Spec) *forestDetector {
	f, err := forest.New(s.forest())
	if err != nil {
		panic("forest detector of a specification that was not checked: " + err.Error())
	}
	perDay := max(s.BucketsPerDay, 1)
	d := &forestDetector{
		forest: f, cfg: f.Config(),
		directional: s.forestParameter("withDirectionality") != 0,
		patience:    max(2*perDay, f.Config().SampleSize),
		memory:      math.Max(28*float64(perDay), 1024),
		mean:        rawMean, variance: rawDeviation * rawDeviation,
		band: [3]float64{math.NaN(), math.NaN(), math.NaN()},
	}
	d.tails = seasonal.NewRarityTails(d.memory)
	d.scratch()
	return d
}

func (d *forestDetector) scratch() {
	d.row = make([]float64, d.cfg.Columns)
	d.high = make([]float64, d.forest.Dimensions())
	d.low = make([]float64, d.forest.Dimensions())
	d.sample = make([]float64, 0, bandTrees*d.cfg.SampleSize)
	d.weights = make([]float64, d.cfg.Columns)
}

// Step scores one observation, then learns it.
func (d *forestDetector) Step(o Observation) Result {
	r, z := d.judge(o)
	d.learn(o, r, z)
	return r
}

// judge says what Step returns; z is the raw score standardised, NaN where it must not be learnt. d.row is the row of o.
func (d *forestDetector) judge(o Observation) (r Result, z float64) {
	r = Result{Expected: d.band[0], Lower: d.band[1], Upper: d.band[2], Score: math.NaN(), Rarity: math.NaN()}
	if !d.take(o) {
		return r, math.NaN()
	}
	if r.Raw = d.forest.Score(d.row); r.Raw == 0 {
		return r, math.NaN()
	}
	z = (r.Raw - d.mean) / math.Max(math.Sqrt(d.variance), rawFloor)
	up, _ := d.tails.P(z)
	r.Rarity = rarityOf(math.Min(forestMultiplicity*up, 1))
	if d.scored < d.patience {
		r.Rarity = math.Min(r.Rarity, learningRarity)
	}
	if r.Score = score(r.Rarity); r.Score < 25 {
		return r, z
	}
	d.forest.Attribution(d.row, d.high, d.low)
	if d.after > 0 && d.newest() < ownShare*r.Raw {
		r.Score, r.Rarity = 0, 0
		return r, math.NaN()
	}
	if newest := len(d.high) - d.cfg.Columns; d.directional {
		r.Direction = directionOf(d.high[newest], d.low[newest])
	}
	return r, z
}

// take sets d.row; false: something is missing, or the observation is quiet.
func (d *forestDetector) take(o Observation) bool {
	if o.Quiet || missing(o.Value) || len(o.Columns) != d.cfg.Columns-1 || slices.ContainsFunc(o.Columns, missing) {
		return false
	}
	d.row[0] = o.Value
	copy(d.row[1:], o.Columns)
	return true
}

// newest is the attribution of the newest row.
func (d *forestDetector) newest() float64 {
	sum := 0.0
	for i := len(d.high) - d.cfg.Columns; i < len(d.high); i++ {
		sum += d.high[i] + d.low[i]
	}
	return sum
}

func (d *forestDetector) learn(o Observation, r Result, z float64) {
	if !d.take(o) {
		d.forest.Break()
		d.after = 0
		return
	}
	d.forest.Learn(d.row)
	d.rows++
	if d.rows%bandEvery == 0 && d.forest.Ready() {
		d.measure()
	}
	if d.cfg.Columns > 1 && d.forest.Ready() && (d.rows%weighEvery == 0 || d.rows&(d.rows-1) == 0) {
		d.weigh()
	}
	d.after = max(d.after-1, 0)
	if r.Score >= 25 {
		d.after = d.cfg.Shingle - 1
	}
	if !math.IsNaN(z) {
		d.tails.Learn(z)
		d.learnRaw(r.Raw)
	}
}

func (d *forestDetector) learnRaw(raw float64) {
	d.scored++
	gain := math.Max(1/float64(d.scored+rawPrior), 1/d.memory)
	far := clip(raw-d.mean, rawClip*math.Max(math.Sqrt(d.variance), rawFloor))
	d.mean += gain * far
	d.variance += gain * ((1-gain)*far*far - d.variance)
}

// sampled are the values of a column that the forest holds, ascending, in d.sample.
func (d *forestDetector) sampled(column int) []float64 {
	d.sample = d.sample[:0]
	for i := range min(bandTrees, d.cfg.Trees) {
		d.sample = d.forest.Sampled(d.sample, i, column)
	}
	slices.Sort(d.sample)
	return d.sample
}

// measure takes the band of the value from what the forest has sampled of it.
func (d *forestDetector) measure() {
	values := d.sampled(0)
	n := len(values)
	edge := int(bandTail * float64(n))
	d.band = [3]float64{values[n/2], values[edge], values[n-1-edge]}
}

// weigh makes the columns count alike. Small changes of a spread are let be, so that scores stay comparable.
func (d *forestDetector) weigh() {
	changed := false
	for c := range d.weights {
		w := 1 / spreadOf(d.sampled(c))
		ratio := w / d.forest.Weight(c)
		changed = changed || !(ratio < weighWhen && ratio > 1/weighWhen)
		d.weights[c] = w
	}
	if !changed {
		return
	}
	if err := d.forest.Weigh(d.weights); err != nil {
		panic("forest detector: the spread of finite values: " + err.Error())
	}
}

// spreadOf is the mean distance from the mean: unlike a deviation it is not ruled by one outlier, and unlike a quantile not 0 for
// what is seldom other than 0. The order of the values decides its last bits.
func spreadOf(values []float64) float64 {
	n := float64(len(values))
	mean, distance := 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		distance += math.Abs(v-mean) / n
	}
	return math.Min(math.Max(distance, math.Max(leastSpread*math.Abs(mean), leastAtAll)), 1/leastAtAll/leastAtAll)
}

// Explain says what Step would, and which column carries the score.
func (d *forestDetector) Explain(o Observation) Explanation {
	r, _ := d.judge(o)
	e := Explanation{Result: r}
	if math.IsNaN(r.Score) {
		return e
	}
	d.forest.Attribution(d.row, d.high, d.low)
	e.Columns = make([]Attribution, d.cfg.Columns)
	var high, low float64
	for c := range e.Columns {
		a := &e.Columns[c]
		a.Column = c
		for i := c; i < len(d.high); i += d.cfg.Columns {
			a.High += d.high[i]
			a.Low += d.low[i]
		}
		high, low = high+a.High, low+a.Low
		a.Strength = math.Max(a.High, a.Low) / math.Max(a.High+a.Low, math.SmallestNonzeroFloat64)
		if d.directional {
			a.Direction = directionOf(a.High, a.Low)
		}
	}
	e.Channels = []Channel{{Name: "forest", Rarity: r.Rarity, Direction: r.Direction}}
	e.Strength = strength(high, low, r.Direction)
	return e
}

// strength is the share of the score in its direction; where it has none, of the stronger side.
func strength(high, low float64, direction int8) float64 {
	side := math.Max(high, low)
	switch direction {
	case 1:
		side = high
	case -1:
		side = low
	}
	return side / (high + low)
}

func directionOf(high, low float64) int8 {
	switch {
	case high > low:
		return 1
	case high < low:
		return -1
	}
	return 0
}

// Clone returns an independent copy that continues exactly as the detector would.
func (d *forestDetector) Clone() Detector {
	c := *d
	c.forest = d.forest.Clone()
	c.scratch()
	return &c
}

// Size of the detector in memory.
func (d *forestDetector) Size() int {
	return int(unsafe.Sizeof(*d)) + d.forest.Size() + 8*(cap(d.row)+cap(d.high)+cap(d.low)+cap(d.sample)+cap(d.weights))
}

const forestVersion = 1

// Save writes everything learnt.
func (d *forestDetector) Save(w *state.Writer) {
	w.Byte(forestVersion)
	d.forest.Save(w)
	d.tails.Save(w)
	w.Int(d.scored)
	w.Float(d.mean)
	w.Float(d.variance)
	w.Int(d.after)
	w.Int(d.rows)
	w.Floats(d.band[:])
}

// restoreForestDetector reads what Save wrote. The reader knows of damage; what is returned can be stepped all the same.
func restoreForestDetector(s Spec, r *state.Reader) Detector {
	d := newForestDetector(s)
	r.Version(forestVersion)
	d.forest = forest.Restore(d.cfg, r)
	d.tails.Restore(r)
	d.scored = r.Int()
	d.mean, d.variance = r.Float(), r.Float()
	d.after, d.rows = r.Int(), r.Int()
	r.Floats(d.band[:])
	most := math.Log2(float64(d.cfg.SampleSize + 1))
	sane := d.scored >= 0 && d.rows >= 0 && d.after >= 0 && d.after < d.cfg.Shingle &&
		d.mean >= 0 && d.mean <= most && d.variance >= 0 && d.variance <= most*most
	if !sane {
		r.Fail("statistics of a forest's scores that cannot be")
	}
	if r.Err() != nil {
		return newForestDetector(s)
	}
	return d
}
