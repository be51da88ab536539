package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// The labels whose values are told by their form or have masks of a name of their own.
const (
	Account   = "account"    // the alias
	AccountID = "account_id" // twelve digits
	AskedBy   = "asked_by"   // the ledger of calls, which others read, holds its hashes
)

const (
	// maxKnown bounds the values that are remembered, beside those of Options.Accounts. Beyond it the older half is forgotten: its masks
	// are the same when its values are seen again.
	maxKnown = 100_000
	// all stands for every value in a question, and is none.
	all = "*"
)

// shortened are the lengths of a hash, in characters of five bits: the first unless two values share it. 50 bits are shared by two of a
// thousand values once in two billion data sources, and by two of 100,000 once in 200,000.
var shortened = []int{10, 16, 26}

// encoding is base 32 by digits and letters a to v, which nobody mistakes for a word.
var encoding = base32.NewEncoding(codes).WithPadding(base32.NoPadding)

const codes = "0123456789abcdefghijklmnopqrstuv"

// Options say what is masked.
type Options struct {
	Key     []byte                        // of the hash; as secret as the values are to be
	Labels  []string                      // whose values are masked
	Aliases map[string]map[string]string  // by label and value: what stands for the value instead of a hash
	LabelOf func(dimension string) string // the label of a dimension; nil: its name
}

// Masker makes masks and understands them. A nil one masks nothing. It is safe for concurrent use.
type Masker struct {
	key      []byte
	labels   []string
	prefixes []string            // of hashes, of each label
	given    map[identity]string // aliases
	stands   map[identity]string // by label and alias: the value
	labelOf  func(dimension string) string

	mutex   sync.RWMutex
	known   map[identity]*entry
	masks   map[string]*entry   // by hash as it is shown; nil: two values share it
	written map[identity]string // by label and what is seen of it: a value in which others became masks
	sought  lexicon             // what texts are searched for
	clock   uint64              // counts what was seen
}

type identity struct{ label, value string }

// entry is one value and its masks.
type entry struct {
	identity
	code   string // the whole hash
	hash   string // what stands for the value inside other values, where an alias could not be told from the rest
	shown  string // the alias, or the hash
	pinned bool
	sought bool
	seen   uint64
}

// New returns a masker; nil where no label is chosen.
func New(o Options) *Masker {
	if len(o.Labels) == 0 {
		return nil
	}
	m := &Masker{
		key: slices.Clone(o.Key), labels: slices.Clone(o.Labels), given: map[identity]string{}, stands: map[identity]string{},
		known: map[identity]*entry{}, masks: map[string]*entry{}, written: map[identity]string{}, sought: newLexicon(), labelOf: o.LabelOf,
	}
	if m.labelOf == nil {
		m.labelOf = func(dimension string) string { return dimension }
	}
	for _, label := range m.labels {
		m.prefixes = append(m.prefixes, prefixOf(label))
	}
	for label, aliases := range o.Aliases {
		for value, alias := range aliases {
			m.given[identity{label, value}] = alias
			m.stands[identity{label, alias}] = value
			m.Keep(label, value)
		}
	}
	return m
}

// Masks says that the values of a label are masked.
func (m *Masker) Masks(label string) bool { return m != nil && slices.Contains(m.labels, label) }

// Mask is what stands for a value; the value itself where its label is not masked.
func (m *Masker) Mask(label, value string) string {
	if !m.Masks(label) || value == "" || value == all {
		return value
	}
	if label == AskedBy && m.isHash(label, value) {
		return m.shownFor(value)
	}
	e, shown := m.find(identity{label, value})
	if e == nil {
		return m.note(identity{label, value}, false, false).shown
	}
	return shown
}

// Hash is what stands for a value where others see it too: its hash, whatever alias it has here, and that of a hash of AskedBy itself.
func (m *Masker) Hash(label, value string) string {
	if !m.Masks(label) || value == "" || value == all || label == AskedBy && m.isHash(label, value) {
		return value
	}
	return m.note(identity{label, value}, false, false).hash
}

// shownFor is what is seen of the value of a hash: the hash itself where the value is not known.
func (m *Masker) shownFor(hash string) string {
	m.mutex.RLock()
	defer m.mutex.RUnlock()
	if e := m.masks[hash]; e != nil {
		return e.shown
	}
	return hash
}

// Learn takes note of a value that exists: its mask is understood, and texts are searched for it.
func (m *Masker) Learn(label, value string) {
	if m.Masks(label) && value != "" && value != all {
		m.note(identity{label, value}, true, false)
	}
}

// Keep takes note of a value as Learn does, for good.
func (m *Masker) Keep(label, value string) {
	if m.Masks(label) && value != "" && value != all {
		m.note(identity{label, value}, true, true)
	}
}

func (m *Masker) find(id identity) (e *entry, shown string) {
	m.mutex.RLock()
	defer m.mutex.RUnlock()
	if e = m.known[id]; e == nil {
		return nil, ""
	}
	return e, e.shown
}

