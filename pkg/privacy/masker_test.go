package privacy

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var key = []byte("a key of more than sixteen")

func masker(labels ...string) *Masker { return New(Options{Key: key, Labels: labels}) }

func TestMasksAreStable(t *testing.T) {
	// What dashboards and alert rules hold must never change. The hash was worked out by Python's hmac module.
	require.Equal(t, "acct-9u5352mq81", masker(Account).Mask(Account, "production"))
	other := New(Options{Key: []byte("another key of sixteen"), Labels: []string{Account}})
	require.NotEqual(t, masker(Account).Mask(Account, "production"), other.Mask(Account, "production"))
}

func TestMaskIsOfLabelAndValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringN(1, 20, -1).Draw(t, "a"), rapid.StringN(1, 20, -1).Draw(t, "b")
		if a == all || b == all {
			return // it stands for every value
		}
		m := masker("InstanceId", "QueueName")
		require.Equal(t, m.Mask("InstanceId", a), m.Mask("InstanceId", a))
		require.Equal(t, a == b, m.Mask("InstanceId", a) == m.Mask("InstanceId", b))
		require.NotEqual(t, m.Mask("InstanceId", a), m.Mask("QueueName", a))
		require.Regexp(t, regexp.MustCompile(`^instanceid-[0-9a-v]{10}$`), m.Mask("InstanceId", a))
		for label, value := range map[string]string{"InstanceId": a, "QueueName": b} {
			original, unknown := m.Original(label, m.Mask(label, value))
			require.False(t, unknown)
			require.Equal(t, value, original)
		}
		require.Equal(t, a, m.Mask("Stage", a), "a label that is not masked")
	})
}

func TestWhatIsNoValueStays(t *testing.T) {
	require.Equal(t, "*", masker(Account).Mask(Account, "*"))
	require.Empty(t, masker(Account).Mask(Account, ""))
	var none *Masker
	require.Nil(t, New(Options{Key: key}))
	require.Equal(t, "production", none.Mask(Account, "production"))
	original, unknown := none.Original(Account, "acct-0123456789")
	require.Equal(t, "acct-0123456789", original)
	require.False(t, unknown)
}

func TestAliasStandsForItsValue(t *testing.T) {
	m := New(Options{Key: key, Labels: []string{Account}, Aliases: map[string]map[string]string{Account: {"production": "A"}}})
	require.Equal(t, "A", m.Mask(Account, "production"))
	original, _ := m.Original(Account, "A")
	require.Equal(t, "production", original)
	original, _ = m.Original("region", "A")
	require.Equal(t, "A", original, "another label's")
	require.Equal(t, "account A (us-east-1): denied", m.Scope().Text("account production (us-east-1): denied", Prose))
	inName := m.Scope().Text("production-api", Identifier)
	require.NotEqual(t, "A-api", inName, "nothing could tell it from a name that holds an A")
	original, _ = m.Original("FunctionName", inName)
	require.Equal(t, "production-api", original)
}

// With hashes of one character everything collides: each mask is of one value all the same, whichever order they were seen in.
func TestCollisionsLengthenBoth(t *testing.T) {
	before := shortened
	shortened = []int{1, 2, 26}
	t.Cleanup(func() { shortened = before })
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{3,8}`), 2, 60, rapid.ID[string]).Draw(t, "values")
		shuffled := rapid.Permutation(values).Draw(t, "order")
		one, two := masker("X"), masker("X")
		for i := range values {
			one.Learn("X", values[i])
			two.Learn("X", shuffled[i])
		}
		seen := map[string]bool{}
		for _, v := range values {
			mask := one.Mask("X", v)
			require.Equal(t, mask, two.Mask("X", v))
			require.False(t, seen[mask], "%s stands for two values", mask)
			seen[mask] = true
			original, _ := one.Original("X", mask)
			require.Equal(t, v, original)
		}
	})
}

// A mask that two values would share means neither.
func TestSharedMaskIsUnknown(t *testing.T) {
	before := shortened
	shortened = []int{1, 26}
	t.Cleanup(func() { shortened = before })
	m := masker("X")
	first := m.Mask("X", "v0")
	for i := 1; m.Mask("X", "v0") == first; i++ {
		m.Learn("X", fmt.Sprint("v", i))
	}
	original, unknown := m.Original("X", first)
	require.True(t, unknown)
	require.Equal(t, first, original)
}

func TestMasksOfAnotherProcessAreFoundByLearning(t *testing.T) {
	mask := masker("InstanceId").Mask("InstanceId", "i-0a1")
	restarted := masker("InstanceId")
	_, unknown := restarted.Original("InstanceId", mask)
	require.True(t, unknown)
	restarted.Learn("InstanceId", "i-0a1")
	original, unknown := restarted.Original("InstanceId", mask)
	require.False(t, unknown)
	require.Equal(t, "i-0a1", original)
	// A real value that looks like a mask is itself once it is known.
	restarted.Learn("InstanceId", "instanceid-0123456789")
	original, unknown = restarted.Original("InstanceId", "instanceid-0123456789")
	require.False(t, unknown)
	require.Equal(t, "instanceid-0123456789", original)
}

func TestMemoryIsBounded(t *testing.T) {
	m := masker(Account, "X")
	m.Keep(Account, "production")
	account := m.Mask(Account, "production")
	oldest := m.Mask("X", "0")
	for i := range maxKnown + 10 {
		m.Learn("X", fmt.Sprint(i))
	}
	require.LessOrEqual(t, len(m.known), maxKnown)
	require.LessOrEqual(t, len(m.sought.entries), maxKnown)
	original, _ := m.Original(Account, account)
	require.Equal(t, "production", original, "what the settings name stays")
	original, _ = m.Original("X", m.Mask("X", fmt.Sprint(maxKnown)))
	require.Equal(t, fmt.Sprint(maxKnown), original)
	require.Equal(t, oldest, m.Mask("X", "0"), "forgotten, and the same again")
}

func TestPrefixSaysWhatIsMasked(t *testing.T) {
	for label, prefix := range map[string]string{
		Account: "acct", AccountID: "acctid", "InstanceId": "instanceid", "Función": "funcin", "日本": "label", strings.Repeat("Long", 9): "longlonglonglong",
	} {
		require.Equal(t, prefix, prefixOf(label))
	}
}
