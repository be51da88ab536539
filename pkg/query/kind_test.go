package query

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestKindIsMetricUnlessSaid(t *testing.T) {
	plain := parse(t, `{"version":1,"namespace":"N","metric":"M"}`)
	require.Equal(t, KindMetric, plain.Kind)
	for _, written := range []string{`"metric"`, `""`, `null`} {
		require.Equal(t, plain, parse(t, `{"version":1,"namespace":"N","metric":"M","kind":`+written+`}`))
	}
	require.Equal(t, KindMetric, parse(t, `{"metricName":"M","namespace":"N","region":"default"}`).Kind, "also of a query from elsewhere")
}

func TestQualityQuery(t *testing.T) {
	q := parse(t, `{"version":1,"kind":"quality","namespace":"AWS/Lambda","metric":"Errors","statistic":"Sum","dimensions":{"FunctionName":["*"]},"period":"1m"}`)
	require.Equal(t, KindQuality, q.Kind)
	require.Equal(t, []Measure{"quality", "quality_format", "quality_missing", "quality_range", "quality_duplicate", "quality_logic"}, q.Measures)
	require.Equal(t, time.Minute, q.Period)
	require.Equal(t, "Sum", q.Statistic)
	require.Equal(t, map[string][]string{"FunctionName": {All}}, q.Dimensions)
	require.Empty(t, q.Notices)
	require.False(t, q.WantsScore() || q.WantsForecast() || q.WantsDecomposition())
	require.ErrorContains(t, q.Alertable(), "quality_logic")

	one := parse(t, `{"version":1,"kind":"quality","namespace":"N","metric":"M","output":"quality_logic"}`)
	require.Equal(t, []Measure{QualityLogic}, one.Measures)
	require.NoError(t, one.Alertable())
}

func TestCostsQuery(t *testing.T) {
	q := parse(t, `{"version":1,"kind":"costs"}`)
	require.Equal(t, []Measure{"cost_usd", "metrics_asked", "metrics_saved", "calls", "calls_failed"}, q.Measures)
	require.Equal(t, []string{"account"}, q.By)
	require.Equal(t, []string{All}, q.Accounts)
	require.Empty(t, q.Notices)

	q = parse(t, `{"version":1,"kind":"costs","by":["asked_by","account","asked_by"],"output":"cost_usd","period":"1h","accounts":["production"],"legend":"{{account}}"}`)
	require.Equal(t, []string{"account", "asked_by"}, q.By, "in one order, so that labels do not depend on how it is written")
	require.Equal(t, []Measure{CostUSD}, q.Measures)
	require.Equal(t, time.Hour, q.Period)
	require.Equal(t, []string{"production"}, q.Accounts)
	require.Equal(t, "{{account}}", q.Legend)
	require.NoError(t, q.Alertable())
	require.Equal(t, []string{"account"}, parse(t, `{"version":1,"kind":"costs","by":[]}`).By)
}

func TestEventsQuery(t *testing.T) {
	q := parse(t, `{"version":1,"kind":"events"}`)
	require.Empty(t, q.Measures)
	require.Empty(t, q.Namespace+q.Metric)
	require.Empty(t, q.Notices)
	require.ErrorContains(t, q.Alertable(), "anomaly_event")
	q = parse(t, `{"version":1,"kind":"events","namespace":"N","metric":"M","dimensions":{"Id":["a"]},"regions":["eu-west-1"]}`)
	require.Equal(t, "N", q.Namespace)
	require.Equal(t, "M", q.Metric)
	require.Equal(t, map[string][]string{"Id": {"a"}}, q.Dimensions)
	require.Equal(t, []string{"eu-west-1"}, q.Regions)
}

func TestBadKindNamesTheField(t *testing.T) {
	for raw, field := range map[string]string{
		`"kind":"cost"`:                    "kind",
		`"kind":"Quality"`:                 "kind",
		`"kind":"$kind"`:                   "kind",
		`"kind":["quality"]`:               "kind",
		`"kind":"quality","namespace":"N"`: "metric",
		`"kind":"quality","metric":"M"`:    "namespace",
		`"kind":"quality","namespace":"N","metric":"M","output":"value"`:     "output",
		`"kind":"quality","namespace":"N","metric":"M","statistic":"Median"`: "statistic",
		`"kind":"metric","namespace":"N","metric":"M","output":"quality"`:    "output",
		`"kind":"costs","output":"quality"`:                                  "output",
		`"kind":"costs","by":["account","panel"]`:                            "by[1]",
		`"kind":"costs","by":["$label"]`:                                     "by",
		`"kind":"costs","by":"account"`:                                      "by",
		`"kind":"costs","period":"often"`:                                    "period",
		`"kind":"events","accounts":["[[account]]"]`:                         "accounts",
		`"kind":"events","dimensions":{"":["x"]}`:                            "dimensions",
	} {
		t.Run(raw, func(t *testing.T) {
			_, err := Parse("A", []byte(`{"version":1,`+raw+`}`))
			var at *FieldError
			require.True(t, errors.As(err, &at), "%v", err)
			require.Equal(t, field, at.Field)
		})
	}
}

