package series

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// Check is one of the checks that an observation passes before a model learns from it.
type Check string

// The checks.
const (
	FormatCheck    Check = "format"    // an answer that is no point: no number, a time off the grid, lists of unequal length
	MissingCheck   Check = "missing"   // no observation where there should be one
	RangeCheck     Check = "range"     // a value that the metric cannot have
	DuplicateCheck Check = "duplicate" // more than one observation of one bucket
	LogicCheck     Check = "logic"     // a value that contradicts another series; see Rule
)

// Checks lists every check. A check's place is its bit in Flags, which are stored: a further one is added at the end.
var Checks = []Check{FormatCheck, MissingCheck, RangeCheck, DuplicateCheck, LogicCheck}

// bit is 0 of a check that is not known.
func (c Check) bit() uint8 {
	if i := slices.Index(Checks, c); i >= 0 {
		return 1 << i
	}
	return 0
}

// Flags are the checks that each bucket fails, one bit each. Buckets beyond the end fail none; nil is a series without a fault.
// A flagged observation is kept and shown; Trusted leaves it out.
type Flags []uint8

// Mark says that bucket i of n fails a check, and returns the flags, which are made at the first mark. An index outside the n buckets marks
// nothing.
func (f Flags) Mark(n, i int, c Check) Flags {
	if i < 0 || i >= n {
		return f
	}
	if len(f) < n {
		f = append(f, make(Flags, n-len(f))...)
	}
	f[i] |= c.bit()
	return f
}

// Has says whether bucket i fails a check.
func (f Flags) Has(i int, c Check) bool { return f.at(i)&c.bit() != 0 }

// Count is how many checks bucket i fails.
func (f Flags) Count(i int) int { return bits.OnesCount8(f.at(i)) }

func (f Flags) at(i int) uint8 {
	if i < 0 || i >= len(f) {
		return 0
	}
	return f[i]
}

// Or returns what either finds; neither is changed.
func (f Flags) Or(other Flags) Flags {
	if len(f) < len(other) {
		f, other = other, f
	}
	if len(other) == 0 {
		return f
	}
	both := slices.Clone(f)
	for i, failed := range other {
		both[i] |= failed
	}
	return both
}

// Trusted is the values with NaN where a bucket fails any check: what a model may learn from. Without flags it is values itself, else a copy.
func (f Flags) Trusted(values []float64) []float64 {
	if !slices.ContainsFunc(f, func(failed uint8) bool { return failed != 0 }) {
		return values
	}
	trusted := slices.Clone(values)
	for i := range trusted {
		if f.at(i) != 0 {
			trusted[i] = math.NaN()
		}
	}
	return trusted
}

// CheckRange flags values outside [lower, upper], in the metric's unit, and infinities. A limit that is NaN, or infinite on its own side, is
// none. A bucket without data passes.
func CheckRange(values []float64, lower, upper float64) Flags {
	var flags Flags
	for i, v := range values {
		if v < lower || v > upper || math.IsInf(v, 0) {
			flags = flags.Mark(len(values), i, RangeCheck)
		}
	}
	return flags
}

// regularShare is the share of observations from which on a series is expected in every bucket: those that follow directly on another one.
// An outage counts once, however long it is, so that it does not excuse itself.
const regularShare = 0.9

// CheckMissing flags the buckets without data after the first observation, as far as they are among the first `final` ones: a later one may
// still come. An outage that goes on is one as well, though nothing follows it. A sparse series, such as one that is reported each hour and
// read each five minutes, misses nothing. Whether a metric is reported while nothing happens is asked of EventDriven.
func CheckMissing(values []float64, final int) Flags {
	first, last, observed, direct := -1, -1, 0, 0
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if first < 0 {
			first = i
		} else if last == i-1 {
			direct++
		}
		last = i
		observed++
	}
	if observed < 2 || float64(direct) < regularShare*float64(observed-1) {
		return nil
	}
	var flags Flags
	for i := first; i < min(len(values), final); i++ {
		if math.IsNaN(values[i]) {
			flags = flags.Mark(len(values), i, MissingCheck)
		}
	}
	return flags
}

