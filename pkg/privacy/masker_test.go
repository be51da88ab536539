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
			require.Equal(t, value, understood(t, m, label, m.Mask(label, value)))
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
	require.Equal(t, "acct-0123456789", understood(t, none, Account, "acct-0123456789"))
}

func TestAliasStandsForItsValue(t *testing.T) {
	m := New(Options{Key: key, Labels: []string{Account}, Aliases: map[string]map[string]string{Account: {"production": "A"}}})
	require.Equal(t, "A", m.Mask(Account, "production"))
	require.Equal(t, "production", understood(t, m, Account, "A"))
	require.Equal(t, "A", understood(t, m, "region", "A"), "another label's")
	require.Equal(t, "account A (us-east-1): denied", m.Scope().Text("account production (us-east-1): denied", Prose))
	inName := m.Scope().Label("FunctionName", "production-api")
	require.NotEqual(t, "A-api", inName, "nothing could tell it from a name that holds an A")
	require.Equal(t, "production-api", understood(t, m, "FunctionName", inName))
}

// A mask stands for its value as the whole text of its own label, and nowhere else: nobody has it translated.
func TestMasksAreUnderstoodUnderTheirLabelAlone(t *testing.T) {
	m := New(Options{Key: key, Labels: []string{Account, AccountID}, Aliases: map[string]map[string]string{Account: {"hr": "H"}}})
	m.Keep(Account, "production")
	m.Keep(AccountID, "111111111111")
	mask := m.Mask(Account, "production")
	for _, label := range []string{"region", "namespace", "metric", "InstanceId", AccountID} {
		for _, text := range []string{mask, m.Hash(Account, "hr"), "H", mask + "-api"} {
			require.Equal(t, text, understood(t, m, label, text))
		}
	}
	for _, text := range []string{"x" + mask, mask + " ", mask + "-api", "who is " + mask} {
		require.Equal(t, text, understood(t, m, Account, text))
	}
	seen := m.Scope().Label("FunctionName", "production-api")
	require.Equal(t, "production-api", understood(t, m, "FunctionName", seen), "it was shown so")
	require.Equal(t, seen, understood(t, m, "QueueName", seen))
}

// understood is what a text stands for, in whatever doubt.
func understood(t interface{ Helper() }, m *Masker, label, text string) string {
	t.Helper()
	original, _ := m.Original(label, text)
	return original
}

// What the ledger holds is shown as it is, or by the alias of what it stands for.
func TestHashesOfAskersAreShownAsTheyAre(t *testing.T) {
	m := New(Options{Key: key, Labels: []string{AskedBy}, Aliases: map[string]map[string]string{AskedBy: {"panel a/1": "the big one"}}})
	hash := m.Hash(AskedBy, "panel b/2")
	require.Equal(t, hash, m.Mask(AskedBy, hash))
	require.Equal(t, hash, m.Mask(AskedBy, "panel b/2"))
	require.Equal(t, hash, masker(AskedBy).Mask(AskedBy, hash), "of another process")
	require.Equal(t, hash, m.Hash(AskedBy, hash))
	require.NotEqual(t, "the big one", m.Hash(AskedBy, "panel a/1"))
	require.Equal(t, "the big one", m.Mask(AskedBy, m.Hash(AskedBy, "panel a/1")))
	require.Equal(t, "collector", masker(Account).Hash(AskedBy, "collector"))
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
			require.Equal(t, v, understood(t, one, "X", mask))
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
	original, doubt := m.Original("X", first)
	require.Equal(t, IsMask, doubt)
	require.Equal(t, first, original)
}

func TestMasksOfAnotherProcessAreFoundByLearning(t *testing.T) {
	mask := masker("InstanceId").Mask("InstanceId", "i-0a1")
	restarted := masker("InstanceId")
	_, doubt := restarted.Original("InstanceId", mask)
	require.Equal(t, IsMask, doubt)
	_, doubt = restarted.Original("FunctionName", "of-"+mask)
	require.Equal(t, HoldsMask, doubt, "it may be a name")
	_, doubt = restarted.Original("FunctionName", "instanceid-of-all")
	require.Equal(t, Certain, doubt)
	restarted.Learn("InstanceId", "i-0a1")
	original, doubt := restarted.Original("InstanceId", mask)
	require.Equal(t, Certain, doubt)
	require.Equal(t, "i-0a1", original)
	require.Equal(t, "of-"+mask, restarted.Scope().Label("FunctionName", "of-i-0a1"))
	require.Equal(t, "of-i-0a1", understood(t, restarted, "FunctionName", "of-"+mask))
	// A real value that looks like a mask is itself once it is known.
	restarted.Learn("InstanceId", "instanceid-0123456789")
	restarted.Scope().Label("FunctionName", "instanceid-9876543210")
	for label, text := range map[string]string{"InstanceId": "instanceid-0123456789", "FunctionName": "instanceid-9876543210"} {
		original, doubt = restarted.Original(label, text)
		require.Equal(t, Certain, doubt)
		require.Equal(t, text, original)
	}
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
	for i := range maxKnown + 10 {
		m.write("Y", fmt.Sprint(i), "production")
	}
	require.LessOrEqual(t, len(m.written), maxKnown)
	require.Equal(t, "production", understood(t, m, Account, account), "what the settings name stays")
	require.Equal(t, fmt.Sprint(maxKnown), understood(t, m, "X", m.Mask("X", fmt.Sprint(maxKnown))))
	require.Equal(t, oldest, m.Mask("X", "0"), "forgotten, and the same again")
}

func TestPrefixSaysWhatIsMasked(t *testing.T) {
	for label, prefix := range map[string]string{
		Account: "acct", AccountID: "acctid", "InstanceId": "instanceid", "Función": "funcin", "日本": "label", strings.Repeat("Long", 9): "longlonglonglong",
	} {
		require.Equal(t, prefix, prefixOf(label))
	}
}
