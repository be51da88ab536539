package provisioning

import "fmt"

// Dashboard is a dashboard in Grafana's classic JSON, held to the keys that ours use.
type Dashboard struct {
	UID           string     `yaml:"uid"`
	Title         string     `yaml:"title"`
	Description   string     `yaml:"description"`
	Tags          []string   `yaml:"tags"`
	Timezone      string     `yaml:"timezone"`
	SchemaVersion int        `yaml:"schemaVersion"`
	Version       int        `yaml:"version"`
	Editable      bool       `yaml:"editable"`
	GraphTooltip  int        `yaml:"graphTooltip"`
	Refresh       string     `yaml:"refresh"`
	Time          TimeRange  `yaml:"time"`
	Templating    Templating `yaml:"templating"`
	Annotations   any        `yaml:"annotations"`
	Links         any        `yaml:"links"`
	Panels        []Panel    `yaml:"panels"`
}

// OverviewUID is the dashboard that Grafana opens with.
const OverviewUID = "vigia-overview"

// Dashboard finds a dashboard by its uid.
func (f Files) Dashboard(uid string) (Dashboard, error) {
	for _, d := range f.Dashboards {
		if d.UID == uid {
			return d, nil
		}
	}
	return Dashboard{}, fmt.Errorf("no dashboard with uid %s is provisioned", uid)
}

// TimeRange is the dashboard's range in Grafana's words, e.g. now-7d to now.
type TimeRange struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

// Templating holds the dashboard's variables.
type Templating struct {
	List []Variable `yaml:"list"`
}

// Variable is a template variable that a query fills.
type Variable struct {
	Name        string        `yaml:"name"`
	Type        string        `yaml:"type"`
	Label       string        `yaml:"label"`
	Description string        `yaml:"description"`
	DataSource  *Ref          `yaml:"datasource"`
	Query       VariableQuery `yaml:"query"`
	Definition  string        `yaml:"definition"`
	Refresh     int           `yaml:"refresh"`
	Sort        int           `yaml:"sort"`
	Multi       bool          `yaml:"multi"`
	IncludeAll  bool          `yaml:"includeAll"`
	AllValue    string        `yaml:"allValue"`
	Current     struct {
		Text  any `yaml:"text"`
		Value any `yaml:"value"`
	} `yaml:"current"`
}

// VariableQuery says what a variable lists.
type VariableQuery struct {
	RefID        string   `yaml:"refId"`
	Kind         string   `yaml:"kind"`
	Accounts     []string `yaml:"accounts"`
	Regions      []string `yaml:"regions"`
	Namespace    string   `yaml:"namespace"`
	Metric       string   `yaml:"metric"`
	DimensionKey string   `yaml:"dimensionKey"`
}

// Ref names a plugin instance by type and uid.
type Ref struct {
	Type string `yaml:"type"`
	UID  string `yaml:"uid"`
}

// Panel is one panel; the options of its visualisation are the panel plugin's affair and stay raw.
type Panel struct {
	ID          int              `yaml:"id"`
	Type        string           `yaml:"type"`
	Title       string           `yaml:"title"`
	Description string           `yaml:"description"`
	Transparent bool             `yaml:"transparent"`
	Collapsed   bool             `yaml:"collapsed"`
	GridPos     GridPos          `yaml:"gridPos"`
	TimeFrom    string           `yaml:"timeFrom"` // a range of its own, until now
	HideTime    bool             `yaml:"hideTimeOverride"`
	DataSource  *Ref             `yaml:"datasource"`
	Targets     []map[string]any `yaml:"targets"`
	FieldConfig any              `yaml:"fieldConfig"`
	Options     any              `yaml:"options"`
	Transforms  any              `yaml:"transformations"`
	Panels      []Panel          `yaml:"panels"`
}

// GridPos is a panel's place: 24 columns, rows of 30 pixels.
type GridPos struct {
	H int `yaml:"h"`
	W int `yaml:"w"`
	X int `yaml:"x"`
	Y int `yaml:"y"`
}
