package provisioning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Files is everything that the provisioning folder holds, after the expansion of variables.
type Files struct {
	Apps          []App
	DataSources   []DataSource
	Providers     []Provider
	Dashboards    []Dashboard
	Groups        []RuleGroup
	ContactPoints []ContactPoint
	Policies      []Policy
}

// App is one entry of plugins/*.yaml.
type App struct {
	OrgID    int64          `yaml:"org_id"`
	Type     string         `yaml:"type"`
	Disabled bool           `yaml:"disabled"`
	JSONData map[string]any `yaml:"jsonData"`
}

// DataSource is one entry of datasources/*.yaml.
type DataSource struct {
	OrgID          int64             `yaml:"orgId"`
	UID            string            `yaml:"uid"`
	Name           string            `yaml:"name"`
	Type           string            `yaml:"type"`
	Access         string            `yaml:"access"`
	IsDefault      bool              `yaml:"isDefault"`
	Editable       bool              `yaml:"editable"`
	JSONData       Settings          `yaml:"jsonData"`
	SecureJSONData map[string]string `yaml:"secureJsonData"`
}

// Settings is the data source's jsonData; docs/architecture.md has its meaning.
type Settings struct {
	AuthType           string     `yaml:"authType" json:"authType,omitempty"`
	Profile            string     `yaml:"profile" json:"profile,omitempty"`
	DefaultRegion      string     `yaml:"defaultRegion" json:"defaultRegion,omitempty"`
	STSEndpoint        string     `yaml:"stsEndpoint" json:"stsEndpoint,omitempty"`
	CloudWatchEndpoint string     `yaml:"cloudWatchEndpoint" json:"cloudWatchEndpoint,omitempty"`
	Simulated          bool       `yaml:"simulated" json:"simulated,omitempty"`
	Timezone           string     `yaml:"timezone" json:"timezone,omitempty"`
	Calendars          []Calendar `yaml:"calendars" json:"calendars,omitempty"`
	Quality            *Quality   `yaml:"quality" json:"quality,omitempty"`
	DailyBudgetUSD     *float64   `yaml:"dailyBudgetUSD" json:"dailyBudgetUSD,omitempty"`
	Cache              *Cache     `yaml:"cache" json:"cache,omitempty"`
	Privacy            *Privacy   `yaml:"privacy" json:"privacy,omitempty"`
	Collector          *Collector `yaml:"collector" json:"collector,omitempty"`
	Accounts           []Account  `yaml:"accounts" json:"accounts"`
}

// Privacy names the labels that are masked; secureJsonData.privacyKey is its key. pkg/accounts reads its values.
type Privacy struct {
	Labels  []string                     `yaml:"labels" json:"labels,omitempty"`
	Aliases map[string]map[string]string `yaml:"aliases" json:"aliases,omitempty"`
	For     string                       `yaml:"for" json:"for,omitempty"`
}

// Cache is how long history is kept, in days by period, how large it may become, and how late what is shown of it may be. pkg/accounts reads its
// values.
type Cache struct {
	MaxStaleness string  `yaml:"maxStaleness" json:"maxStaleness,omitempty"`
	MaxGiB       float64 `yaml:"maxGiB" json:"maxGiB,omitempty"`
	KeepDays     struct {
		Seconds     float64 `yaml:"seconds" json:"seconds,omitempty"`
		Minutes     float64 `yaml:"minutes" json:"minutes,omitempty"`
		FiveMinutes float64 `yaml:"fiveMinutes" json:"fiveMinutes,omitempty"`
		Hours       float64 `yaml:"hours" json:"hours,omitempty"`
		Events      float64 `yaml:"events" json:"events,omitempty"`
	} `yaml:"keepDays" json:"keepDays"`
}

// Quality is what observations must be like, beside the rules that are built in. pkg/accounts reads its values.
type Quality struct {
	Rules  []QualityRule  `yaml:"rules" json:"rules,omitempty"`
	Ranges []QualityRange `yaml:"ranges" json:"ranges,omitempty"`
}

// QualityRule compares two statistics of metrics in each bucket.
type QualityRule struct {
	Namespace string   `yaml:"namespace" json:"namespace"`
	Metric    string   `yaml:"metric" json:"metric"`
	Statistic string   `yaml:"statistic" json:"statistic"`
	Op        string   `yaml:"op" json:"op"`
	Than      Measured `yaml:"than" json:"than"`
}

// Measured is a statistic of a metric.
type Measured struct {
	Metric    string `yaml:"metric" json:"metric"`
	Statistic string `yaml:"statistic" json:"statistic"`
}

