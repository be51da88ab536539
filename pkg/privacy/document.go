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

// The keys of JSON whose texts are no names of anything that is masked: words of this plugin. A dimension may be called so: see Label.
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

// tableOfMetrics is the key of an object whose own keys are names of metrics.
const tableOfMetrics = "kinesis"

// labelUnder is the label whose value stands under a key of an answer: plurals are lists of a label's values, and an account is named by id or alias.
func (m *Masker) labelUnder(key, text string) string {
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

// Label is what is seen of the value of a label: its mask, or the value with masks for the values that it holds. Either is understood when it is
// asked for under this label.
func (s *Scope) Label(label, value string) string {
	m := s.masker
	if m == nil || value == "" || value == all || label == "stat" {
		return value
	}
	if label == Account {
		label = m.labelUnder(label, value)
	}
	if m.Masks(label) {
		return m.Mask(label, value)
	}
	style := Identifier
	if slices.Contains(vocabulary, label) {
		style = Vocabulary
	}
	// Roles stay in it: what is seen of two values is never the same.
	seen := s.Text(value, style)
	if seen != value || m.holdsHash(value) {
		m.write(label, seen, value)
	}
	return seen
}

// Value masks a text that stands under a key of an answer: the value of a label, or a text that may hold some.
func (s *Scope) Value(key, text string) string {
	m := s.masker
	if m == nil || text == "" || text == all {
		return text
	}
	label := m.labelUnder(key, text)
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
	case slices.Contains(vocabulary, label):
		return s.Label(label, text)
	case slices.Contains(sentences, key):
		return s.Text(text, Prose)
	}
	return s.Text(withoutPrincipals(text), Identifier)
}

// under masks a text under a key of an object, itself by its key.
func (s *Scope) under(in, key, text string) string {
	if in == "labels" || in == "dimensions" {
		return s.Label(key, text)
	}
	return s.Value(key, text)
}

// Document masks a JSON document, or several one after the other. What stands under a key that is a masked label is its value, as
// in {"label": "account", "value": "production"}; key is where the document itself stands and in the object there, "" for nowhere. Numbers keep
// their digits; the keys of objects come in alphabetical order, and so does a list of a masked label's values: their own order would tell
// which is which.
func (s *Scope) Document(raw []byte, in, key string) ([]byte, error) {
	if s.masker == nil {
		return raw, nil
	}
	return eachDocument(raw, func(v any) any { return s.masked(v, in, key) })
}

func (s *Scope) masked(v any, in, key string) any {
	switch v := v.(type) {
	case string:
		return s.under(in, key, v)
	case []any:
		for i := range v {
			v[i] = s.masked(v[i], in, key)
		}
		if s.masker.Masks(s.masker.labelUnder(key, "")) {
			slices.SortStableFunc(v, func(a, b any) int { return strings.Compare(textOf(a), textOf(b)) })
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		label, labelled := v["label"].(string)
		for name, value := range v {
			in, at := key, name
			if name == "value" && labelled {
				in, at = "labels", label
			}
			if key == tableOfMetrics {
				name = s.Value("name", name)
			}
			out[name] = s.masked(value, in, at)
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

// Understand replaces the masks in the JSON of a question by what they stand for, as Original does, where a question names values: accounts,
// regions, namespaces and metrics by their own fields, the others in "dimensions" and "labels". key is where the JSON itself stands, ""
// for nowhere. doubtful are the texts of which something is in doubt.
func (m *Masker) Understand(raw []byte, key string) (understood []byte, doubtful map[string]Doubt, err error) {
	if m == nil {
		return raw, nil, nil
	}
	doubtful = map[string]Doubt{}
	understood, err = eachDocument(raw, func(v any) any {
		return m.places(v, "", key, func(labels []string, text string) string {
			original, doubt := m.meant(labels, text)
			if doubt > Certain {
				doubtful[text] = doubt
			}
			return original
		})
	})
	return understood, doubtful, err
}

// Meant is what the parameter of a question stands for, as Understand has it.
func (m *Masker) Meant(parameter, text string) (string, Doubt) {
	if m == nil {
		return text, Certain
	}
	return m.meant(m.labelsAt("", parameter), text)
}

// meant is what a text stands for where the value of one of some labels is expected.
func (m *Masker) meant(labels []string, text string) (string, Doubt) {
	doubt := Certain
	for _, label := range labels {
		original, left := m.Original(label, text)
		if original != text {
			return original, Certain
		}
		doubt = max(doubt, left)
	}
	return text, doubt
}

// Asked adds the values that a question in JSON under a key names, other than accounts and regions that nobody has, and variables of a
// dashboard. A question that is no JSON names none.
func (s *Scope) Asked(raw []byte, key string) {
	m := s.masker
	if m == nil {
		return
	}
	_, _ = eachDocument(raw, func(v any) any {
		return m.places(v, "", key, func(labels []string, text string) string {
			for _, label := range labels {
				ofSettings := label == Account || label == AccountID || label == "region"
				if !strings.HasPrefix(text, "$") && (!ofSettings || m.keeps(label, text)) {
					s.Add(label, text)
				}
			}
			return text
		})
	})
}

// places visits the texts of a question that are values of labels, and puts in their place what visit returns. in is the object in which the
// key stands, itself by its key.
func (m *Masker) places(v any, in, key string, visit func(labels []string, text string) string) any {
	switch v := v.(type) {
	case string:
		if labels := m.labelsAt(in, key); len(labels) > 0 {
			return visit(labels, v)
		}
	case []any:
		for i := range v {
			v[i] = m.places(v[i], in, key, visit)
		}
	case map[string]any:
		for name := range v {
			v[name] = m.places(v[name], key, name, visit)
		}
	}
	return v
}

// labelsAt are the labels whose values a question gives under a key of an object.
func (m *Masker) labelsAt(in, key string) []string {
	switch in {
	case "dimensions":
		return []string{m.labelOf(key)}
	case "labels":
		if key != Account {
			return []string{key}
		}
	}
	switch key {
	case "account", "accounts", "accountId", "account_id":
		return []string{Account, AccountID}
	case "region", "regions":
		return []string{"region"}
	case "namespace", "namespaces":
		return []string{"namespace"}
	case "metric", "metrics", "metricName":
		return []string{"metric"}
	}
	return nil
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