// eventDriven are the namespaces of services whose metrics, by AWS's pages of them, are reported only while requests or events come, or only
// where they are not zero. That is so of most of their metrics; the others are left unchecked rather than called faulty each night.
var eventDriven = []string{
	"AWS/ApiGateway", "AWS/AppSync", "AWS/ApplicationELB", "AWS/Bedrock", "AWS/CloudFront", "AWS/Cognito", "AWS/DynamoDB", "AWS/ELB", "AWS/Events",
	"AWS/Firehose", "AWS/Kinesis", "AWS/Lambda", "AWS/NetworkELB", "AWS/S3", "AWS/SES", "AWS/SNS", "AWS/SQS", "AWS/States", "AWS/Usage", "AWS/WAFV2",
}

// EventDriven says that a bucket without data is nothing that happened rather than an observation that is missing: of AWS's services that
// report while they are used, and of counts in custom namespaces.
func EventDriven(k Key) bool {
	if strings.HasPrefix(k.Namespace, "AWS/") {
		return slices.Contains(eventDriven, k.Namespace)
	}
	return k.Stat == "Sum" || k.Stat == "SampleCount"
}

// Op is how the values of two series stand to each other in each bucket.
type Op string

// The operators.
const (
	AtMost  Op = "<="
	AtLeast Op = ">="
)

// CheckLogic flags the buckets of left in which its value contradicts right's by a rule. The difference must exceed the rule's tolerance, a
// share of the greater magnitude; a bucket without data in either passes. Observations that are not final may contradict because one came
// sooner: give the final ones. It fails where the periods differ or the operator is unknown.
func CheckLogic(left, right Series, rule Rule) (Flags, error) {
	sign := 1.0
	switch rule.Op {
	case AtMost:
	case AtLeast:
		sign = -1
	default:
		return nil, fmt.Errorf("rule between %s and %s: %q is no operator: use %s or %s", left.Key.Metric, right.Key.Metric, rule.Op, AtMost, AtLeast)
	}
	if left.Window.Empty() || right.Window.Empty() {
		return nil, nil
	}
	if left.Window.Period != right.Window.Period {
		return nil, fmt.Errorf("rule between %s and %s: their periods %s and %s differ",
			left.Key.Metric, right.Key.Metric, left.Window.Period, right.Window.Period)
	}
	var flags Flags
	offset := right.Window.Index(left.Window.Start)
	for i := max(0, -offset); i < min(len(left.Values), len(right.Values)-offset); i++ {
		l, r := left.Values[i], right.Values[i+offset]
		if sign*(l-r) > rule.Tolerance*math.Max(math.Abs(l), math.Abs(r)) {
			flags = flags.Mark(len(left.Values), i, LogicCheck)
		}
	}
	return flags, nil
}

// Counterpart is the other series of a rule.
type Counterpart struct {
	Rule   Rule
	Series Series
}

// CheckAll makes the checks that need nothing but stored observations: range, missing and logic. Buckets that begin at finalUntil or later
// are checked for their range alone. What was odd in AWS's answer is flagged when it comes.
func CheckAll(s Series, finalUntil time.Time, lower, upper float64, others []Counterpart) (Flags, error) {
	flags := CheckRange(s.Values, lower, upper)
	final := s.Slice(Window{Start: s.Window.Start, End: finalUntil, Period: s.Window.Period})
	if !EventDriven(s.Key) {
		flags = flags.Or(CheckMissing(s.Values, len(final.Values)))
	}
	for _, o := range others {
		found, err := CheckLogic(final, o.Series, o.Rule)
		if err != nil {
			return nil, err
		}
		flags = flags.Or(found)
	}
	return flags, nil
}

// Unchecked marks the checks that CheckAll does not make of each bucket yet: of those that begin at finalUntil or later, whether an observation
// is missing and whether it lies in its range where there is none so far, and the rules between series where there are any.
func Unchecked(s Series, finalUntil time.Time, ruled bool) (open Flags) {
	n := len(s.Values)
	final := s.Slice(Window{Start: s.Window.Start, End: finalUntil, Period: s.Window.Period})
	for i := len(final.Values); i < n; i++ {
		if ruled {
			open = open.Mark(n, i, LogicCheck)
		}
		if !math.IsNaN(s.Values[i]) {
			continue
		}
		open = open.Mark(n, i, RangeCheck)
		if !EventDriven(s.Key) {
			open = open.Mark(n, i, MissingCheck)
		}
	}
	return open
}