// QualityRange is what a metric can be, in its own unit.
type QualityRange struct {
	Namespace string   `yaml:"namespace" json:"namespace"`
	Metric    string   `yaml:"metric" json:"metric"`
	Lower     *float64 `yaml:"lower" json:"lower,omitempty"`
	Upper     *float64 `yaml:"upper" json:"upper,omitempty"`
}

// Collector is what is kept warm without anyone looking. pkg/accounts reads its values.
type Collector struct {
	Enabled          *bool     `yaml:"enabled" json:"enabled,omitempty"`
	WarmFor          string    `yaml:"warmFor" json:"warmFor,omitempty"`
	MetricsPerMinute *int      `yaml:"metricsPerMinute" json:"metricsPerMinute,omitempty"`
	Watch            []Watched `yaml:"watch" json:"watch,omitempty"`
}

// Watched is an entry of the collector's watch list: a query of series, lazily where only their history matters.
type Watched struct {
	Accounts   []string            `yaml:"accounts" json:"accounts,omitempty"`
	Regions    []string            `yaml:"regions" json:"regions,omitempty"`
	Namespace  string              `yaml:"namespace" json:"namespace"`
	Metric     string              `yaml:"metric" json:"metric"`
	Statistic  string              `yaml:"statistic" json:"statistic,omitempty"`
	Dimensions map[string][]string `yaml:"dimensions" json:"dimensions,omitempty"`
	Period     string              `yaml:"period" json:"period,omitempty"`
	Lazy       bool                `yaml:"lazy" json:"lazy,omitempty"`
}

// Calendar is planned events: in a quiet one nothing is scored, and forecasts learn the effect of each. pkg/calendar reads its texts.
type Calendar struct {
	Name     string    `yaml:"name" json:"name"`
	Timezone string    `yaml:"timezone" json:"timezone,omitempty"`
	Quiet    *bool     `yaml:"quiet" json:"quiet,omitempty"`
	Windows  []Window  `yaml:"windows" json:"windows,omitempty"`
	Weekly   []Weekly  `yaml:"weekly" json:"weekly,omitempty"`
	Monthly  []Monthly `yaml:"monthly" json:"monthly,omitempty"`
	Holidays []string  `yaml:"holidays" json:"holidays,omitempty"`
}

// Window is a planned event that happens once.
type Window struct {
	From string `yaml:"from" json:"from"`
	To   string `yaml:"to" json:"to"`
}

// Weekly is a planned event of each week.
type Weekly struct {
	Days []string `yaml:"days" json:"days"`
	From string   `yaml:"from" json:"from"`
	To   string   `yaml:"to" json:"to"`
}

// Monthly is a planned event of each month; without times it is whole days.
type Monthly struct {
	Days []int  `yaml:"days" json:"days"`
	From string `yaml:"from" json:"from,omitempty"`
	To   string `yaml:"to" json:"to,omitempty"`
}

// Account is one AWS account of a data source.
type Account struct {
	ID         string            `yaml:"id" json:"id"`
	Alias      string            `yaml:"alias" json:"alias"`
	RoleARN    string            `yaml:"roleArn" json:"roleArn,omitempty"`
	ExternalID string            `yaml:"externalId" json:"externalId,omitempty"`
	Regions    []string          `yaml:"regions" json:"regions,omitempty"`
	Labels     map[string]string `yaml:"labels" json:"labels,omitempty"`
}

// Provider is one entry of dashboards/*.yaml.
type Provider struct {
	Name                  string            `yaml:"name"`
	OrgID                 int64             `yaml:"orgId"`
	Type                  string            `yaml:"type"`
	Folder                string            `yaml:"folder"`
	FolderUID             string            `yaml:"folderUid"`
	DisableDeletion       bool              `yaml:"disableDeletion"`
	UpdateIntervalSeconds int               `yaml:"updateIntervalSeconds"`
	AllowUIUpdates        bool              `yaml:"allowUiUpdates"`
	Options               map[string]string `yaml:"options"`
}

