package accounts

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Who sees masks.
const (
	ForEveryone = "everyone"
	ForViewers  = "viewers" // those who may not edit; notifications of alert rules too
)

// leastPrivacyKey is how many characters the key of masks has at least. An account id is twelve digits: with a key that can be tried out,
// all of them can be.
const leastPrivacyKey = 16

// Privacy is the field "privacy" of a data source: the labels whose values nobody is to see, or nobody who may not edit.
type Privacy struct {
	Labels  []string                     // account, account_id, region, namespace, metric, labels of accounts, dimensions; none: nothing is masked
	Aliases map[string]map[string]string // by label and value: what stands for the value instead of a hash
	For     string                       // ForEveryone, ForViewers
	Key     string                       // of the hash, from secureJsonData.privacyKey
	Named   map[string][]string          // by label: values that the settings name beside those of accounts, whose mistakes are told with them
}

type privacyJSON struct {
	Labels  []string                     `json:"labels"`
	Aliases map[string]map[string]string `json:"aliases"`
	For     string                       `json:"for"`
}

// ParsePrivacy reads the field "privacy" of jsonData; nothing and null mask nothing. A mistake is one of the data source: it must not answer
// before it is mended. Aliases may stand in secureJsonData.privacyAliases too, in JSON. Errors name the field and no value.
func ParsePrivacy(jsonData []byte, secrets map[string]string) (Privacy, error) {
	key := secrets["privacyKey"]
	var settings struct {
		Privacy json.RawMessage `json:"privacy"`
	}
	if len(jsonData) > 0 {
		if err := json.Unmarshal(jsonData, &settings); err != nil {
			return Privacy{}, fmt.Errorf("data source settings: %w", err)
		}
	}
	var written privacyJSON
	if err := decodeStrictly("privacy", settings.Privacy, &written, "labels", "aliases", "for"); err != nil {
		return Privacy{}, err
	}
	p := Privacy{For: written.For, Key: key, Aliases: map[string]map[string]string{}}
	if p.For == "" {
		p.For = ForEveryone
	}
	if p.For != ForEveryone && p.For != ForViewers {
		return p, fmt.Errorf("field %q: use %s or %s", "privacy.for", ForEveryone, ForViewers)
	}
	if err := p.takeLabels(written.Labels); err != nil {
		return p, err
	}
	p.Named = namedIn(jsonData, p.Labels)
	if len(p.Labels) > 0 && len(key) < leastPrivacyKey {
		return p, fmt.Errorf("field %q: labels are masked (privacy.labels), which needs a secret key of at least %d characters",
			"privacyKey", leastPrivacyKey)
	}
	if err := p.takeAliases("privacy.aliases", written.Aliases); err != nil {
		return p, err
	}
	var hidden map[string]map[string]string
	if err := readSecret(secrets, "privacyAliases", &hidden); err != nil {
		return p, err
	}
	return p, p.takeAliases("privacyAliases", hidden)
}

// takeSecretAccounts adds the accounts of secureJsonData.accounts, a list in JSON as jsonData has it. Grafana gives jsonData to every
// browser that may use the data source, so whoever must not see the accounts' names there needs them here.
func (s *Settings) takeSecretAccounts(secrets map[string]string) error {
	var hidden []Account
	if err := readSecret(secrets, "accounts", &hidden); err != nil {
		return err
	}
	s.Accounts = append(s.Accounts, hidden...)
	return nil
}

// readSecret reads JSON of secureJsonData. Errors hold nothing of it.
func readSecret(secrets map[string]string, name string, into any) error {
	text := strings.TrimSpace(secrets[name])
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("field %q: is not the JSON that belongs here", "secureJsonData."+name)
	}
	return nil
}

