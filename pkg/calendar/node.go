package calendar

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// node is a part of the JSON together with where it stands, so that an error can say it. What is absent is an empty node.
type node struct {
	path string
	raw  json.RawMessage
}

func (n node) child(name string) node { return node{path: n.path + "." + name} }

func (n node) fail(format string, args ...any) error {
	return fmt.Errorf("field %q: %s", n.path, fmt.Sprintf(format, args...))
}

func (n node) decode(into any, want string) error {
	if len(n.raw) == 0 {
		return nil
	}
	err := json.Unmarshal(n.raw, into)
	var typeError *json.UnmarshalTypeError
	if errors.As(err, &typeError) {
		return n.fail("a JSON %s does not fit here: it must be %s", typeError.Value, want)
	}
	if err != nil {
		return n.fail("%v", err)
	}
	return nil
}

func (n node) text() (string, error) {
	var text string
	err := n.decode(&text, "a text in quotes")
	return strings.TrimSpace(text), err
}

// truth is otherwise where the node is absent.
func (n node) truth(otherwise bool) (bool, error) {
	err := n.decode(&otherwise, "true or false")
	return otherwise, err
}

// or is a node of that text where the node is absent or has an empty one.
func (n node) or(text string) node {
	if own, err := n.text(); err == nil && own == "" {
		n.raw = json.RawMessage(strconv.Quote(text))
	}
	return n
}

func (n node) list() ([]node, error) {
	var raw []json.RawMessage
	if err := n.decode(&raw, "a list"); err != nil {
		return nil, err
	}
	out := make([]node, len(raw))
	for i := range raw {
		out[i] = node{path: fmt.Sprintf("%s[%d]", n.path, i), raw: raw[i]}
	}
	return out, nil
}

// object returns a node for each known field. Others are refused: a misspelt one would leave a planned event out without a word.
func (n node) object(known ...string) (map[string]node, error) {
	var raw map[string]json.RawMessage
	if err := n.decode(&raw, "an object"); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if !slices.Contains(known, name) {
			return nil, n.child(name).fail("is unknown: use %s", strings.Join(known, ", "))
		}
	}
	out := map[string]node{}
	for _, name := range known {
		field := n.child(name)
		field.raw = raw[name]
		out[name] = field
	}
	return out, nil
}

// each reads the entries of a list.
func each[T any](n node, read func(node) (T, error)) ([]T, error) {
	entries, err := n.list()
	if err != nil {
		return nil, err
	}
	out := make([]T, len(entries))
	for i, entry := range entries {
		if out[i], err = read(entry); err != nil {
			return nil, err
		}
	}
	return out, nil
}
