package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// GetMetricData's limits (API reference) and our own bound on calls in flight for one scope, which keeps a cold dashboard from
// spending the account's request rate at once.
const (
	maxQueries      = 500
	maxPoints       = 100_800
	maxInFlight     = 4
	maxPages        = 100
	partialAttempts = 2
	maxHalvings     = 24 // of a batch: three series of 500 that AWS refuses are always found
)

// Fetcher gets metric data. It is safe for concurrent use.
type Fetcher struct {
	Clients Clients
	Ledger  Ledger
	Clock   func() time.Time
}

// Outcome is what came back for one key.
type Outcome struct {
	Series series.Series // of the asked window; NaN where AWS has no point
	Err    error         // set: the series is incomplete and says nothing about missing points

	Flags        series.Flags // the buckets that are odd in AWS's answer, all of them
	Oddities     []Oddity     // what is odd, up to maxOddities, in the order in which it was met
	MoreOddities int          // how many others there are
}

// Usage sums what a fetch asked of AWS.
type Usage struct {
	Requests, MetricsAsked int
	CostUSD                float64
}

// Add sums two usages.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.Requests + v.Requests, u.MetricsAsked + v.MetricsAsked, u.CostUSD + v.CostUSD}
}

// Fetch asks AWS for every key in the window, one outcome for each key in their order. The keys must share the scope and the window's
// period. A key that fails does not fail the others.
func (f *Fetcher) Fetch(ctx context.Context, scope Scope, w series.Window, keys []series.Key) ([]Outcome, Usage) {
	outcomes := make([]Outcome, len(keys))
	api, err := f.Clients(ctx, scope)
	if err != nil {
		for i := range outcomes {
			outcomes[i] = Outcome{Series: series.New(keys[i], w), Err: err}
		}
		return outcomes, Usage{}
	}
	var (
		wait  sync.WaitGroup
		mutex sync.Mutex
		usage Usage
		slots = make(chan struct{}, maxInFlight)
	)
	size := PageSize(w)
	for from := 0; from < len(keys); from += size {
		to := min(from+size, len(keys))
		wait.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wait.Done() }()
			used := f.fetchBatch(ctx, api, scope, w, keys[from:to], outcomes[from:to])
			mutex.Lock()
			usage = usage.Add(used)
			mutex.Unlock()
		}()
	}
	wait.Wait()
	return outcomes, usage
}

// PageSize is how many metrics fit one page: a further page would be a further request that counts every metric again.
func PageSize(w series.Window) int {
	return max(1, min(maxQueries, maxPoints/max(1, w.Len())))
}

// fetchBatch asks for one batch and, once more, for those of it that came back partial. AWS refuses a whole request for one series in it: such a
// batch is asked for in halves, and so on, so that the others come. Refusals cost nothing; where there are too many, what is left fails with them.
func (f *Fetcher) fetchBatch(ctx context.Context, api API, scope Scope, w series.Window, keys []series.Key, out []Outcome) Usage {
	var usage Usage
	todo := make([]int, len(keys))
	for i := range todo {
		todo[i] = i
	}
	halvings := maxHalvings
	for range partialAttempts {
		usage = usage.Add(f.askInParts(ctx, api, scope, w, keys, todo, out, &halvings))
		var again []int
		for _, i := range todo {
			var partial *partialError
			if errors.As(out[i].Err, &partial) {
				again = append(again, i)
			}
		}
		if len(again) == 0 || ctx.Err() != nil {
			break
		}
		todo = again
	}
	return usage
}

// partialError is a result that AWS itself called incomplete: worth asking again.
type partialError struct{ status, message string }

func (e *partialError) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("CloudWatch answered %s: %s", e.status, e.message), ": ")
}

// askInParts asks, and asks again in halves where AWS refuses the request, as long as any halvings are left.
func (f *Fetcher) askInParts(
	ctx context.Context, api API, scope Scope, w series.Window, keys []series.Key, todo []int, out []Outcome, halvings *int,
) Usage {
	usage := f.ask(ctx, api, scope, w, keys, todo, out)
	if len(todo) < 2 || !refused(out[todo[0]].Err) || *halvings == 0 {
		return usage
	}
	*halvings--
	for _, half := range [][]int{todo[:len(todo)/2], todo[len(todo)/2:]} {
		usage = usage.Add(f.askInParts(ctx, api, scope, w, keys, half, out, halvings))
	}
	return usage
}

// refusals are the codes of errors that find fault with the request, in CloudWatch's protocols (common errors, API reference).
var refusals = []string{
	"ValidationError", "ValidationException", "MissingParameter", "MissingRequiredParameterException",
	"InvalidParameterValue", "InvalidParameterValueException", "InvalidParameterCombination", "InvalidParameterCombinationException",
}

func refused(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && slices.Contains(refusals, answer.ErrorCode())
}

func (f *Fetcher) ask(ctx context.Context, api API, scope Scope, w series.Window, keys []series.Key, todo []int, out []Outcome) Usage {
	input := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(w.Start), EndTime: aws.Time(w.End), ScanBy: types.ScanByTimestampAscending}
	for _, i := range todo {
		out[i] = Outcome{Series: series.New(keys[i], w), Err: &partialError{status: "nothing"}}
		input.MetricDataQueries = append(input.MetricDataQueries, metricQuery(i, keys[i]))
	}
	metrics := distinctMetrics(keys, todo)
	var usage Usage
	if err := ctx.Err(); err != nil { // nothing is sent, and nothing is entered into the ledger
		for _, i := range todo {
			out[i].Err = err
		}
		return usage
	}
	for range maxPages {
		page, tries, err := bounded(ctx, api.GetMetricData, input)
		call := Call{At: f.Clock(), Scope: scope, Operation: "GetMetricData", Metrics: metrics, Datapoints: take(page, out), AskedBy: Asker(ctx)}
		usage = usage.Add(f.Ledger.record(call, tries, err, float64(metrics)*PricePerMetric))
		if err != nil {
			for _, i := range todo {
				out[i].Err = fmt.Errorf("get metric data in %s: %w", scope.Region, err)
			}
			return usage
		}
		if aws.ToString(page.NextToken) == "" {
			return usage
		}
		input.NextToken = page.NextToken
	}
	for _, i := range todo {
		out[i].Err = fmt.Errorf("get metric data in %s: more than %d pages", scope.Region, maxPages)
	}
	return usage
}

