package accounts

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseQuality(t *testing.T) {
	q, err := ParseQuality([]byte(`{"timezone":"UTC","quality":{
		"rules":[{"namespace":"Shop","metric":" Failed ","statistic":"Sum","op":"<=","than":{"metric":"Orders","statistic":"p99.9"}}],
		"ranges":[{"namespace":"AWS/EC2","metric":"CPUUtilization","lower":0,"upper":100},{"namespace":"Shop","metric":"Stock","lower":0,"upper":null}]}}`))
	require.NoError(t, err)
	require.Equal(t, Quality{
		Rules: []QualityRule{{"Shop", Measured{"Failed", "Sum"}, Measured{"Orders", "p99.9"}}},
		Ranges: []QualityRange{
			{"AWS/EC2", "CPUUtilization", 0, 100},
			{"Shop", "Stock", 0, math.Inf(1)},
		},
	}, q)
	for _, empty := range []string{``, `{}`, `{"quality":null}`, `{"quality":{}}`, `{"quality":{"rules":null,"ranges":[]}}`} {
		q, err := ParseQuality([]byte(empty))
		require.NoError(t, err, empty)
		require.Equal(t, Quality{}, q)
	}
}

func TestRangeOfAMetric(t *testing.T) {
	q := Quality{Ranges: []QualityRange{{"AWS/EC2", "CPUUtilization", 0, 100}}}
	for _, c := range []struct {
		namespace, metric, statistic string
		lower, upper                 float64
	}{
		{"AWS/EC2", "CPUUtilization", "Average", 0, 100},
		{"AWS/EC2", "CPUUtilization", "p99", 0, 100},
		{"AWS/EC2", "CPUUtilization", "SampleCount", math.Inf(-1), math.Inf(1)},
		{"AWS/RDS", "CPUUtilization", "Average", math.Inf(-1), math.Inf(1)},
		{"AWS/EC2", "NetworkIn", "Average", math.Inf(-1), math.Inf(1)},
	} {
		lower, upper := q.Range(c.namespace, c.metric, c.statistic)
		require.Equal(t, []float64{c.lower, c.upper}, []float64{lower, upper}, "%v", c)
	}
}

func TestMistakeInQualityNamesTheField(t *testing.T) {
	const whole = `"namespace":"Shop","metric":"Failed","statistic":"Sum","op":"<=","than":{"metric":"Orders","statistic":"Sum"}`
	_, err := ParseQuality([]byte(`{"quality":{"rules":[{` + whole + `}]}}`))
	require.NoError(t, err)
	rule := func(change string) string { return `{"rules":[{` + whole + `,` + change + `}]}` } // of a field that stands twice the last counts
	for written, field := range map[string]string{
		`[]`:                               "quality",
		`{"rule":[]}`:                      "quality.rule",
		`{"Rules":[]}`:                     "quality.Rules",
		`{"rules":{}}`:                     "quality.rules",
		`{"rules":["a"]}`:                  "quality.rules[0]",
		`{"rules":[null]}`:                 "quality.rules[0].op",
		rule(`"metric":5`):                 "quality.rules[0].metric",
		rule(`"metric":" "`):               "quality.rules[0].metric",
		rule(`"namespace":""`):             "quality.rules[0].namespace",
		rule(`"statistic":"Median"`):       "quality.rules[0].statistic",
		rule(`"statistic":""`):             "quality.rules[0].statistic",
		rule(`"op":">="`):                  "quality.rules[0].op",
		rule(`"Op":"<="`):                  "quality.rules[0].Op",
		rule(`"tolerance":1`):              "quality.rules[0].tolerance",
		rule(`"than":null`):                "quality.rules[0].than.metric",
		rule(`"than":"Orders"`):            "quality.rules[0].than",
		rule(`"than":{"metric":"Orders"}`): "quality.rules[0].than.statistic",
		rule(`"than":{"metric":"Orders","stat":"Sum"}`):                                                  "quality.rules[0].than.stat",
		rule(`"than":{"metric":"Failed","statistic":"Sum"}`):                                             "quality.rules[0].than",
		`{"ranges":[{"namespace":"N","metric":"M"}]}`:                                                    "quality.ranges[0]",
		`{"ranges":[{"namespace":"N","lower":0}]}`:                                                       "quality.ranges[0].metric",
		`{"ranges":[{"metric":"M","lower":0}]}`:                                                          "quality.ranges[0].namespace",
		`{"ranges":[{"namespace":"N","metric":"M","lower":"0"}]}`:                                        "quality.ranges[0].lower",
		`{"ranges":[{"namespace":"N","metric":"M","upper":1e999}]}`:                                      "quality.ranges[0].upper",
		`{"ranges":[{"namespace":"N","metric":"M","lower":2,"upper":1}]}`:                                "quality.ranges[0].upper",
		`{"ranges":[{"namespace":"N","metric":"M","min":0}]}`:                                            "quality.ranges[0].min",
		`{"ranges":[{"namespace":"N","metric":"M","lower":0},{"namespace":"N","metric":"M","upper":9}]}`: "quality.ranges[1]",
		`{"rules":[{` + whole + `},{` + whole + `}]}`:                                                    "quality.rules[1]",
	} {
		_, err := ParseQuality([]byte(`{"quality":` + written + `}`))
		require.ErrorContains(t, err, fmt.Sprintf("field %q", field), written)
	}
	_, err = ParseQuality([]byte(`{"quality":`))
	require.ErrorContains(t, err, "data source settings")
}

// What is read holds what its types say; nothing panics.
func FuzzParseQuality(f *testing.F) {
	f.Add(`{"quality":{"rules":[{"namespace":"N","metric":"M","statistic":"Sum","op":"<=","than":{"metric":"L","statistic":"Sum"}}]}}`)
	f.Add(`{"quality":{"ranges":[{"namespace":"N","metric":"M","lower":-1e308,"upper":null},{"namespace":"N","metric":"O","upper":0}]}}`)
	f.Add(`{"quality":[{}]}`)
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := ParseQuality([]byte(raw))
		if err != nil {
			require.Equal(t, Quality{}, q, "a mistake leaves nothing half read")
			return
		}
		for _, r := range q.Rules {
			require.NotEmpty(t, r.Namespace)
			require.NotEqual(t, r.Lesser, r.Greater)
			require.NoError(t, r.Lesser.check(""))
			require.NoError(t, r.Greater.check(""))
		}
		for _, r := range q.Ranges {
			lower, upper := q.Range(r.Namespace, r.Metric, "Average")
			require.Equal(t, []float64{r.Lower, r.Upper}, []float64{lower, upper})
			require.LessOrEqual(t, lower, upper)
			require.False(t, math.IsInf(lower, -1) && math.IsInf(upper, 1))
		}
	})
}
