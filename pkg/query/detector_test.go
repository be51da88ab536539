package query

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// with makes a query of the given fields: parts of a JSON object.
func with(fields string) string {
	return `{"version":1,"namespace":"AWS/EC2","metric":"CPUUtilization","dimensions":{"InstanceId":["*"],"region":["*"]},` + fields + `}`
}

func detector(fields string) string { return with(`"detector":{` + fields + `}`) }

func number64(v float64) *float64 { return &v }

func TestDetectorDefaults(t *testing.T) {
	for _, raw := range []string{`{"version":1,"namespace":"N","metric":"M"}`, detector(""), with(`"detector":null`),
		detector(`"name":"","parameters":{},"function":"","direction":"both","split":[],"columns":[],"rules":[],"calendars":["*"],"eventScore":25`),
		detector(`"name":null,"parameters":null,"function":null,"direction":null,"split":null,"columns":null,"rules":null,"calendars":null,"eventScore":null`)} {
		q := parse(t, raw)
		require.Equal(t, Detector{Name: detect.Auto, Parameters: defaults(t, detect.Auto), Direction: Both, Calendars: []string{All}, EventScore: 25}, q.Detector, raw)
		require.Equal(t, "Average", q.Statistic)
		require.Empty(t, q.RollUp)
		require.Empty(t, q.Notices)
	}
}

// defaults are the parameters of a detector, straight from the catalogue.
func defaults(t *testing.T, name string) map[string]float64 {
	t.Helper()
	definition, err := detect.Lookup(name)
	require.NoError(t, err)
	out := map[string]float64{}
	for _, p := range definition.Parameters {
		out[p.Name] = p.Default
	}
	return out
}