// note remembers a value and returns a copy of what is known of it.
func (m *Masker) note(id identity, sought, pinned bool) entry {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.clock++
	e := m.known[id]
	if e == nil {
		if len(m.known) >= maxKnown {
			m.forget()
		}
		e = &entry{identity: id, code: m.code(id)}
		m.known[id] = e
		m.place(e, 0)
	}
	e.seen, e.pinned = m.clock, e.pinned || pinned
	if sought && !e.sought {
		e.sought = true
		m.sought.add(e)
	}
	return *e
}

// code is the whole hash of a value: HMAC-SHA-256 (RFC 2104) of the label with its length before it, and the value.
func (m *Masker) code(id identity) string {
	h := hmac.New(sha256.New, m.key)
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(id.label))))
	_, _ = h.Write([]byte(id.label + id.value))
	return encoding.EncodeToString(h.Sum(nil))
}

// place gives an entry the shortest hash, from a length on, that no other has. Where another has it, neither keeps it: which of them was
// seen first differs from one replica to the next, and what is shown must not.
func (m *Masker) place(e *entry, from int) {
	prefix := prefixOf(e.label) + "-"
	for at := from; at < len(shortened); at++ {
		hash := prefix + e.code[:shortened[at]]
		other, taken := m.masks[hash]
		if taken && at < len(shortened)-1 {
			m.masks[hash] = nil
			if other != nil {
				m.place(other, at+1)
			}
			continue
		}
		m.masks[hash], e.hash = e, hash
		break
	}
	e.shown = e.hash
	if alias, ok := m.given[e.identity]; ok {
		e.shown = alias
	}
}

// forget drops the half of the values that were not seen for longest.
func (m *Masker) forget() {
	var seen []uint64
	for _, e := range m.known {
		seen = append(seen, e.seen)
	}
	slices.Sort(seen)
	oldest := seen[len(seen)/2]
	kept := m.known
	m.known, m.masks, m.sought = map[identity]*entry{}, map[string]*entry{}, newLexicon()
	for id, e := range kept {
		if e.seen < oldest && !e.pinned {
			continue
		}
		m.known[id] = e
		m.place(e, 0)
		if e.sought {
			m.sought.add(e)
		}
	}
}

// prefixOf tells people what a hash stands for.
func prefixOf(label string) string {
	switch label {
	case Account:
		return "acct"
	case AccountID:
		return "acctid"
	}
	kept := strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, label)
	if kept == "" {
		return "label"
	}
	return kept[:min(len(kept), 16)]
}

// Doubt is what is left of a text of a question whose masks were understood.
type Doubt int

// The doubts, the least first.
const (
	Certain   Doubt = iota // it holds no mask that is not known
	HoldsMask              // it holds what looks like a mask, and may be a name by itself
	IsMask                 // it looks like a mask of its label and is none that is known
)

// Original is the value of a label that a text of a question stands for: its alias, its hash, or what is seen of a value in which others became
// masks. It is the whole text, and of that label: a mask that stands anywhere else is a text like any other, so nobody has it
// translated. In doubt it is the text: the mask was not made here, or not lately. Learn the label's values and ask again.
func (m *Masker) Original(label, text string) (string, Doubt) {
	if m == nil || text == "" {
		return text, Certain
	}
	if value, ok := m.stands[identity{label, text}]; ok {
		return value, Certain
	}
	m.mutex.RLock()
	defer m.mutex.RUnlock()
	if _, ok := m.known[identity{label, text}]; ok {
		return text, Certain
	}
	if e := m.masks[text]; e != nil && e.label == label {
		return e.value, Certain
	}
	if value, ok := m.written[identity{label, text}]; ok {
		return value, Certain
	}
	switch {
	case m.isHash(label, text):
		return text, IsMask
	case m.holdsHash(text):
		return text, HoldsMask
	}
	return text, Certain
}

// write takes note of what is seen of a value of which no label is masked, but others that it holds.
func (m *Masker) write(label, seen, value string) {
	id := identity{label, seen}
	m.mutex.RLock()
	known := m.written[id] == value
	m.mutex.RUnlock()
	if known {
		return
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if len(m.written) >= maxKnown {
		clear(m.written) // they are noted again when they are seen again
	}
	m.written[id] = value
}

// holdsHash says that somewhere in a text there is what looks like a hash.
func (m *Masker) holdsHash(text string) bool {
	for _, prefix := range m.prefixes {
		for rest := text; ; {
			_, code, found := strings.Cut(rest, prefix+"-")
			if !found {
				break
			}
			if len(code) >= shortened[0] && strings.Trim(code[:shortened[0]], codes) == "" {
				return true
			}
			rest = code
		}
	}
	return false
}

// isHash says that a text looks like a hash of a label, and nothing else.
func (m *Masker) isHash(label, text string) bool {
	code, ok := strings.CutPrefix(text, prefixOf(label)+"-")
	return ok && m.Masks(label) && slices.Contains(shortened, len(code)) && strings.Trim(code, codes) == ""
}
