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
		"no key":                 {`{"privacy": {"labels": ["account"]}}`, "", `"privacyKey"`},
		"short key":              {`{"privacy": {"labels": ["account"]}}`, "short", `"privacyKey"`},
		"unknown audience":       {`{"privacy": {"labels": ["account"], "for": "nobody"}}`, privacyKey, `"privacy.for"`},
		"unknown field":          {`{"privacy": {"label": ["account"]}}`, privacyKey, `"privacy.label"`},
		"wrongly cased field":    {`{"privacy": {"Labels": ["account"]}}`, privacyKey, `"privacy.Labels"`},
		"no list":                {`{"privacy": {"labels": "account"}}`, privacyKey, `"privacy.labels"`},
		"empty label":            {`{"privacy": {"labels": ["account", " "]}}`, privacyKey, `"privacy.labels[1]"`},
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
