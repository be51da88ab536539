package awssim

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// GetMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

const (
	maxQueries    = 500
	maxDatapoints = 100_800
)

type metricDataOutput struct {
	Results   []metricDataResult `json:"MetricDataResults"`
	Messages  []messageData      `json:"Messages"`
	NextToken string             `json:"NextToken,omitempty"`
	requestID string
}

type metricDataResult struct {
	ID         string        `json:"Id"`
	Label      string        `json:"Label"`
	StatusCode string        `json:"StatusCode"`
	Timestamps []int64       `json:"Timestamps"` // Unix seconds
	Values     []float64     `json:"Values"`
	Messages   []messageData `json:"Messages,omitempty"`
}

type messageData struct {
	Code  string `json:"Code"`
	Value string `json:"Value"`
}

const (
	complete    = "Complete"
	partialData = "PartialData"
	forbidden   = "Forbidden"
)

type metricDataInput struct {
	queries    []dataQuery
	start, end time.Time
	ascending  bool
	limit      int // datapoints of this page
	token      string
}

// dataQuery is one valid MetricDataQuery.
type dataQuery struct {
	id, label  string
	metric     metricID
	stat       statistic
	period     int64 // seconds
	unit       string
	returnData bool
	accountID  string
}

func (s *Simulator) getMetricData(c *call) (any, *apiError) {
	in, err := readMetricData(c.input)
	if err != nil {
		return nil, err
	}
	print := in.fingerprint(c)
	at := cursor{AsOf: c.now}
	if in.token != "" {
		var ok bool
		if at, ok = parseCursor(in.token, print); !ok || at.Index >= len(in.queries) {
			return nil, clientError("InvalidNextToken", "The next token specified is invalid.")
		}
		at.AsOf = min(at.AsOf, c.now) // a token is no way to read the future
	}
	c.metrics = len(in.queries)
	return s.page(c, in, at, print)
}

// page fills one page, query by query, from the cursor on. All pages of one request see the moment of the first, so that a point
// which arrives in between neither shifts nor repeats another.
func (s *Simulator) page(c *call, in metricDataInput, at cursor, print uint64) (*metricDataOutput, *apiError) {
	out := &metricDataOutput{Results: []metricDataResult{}, Messages: []messageData{}, requestID: c.requestID}
	left := in.limit
	for i, offset := at.Index, at.Offset; i < len(in.queries); i, offset = i+1, 0 {
		if c.request.Context().Err() != nil {
			return nil, cancelled()
		}
		q := in.queries[i]
		if !q.returnData {
			continue
		}
		r, next := s.result(c, in, q, at.AsOf, offset, left)
		if r.StatusCode == partialData && out.NextToken == "" {
			out.NextToken = cursor{AsOf: at.AsOf, Index: i, Offset: next}.token(print)
		}
		left -= len(r.Values)
		out.Results = append(out.Results, r)
	}
	c.points = in.limit - left
	return out, nil
}

// result gives the points of one query from the offset on, as many as are left on the page, and the offset of the next page.
func (s *Simulator) result(c *call, in metricDataInput, q dataQuery, asOf int64, offset, left int) (r metricDataResult, next int) {
	r = metricDataResult{ID: q.id, Label: q.label, StatusCode: complete, Timestamps: []int64{}, Values: []float64{}}
	if q.accountID != "" && q.accountID != c.principal.accountID {
		r.StatusCode = forbidden
		r.Messages = []messageData{{forbidden, "Account " + q.accountID + " is not linked to account " + c.principal.accountID + "."}}
		return r, 0
	}
	if left == 0 {
		r.StatusCode = partialData
		return r, offset
	}
	p := s.read(c, in, q, asOf)
	from := min(offset, len(p.times))
	next = min(len(p.times), from+left)
	r.Timestamps, r.Values = append(r.Timestamps, p.times[from:next]...), append(r.Values, p.values[from:next]...)
	if next < len(p.times) {
		r.StatusCode = partialData
	}
	return r, next
}

