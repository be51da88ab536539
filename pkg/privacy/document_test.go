package privacy

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDocument(t *testing.T) {
	m := masker(Account, AccountID, "InstanceId", "team", "metric")
	m.Keep(Account, "production")
	m.Keep(AccountID, "111111111111")
	m.Learn("metric", "Errors")
	acct, id := m.Mask(Account, "production"), m.Mask(AccountID, "111111111111")
	for name, c := range map[string]struct{ in, key, raw, want string }{
		"accounts": {
			raw: `[{"id":"111111111111","alias":"production","roleArn":"arn:aws:iam::111111111111:role/vigia","labels":{"team":"pay"},"simulated":true}]`,
			want: `[{"id":"` + id + `","alias":"` + acct + `","roleArn":"arn:aws:iam::` + id + `:role/***","labels":{"team":"` +
				m.Mask("team", "pay") + `"},"simulated":true}]`,
		},
		"an account by its id": {raw: `{"account":"111111111111"}`, want: `{"account":"` + id + `"}`},
		"dimension values":     {in: "labels", key: "InstanceId", raw: `["i-0a1","*"]`, want: `["*","` + m.Mask("InstanceId", "i-0a1") + `"]`},
		"influencers": {
			raw:  `{"influencers":[{"label":"account","value":"production","share":0.6400},{"label":"region","value":"us-east-1"}]}`,
			want: `{"influencers":[{"label":"account","value":"` + acct + `","share":0.6400},{"label":"region","value":"us-east-1"}]}`,
		},
		"keys": {raw: `{"kinesis":{"Errors":{"DIRECTION":"HIGH"}}}`, want: `{"kinesis":{"` + m.Mask("metric", "Errors") + `":{"DIRECTION":"HIGH"}}}`},
		"statistics of a metric": {
			raw:  `{"kinesis":{"Errors Sum":{"DIRECTION":"HIGH"}},"columns":[{"name":"Errors Sum"}]}`,
			want: `{"kinesis":{"` + m.Mask("metric", "Errors") + ` Sum":{"DIRECTION":"HIGH"}},"columns":[{"name":"` + m.Mask("metric", "Errors") + ` Sum"}]}`,
		},
		"keys of ours":                     {raw: `{"Errors":[{"value":1,"points":2}],"next":"Errors"}`, want: `{"Errors":[{"value":1,"points":2}],"next":"Errors"}`},
		"a label that is called as a word": {raw: `{"labels":{"type":"production"},"type":"production"}`, want: `{"labels":{"type":"` + acct + `"},"type":"production"}`},
		"big numbers":                      {raw: `{"n":12345678901234567890,"t":111111111111}`, want: `{"n":12345678901234567890,"t":111111111111}`},
	} {
		t.Run(name, func(t *testing.T) {
			masked, err := m.Scope().Document([]byte(c.raw), c.in, c.key)
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(masked))
		})
	}
}

func TestDocumentsOneAfterTheOther(t *testing.T) {
	m := masker(Account)
	masked, err := m.Scope().Document([]byte("{\"account\":\"a\"}\n{\"account\":\"<b>\"}\n"), "", "")
	require.NoError(t, err)
	require.Equal(t, "{\"account\":\""+m.Mask(Account, "a")+"\"}\n{\"account\":\""+m.Mask(Account, "<b>")+"\"}\n", string(masked))
	_, err = m.Scope().Document([]byte(`{"account":`), "", "")
	require.ErrorContains(t, err, "no JSON")
}

func TestRegionsInOneText(t *testing.T) {
	m := masker("region")
	require.Equal(t, m.Mask("region", "us-east-1")+", "+m.Mask("region", "eu-west-1"), m.Scope().Value("region", "us-east-1, eu-west-1"))
}

// What a masked question asks is what the question asked.
func TestUnderstandIsTheReverse(t *testing.T) {
	value := rapid.StringMatching(`[a-z]{1,6}(-[a-z0-9]{1,6}){0,2}`)
	rapid.Check(t, func(t *rapid.T) {
		account, instance, stage := value.Draw(t, "account"), value.Draw(t, "instance"), value.Draw(t, "stage")
		m := New(Options{Key: key, Labels: []string{Account, "InstanceId"}, Aliases: map[string]map[string]string{"InstanceId": {"i-1": "The First"}}})
		m.Keep(Account, account)
		s := m.Scope()
		q := map[string]any{
			"version": json.Number("1"), "accounts": []any{account, "*"}, "rollUp": []any{"account"}, "legend": "{{InstanceId}}",
			"dimensions": map[string]any{"InstanceId": []any{instance, "i-1"}, "Stage": []any{stage}},
		}
		plain, err := json.Marshal(q)
		require.NoError(t, err)
		q["accounts"] = []any{m.Mask(Account, account), "*"}
		q["dimensions"] = map[string]any{
			"InstanceId": []any{m.Mask("InstanceId", instance), "The First"}, "Stage": []any{s.Label("Stage", stage)},
		}
		masked, err := json.Marshal(q)
		require.NoError(t, err)
		understood, doubtful, err := m.Understand(masked, "")
		require.NoError(t, err)
		require.Empty(t, doubtful)
		require.JSONEq(t, string(plain), string(understood))
	})
}

