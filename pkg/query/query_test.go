package query

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

func parse(t *testing.T, raw string) Query {
	t.Helper()
	q, err := Parse("A", []byte(raw))
	require.NoError(t, err)
	return q
}

func TestDefaults(t *testing.T) {
	q := parse(t, `{"version":1,"namespace":"AWS/EC2","metric":"CPUUtilization"}`)
	require.Equal(t, []string{All}, q.Accounts)
	require.Equal(t, []string{All}, q.Regions)
	require.Equal(t, "Average", q.Statistic)
	require.Equal(t, DefaultPeriod, q.Period)
	require.Equal(t, 24*time.Hour, q.Horizon)
	require.Equal(t, []Measure{Value, Expected, Lower, Upper, Score, Direction}, q.Measures)
	require.Empty(t, q.Notices)
}

func TestBadInputNamesTheField(t *testing.T) {
	for name, c := range map[string]struct{ json, field string }{
		"no namespace":          {`{"version":1,"metric":"M"}`, "namespace"},
		"no metric":             {`{"version":1,"namespace":"N","metric":" "}`, "metric"},
		"unknown statistic":     {`{"version":1,"namespace":"N","metric":"M","statistic":"Median"}`, "statistic"},
		"percentile over 100":   {`{"version":1,"namespace":"N","metric":"M","statistic":"p101"}`, "statistic"},
		"period off the grid":   {`{"version":1,"namespace":"N","metric":"M","period":"90s"}`, "period"},
		"period of nothing":     {`{"version":1,"namespace":"N","metric":"M","period":"0"}`, "period"},
		"period no duration":    {`{"version":1,"namespace":"N","metric":"M","period":"often"}`, "period"},
		"period too long":       {`{"version":1,"namespace":"N","metric":"M","period":"2d"}`, "period"},
		"horizon too long":      {`{"version":1,"namespace":"N","metric":"M","horizon":"90d"}`, "horizon"},
		"horizon negative":      {`{"version":1,"namespace":"N","metric":"M","horizon":"-1h"}`, "horizon"},
		"unknown output":        {`{"version":1,"namespace":"N","metric":"M","output":"score"}`, "output"},
		"threshold missing":     {`{"version":1,"namespace":"N","metric":"M","output":"hours_to_threshold"}`, "threshold"},
		"threshold of text":     {`{"version":1,"namespace":"N","metric":"M","threshold":"high"}`, "threshold"},
		"newer version":         {`{"version":99,"namespace":"N","metric":"M"}`, "version"},
		"version of text":       {`{"version":"x","namespace":"N","metric":"M"}`, "version"},
		"variable in accounts":  {`{"version":1,"namespace":"N","metric":"M","accounts":["$account"]}`, "accounts"},
		"variable in dimension": {`{"version":1,"namespace":"N","metric":"M","dimensions":{"InstanceId":["${id:csv}"]}}`, "dimensions.InstanceId"},
		"old spelling variable": {`{"version":1,"namespace":"[[ns]]","metric":"M"}`, "namespace"},
		"accounts no list":      {`{"version":1,"namespace":"N","metric":"M","accounts":"production"}`, "accounts"},
		"nameless dimension":    {`{"version":1,"namespace":"N","metric":"M","dimensions":{"":["x"]}}`, "dimensions"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("A", []byte(c.json))
			var field *FieldError
			require.True(t, errors.As(err, &field), "%v", err)
			require.Equal(t, c.field, field.Field)
		})
	}
}

func TestNamesWithADollarAreNoVariables(t *testing.T) {
	q := parse(t, `{"version":1,"namespace":"AWS/Lambda","metric":"Errors","dimensions":{"ExecutedVersion":["$LATEST"],"Stage":["$default"],"Name":["cost$USD"]}}`)
	require.Equal(t, map[string][]string{"ExecutedVersion": {"$LATEST"}, "Stage": {"$default"}, "Name": {"cost$USD"}}, q.Dimensions)
}