func metricQuery(i int, k series.Key) types.MetricDataQuery {
	var dims []types.Dimension
	for _, d := range k.Dimensions {
		dims = append(dims, types.Dimension{Name: aws.String(d.Name), Value: aws.String(d.Value)})
	}
	return types.MetricDataQuery{
		Id: aws.String("q" + strconv.Itoa(i)),
		MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String(k.Namespace), MetricName: aws.String(k.Metric), Dimensions: dims},
			Period: aws.Int32(int32(k.Period / time.Second)),
			Stat:   aws.String(k.Stat),
		},
	}
}

// distinctMetrics counts metrics as the bill does: up to five statistics of one metric in one request count once.
func distinctMetrics(keys []series.Key, todo []int) int {
	seen := map[string]bool{}
	for _, i := range todo {
		k := keys[i]
		k.Stat, k.Period = "", 0
		seen[k.ID()] = true
	}
	return len(seen)
}

// take puts a page's points into the outcomes. A result is complete once a page says so; one without any status yet stays partial.
func take(page *cloudwatch.GetMetricDataOutput, out []Outcome) int {
	if page == nil {
		return 0
	}
	points := 0
	for _, r := range page.MetricDataResults {
		i, err := strconv.Atoi(strings.TrimPrefix(aws.ToString(r.Id), "q"))
		if err != nil || i < 0 || i >= len(out) {
			continue
		}
		if len(r.Timestamps) != len(r.Values) {
			out[i].note(Oddity{Check: series.FormatCheck, Detail: fmt.Sprintf("%d timestamps came with %d values", len(r.Timestamps), len(r.Values))})
		}
		for j := range min(len(r.Timestamps), len(r.Values)) {
			out[i].put(r.Timestamps[j], r.Values[j])
			points++
		}
		if r.StatusCode != "" || out[i].Err != nil {
			out[i].Err = statusError(r)
		}
	}
	return points
}

// Oddity is what an answer of AWS should not have held.
type Oddity struct {
	At     time.Time // as AWS wrote it, in UTC; zero where no single point is odd
	Check  series.Check
	Detail string // for people

	harmless bool // nothing is lost: the same was said twice
}

const (
	maxOddities  = 8     // what is told of one answer
	largestValue = 1e100 // beyond what is ever measured; CloudWatch itself takes up to 2^360, some 1e108 (PutMetricData, API reference)
)

// put stores one point. One whose time is not of a bucket in the window, or that is no number, is put nowhere; of several points of a bucket
// the last one stays.
func (o *Outcome) put(t time.Time, v float64) {
	w := o.Series.Window
	i := w.Index(t)
	inside := i >= 0 && i < len(o.Series.Values)
	odd := func(check series.Check, harmless bool, format string, args ...any) {
		o.Flags = o.Flags.Mark(len(o.Series.Values), i, check)
		o.note(Oddity{At: t.UTC(), Check: check, Detail: fmt.Sprintf(format, args...), harmless: harmless})
	}
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		odd(series.FormatCheck, false, "the value is %v", v)
		return
	case !inside:
		odd(series.FormatCheck, false, "the time is outside of what was asked for")
		return
	case !w.Time(i).Equal(t):
		odd(series.FormatCheck, false, "the time is off the grid of %s", w.Period)
		return
	}
	if before := o.Series.Values[i]; before == v {
		odd(series.DuplicateCheck, true, "%v came twice", v)
	} else if !math.IsNaN(before) {
		odd(series.DuplicateCheck, false, "%v came after %v", v, before)
	}
	if math.Abs(v) > largestValue {
		odd(series.RangeCheck, false, "%v is beyond %v", v, largestValue)
	}
	o.Series.Values[i] = v
}

// note keeps the oddity, or counts it where there are enough. One that is harmless makes room for one that is not.
func (o *Outcome) note(odd Oddity) {
	if len(o.Oddities) < maxOddities {
		o.Oddities = append(o.Oddities, odd)
		return
	}
	o.MoreOddities++
	if odd.harmless {
		return
	}
	i := slices.IndexFunc(o.Oddities, func(kept Oddity) bool { return kept.harmless })
	if i >= 0 {
		o.Oddities = append(slices.Delete(o.Oddities, i, i+1), odd)
	}
}

func statusError(r types.MetricDataResult) error {
	var messages []string
	for _, m := range r.Messages {
		messages = append(messages, strings.TrimSpace(aws.ToString(m.Code)+" "+aws.ToString(m.Value)))
	}
	message := strings.Join(messages, "; ")
	switch r.StatusCode {
	case types.StatusCodeComplete:
		return nil
	case "":
		return &partialError{status: "no status", message: message}
	case types.StatusCodeForbidden:
		return fmt.Errorf("CloudWatch answered Forbidden: the role may not read this metric (cloudwatch:GetMetricData) %s", message)
	default:
		return &partialError{status: string(r.StatusCode), message: message}
	}
}
