package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The keys of JSON whose texts are no names of anything that is masked: words of this plugin.
var words = []string{
	"measure", "measures", "direction", "DIRECTION", "output", "rollUp", "by", "label", "split", "stat", "statistic", "status", "state", "kind",
	"type", "zone", "check", "checks", "operation", "period", "forecaster", "detector", "severity", "unit", "time", "from", "to", "start", "end",
	"next", "after", "spec", "odd", "failed",
}

// The keys of sentences.
var sentences = []string{
	"message", "error", "errors", "note", "notes", "notice", "notices", "help", "title", "text", "reason", "skipped", "model", "description",
}

// The keys of names that AWS gives as a rule, or that are those of a column.
var vocabulary = []string{"namespace", "namespaces", "metric", "metrics", "region", "regions", "column", "channel"}

// labelOf is the label whose value stands under a key: plurals are lists of a label's values, and an account is named by id or alias.
func (m *Masker) labelOf(key, text string) string {
	switch key {
	case "regions", "namespaces", "metrics":
		return key[:len(key)-1]
	case "account", "accounts", "alias", "aliases":
		if isAccountID(text) && m.Masks(AccountID) && !m.keeps(Account, text) {
			return AccountID
		}
		return Account
	case "id", "accountId", "accountID", "account_id":
		if isAccountID(text) {
			return AccountID
		}
	}
	return key
}

// keeps says that a value is known for good.
func (m *Masker) keeps(label, value string) bool {
	m.mutex.RLock()
	defer m.mutex.RUnlock()
	e := m.known[identity{label, value}]
	return e != nil && e.pinned
}

// Value masks a text that stands under a key: the value of a label, or a text that may hold some.
func (s *Scope) Value(key, text string) string {
	m := s.masker
	if m == nil || text == "" || text == all {
		return text
	}
	label := m.labelOf(key, text)
	switch {
	case m.Masks(label):
		parts := strings.Split(text, ", ")
		if label != "region" || len(parts) == 1 {
			return m.Mask(label, text)
		}
		for i, part := range parts { // as health lists an account's regions
			parts[i] = m.Mask(label, part)
		}
		return strings.Join(parts, ", ")
	case slices.Contains(words, key):
		return text
	case slices.Contains(vocabulary, key):
		return s.Text(text, Vocabulary)
	case slices.Contains(sentences, key):
		return s.Text(text, Prose)
	}
	return s.Text(text, Identifier)
}

// Document masks a JSON document, or several one after the other. What stands under a key that is a masked label is its value, as
// in {"label": "account", "value": "production"}; key is where the document itself stands, "" for nowhere. Numbers keep their digits; the
// keys of objects come in alphabetical order, and so does a list of a masked label's values: their own order would tell which is which.
func (s *Scope) Document(raw []byte, key string) ([]byte, error) {
	if s.masker == nil {
		return raw, nil
	}
	return eachDocument(raw, func(v any) any { return s.masked(v, key) })
}

func (s *Scope) masked(v any, key string) any {
	switch v := v.(type) {
	case string:
		return s.Value(key, v)
	case []any:
		for i := range v {
			v[i] = s.masked(v[i], key)
		}
		if s.masker.Masks(s.masker.labelOf(key, "")) {
			slices.SortStableFunc(v, func(a, b any) int { return strings.Compare(textOf(a), textOf(b)) })
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		label, labelled := v["label"].(string)
		for name, value := range v {
			at := name
			if name == "value" && labelled {
				at = label
			}
			out[s.nameOf(name)] = s.masked(value, at)
		}
		return out
	}
	return v
}

// textOf is a text; "" for all else.
func textOf(v any) string {
	text, _ := v.(string)
	return text
}

// nameOf masks the key of an object, which is a word of ours or a name: a metric, or whatever else a table goes by.
func (s *Scope) nameOf(name string) string {
	m := s.masker
	m.mutex.RLock()
	metric := m.known[identity{"metric", name}]
	m.mutex.RUnlock()
	if metric != nil {
		return metric.hash
	}
	return s.Text(name, Vocabulary)
}

// Understand replaces the masks in the JSON of a question by what they stand for. unknown are those of which that is not known.
func (m *Masker) Understand(raw []byte, key string) (understood []byte, unknown []string, err error) {
	if m == nil {
		return raw, nil, nil
	}
	understood, err = eachDocument(raw, func(v any) any { return m.understood(v, key, &unknown) })
	return understood, unknown, err
}

func (m *Masker) understood(v any, key string, unknown *[]string) any {
	switch v := v.(type) {
	case string:
		original, missing := m.Meant(key, v)
		if missing {
			*unknown = append(*unknown, v)
		}
		return original
	case []any:
		for i := range v {
			v[i] = m.understood(v[i], key, unknown)
		}
	case map[string]any:
		for name := range v {
			v[name] = m.understood(v[name], name, unknown)
		}
	}
	return v
}

// Asked adds the values that a question in JSON names, other than accounts and regions, which are known, and variables of a dashboard. A
// question that is no JSON names none.
func (s *Scope) Asked(raw []byte) {
	if s.masker == nil {
		return
	}
	_, _ = eachDocument(raw, func(v any) any {
		s.asked(v, "")
		return nil
	})
}

func (s *Scope) asked(v any, key string) {
	switch v := v.(type) {
	case string:
		for _, label := range s.masker.labelsAt(key) {
			if label != Account && label != AccountID && label != "region" && !strings.HasPrefix(v, "$") {
				s.Add(label, v)
			}
		}
	case []any:
		for _, one := range v {
			s.asked(one, key)
		}
	case map[string]any:
		for name, one := range v {
			s.asked(one, name)
		}
	}
}

// Meant is what a text under a key of a question stands for, as Original says it.
func (m *Masker) Meant(key, text string) (original string, unknown bool) {
	for _, label := range m.labelsAt(key) {
		original, unknown = m.Original(label, text)
		if original != text {
			return original, false
		}
	}
	return text, unknown
}

// labelsAt are the labels whose values a question may give under a key.
func (m *Masker) labelsAt(key string) []string {
	switch key {
	case "account", "accounts", "account_id":
		return []string{Account, AccountID}
	case "regions", "namespaces", "metrics":
		return []string{key[:len(key)-1]}
	}
	return []string{key}
}

// eachDocument rewrites the JSON documents of a text.
func eachDocument(raw []byte, rewrite func(any) any) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for {
		var v any
		if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		} else if err != nil {
			return nil, fmt.Errorf("privacy: no JSON: %w", err)
		}
		if err := encoder.Encode(rewrite(v)); err != nil {
			return nil, fmt.Errorf("privacy: %w", err)
		}
	}
}