// What a kind does not use is said and is no mistake, whatever is in it. What says nothing is not worth a word.
func TestUnusedFieldsAreSaid(t *testing.T) {
	q := parse(t, `{"version":1,"kind":"costs","namespace":"N","metric":7,"detector":{"name":"none such"},"threshold":"high","by":["region"],"score":false,"rollUp":[],"horizon":""}`)
	require.Equal(t, []string{`fields "namespace", "metric", "threshold", "detector" were not used: a query of kind costs has none of them`}, q.Notices)
	require.Equal(t, parse(t, `{"version":1,"kind":"costs","by":["region"]}`).Detector, q.Detector)
	require.False(t, q.Threshold.Set())

	q = parse(t, `{"version":1,"namespace":"N","metric":"M","by":["account"]}`)
	require.Equal(t, []string{`field "by" was not used: a query of kind metric has none`}, q.Notices)
	require.Empty(t, q.By)
	q = parse(t, `{"version":1,"kind":"events","output":"anomaly_event","mystery":1}`)
	require.Equal(t, []string{`field "output" was not used: a query of kind events has none`, `field "mystery" is unknown and was not used`}, q.Notices)
}

// Every field of a query is known to a kind, and every kind's fields are fields of a query.
func TestKindsKnowTheFields(t *testing.T) {
	require.Len(t, usedBy, len(Kinds)-1)
	for kind, used := range usedBy {
		for _, field := range used {
			require.Contains(t, ownFields, field, "%s", kind)
		}
	}
	for _, field := range ownFields {
		require.True(t, slices.ContainsFunc(Kinds, func(k Kind) bool { return k.uses(field) }), field)
	}
	for _, m := range slices.Concat(QualityMeasures, CostMeasures) {
		require.NotContains(t, Measures, m, "a kind's measures are its own")
	}
}

// Fields that a kind does not use change nothing but the notices.
func TestUnusedFieldsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Kinds[1:]).Draw(t, "kind")
		base := fmt.Sprintf(`{"version":1,"kind":%q,"namespace":"N","metric":"M"`, kind)
		raw := base
		for _, field := range ownFields {
			if !kind.uses(field) && field != "namespace" && field != "metric" && rapid.Bool().Draw(t, field) {
				raw += fmt.Sprintf(`,%q:%s`, field, rapid.SampledFrom([]string{`"x"`, `1`, `["a"]`, `{"a":[1]}`, `null`, `true`, `"$x"`}).Draw(t, field+" holds"))
			}
		}
		plain, err := Parse("A", []byte(base+"}"))
		require.NoError(t, err)
		q, err := Parse("A", []byte(raw+"}"))
		require.NoError(t, err)
		plain.Notices, q.Notices = nil, nil
		require.Equal(t, plain, q)
	})
}

// What parses has the measures of its kind; nothing panics.
func FuzzKind(f *testing.F) {
	f.Add(`{"version":1,"kind":"quality","namespace":"N","metric":"M","output":"quality_range"}`)
	f.Add(`{"version":1,"kind":"costs","by":["asked_by","region"],"period":"1h","band":[]}`)
	f.Add(`{"version":1,"kind":"events","dimensions":{"Id":["*"]},"detector":"x"}`)
	f.Add(`{"kind":null,"by":null,"namespace":"N","metric":"M"}`)
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := Parse("A", []byte(raw))
		if err != nil {
			return
		}
		require.Contains(t, Kinds, q.Kind)
		require.Equal(t, q.Kind == KindEvents, len(q.Measures) == 0)
		require.Equal(t, q.Kind == KindCosts, len(q.By) > 0)
		require.Positive(t, q.Period)
		if q.Kind == KindMetric || q.Kind == KindQuality {
			require.NotEmpty(t, q.Namespace)
			require.NotEmpty(t, q.Metric)
		}
		for _, own := range map[Kind][]Measure{KindQuality: QualityMeasures, KindCosts: CostMeasures} {
			if slices.ContainsFunc(q.Measures, func(m Measure) bool { return slices.Contains(own, m) }) {
				require.Subset(t, own, q.Measures)
			}
		}
	})
}
