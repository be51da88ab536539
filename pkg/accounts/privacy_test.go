package accounts

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const privacyKey = "sixteen and more"

func TestPrivacy(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		want Privacy
	}{
		"absent": {`{}`, Privacy{For: ForEveryone, Key: privacyKey}},
		"null":   {`{"privacy": null}`, Privacy{For: ForEveryone, Key: privacyKey}},
		"labels": {
			`{"privacy": {"labels": ["alias", " account_id ", "account", "InstanceId"], "for": "viewers"}}`,
			Privacy{Labels: []string{"account", "account_id", "InstanceId"}, For: ForViewers, Key: privacyKey},
		},
		"aliases": {
			`{"privacy": {"labels": ["account"], "aliases": {"alias": {"production": " A ", "staging": "B"}}}}`,
			Privacy{
				Labels: []string{"account"}, For: ForEveryone, Key: privacyKey,
				Aliases: map[string]map[string]string{"account": {"production": "A", "staging": "B"}},
			},
		},
		"a dimension that is called almost as a label": {
			`{"privacy": {"labels": ["account_id", "AccountId", "region", "Region"]}}`,
			Privacy{Labels: []string{"account_id", "AccountId", "region", "Region"}, For: ForEveryone, Key: privacyKey},
		},
		"what the settings name": {
			`{"privacy": {"labels": ["metric", "InstanceId", "team"]}, "accounts": [{"id": "111111111111", "labels": {"team": "pay"}}],
				"quality": {"ranges": [{"namespace": "N", "metric": "Orders", "upper": 1}]},
				"collector": {"watch": [{"namespace": "N", "metric": "Errors", "dimensions": {"InstanceId": ["i-1"], "Stage": ["live"]}, "period": "1m"}]}}`,
			Privacy{
				Labels: []string{"metric", "InstanceId", "team"}, For: ForEveryone, Key: privacyKey,
				Named: map[string][]string{"metric": {"Errors", "Orders"}, "InstanceId": {"i-1"}, "team": {"pay"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want.Aliases == nil {
				c.want.Aliases = map[string]map[string]string{}
			}
			s, err := ParseSettings([]byte(c.json), map[string]string{"privacyKey": privacyKey})
			require.NoError(t, err)
			require.Equal(t, c.want, s.Privacy)
		})
	}
}

func TestWrongPrivacyNamesTheField(t *testing.T) {
	for name, c := range map[string]struct{ json, key, field string }{
		"no key":              {`{"privacy": {"labels": ["account"]}}`, "", `"privacyKey"`},
		"short key":           {`{"privacy": {"labels": ["account"]}}`, "short", `"privacyKey"`},
		"unknown audience":    {`{"privacy": {"labels": ["account"], "for": "nobody"}}`, privacyKey, `"privacy.for"`},
		"unknown field":       {`{"privacy": {"label": ["account"]}}`, privacyKey, `"privacy.label"`},
		"wrongly cased field": {`{"privacy": {"Labels": ["account"]}}`, privacyKey, `"privacy.Labels"`},
		"no list":             {`{"privacy": {"labels": "account"}}`, privacyKey, `"privacy.labels"`},
		"empty label":         {`{"privacy": {"labels": ["account", " "]}}`, privacyKey, `"privacy.labels[1]"`},
		"almost an id":        {`{"privacy": {"labels": ["accountId"]}}`, privacyKey, `"privacy.labels[0]": is this the label account_id?`},
		"almost an account":   {`{"privacy": {"labels": ["region", "Account"]}}`, privacyKey, `"privacy.labels[1]": is this the label account?`},
		"almost an asker":     {`{"privacy": {"labels": ["askedBy"]}}`, privacyKey, `"privacy.labels[0]": is this the label asked_by?`},
		"almost a label of accounts": {
			`{"accounts": [{"id": "111111111111", "labels": {"team": "a1"}}], "privacy": {"labels": ["Team"]}}`, privacyKey, `"privacy.labels[0]": the accounts have the label team`,
		},
		"statistic":              {`{"privacy": {"labels": ["stat"]}}`, privacyKey, `"privacy.labels[0]"`},
		"alias of another label": {`{"privacy": {"labels": ["account"], "aliases": {"region": {"us-east-1": "A"}}}}`, privacyKey, `"privacy.aliases.region"`},
		"alias for two":          {`{"privacy": {"labels": ["account"], "aliases": {"account": {"a1": "X", "b1": "X"}}}}`, privacyKey, `"privacy.aliases.account"`},
		"alias that tells":       {`{"privacy": {"labels": ["account"], "aliases": {"account": {"prod": "the Prod one"}}}}`, privacyKey, `"privacy.aliases.account"`},
		"alias that is a value":  {`{"privacy": {"labels": ["account"], "aliases": {"account": {"a1": "b1", "b1": "c1"}}}}`, privacyKey, `"privacy.aliases.account"`},
		"empty alias":            {`{"privacy": {"labels": ["account"], "aliases": {"account": {"a1": ""}}}}`, privacyKey, `"privacy.aliases.account"`},
		"alias of an account": {
			`{"accounts": [{"id": "111111111111", "alias": "a1"}, {"id": "222222222222", "alias": "b1"}], "privacy": {"labels": ["account"], "aliases": {"account": {"a1": "b1"}}}}`,
			privacyKey, `"privacy.aliases.account"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseSettings([]byte(c.json), map[string]string{"privacyKey": c.key})
			require.ErrorContains(t, err, c.field)
			require.NotContains(t, err.Error(), "a1", "no value")
		})
	}
}

// Grafana shows jsonData to browsers and never secureJsonData.
func TestAccountsAndAliasesMayBeSecret(t *testing.T) {
	secrets := map[string]string{
		"privacyKey": privacyKey, "accounts": `[{"id": "222222222222", "alias": "b1"}]`, "privacyAliases": `{"account": {"b1": "B"}}`,
	}
	json := `{"accounts": [{"id": "111111111111", "alias": "a1"}], "privacy": {"labels": ["account"], "aliases": {"account": {"a1": "A"}}}}`
	s, err := ParseSettings([]byte(json), secrets)
	require.NoError(t, err)
	require.Equal(t, []Account{{ID: "111111111111", Alias: "a1"}, {ID: "222222222222", Alias: "b1"}}, s.Accounts)
	require.Equal(t, map[string]string{"a1": "A", "b1": "B"}, s.Privacy.Aliases["account"])
	for name, wrong := range map[string]string{"accounts": `[{"id": "222222222222"`, "privacyAliases": `{"account": {"b1": "A"}}`} {
		broken := map[string]string{"privacyKey": privacyKey, name: wrong}
		_, err := ParseSettings([]byte(json), broken)
		require.ErrorContains(t, err, name)
		require.NotContains(t, err.Error(), "222222222222")
	}
}

// A mistake elsewhere in the settings comes with what is to be hidden of it.
func TestMistakesComeWithWhatIsHidden(t *testing.T) {
	s, err := ParseSettings([]byte(`{"privacy": {"labels": ["metric"]},
		"quality": {"ranges": [{"namespace": "N", "metric": "Orders", "upper": 1}, {"namespace": "N", "metric": "Orders", "upper": 2}]}}`),
		map[string]string{"privacyKey": privacyKey})
	require.ErrorContains(t, err, `"quality.ranges[1]`)
	require.Equal(t, []string{"metric"}, s.Privacy.Labels)
	require.Equal(t, map[string][]string{"metric": {"Orders"}}, s.Privacy.Named)
}