func TestWholeDetector(t *testing.T) {
	q := parse(t, detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":50,"withDirectionality":false},"direction":"low","split":["account","InstanceId","account"],
		"columns":[{"metric":"NetworkIn","statistic":"Sum"},{"metric":"NetworkOut"}],
		"rules":[{"skipWithin":5,"skipWithinPercent":10,"onlyAbove":100,"onlyBelow":null},{"onlyBelow":2000}],"calendars":["black-friday"," holidays","holidays"],"eventScore":62.5`))
	parameters := defaults(t, detect.RandomCutForest)
	parameters["numberOfTrees"], parameters["withDirectionality"] = 50, 0
	require.Equal(t, Detector{
		Name: "random_cut_forest", Parameters: parameters, Direction: Low, Split: []string{"account", "InstanceId"}, Join: Mean,
		Columns:   []Column{{"NetworkIn", "Sum", Sum}, {"NetworkOut", "Average", Mean}},
		Rules:     []Rule{{number64(5), number64(10), number64(100), nil}, {OnlyBelow: number64(2000)}},
		Calendars: []string{"black-friday", "holidays"}, EventScore: 62.5,
	}, q.Detector)
	require.Empty(t, q.Notices)
}

func TestSigns(t *testing.T) {
	require.Equal(t, []int8{-1, 0, 1}, []int8{Low.Sign(), Both.Sign(), High.Sign()})
}

func TestNoCalendars(t *testing.T) {
	require.Equal(t, []string{}, parse(t, detector(`"calendars":[]`)).Detector.Calendars)
	require.Equal(t, []string{All}, parse(t, detector(`"calendars":["a","*"]`)).Detector.Calendars)
}

// A function decides the statistic, the direction where its spelling has one, and in one case the detector.
func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		fields    string
		function  Function
		statistic string
		direction Side
		detector  string
	}{
		{`"function":"count"`, Count, "SampleCount", Both, detect.Auto},
		{`"function":"mean"`, Mean, "Average", Both, detect.Auto},
		{`"function":"min"`, Minimum, "Minimum", Both, detect.Auto},
		{`"function":"max"`, Maximum, "Maximum", Both, detect.Auto},
		{`"function":"sum","direction":"high"`, Sum, "Sum", High, detect.Auto},
		{`"function":"low_count"`, Count, "SampleCount", Low, detect.Auto},
		{`"function":"low_count","direction":"low"`, Count, "SampleCount", Low, detect.Auto},
		{`"function":"high_mean","direction":"both"`, Mean, "Average", High, detect.Auto},
		{`"function":"high_avg"`, Mean, "Average", High, detect.Auto},
		{`"function":"sum","name":"seasonal_robust"`, Sum, "Sum", Both, detect.SeasonalRobust},
		{`"function":"rare_zero"`, RareZero, "Sum", Both, detect.RareZero},
		{`"function":"rare_zero","name":"auto"`, RareZero, "Sum", Both, detect.RareZero},
	} {
		q := parse(t, detector(c.fields))
		require.Equal(t, c.function, q.Detector.Function, c.fields)
		require.Equal(t, c.statistic, q.Statistic, c.fields)
		require.Equal(t, c.direction, q.Detector.Direction, c.fields)
		require.Equal(t, c.detector, q.Detector.Name, c.fields)
		require.Empty(t, q.Notices, c.fields)
	}
}

func TestWhatAFunctionOverrulesIsSaid(t *testing.T) {
	for fields, notices := range map[string][]string{
		`"statistic":"p99","detector":{"function":"low_sum"}`:                                     {`field "statistic": p99 was not used, because the function low_sum takes Sum`},
		`"statistic":"Sum","detector":{"function":"sum"}`:                                         nil,
		`"statistic":"Average","detector":{"function":"sum"}`:                                     nil,
		`"statistic":"Maximum","detector":{"function":"rare_zero","name":"seasonal_robust"}`:      {`field "statistic": Maximum was not used, because the function rare_zero takes Sum`, `field "detector.name": seasonal_robust was not used, because the function rare_zero is a detector itself`},
		`"statistic":"Maximum","detector":{"direction":"high"}`:                                   nil,
		`"detector":{"paramters":{},"Name":"x","columns":[],"rules":[{"onlyAbove":1,"above":2}]}`: {`field "detector.Name" is unknown and was not used`, `field "detector.paramters" is unknown and was not used`, `field "detector.rules[0].above" is unknown and was not used`},
	} {
		require.Equal(t, notices, parse(t, with(fields)).Notices, fields)
	}
}

func TestSplitJoinsByTheStatistic(t *testing.T) {
	for statistic, join := range map[string]Function{"Average": Mean, "Sum": Sum, "SampleCount": Sum, "Minimum": Minimum, "Maximum": Maximum} {
		q := parse(t, with(fmt.Sprintf(`"statistic":%q,"detector":{"split":["region","dimension_region","metric","account_id"]}`, statistic)))
		require.Equal(t, join, q.Detector.Join)
		require.Equal(t, []string{"region", "dimension_region", "metric", "account_id"}, q.Detector.Split)
	}
}

// Peers are scored each by itself against the others: a split tells groups apart and joins nothing.
func TestPeersAreNotJoined(t *testing.T) {
	q := parse(t, with(`"statistic":"p99","detector":{"name":"peers","split":["region"]},"rollUp":["account"]`))
	require.True(t, q.Detector.Peers())
	require.Equal(t, []string{"region"}, q.Detector.Split)
	require.Equal(t, None, q.Detector.Join)
	require.Equal(t, []string{"account"}, q.RollUp)
}

func TestBadDetectorNamesTheField(t *testing.T) {
	for name, c := range map[string]struct{ json, field, says string }{
		"detector of text":          {with(`"detector":"auto"`), "detector", "a JSON string"},
		"unknown detector":          {detector(`"name":"magic"`), "detector.name", "choose one of auto"},
		"name of a number":          {detector(`"name":1`), "detector.name", "a JSON number"},
		"unknown parameter":         {detector(`"name":"random_cut_forest","parameters":{"numberOfTree":1}`), "detector.parameters.numberOfTree", "numberOfTrees"},
		"parameter too large":       {detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":1e7}`), "detector.parameters.numberOfTrees", "between"},
		"parameter in part":         {detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":2.5}`), "detector.parameters.numberOfTrees", "whole"},
		"parameter of text":         {detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":"50"}`), "detector.parameters.numberOfTrees", "a JSON string"},
		"parameter beyond floats":   {detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":1e999}`), "detector.parameters.numberOfTrees", "does not fit"},
		"truth where a number is":   {detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":true}`), "detector.parameters.numberOfTrees", "a JSON bool"},
		"unknown null parameter":    {detector(`"parameters":{"trees":null}`), "detector.parameters.trees", "no parameter"},
		"parameters of a list":      {detector(`"parameters":[1]`), "detector.parameters", "a JSON array"},
		"unknown function":          {detector(`"function":"median"`), "detector.function", "rare_zero"},
		"direction alone":           {detector(`"function":"low_"`), "detector.function", "no function"},
		"unknown direction":         {detector(`"direction":"up"`), "detector.direction", "low, high or both"},
		"two directions":            {detector(`"function":"low_count","direction":"high"`), "detector.direction", "low_count"},
		"rare zeros that are high":  {detector(`"function":"rare_zero","direction":"high"`), "detector.direction", "rare_zero"},
		"rare zeros, spelt high":    {detector(`"function":"high_rare_zero"`), "detector.direction", "rare_zero"},
		"unknown split":             {detector(`"split":["account","Instance"]`), "detector.split[1]", "account, account_id, region, metric, InstanceId, dimension_region"},
		"split by what is constant": {detector(`"split":["namespace"]`), "detector.split[0]", "no label"},
		"split of text":             {detector(`"split":"account"`), "detector.split", "a JSON string"},
		"split of a percentile":     {with(`"statistic":"p99","detector":{"split":["account"]}`), "detector.split", "p99"},
		"columns of one metric":     {detector(`"columns":[{"metric":"M"}]`), "detector.columns", "detector auto looks at 0 further metrics"},
		"columns of peers":          {detector(`"name":"peers","columns":[{"metric":"M"}]`), "detector.columns", "detector peers looks at 0"},
		"column without a metric":   {detector(`"name":"random_cut_forest","columns":[{"metric":"M"},{"statistic":"Sum"}]`), "detector.columns[1].metric", "missing"},
		"column of text":            {detector(`"columns":["M"]`), "detector.columns[0]", "a JSON string"},
		"column's statistic":        {detector(`"name":"random_cut_forest","columns":[{"metric":"M","statistic":"avg"}]`), "detector.columns[0].statistic", "unknown"},
		"column of a number":        {detector(`"columns":[{"metric":7}]`), "detector.columns[0].metric", "a JSON number"},
		"column that is the metric": {detector(`"name":"random_cut_forest","columns":[{"metric":"CPUUtilization"}]`), "detector.columns[0]", "already"},
		"split of a column":         {detector(`"name":"random_cut_forest","split":["account"],"columns":[{"metric":"M","statistic":"p99"}]`), "detector.columns[0].statistic", "p99"},
		"rule without a limit":      {detector(`"rules":[{"onlyAbove":1},{}]`), "detector.rules[1]", "skipWithin"},
		"rule of null":              {detector(`"rules":[null]`), "detector.rules[0]", "no limit"},
		"negative distance":         {detector(`"rules":[{"skipWithin":-1}]`), "detector.rules[0].skipWithin", "negative"},
		"negative percentage":       {detector(`"rules":[{"skipWithinPercent":-1}]`), "detector.rules[0].skipWithinPercent", "negative"},
		"limit of text":             {detector(`"rules":[{"onlyAbove":"1"}]`), "detector.rules[0].onlyAbove", "a JSON string"},
		"rules that leave nothing":  {detector(`"rules":[{"onlyAbove":10},{"onlyBelow":10}]`), "detector.rules[1]", "nothing is left"},
		"empty calendar":            {detector(`"calendars":["a",""]`), "detector.calendars[1]", "empty"},
		"calendars of text":         {detector(`"calendars":"*"`), "detector.calendars", "a JSON string"},
		"event score of 0":          {detector(`"eventScore":0`), "detector.eventScore", "above 0"},
		"event score too high":      {detector(`"eventScore":100.5`), "detector.eventScore", "at most 100"},
		"event score of text":       {detector(`"eventScore":"25"`), "detector.eventScore", "a JSON string"},
		"too much together":         {detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":1000,"subSampleSize":1000,"shingleSize":30}`), "detector.parameters", "fit in memory"},
		"unknown roll-up":           {with(`"rollUp":["stat"]`), "rollUp[0]", "namespace"},
		"roll-up of text":           {with(`"rollUp":"account"`), "rollUp", "a JSON string"},
		"roll-up over a split":      {with(`"rollUp":["region"],"detector":{"split":["account"]}`), "rollUp[0]", "use account, account_id, metric, namespace"},
		"roll-up of a value":        {with(`"rollUp":["account"],"output":"value"`), "output", "anomaly_event"},
		"events of text":            {with(`"events":"yes"`), "events", "a JSON string"},
		"raw of a number":           {with(`"raw":1`), "raw", "a JSON number"},
		"variable in name":          {detector(`"name":"$detector"`), "detector.name", "$detector"},
		"variable in parameter":     {detector(`"parameters":{"numberOfTrees":"$trees"}`), "detector.parameters.numberOfTrees", "the variable $trees"},
		"variable in function":      {detector(`"function":"${f}"`), "detector.function", "${f}"},
		"variable in direction":     {detector(`"direction":"[[d]]"`), "detector.direction", "[[d]]"},
		"variable in split":         {detector(`"split":["$label"]`), "detector.split", "$label"},
		"variable in column":        {detector(`"columns":[{"metric":"$m"}]`), "detector.columns[0].metric", "$m"},
		"variable in statistic":     {detector(`"columns":[{"metric":"m","statistic":"$s"}]`), "detector.columns[0].statistic", "$s"},
		"variable in calendars":     {detector(`"calendars":["$calendar"]`), "detector.calendars", "$calendar"},
		"variable in roll-up":       {with(`"rollUp":["$label"]`), "rollUp", "$label"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("A", []byte(c.json))
			var field *FieldError
			require.True(t, errors.As(err, &field), "%v", err)
			require.Equal(t, c.field, field.Field)
			require.Contains(t, field.Reason, c.says)
		})
	}
}

func TestEventAndRawMeasures(t *testing.T) {
	q := parse(t, with(`"band":false,"events":true,"raw":true`))
	require.Equal(t, []Measure{Value, Score, Direction, Event, Raw}, q.Measures)
	for _, output := range []Measure{Event, Raw} {
		q := parse(t, with(fmt.Sprintf(`"output":%q`, output)))
		require.NoError(t, q.Alertable())
		require.True(t, q.WantsScore())
	}
}

func TestRollUpHasAScoreAlone(t *testing.T) {
	for fields, c := range map[string]struct {
		measures []Measure
		notices  int
	}{
		``:                            {[]Measure{Score}, 0},
		`,"score":false,"band":true`:  {[]Measure{Score}, 0},
		`,"events":true`:              {[]Measure{Score, Event}, 0},
		`,"output":"anomaly_event"`:   {[]Measure{Event}, 0},
		`,"forecast":true,"raw":true`: {[]Measure{Score}, 2},
	} {
		q := parse(t, with(`"rollUp":["account","namespace","account"]`+fields))
		require.Equal(t, []string{"account", "namespace"}, q.RollUp)
		require.Equal(t, c.measures, q.Measures, fields)
		require.Len(t, q.Notices, c.notices, fields)
	}
	require.NoError(t, parse(t, with(`"rollUp":["account"]`)).Alertable())
	require.Equal(t, []string{"account_id"}, parse(t, with(`"rollUp":["account_id"],"detector":{"split":["account"]}`)).RollUp)
}
