package analysis

import (
	"math"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// JournalVersion is raised, beside specVersion, when the same scores make other changes of anomalies.
const JournalVersion = 100*specVersion + 1

// calmBuckets in a row without a score from the event score on close an anomaly; buckets without any score are calm.
const calmBuckets = 6

// ChangeKind says what became of an anomaly.
type ChangeKind string

// The kinds.
const (
	Opened  ChangeKind = "opened"  // it begins, as Result.Event says
	Changed ChangeKind = "changed" // it becomes worse: Result.Event says so while it is open
	Closed  ChangeKind = "closed"  // calmBuckets are over, or the epoch is
)

// Change is one step of an anomaly.
type Change struct {
	Kind                   ChangeKind
	At                     time.Time // the bucket that shows it; where an epoch's end closes it, that end
	Start                  time.Time // of the anomaly, which it is known by in its journal
	Until                  time.Time // of Closed: the end of its last bucket with a score from the event score on; else zero
	Score, Value, Expected float64   // of the bucket, of Closed those of the worst one; NaN: there is none
	Direction              int8
}

// Journal is what the final buckets of one epoch of a series say of anomalies. It follows from observations and configuration alone: what is
// asked for later only adds to its end, unless late data change what was observed. Epochs know nothing of each other, so the end of
// one closes what is open.
type Journal struct {
	Read    series.Window // the epoch with what its detector learns from before
	Start   time.Time     // of the epoch
	Until   time.Time     // the end of its final buckets, which are all in here
	Changes []Change      // in order of time, no two at the same
}

// Known is the newest moment that the journal knows of: no later change of it is before or at it.
func (j Journal) Known() time.Time {
	if !j.Until.Before(j.Read.End) {
		return j.Read.End
	}
	return j.Until.Add(-j.Read.Period)
}

// chronicler writes the journal of a run, bucket by bucket.
type chronicler struct {
	run       *run
	journal   Journal
	threshold float64 // rarity

	open   bool
	calm   int       // buckets since the last one that was not
	last   time.Time // the end of that one
	worst  Change
	rarity float64 // of the worst
}

// chronicler is nil where no journal is asked for or nothing of the epoch is final.
func (r *run) chronicler(asked bool) *chronicler {
	if !asked || r.final <= r.first {
		return nil
	}
	period := r.input.window.Period
	return &chronicler{run: r, threshold: detect.RarityOf(r.detector.eventScore()), journal: Journal{
		Read:  series.Window{Start: r.epoch.origin, End: r.epoch.end, Period: period},
		Start: r.epoch.start, Until: r.input.window.Time(r.final),
	}}
}

// step takes what is said of a bucket of the epoch, in their order; one that may still change is left out.
func (c *chronicler) step(bucket int, p point) {
	i := c.run.first + bucket
	if i >= c.run.final || !c.open && !p.begins {
		return
	}
	at := c.run.input.window.Time(i)
	here := Change{
		Kind: Changed, At: at, Start: c.worst.Start,
		Score: p.Score, Value: c.run.input.value(0, i), Expected: p.Expected, Direction: p.Direction,
	}
	if !c.open {
		here.Kind, here.Start = Opened, at
		c.open, c.rarity = true, math.Inf(-1)
	}
	if p.begins {
		c.add(here)
	}
	if p.Rarity >= c.threshold {
		c.calm, c.last = 0, at.Add(c.journal.Read.Period)
		if p.Rarity > c.rarity {
			c.rarity, c.worst = p.Rarity, here
		}
		return
	}
	if c.calm++; c.calm == calmBuckets {
		c.close(at)
	}
}

func (c *chronicler) add(change Change) { c.journal.Changes = append(c.journal.Changes, change) }

func (c *chronicler) close(at time.Time) {
	end := c.worst
	end.Kind, end.At, end.Until = Closed, at, c.last
	c.add(end)
	c.open, c.calm = false, 0
}

// finish returns the journal. The end of the epoch closes what is open.
func (c *chronicler) finish() Journal {
	if c.open && !c.journal.Until.Before(c.journal.Read.End) {
		c.close(c.journal.Read.End)
	}
	return c.journal
}

// Stretch is what one epoch has of a range.
type Stretch struct {
	Read  series.Window // what its detector sees: the epoch and what is learnt from before it
	Shown series.Window // the buckets of the range that lie in the epoch
}

// Stretches cuts a range by epochs, in order of time.
func Stretches(w series.Window) []Stretch {
	var out []Stretch
	for _, ep := range epochsOf(w) {
		out = append(out, Stretch{
			Read:  series.Window{Start: ep.origin, End: ep.end, Period: w.Period},
			Shown: w.Intersect(series.Window{Start: ep.start, End: ep.end, Period: w.Period}),
		})
	}
	return out
}