func (p *Privacy) takeLabels(names []string) error {
	for i, name := range names {
		field := fmt.Sprintf("privacy.labels[%d]", i)
		switch name = privateLabel(name); name {
		case "":
			return fmt.Errorf("field %q: is empty", field)
		case "stat":
			return fmt.Errorf("field %q: stat cannot be masked: it is no name of anything", field)
		default:
			if meant := nearMiss(name, ownLabels, names); meant != "" {
				return fmt.Errorf("field %q: is this the label %s? Write it so; where a dimension is called almost the same, name %s as well",
					field, meant, meant)
			}
		}
		if !slices.Contains(p.Labels, name) {
			p.Labels = append(p.Labels, name)
		}
	}
	return nil
}

// ownLabels are those that every series has, or that costs have, and what the settings call them.
var ownLabels = []string{"account_id", "account", "alias", "region", "namespace", "metric", "stat", "asked_by"}

// nearMiss is the label that a name differs from in case and punctuation alone; "" where there is none or the label is named too, so that nothing
// is left open to sight by a slip of the pen.
func nearMiss(name string, labels, named []string) string {
	for _, label := range labels {
		if name != label && plainly(name) == plainly(label) && !slices.Contains(named, label) {
			return label
		}
	}
	return ""
}

// plainly is a name without case and punctuation.
func plainly(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// namedIn are the values of masked labels that settings name in rules, ranges and watch lists.
func namedIn(jsonData []byte, labels []string) map[string][]string {
	var settings any
	if len(labels) == 0 || json.Unmarshal(jsonData, &settings) != nil {
		return nil
	}
	var named map[string][]string
	var gather func(label string, v any)
	gather = func(label string, v any) {
		switch v := v.(type) {
		case string:
			if !slices.Contains(labels, label) || slices.Contains(named[label], v) {
				return
			}
			if named == nil {
				named = map[string][]string{}
			}
			named[label] = append(named[label], v)
		case []any:
			for _, one := range v {
				gather(label, one)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				at := key
				if key == "regions" {
					at = "region"
				}
				gather(at, v[key])
			}
		}
	}
	gather("", settings)
	return named
}

// privateLabel is the name of a label in frames: settings call an account's name its alias.
func privateLabel(name string) string {
	if name = strings.TrimSpace(name); name == "alias" {
		return "account"
	}
	return name
}

func (p *Privacy) takeAliases(path string, written map[string]map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(written)) {
		field := path + "." + name
		label := privateLabel(name)
		if !slices.Contains(p.Labels, label) {
			return fmt.Errorf("field %q: the label is not masked: name it in privacy.labels too", field)
		}
		taken := map[string]bool{}
		for _, alias := range p.Aliases[label] {
			taken[alias] = true
		}
		for value, alias := range written[name] {
			alias = strings.TrimSpace(alias)
			switch {
			case value == "" || alias == "" || alias == "*":
				return fmt.Errorf("field %q: a value and its alias are texts, and none is empty or *", field)
			case strings.Contains(strings.ToLower(alias), strings.ToLower(value)):
				return fmt.Errorf("field %q: an alias holds the value that it is to hide", field)
			case taken[alias]:
				return fmt.Errorf("field %q: %q stands for two values", field, alias)
			case written[name][alias] != "":
				return fmt.Errorf("field %q: %q is a value itself", field, alias)
			}
			taken[alias] = true
			if p.Aliases[label] == nil {
				p.Aliases[label] = map[string]string{}
			}
			p.Aliases[label][value] = alias
		}
	}
	return nil
}

// checkPrivacy refuses aliases that are names of other accounts: who asked for one would be answered about the other. And labels that are almost
// those of accounts.
func (s Settings) checkPrivacy() error {
	for i, name := range s.Privacy.Labels {
		for _, a := range s.Accounts {
			if meant := nearMiss(name, slices.Sorted(maps.Keys(a.Labels)), s.Privacy.Labels); meant != "" {
				return fmt.Errorf("field %q: the accounts have the label %s: is it meant?", fmt.Sprintf("privacy.labels[%d]", i), meant)
			}
		}
	}
	for _, alias := range s.Privacy.Aliases["account"] {
		for _, a := range s.Accounts {
			if alias == a.ID || alias == a.Alias {
				return fmt.Errorf("field %q: an alias is the name of an account", "privacy.aliases.account")
			}
		}
	}
	return nil
}
