package privacy

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Style says what a text is, which decides what becomes of values in it that are ordinary words, such as an account called "data".
type Style int

// The styles.
const (
	Identifier Style = iota // a name that people or AWS gave: every value in it becomes its hash, so that the name is understood back
	Vocabulary              // names that AWS or this plugin gave as a rule (metrics, namespaces, regions): as Identifier, but ordinary words stay
	Prose                   // sentences: a value that is named becomes its mask, an ordinary word Hidden, lest the sentence tells what the mask hides
)

// Hidden stands for a value of which not even the mask is to be seen.
const Hidden = "***"

// Scope is one question with its answer: the masker, and the values that this question is about. It is not safe for concurrent use.
type Scope struct {
	masker *Masker
	own    lexicon
}

// Scope begins one.
func (m *Masker) Scope() *Scope { return &Scope{masker: m, own: newLexicon()} }

// Add says that the question is about a value: texts are searched for it as for those that were learnt.
func (s *Scope) Add(label, value string) {
	if s.masker.Masks(label) && value != "" && value != all {
		e := s.masker.note(identity{label, value}, false, false)
		s.own.add(&e)
	}
}

var (
	arn = regexp.MustCompile(`arn:aws[a-z-]*:[^\s"'<>(){},;]*`)
	// principal is the ARN of a role, a session or a user. The part after its kind is a name that people gave, and names what it reads.
	principal = regexp.MustCompile(`(arn:aws[a-z-]*:(?:iam|sts)::[^:\s"']*:[a-z-]+/)[\w+=,.@/-]*[\w+=@/-]`)
)

// Text masks the values in a text, the longest first. What stands in for one is not searched again. In sentences the names of roles and users in
// ARNs become Hidden, whatever they are.
func (s *Scope) Text(text string, style Style) string {
	if s.masker == nil || text == "" {
		return text
	}
	if style == Prose {
		text = withoutPrincipals(text)
	}
	s.learnNumbers(text)
	s.masker.mutex.RLock()
	defer s.masker.mutex.RUnlock()
	return s.replace(text, style)
}

func withoutPrincipals(text string) string {
	if !strings.Contains(text, "arn:aws") {
		return text
	}
	return principal.ReplaceAllString(text, "${1}"+Hidden)
}

// learnNumbers adds the account ids in a text, of whichever account they are: twelve digits that are no part of a word.
func (s *Scope) learnNumbers(text string) {
	if !s.masker.Masks(AccountID) {
		return
	}
	start, digits := 0, true // of the word that is read, so far
	for at := 0; at <= len(text); at++ {
		if at < len(text) && isASCIIWord(text[at]) {
			digits = digits && text[at] <= '9'
			continue
		}
		if digits && at-start == accountDigits {
			s.Add(AccountID, text[start:at])
		}
		start, digits = at+1, true
	}
}

func isASCIIWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func (s *Scope) replace(text string, style Style) string {
	var arns [][]int
	if strings.Contains(text, "arn:aws") {
		arns = arn.FindAllStringIndex(text, -1)
	}
	var b strings.Builder
	kept := 0 // until where the text is written
	for at := 0; at < len(text); {
		for len(arns) > 0 && at >= arns[0][1] {
			arns = arns[1:]
		}
		inARN := len(arns) > 0 && at >= arns[0][0]
		e, n := s.at(text, at, inARN)
		if e == nil {
			at++
			continue
		}
		listed := kept > 0 && text[kept:at] == ", "
		mask, replaced := instead(e, text[:at], style, inARN, listed)
		if replaced {
			b.WriteString(text[kept:at])
			b.WriteString(mask)
			kept = at + n
		}
		at += n
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}

// at is the value at a place of the text; of two as long as each other, the scope's own.
func (s *Scope) at(text string, at int, inARN bool) (e *entry, length int) {
	mine, m := s.own.longest(text, at, inARN)
	theirs, n := s.masker.sought.longest(text, at, inARN)
	if mine != nil && m >= n {
		return mine, m
	}
	return theirs, n
}

// instead is what stands for a value after some text; false: the value stays.
func instead(e *entry, before string, style Style, inARN, listed bool) (string, bool) {
	switch {
	case inARN || style == Identifier:
		return e.hash, true
	case style == Vocabulary:
		return e.hash, !ordinary(e.value)
	case !ordinary(e.value) || listed:
		return e.shown, true
	}
	for _, field := range []string{`field "`, `fields "`, `parameter "`} { // of our own errors: it names a field
		if strings.HasSuffix(before, field) {
			return "", false
		}
	}
	for _, naming := range []string{"account ", "accounts ", "=", `"`} {
		if strings.HasSuffix(before, naming) {
			return e.shown, true
		}
	}
	return Hidden, utf8.RuneCountInString(e.value) >= shortWord && !isNumber(e.value)
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }
