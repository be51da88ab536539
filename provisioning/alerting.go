package provisioning

// RuleGroup is one entry of groups in alerting/*.yaml.
type RuleGroup struct {
	OrgID    int64  `yaml:"orgId"`
	Name     string `yaml:"name"`
	Folder   string `yaml:"folder"`
	Interval string `yaml:"interval"`
	Rules    []Rule `yaml:"rules"`
}

// Rule is one alert rule.
type Rule struct {
	UID                         string            `yaml:"uid"`
	Title                       string            `yaml:"title"`
	Condition                   string            `yaml:"condition"`
	Data                        []RuleQuery       `yaml:"data"`
	DashboardUID                string            `yaml:"dashboardUid"`
	PanelID                     int               `yaml:"panelId"`
	NoDataState                 string            `yaml:"noDataState"`
	ExecErrState                string            `yaml:"execErrState"`
	For                         string            `yaml:"for"`
	KeepFiringFor               string            `yaml:"keepFiringFor"`
	MissingSeriesEvalsToResolve int               `yaml:"missing_series_evals_to_resolve"`
	Annotations                 map[string]string `yaml:"annotations"`
	Labels                      map[string]string `yaml:"labels"`
	IsPaused                    bool              `yaml:"isPaused"`
}

// RuleQuery is one step of a rule: a query of a data source, or an expression over earlier steps.
type RuleQuery struct {
	RefID             string `yaml:"refId"`
	QueryType         string `yaml:"queryType"`
	DataSourceUID     string `yaml:"datasourceUid"`
	RelativeTimeRange struct {
		From int `yaml:"from"` // seconds before now
		To   int `yaml:"to"`
	} `yaml:"relativeTimeRange"`
	Model map[string]any `yaml:"model"`
}

// ExpressionUID is the uid that marks a server-side expression.
const ExpressionUID = "__expr__"

// IsExpression says whether Grafana evaluates the step itself.
func (q RuleQuery) IsExpression() bool { return q.DataSourceUID == ExpressionUID }

// Expression is the model of a server-side expression, of the kinds that our rules use.
type Expression struct {
	RefID      string `yaml:"refId"`
	DataSource *Ref   `yaml:"datasource"`
	Type       string `yaml:"type"` // reduce, threshold or math
	Expression string `yaml:"expression"`
	Reducer    string `yaml:"reducer"`
	Settings   struct {
		Mode string `yaml:"mode"`
	} `yaml:"settings"`
	Conditions []struct {
		Evaluator struct {
			Type   string    `yaml:"type"`
			Params []float64 `yaml:"params"`
		} `yaml:"evaluator"`
	} `yaml:"conditions"`
}

// ContactPoint is one entry of contactPoints.
type ContactPoint struct {
	OrgID     int64      `yaml:"orgId"`
	Name      string     `yaml:"name"`
	Receivers []Receiver `yaml:"receivers"`
}

// Receiver is one way of a contact point; ours are webhooks.
type Receiver struct {
	UID                   string  `yaml:"uid"`
	Type                  string  `yaml:"type"`
	Settings              Webhook `yaml:"settings"`
	DisableResolveMessage bool    `yaml:"disableResolveMessage"`
}

// Webhook is the settings of a receiver of that type.
type Webhook struct {
	URL        string `yaml:"url"`
	HTTPMethod string `yaml:"httpMethod"`
	MaxAlerts  int    `yaml:"maxAlerts"`
	Title      string `yaml:"title"`
	Message    string `yaml:"message"`
}

// Policy is the root of a notification policy tree. It replaces the whole tree of its organisation.
type Policy struct {
	OrgID int64 `yaml:"orgId"`
	Route `yaml:",inline"`
}

// Route is one node of the tree.
type Route struct {
	Receiver          string     `yaml:"receiver"`
	GroupBy           []string   `yaml:"group_by"`
	GroupWait         string     `yaml:"group_wait"`
	GroupInterval     string     `yaml:"group_interval"`
	RepeatInterval    string     `yaml:"repeat_interval"`
	ObjectMatchers    [][]string `yaml:"object_matchers"`
	MuteTimeIntervals []string   `yaml:"mute_time_intervals"`
	Continue          bool       `yaml:"continue"`
	Routes            []Route    `yaml:"routes"`
}
