package query

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func forecasting(fields string) string {
	return `{"version":1,"namespace":"AWS/DynamoDB","metric":"ConsumedReadCapacityUnits","statistic":"Sum",` + fields + `}`
}

func TestForecaster(t *testing.T) {
	q := parse(t, forecasting(`"score":false,"band":false,"forecast":true,"decompose":true,
		"forecaster":{"name":"sarima","levels":[80,99,80,95],"calendars":["paydays"]},"thresholdMetric":{"metric":"Provisioned","percent":80}`))
	require.Equal(t, Forecaster{Name: "sarima", Levels: []int{80, 99, 95}, Calendars: []string{"paydays"}}, q.Forecaster)
	require.Equal(t, Threshold{Metric: &Column{Metric: "Provisioned", Statistic: "Average"}, Percent: 80}, q.Threshold)
	require.Equal(t, []Measure{
		Value, Forecast, ForecastLower, ForecastUpper, "forecast_lower_99", "forecast_upper_99", "forecast_lower_95", "forecast_upper_95",
		Trend, SeasonDay, SeasonWeek, Remainder, HoursToThreshold, MaxInHorizon, MinInHorizon,
	}, q.Measures)
	require.True(t, q.WantsDecomposition())
	require.True(t, parse(t, forecasting(`"forecaster":{"levels":[95,80]},"output":"forecast_upper_80"`)).WantsForecast())
}

func TestForecasterMistakesNameTheField(t *testing.T) {
	for fields, want := range map[string]string{
		`"forecaster":{"name":"prophet"}`:                                                     `field "forecaster.name": "prophet" is no forecaster`,
		`"forecaster":{"levels":[95,90]}`:                                                     `field "forecaster.levels[1]": 90 is no level`,
		`"forecaster":{"levels":[0.95]}`:                                                      `field "forecaster.levels`,
		`"forecaster":{"calendars":[""]}`:                                                     `field "forecaster.calendars[0]": is empty`,
		`"forecaster":{"name":"$model"}`:                                                      `field "forecaster.name": the variable $model`,
		`"forecaster":[]`:                                                                     `field "forecaster"`,
		`"threshold":1,"thresholdMetric":{"metric":"M"}`:                                      `field "thresholdMetric": there is a threshold of 1`,
		`"thresholdMetric":{"percent":80}`:                                                    `field "thresholdMetric.metric": is missing`,
		`"thresholdMetric":{"metric":"M","percent":0}`:                                        `field "thresholdMetric.percent": 0`,
		`"thresholdMetric":{"metric":"M","statistic":"mean"}`:                                 `field "thresholdMetric.statistic": "mean"`,
		`"thresholdMetric":{"metric":"M","statistic":"p99"},"detector":{"split":["account"]}`: `field "thresholdMetric.statistic": p99 of several series`,
		`"output":"hours_to_threshold_late"`:                                                  `field "threshold": hours_to_threshold_late needs`,
		`"output":"forecast_lower_80"`:                                                        `field "output": "forecast_lower_80" is no measure`,
		`"output":"forecast_lower_95","forecaster":{"levels":[95,80]}`:                        `field "output": "forecast_lower_95" is no measure`,
	} {
		_, err := Parse("A", []byte(forecasting(fields)))
		require.ErrorContains(t, err, want, fields)
		var field *FieldError
		require.ErrorAs(t, err, &field, fields)
	}
}

func TestUnknownForecasterFieldsAreTold(t *testing.T) {
	q := parse(t, forecasting(`"forecaster":{"level":95},"thresholdMetric":{"metric":"M","stat":"Sum"}`))
	require.Equal(t, []string{`field "forecaster.level" is unknown and was not used`, `field "thresholdMetric.stat" is unknown and was not used`}, q.Notices)
}

// An alert rule is given numbers of now, whichever edge it likes, and nothing that lies ahead or changes afterwards.
func TestAlertsOnForecasts(t *testing.T) {
	const levels = `"threshold":10,"forecaster":{"levels":[95,80]},`
	for _, m := range ofNow {
		require.NoError(t, parse(t, forecasting(levels+`"output":"`+string(m)+`"`)).Alertable(), m)
	}
	for _, m := range append([]Measure{Forecast, ForecastUpper, "forecast_lower_80"}, decomposed...) {
		require.ErrorContains(t, parse(t, forecasting(levels+`"output":"`+string(m)+`"`)).Alertable(), `field "output": `+string(m), m)
	}
}
