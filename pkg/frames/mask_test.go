package frames

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

// hider masks accounts and instances.
type hider struct{}

func (hider) Label(label, value string) string { return hidden(label, value) }
func (hider) Value(_, text string) string      { return text + "!" }

func hidden(label, value string) string {
	if label == "account" || label == "account_id" || label == "InstanceId" {
		return "#" + fmt.Sprintf("%x", []byte(value))
	}
	return value
}

// Whatever stands beside a place of a legend, no value is seen; and what the legend says itself stays.
func TestMaskedNamesAreMadeOfMaskedLabels(t *testing.T) {
	for _, legend := range []string{"", "9{{account_id}}", "{{account}}{{region}}", "{{InstanceId}}{{account_id}}0", "eu{{account}} eu", "eu"} {
		o := options(query.Value, query.Lower, query.Upper)
		o.Query.Legend = legend
		all := Build([]Series{shown("eu", instance("i-1")), shown("eu", instance("i-2"))}, o)
		require.Empty(t, Mask(all, hider{}))
		seen := map[string]bool{}
		for _, f := range all {
			field := f.Fields[1]
			require.Equal(t, hidden("account", "eu"), field.Labels["account"])
			name := field.Config.DisplayNameFromDS
			require.False(t, seen[name], "%s is unique", name)
			seen[name] = true
			require.Equal(t, name, f.Name)
			require.NotContains(t, name, "111111111111")
			require.NotContains(t, name, "i-1")
			require.Equal(t, strings.Count(legend, "eu"), strings.Count(name, "eu"), "of the legend alone: %s", name)
		}
		require.True(t, seen[all[2].Fields[1].Config.Custom["fillBelowTo"].(string)], "the band's lower edge is found by its name")
	}
}

// The order of masked series is that of their masks, measures together, and what is said of the answer stays first.
func TestMaskedOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{1,3}`), 1, 6, rapid.ID[string]).Draw(t, "ids")
		build := func(ids []string) data.Frames {
			var all []Series
			for _, id := range ids {
				all = append(all, shown("production", instance(id)))
			}
			frames := Build(all, options(query.Value, query.Score))
			frames[0].AppendNotices(data.Notice{Text: "said"})
			require.Empty(t, Mask(frames, hider{}))
			return frames
		}
		one, two := build(ids), build(rapid.Permutation(ids).Draw(t, "order"))
		for n := range one {
			require.Equal(t, one[n].Name, two[n].Name)
			require.Equal(t, []query.Measure{query.Value, query.Score}[n%2], one[n].Meta.Custom.(Meta).Measure)
			require.Equal(t, n == 0, len(one[n].Meta.Notices) == 1)
		}
		require.True(t, slices.IsSortedFunc(one, func(a, b *data.Frame) int {
			return strings.Compare(a.Fields[1].Labels["InstanceId"], b.Fields[1].Labels["InstanceId"])
		}))
	})
}

// The dimensions of an event are one text: they are masked before it is made.
func TestMaskedEvents(t *testing.T) {
	labels := data.Labels{"account": "eu", "account_id": "111111111111", "region": "eu-west-1", "InstanceId": "i-1", "Stage": "i-1, InstanceId=i-1"}
	f := BuildEvents([]Event{{At: start, Kind: "opened", Labels: labels}}, 1, options())
	require.Empty(t, Mask(data.Frames{f}, hider{}))
	for column, want := range map[string]string{
		"kind": "opened!", "account": hidden("account", "eu"), "region": "eu-west-1",
		"dimensions": "InstanceId=" + hidden("InstanceId", "i-1") + ", Stage=i-1, InstanceId=i-1",
	} {
		field, _ := f.FieldByName(column)
		require.Equal(t, want, field.At(0))
	}
	require.Equal(t, "eu", labels["account"], "whose they are keeps them")
}

func TestFramesOfOthersAreNotMasked(t *testing.T) {
	other, empty := data.NewFrame("x", data.NewField("account", data.Labels{"account": "eu"}, []string{"eu"})), data.NewFrame("")
	require.Equal(t, data.Frames{other, empty}, Mask(data.Frames{other, empty}, hider{}))
	require.Equal(t, "eu", other.Fields[0].At(0))
}