func TestAlertNeedsOneMeasure(t *testing.T) {
	require.Error(t, parse(t, `{"version":1,"namespace":"N","metric":"M"}`).Alertable())
	require.NoError(t, parse(t, `{"version":1,"namespace":"N","metric":"M","output":"anomaly_score"}`).Alertable())
	require.NoError(t, parse(t, `{"version":1,"namespace":"N","metric":"M","score":false,"band":false}`).Alertable())
	require.ErrorContains(t, parse(t, `{"version":1,"namespace":"N","metric":"M","output":"forecast"}`).Alertable(), "max_in_horizon")
}

func TestForecastMeasures(t *testing.T) {
	q := parse(t, `{"version":1,"namespace":"N","metric":"M","score":false,"band":false,"forecast":true,"threshold":10}`)
	require.Equal(t, []Measure{Value, Forecast, ForecastLower, ForecastUpper, HoursToThreshold, MaxInHorizon, MinInHorizon}, q.Measures)
	require.True(t, q.WantsForecast())
	require.False(t, q.WantsScore())
	require.Equal(t, Forecaster{Name: "auto", Levels: []int{95}, Calendars: []string{All}}, q.Forecaster)
}

func TestCloudWatchQueryIsTranslated(t *testing.T) {
	q := parse(t, `{"metricName":"CPUUtilization","namespace":"AWS/EC2","region":"eu-west-1","accountId":"all","statistics":["Maximum"],
		"dimensions":{"InstanceId":"i-1","AutoScalingGroupName":["g1","g2"]},"period":"60","matchExact":true,"queryMode":"Metrics"}`)
	require.Equal(t, "CPUUtilization", q.Metric)
	require.Equal(t, []string{"eu-west-1"}, q.Regions)
	require.Equal(t, []string{All}, q.Accounts)
	require.Equal(t, "Maximum", q.Statistic)
	require.Equal(t, map[string][]string{"InstanceId": {"i-1"}, "AutoScalingGroupName": {"g1", "g2"}}, q.Dimensions)
	require.Equal(t, time.Minute, q.Period)
	require.Len(t, q.Notices, 1)
}

func TestUnknownFieldIsSaid(t *testing.T) {
	q := parse(t, `{"version":1,"namespace":"N","metric":"M","treshold":5,"refId":"A","intervalMs":1000}`)
	require.Equal(t, []string{`field "treshold" is unknown and was not used`}, q.Notices)
}

// What parses is within the limits; nothing panics.
func FuzzParse(f *testing.F) {
	f.Add(`{"version":1,"namespace":"N","metric":"M","period":"1h","dimensions":{"a":["*"]}}`)
	f.Add(`{"metricName":"M","namespace":"N","period":60,"dimensions":{"a":"b"},"accountId":"all"}`)
	f.Add(`{"version":null,"accounts":null,"horizon":"9999999d"}`)
	f.Add(with(`"rollUp":["account","InstanceId"],"events":true,"raw":true,"output":"anomaly_event"`))
	f.Add(detector(`"name":"random_cut_forest","parameters":{"numberOfTrees":50},"columns":[{"metric":"M","statistic":"Sum"}]`))
	f.Add(detector(`"function":"low_count","direction":"low","split":["account"],"rules":[{"skipWithin":5,"onlyAbove":1e3,"onlyBelow":null}],"calendars":[]`))
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := Parse("A", []byte(raw))
		if err != nil {
			return
		}
		require.True(t, json.Valid([]byte(raw)))
		require.NotEmpty(t, q.Measures)
		require.NotEmpty(t, q.Accounts)
		require.Positive(t, q.Period)
		require.LessOrEqual(t, q.Period, 24*time.Hour)
		require.Positive(t, q.Horizon)
		require.LessOrEqual(t, q.Horizon/q.Period, time.Duration(MaxHorizonSteps))
		require.Contains(t, []Side{Low, High, Both}, q.Detector.Direction)
		require.NotNil(t, q.Detector.Calendars)
		require.Equal(t, len(q.Detector.Split) > 0, q.Detector.Join != None)
		definition, err := detect.Lookup(q.Detector.Name)
		require.NoError(t, err)
		require.LessOrEqual(t, len(q.Detector.Columns), definition.MaxColumns)
		require.Len(t, q.Detector.Parameters, len(definition.Parameters))
		for name, value := range q.Detector.Parameters {
			require.NoError(t, definition.CheckParameter(name, value))
		}
	})
}