// read returns the points of one query in the order asked for.
func (s *Simulator) read(c *call, in metricDataInput, q dataQuery, asOf int64) points {
	shelf := s.catalogue.places[place{c.principal.accountID, c.region}]
	if shelf == nil {
		return points{}
	}
	m := shelf.byKey[q.metric.key()]
	if m == nil || q.unit != "" && q.unit != m.unit {
		return points{}
	}
	window, kept := retained(in.start.Unix(), ceilUnix(in.end), q.period, asOf)
	if !kept {
		return points{}
	}
	p := m.aggregate(window, q.stat, asOf)
	if !in.ascending {
		slices.Reverse(p.times)
		slices.Reverse(p.values)
	}
	return p
}

func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

const (
	threeHours = 3 * 3600
	oneDay     = 24 * 3600
)

// retained applies the retention rule by the age of the start, and the rounding of the start that goes with it: periods under a minute
// are kept for 3 hours, under five minutes for 15 days, under an hour for 63 days, others for 455 days. A period too fine has no data.
// The simulated metrics have a resolution of one minute: a finer period gives the minutes.
func retained(start, end, period, now int64) (span, bool) {
	age := now - start
	switch {
	case period < 60 && age > threeHours,
		period < 300 && age > 15*oneDay,
		period < 3600 && age > 63*oneDay,
		age > 455*oneDay:
		return span{}, false
	}
	grid := int64(60)
	if age > 15*oneDay {
		grid = 300
	}
	if age > 63*oneDay {
		grid = 3600
	}
	if period < 60 {
		return span{floorDiv(floorDiv(start, period)*period+59, 60) * 60, end, 60}, true
	}
	return span{floorDiv(start, grid) * grid, end, period}, true
}

func readMetricData(d document) (in metricDataInput, _ *apiError) {
	var err error
	start, end := d.field("StartTime"), d.field("EndTime")
	switch {
	case !start.present():
		return in, missing("StartTime")
	case !end.present():
		return in, missing("EndTime")
	}
	if in.start, err = start.timestamp(); err != nil {
		return in, asAPIError(err)
	}
	if in.end, err = end.timestamp(); err != nil {
		return in, asAPIError(err)
	}
	if in.start.Equal(in.end) {
		return in, validation("The parameter StartTime must not equal parameter EndTime.")
	}
	if in.start.After(in.end) {
		return in, validation("The parameter StartTime must be less than the parameter EndTime.")
	}
	if apiErr := in.readPaging(d); apiErr != nil {
		return in, apiErr
	}
	return in, in.readQueries(d.field("MetricDataQueries"))
}

func (in *metricDataInput) readPaging(d document) *apiError {
	scan, err := d.field("ScanBy").text()
	if err != nil {
		return asAPIError(err)
	}
	switch scan {
	case "", "TimestampDescending":
	case "TimestampAscending":
		in.ascending = true
	default:
		return validation("The value " + scan + " for parameter ScanBy must be TimestampDescending or TimestampAscending.")
	}
	if in.token, err = d.field("NextToken").text(); err != nil {
		return asAPIError(err)
	}
	in.limit = maxDatapoints
	if f := d.field("MaxDatapoints"); f.present() {
		n, err := f.integer()
		if err != nil {
			return asAPIError(err)
		}
		if n < 1 || n > maxDatapoints {
			return validation(fmt.Sprintf("The value %d for parameter MaxDatapoints must be between 1 and %d.", n, maxDatapoints))
		}
		in.limit = int(n)
	}
	return nil
}

func (in *metricDataInput) readQueries(f field) *apiError {
	queries, err := f.list()
	if err != nil {
		return asAPIError(err)
	}
	if len(queries) == 0 {
		return missing("MetricDataQueries")
	}
	if len(queries) > maxQueries {
		return validation(fmt.Sprintf("The collection MetricDataQueries must not have a size greater than %d.", maxQueries))
	}
	seen := make(map[string]bool, len(queries))
	for _, f := range queries {
		q, err := readQuery(f)
		if err != nil {
			return err
		}
		if seen[q.id] {
			return validation("The values for parameter Id in MetricDataQueries are not unique: " + q.id + ".")
		}
		seen[q.id] = true
		in.queries = append(in.queries, q)
	}
	return nil
}