func TestUnknownMasksAreNamed(t *testing.T) {
	_, doubtful, err := masker("InstanceId").Understand([]byte(
		`{"dimensions":{"InstanceId":["instanceid-0123456789","i-1"],"Other":["of-instanceid-0123456789"]},"legend":"instanceid-0123456789"}`), "")
	require.NoError(t, err)
	require.Equal(t, map[string]Doubt{"instanceid-0123456789": IsMask, "of-instanceid-0123456789": HoldsMask}, doubtful)
}

// Where a question names no values, a mask is a text like any other, whatever a dimension is called.
func TestOnlyNamesAreUnderstood(t *testing.T) {
	m := New(Options{
		Key: key, Labels: []string{Account, "legend", "dimension_region", "metric"},
		LabelOf: func(dimension string) string { return map[string]string{"region": "dimension_region"}[dimension] },
	})
	for label, value := range map[string]string{Account: "production", "legend": "secret", "dimension_region": "mars", "metric": "Orders"} {
		m.Learn(label, value)
	}
	acct, legend, region, metric := m.Mask(Account, "production"), m.Mask("legend", "secret"), m.Mask("dimension_region", "mars"), m.Mask("metric", "Orders")
	for name, c := range map[string]struct{ asked, want string }{
		"words": {asked: `{"legend":"` + legend + `","period":"` + acct + `","region":"` + region + `"}`},
		"names": {
			`{"dimensions":{"region":["` + region + `"]},"labels":{"legend":"` + legend + `"}}`,
			`{"dimensions":{"region":["mars"]},"labels":{"legend":"secret"}}`,
		},
		"an old name": {
			`{"detector":{"columns":[{"metric":"` + metric + `"}]},"accountId":"` + acct + `"}`,
			`{"detector":{"columns":[{"metric":"Orders"}]},"accountId":"production"}`,
		},
		"of others": {asked: `{"metric":"` + acct + `","accounts":["` + metric + `","x` + acct + `"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == "" {
				c.want = c.asked
			}
			got, _, err := m.Understand([]byte(c.asked), "")
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(got))
		})
	}
}

func TestWhatAQuestionNamesIsHidden(t *testing.T) {
	m := masker(Account, "InstanceId")
	s := m.Scope()
	s.Asked([]byte(`{"accounts":["nobody"],"dimensions":{"InstanceId":["i-77"]}}`), "")
	require.Equal(t, "nobody "+m.Mask("InstanceId", "i-77"), s.Text("nobody i-77", Prose))
	require.Equal(t, "i-77", m.Scope().Text("i-77", Prose), "of another question")
	m.Scope().Asked([]byte(`{`), "")
	var none *Masker
	none.Scope().Asked([]byte(`{}`), "")
	require.Equal(t, "x", none.Scope().Text("x", Prose))
}

// A label that is not masked may hold roles: they are told apart, and understood.
func TestLabelsStayApart(t *testing.T) {
	m := masker(AccountID)
	s := m.Scope()
	one, two := "arn:aws:iam::111111111111:role/one", "arn:aws:iam::111111111111:role/two"
	require.NotEqual(t, s.Label("Role", one), s.Label("Role", two))
	require.NotContains(t, s.Label("Role", one), "111111111111")
	require.Equal(t, one, understood(t, m, "Role", s.Label("Role", one)))
}

func TestListsOfMasksTellNoOrder(t *testing.T) {
	m := masker("InstanceId")
	list := func(values string) string {
		masked, err := m.Scope().Document([]byte(values), "labels", "InstanceId")
		require.NoError(t, err)
		return string(masked)
	}
	require.Equal(t, list(`["i-1","i-2","i-3","i-4"]`), list(`["i-4","i-3","i-2","i-1"]`))
}

func FuzzDocument(f *testing.F) {
	f.Add(`{"account":"production","labels":{"InstanceId":["i-1",null,2.50]}}`, "production")
	f.Add(`["a"]{"value":"a","label":"account"}`, "a")
	f.Add(`"\ud800"`, "\\")
	f.Fuzz(func(t *testing.T, raw, value string) {
		m := masker(Account, AccountID, "InstanceId")
		m.Learn("InstanceId", value)
		masked, err := m.Scope().Document([]byte(raw), "", "")
		if err != nil {
			return
		}
		_, err = m.Scope().Document(masked, "", "")
		require.NoError(t, err, "what was JSON is JSON")
		understood, _, err := m.Understand(masked, "")
		require.NoError(t, err)
		_, err = m.Scope().Document(understood, "", "")
		require.NoError(t, err)
	})
}
