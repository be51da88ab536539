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
		Account: {"production", "data", "prod-eu1", "prod-eu1-b"}, AccountID: {"111111111111"}, "FunctionName": {"score", "pay-api"},
	})
	production, id := m.Mask(Account, "production"), m.Mask(AccountID, "111111111111")
	for name, c := range map[string]struct {
		text, want string
		style      Style
	}{
		"failure":               {"account production (us-east-1): denied", "account " + production + " (us-east-1): denied", Prose},
		"two accounts":          {"account production, data (mars): no region", "account " + production + ", " + m.Mask(Account, "data") + " (mars): no region", Prose},
		"quoted":                {`account "data" is unknown`, `account "` + m.Mask(Account, "data") + `" is unknown`, Prose},
		"a word of ours":        {"column X has no data with these dimensions", "column X has no *** with these dimensions", Prose},
		"a field of ours":       {`field "score": does not fit`, `field "score": does not fit`, Prose},
		"labels":                {"no series has {FunctionName=score}", "no series has {FunctionName=" + m.Mask("FunctionName", "score") + "}", Prose},
		"longest first":         {"prod-eu1-b and prod-eu1", m.Mask(Account, "prod-eu1-b") + " and " + m.Mask(Account, "prod-eu1"), Prose},
		"within an ARN":         {"arn:aws:iam::111111111111:role/dataReader", "arn:aws:iam::" + id + ":role/" + m.Mask(Account, "data") + "Reader", Prose},
		"an account nobody had": {"User: arn:aws:sts::999999999999:assumed-role/x", "User: arn:aws:sts::" + m.Mask(AccountID, "999999999999") + ":assumed-role/x", Prose},
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

// Only the values of the question are taken for names in the name of a series: another word of it may be a metric.
func TestNameOfASeries(t *testing.T) {
	m := known(masker(Account, "FunctionName"), map[string][]string{"FunctionName": {"Errors", "orders"}})
	s := m.Scope()
	s.Add("FunctionName", "orders")
	require.Equal(t, "payments Errors Sum "+m.Mask("FunctionName", "orders"), s.Text("payments Errors Sum orders", Name))
	require.Equal(t, s.Text("x orders", Name)+" · upper", s.Text("x orders · upper", Name), "fillBelowTo names another field")
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
		for _, style := range []Style{Identifier, Vocabulary, Prose, Name} {
			masked := m.Scope().Text(text, style)
			for _, v := range values {
				require.NotContains(t, masked, v)
			}
			original, unknown := m.Original("Y", masked)
			require.False(t, unknown)
			require.Equal(t, text, original)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("account production: arn:aws:iam::111111111111:role/production", "production", 2)
	f.Add(`"a\"b" é`, `a"b`, 0)
	f.Add("\xff\xfe123456789012", "\xff", 1)
	f.Add("", " ", 3)
	f.Fuzz(func(t *testing.T, text, value string, style int) {
		m := masker(Account, AccountID)
		m.Learn(Account, value)
		s := m.Scope()
		styled := Style(((style % 4) + 4) % 4)
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

func BenchmarkNames(b *testing.B) {
	m := masker(Account, AccountID, "InstanceId")
	m.Keep(Account, "production")
	for n := range 10_000 {
		m.Learn("InstanceId", fmt.Sprintf("i-%017x", n))
	}
	s := m.Scope()
	for b.Loop() {
		s.Text("production us-east-1 CPUUtilization Average i-000000000000003e7 · forecast upper", Name)
	}
}