func readQuery(f field) (q dataQuery, _ *apiError) {
	var expression string
	for name, target := range map[string]*string{"Id": &q.id, "Label": &q.label, "Expression": &expression, "AccountId": &q.accountID} {
		text, err := f.field(name).text()
		if err != nil {
			return q, asAPIError(err)
		}
		*target = text
	}
	if !validID(q.id) {
		return q, validation("The value " + q.id + " for parameter " + f.path + ".Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.")
	}
	var err error
	if q.returnData, err = f.field("ReturnData").boolean(true); err != nil {
		return q, asAPIError(err)
	}
	stat := f.field("MetricStat")
	switch {
	case expression != "" && stat.present():
		return q, validation("The parameters " + f.path + ".Expression and " + f.path + ".MetricStat are mutually exclusive and you have specified both.")
	case expression != "":
		return q, validation("Error in expression '" + q.id + "': expressions are not simulated: " + expression)
	case !stat.present():
		return q, validation("Either " + f.path + ".Expression or " + f.path + ".MetricStat must be specified.")
	}
	return q, q.readStat(stat)
}

func (q *dataQuery) readStat(f field) *apiError {
	id, err := readMetric(f.field("Metric"))
	if err != nil {
		return err
	}
	q.metric = id
	if q.label == "" {
		q.label = id.name
	}
	name, textErr := f.field("Stat").text()
	if textErr != nil {
		return asAPIError(textErr)
	}
	stat, ok := parseStatistic(name)
	if !ok {
		return validation("The value " + name + " for parameter " + f.path + ".Stat is not a valid statistic.")
	}
	q.stat = stat
	if q.unit, textErr = f.field("Unit").text(); textErr != nil {
		return asAPIError(textErr)
	}
	period := f.field("Period")
	if !period.present() {
		return missing(period.path)
	}
	if q.period, textErr = period.integer(); textErr != nil {
		return asAPIError(textErr)
	}
	return checkPeriod(q.period, period.path)
}

func checkPeriod(period int64, path string) *apiError {
	switch period {
	case 1, 5, 10, 20, 30:
		return nil
	}
	if period < 60 || period%60 != 0 || period > math.MaxInt32 {
		return validation(fmt.Sprintf("The value %d for parameter %s must be 1, 5, 10, 20, 30 or a multiple of 60.", period, path))
	}
	return nil
}

const maxDimensions = 30

func readMetric(f field) (metricID, *apiError) {
	namespace, err := f.field("Namespace").text()
	if err != nil {
		return metricID{}, asAPIError(err)
	}
	name, err := f.field("MetricName").text()
	if err != nil {
		return metricID{}, asAPIError(err)
	}
	switch {
	case namespace == "":
		return metricID{}, missing(f.path + ".Namespace")
	case name == "":
		return metricID{}, missing(f.path + ".MetricName")
	}
	list, err := f.field("Dimensions").list()
	if err != nil {
		return metricID{}, asAPIError(err)
	}
	if len(list) > maxDimensions {
		return metricID{}, validation(fmt.Sprintf("The collection %s.Dimensions must not have a size greater than %d.", f.path, maxDimensions))
	}
	dimensions := make([]dimension, len(list))
	for i, d := range list {
		if dimensions[i].Name, err = d.field("Name").text(); err != nil {
			return metricID{}, asAPIError(err)
		}
		if dimensions[i].Value, err = d.field("Value").text(); err != nil {
			return metricID{}, asAPIError(err)
		}
		if dimensions[i].Name == "" || dimensions[i].Value == "" {
			return metricID{}, missing(d.path + ".Name and .Value")
		}
	}
	return newMetricID(namespace, name, dimensions), nil
}

func validID(id string) bool {
	if id == "" || len(id) > 255 || id[0] < 'a' || id[0] > 'z' {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}