// Load reads the folder. lookup gives the value of an environment variable, as os.Getenv does. Every file is read, and the error
// names each one that is at fault.
func Load(fsys fs.FS, lookup func(string) string) (Files, error) {
	var files Files
	err := errors.Join(
		each(fsys, "plugins", readYAML(lookup, func(f struct {
			Version int   `yaml:"apiVersion"`
			Apps    []App `yaml:"apps"`
		}) {
			files.Apps = append(files.Apps, f.Apps...)
		})),
		each(fsys, "datasources", readYAML(lookup, func(f struct {
			Version     int          `yaml:"apiVersion"`
			DataSources []DataSource `yaml:"datasources"`
		}) {
			files.DataSources = append(files.DataSources, f.DataSources...)
		})),
		each(fsys, "dashboards", readYAML(lookup, func(f struct {
			Version   int        `yaml:"apiVersion"`
			Providers []Provider `yaml:"providers"`
		}) {
			files.Providers = append(files.Providers, f.Providers...)
		})),
		each(fsys, "dashboards", readDashboard(&files)),
		each(fsys, "alerting", readYAML(lookup, func(f struct {
			Version       int            `yaml:"apiVersion"`
			Groups        []RuleGroup    `yaml:"groups"`
			ContactPoints []ContactPoint `yaml:"contactPoints"`
			Policies      []Policy       `yaml:"policies"`
		}) {
			files.Groups = append(files.Groups, f.Groups...)
			files.ContactPoints = append(files.ContactPoints, f.ContactPoints...)
			files.Policies = append(files.Policies, f.Policies...)
		})),
	)
	return files, err
}

// each calls read for the files of a folder; a folder that is missing or empty is an error, because Grafana would not say so.
func each(fsys fs.FS, folder string, read func(name string, content []byte) error) error {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return fmt.Errorf("read folder %s: %w", folder, err)
	}
	var failures []error
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		content, err := fs.ReadFile(fsys, name)
		if err == nil {
			err = read(name, content)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(failures...)
}

// readYAML decodes a YAML file into F, refusing keys that F lacks, and hands it on.
func readYAML[F any](lookup func(string) string, use func(F)) func(string, []byte) error {
	return func(name string, content []byte) error {
		if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" {
			return nil
		}
		expanded, err := expandYAML(content, lookup)
		if err != nil {
			return err
		}
		var file F
		if err := decode(expanded, &file); err != nil {
			return err
		}
		use(file)
		return nil
	}
}

// expandYAML replaces variables in the strings of a document as Grafana does. It works on the parsed tree, so that neither a comment
// nor a value can change the document's shape.
func expandYAML(content []byte, lookup func(string) string) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(content, &root); err != nil {
		return nil, err
	}
	if err := expandNode(&root, lookup); err != nil {
		return nil, err
	}
	return yaml.Marshal(&root)
}

// rawKeys hold text that Grafana keeps as it stands: a query has $variables of its own, and an annotation $labels.
var rawKeys = map[string]bool{"model": true, "annotations": true}

func expandNode(node *yaml.Node, lookup func(string) string) (err error) {
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!str" {
		if node.Value, err = Expand(node.Value, lookup); err != nil {
			return fmt.Errorf("line %d: %w", node.Line, err)
		}
	}
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!timestamp" {
		return fmt.Errorf("line %d: %s without quotes becomes a time in UTC before it reaches the plugin", node.Line, node.Value)
	}
	var failures []error
	for i, child := range node.Content {
		isRaw := node.Kind == yaml.MappingNode && i%2 == 1 && rawKeys[node.Content[i-1].Value]
		if !isRaw {
			failures = append(failures, expandNode(child, lookup))
		}
	}
	return errors.Join(failures...)
}

// Expand replaces $NAME and ${NAME}; $$ is a literal dollar. A variable that is not set is an error: Grafana would put nothing in
// its place.
func Expand(text string, lookup func(string) string) (string, error) {
	var unset []string
	parts := strings.Split(text, "$$")
	for i, part := range parts {
		parts[i] = os.Expand(part, func(name string) string {
			value := lookup(name)
			if value == "" {
				unset = append(unset, "$"+name)
			}
			return value
		})
	}
	if len(unset) > 0 {
		return "", fmt.Errorf("%s is not set in the environment", strings.Join(unset, ", "))
	}
	return strings.Join(parts, "$"), nil
}

// readDashboard reads JSON by the YAML decoder, of which it is a subset: encoding/json would take a wrongly cased key for the right one.
func readDashboard(files *Files) func(string, []byte) error {
	return func(name string, content []byte) error {
		if path.Ext(name) != ".json" {
			return nil
		}
		if !json.Valid(content) {
			return errors.New("is no JSON")
		}
		var dashboard Dashboard
		if err := decode(content, &dashboard); err != nil {
			return err
		}
		files.Dashboards = append(files.Dashboards, dashboard)
		return nil
	}
}

// decode refuses keys that the target lacks.
func decode(content []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	return decoder.Decode(into)
}

// convert gives a decoded map the shape of a struct, refusing keys that the struct lacks.
func convert(from map[string]any, into any) error {
	content, err := yaml.Marshal(from)
	if err != nil {
		return err
	}
	return decode(content, into)
}
