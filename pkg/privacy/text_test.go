package privacy

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func known(m *Masker, values map[string][]string) *Masker {
	for label, all := range values {
		for _, v := range all {
			m.Learn(label, v)
		}
	}
	return m
}

func TestText(t *testing.T) {
	m := known(masker(Account, AccountID, "FunctionName"), map[string][]string{
		Account: {"production", "data", "prod-eu1", "prod-eu1-b", "hr", "qa"}, AccountID: {"111111111111"}, "FunctionName": {"score", "pay-api", "7"},
	})
	production, id := m.Mask(Account, "production"), m.Mask(AccountID, "111111111111")
	for name, c := range map[string]struct {
		text, want string
		style      Style
	}{
		"failure":         {"account production (us-east-1): denied", "account " + production + " (us-east-1): denied", Prose},
		"two accounts":    {"account production, data (mars): no region", "account " + production + ", " + m.Mask(Account, "data") + " (mars): no region", Prose},
		"quoted":          {`account "data" is unknown`, `account "` + m.Mask(Account, "data") + `" is unknown`, Prose},
		"a word of ours":  {"column X has no data with these dimensions", "column X has no *** with these dimensions", Prose},
		"a field of ours": {`field "score": does not fit`, `field "score": does not fit`, Prose},
		"labels":          {"no series has {FunctionName=score}", "no series has {FunctionName=" + m.Mask("FunctionName", "score") + "}", Prose},
		"longest first":   {"prod-eu1-b and prod-eu1", m.Mask(Account, "prod-eu1-b") + " and " + m.Mask(Account, "prod-eu1"), Prose},
		"within an ARN": {
			"arn:aws:lambda:us-east-1:111111111111:function:dataReader", "arn:aws:lambda:us-east-1:" + id + ":function:" + m.Mask(Account, "data") + "Reader", Prose,
		},
		"who asks": {
			"User: arn:aws:sts::999999999999:assumed-role/Payments,Prod/x.y, on: arn:aws-cn:iam::111111111111:role/a/Prod-Reader. Root arn:aws:iam::111111111111:root",
			"User: arn:aws:sts::" + m.Mask(AccountID, "999999999999") + ":assumed-role/***, on: arn:aws-cn:iam::" + id + ":role/***. Root arn:aws:iam::" + id + ":root",
			Prose,
		},
		"short words": {
			"there are the accounts hr, qa, production; hr is in no region of 7 qas",
			"there are the accounts " + m.Mask(Account, "hr") + ", " + m.Mask(Account, "qa") + ", " + production + "; *** is in no region of 7 qas", Prose,
		},
		"a short name":          {"hr-api of 7", m.Mask(Account, "hr") + "-api of " + m.Mask("FunctionName", "7"), Identifier},
		"ids beside each other": {"111111111111 222222222222,333333333333", id + " " + m.Mask(AccountID, "222222222222") + "," + m.Mask(AccountID, "333333333333"), Prose},
		"longer number":         {"at 1111111111112 ms", "at 1111111111112 ms", Prose},
		"part of a word":        {"metadata, datapoints, pay-apis", "metadata, datapoints, pay-apis", Identifier},
		"long part of a word":   {"reproductions", "re" + production + "s", Identifier},
		"name":                  {"data-loader", m.Mask(Account, "data") + "-loader", Identifier},
		"metric":                {"score", "score", Vocabulary},
		"namespace":             {"Custom/pay-api", "Custom/" + m.Mask("FunctionName", "pay-api"), Vocabulary},
		"nothing":               {"", "", Prose},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, m.Scope().Text(c.text, c.style)) })
	}
}

func TestSpellingsOfAValue(t *testing.T) {
	m := known(masker(Account), map[string][]string{Account: {`the "old"  one`}})
	mask := m.Mask(Account, `the "old"  one`)
	require.Equal(t, mask+` | "`+mask+`" | the`, m.Scope().Text(`the "old"  one | "the \"old\"  one" | the`, Prose))
	require.Equal(t, mask, m.Scope().Text(`the "old" one`, Prose), "as one line")
}

// What is looked for is gone, wherever in whatever text it stood as a name, and a name in which values became masks is understood back.
func TestNoValueIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{2,4}-[A-Z0-9]{2,6}(/[a-z]{2,5}){0,2}`), 1, 8, rapid.ID[string]).Draw(t, "values")
		parts := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(values), rapid.SampledFrom([]string{" ", ":", "/", ", ", "\"", "é", "\x00", "account "}))).Draw(t, "parts")
		m := masker("X", AccountID)
		for _, v := range values {
			m.Learn("X", v)
		}
		text := strings.Join(parts, "|")
		for _, style := range []Style{Identifier, Vocabulary, Prose} {
			masked := m.Scope().Text(text, style)
			for _, v := range values {
				require.NotContains(t, masked, v)
			}
		}
		for _, label := range []string{"Y", "metric"} {
			original, doubt := m.Original(label, m.Scope().Label(label, text))
			require.Equal(t, Certain, doubt)
			require.Equal(t, text, original)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("account production: arn:aws:iam::111111111111:role/production", "production", 2)
	f.Add(`"a\"b" é`, `a"b`, 0)
	f.Add("\xff\xfe123456789012", "\xff", 1)
	f.Add("", " ", 2)
	f.Fuzz(func(t *testing.T, text, value string, style int) {
		m := masker(Account, AccountID)
		m.Learn(Account, value)
		s := m.Scope()
		styled := Style(((style % 3) + 3) % 3)
		masked := s.Text(text, styled)
		if utf8.ValidString(text) && utf8.ValidString(value) {
			require.True(t, utf8.ValidString(masked))
		}
		if !strings.Contains(text, value) && !strings.ContainsAny(text, "0123456789") && len(spellings(value)) < 2 {
			require.Equal(t, text, masked)
		}
		// What is long and no ordinary word is never left, unless a mask happens to hold it.
		if value != all && strings.TrimSpace(value) != "" && utf8.RuneCountInString(value) >= longWord && !ordinary(value) && !isAccountID(value) &&
			!strings.Contains(m.Mask(Account, value), value) {
			for _, part := range strings.Split(masked, m.Mask(Account, value)) {
				if !strings.Contains(part, "acctid-") {
					require.NotContains(t, part, value)
				}
			}
		}
		if id := fmt.Sprintf("%012d", len(text)); strings.Contains(masked, " "+id+" ") {
			t.Errorf("account id %s is left in %q", id, masked)
		}
	})
}

func BenchmarkText(b *testing.B) {
	m := masker(Account, AccountID, "InstanceId")
	m.Keep(Account, "production")
	for n := range 10_000 {
		m.Learn("InstanceId", fmt.Sprintf("i-%017x", n))
	}
	s := m.Scope()
	for b.Loop() {
		s.Text("production us-east-1 CPUUtilization Average i-000000000000003e7 · forecast upper", Prose)
	}
}
