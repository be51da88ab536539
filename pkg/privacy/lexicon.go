package privacy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// longWord is how many characters a value has at least to be looked for inside longer words, where a shorter one stands by chance.
	longWord = 8
	// longInARN is the same inside an ARN, which is made of names that people gave.
	longInARN = 4
	// shortWord is how many characters a word has at least that prose can do without.
	shortWord = 2
	// longNumber is how many digits a number has at least that is taken for a name wherever it stands.
	longNumber = 6
	// accountDigits are those of an account id.
	accountDigits = 12
)

// lexicon is a set of values that a text is searched for.
type lexicon struct {
	entries map[string]*entry
	lengths *[256][]int // of the values that begin with a byte, descending
}

func newLexicon() lexicon {
	return lexicon{entries: map[string]*entry{}, lengths: &[256][]int{}}
}

// add puts a value in, in each spelling that a text may give it.
func (l lexicon) add(e *entry) {
	for _, spelling := range spellings(e.value) {
		if old, ok := l.entries[spelling]; ok && before(old.label, e.label) {
			continue
		}
		l.entries[spelling] = e
		first, n := spelling[0], len(spelling)
		at, found := slices.BinarySearchFunc(l.lengths[first], n, func(have, want int) int { return want - have })
		if !found {
			l.lengths[first] = slices.Insert(l.lengths[first], at, n)
		}
	}
}

// spellings of a value: as it is, as %q writes it, and with its blanks joined, as in a header. One of blanks alone is not looked for.
func spellings(value string) []string {
	quoted := strconv.Quote(value)
	var out []string
	for _, s := range []string{value, quoted[1 : len(quoted)-1], strings.Join(strings.Fields(value), " ")} {
		if strings.TrimSpace(s) != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// before says which of two labels a value stands for that both have: in a text nothing else can tell.
func before(a, b string) bool {
	rank := func(label string) int {
		if at := slices.Index([]string{AccountID, Account}, label); at >= 0 {
			return at
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) <= 0
}

// longest is the longest value at a place of a text that stands there as a name of its own.
func (l lexicon) longest(text string, at int, inARN bool) (*entry, int) {
	for _, n := range l.lengths[text[at]] {
		if at+n > len(text) {
			continue
		}
		if e := l.entries[text[at:at+n]]; e != nil && e.stands(text, at, n, inARN) {
			return e, n
		}
	}
	return nil, 0
}

// stands says that a value is no chance part of a longer word.
func (e *entry) stands(text string, at, n int, inARN bool) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	first, _ := utf8.DecodeRuneInString(text[at:])
	last, _ := utf8.DecodeLastRuneInString(text[:at+n])
	after, _ := utf8.DecodeRuneInString(text[at+n:])
	if isAccountID(e.value) {
		return !isDigit(before) && !isDigit(after)
	}
	long := longWord
	if inARN {
		long = longInARN
	}
	if utf8.RuneCountInString(e.value) >= long {
		return true
	}
	return !(isWord(before) && isWord(first)) && !(isWord(last) && isWord(after))
}

// ordinary says that a value may stand in prose by chance: a word, or a small number.
func ordinary(value string) bool {
	letters, digits := true, true
	for _, r := range value {
		letters = letters && unicode.IsLetter(r)
		digits = digits && isDigit(r)
	}
	return letters || digits && len(value) < longNumber || utf8.RuneCountInString(value) <= shortWord
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isAccountID(s string) bool {
	return len(s) == accountDigits && isNumber(s)
}
