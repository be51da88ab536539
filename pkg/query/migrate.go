package query

import (
	"encoding/json"
	"strconv"
)

// migrate brings older JSON to the newest version, in place, and says what it changed. JSON without a version comes from before
// versions were written, or from Grafana's own CloudWatch data source when a panel is switched over: its field names
// (metricName, region, accountId, a plain string for a dimension's value, a number for the period) are understood.
func migrate(fields map[string]json.RawMessage) ([]string, error) {
	version := 0
	if raw, ok := fields["version"]; ok {
		if err := json.Unmarshal(raw, &version); err != nil {
			return nil, fieldError("version", "is not a whole number")
		}
	}
	if version > Version || version < 0 {
		return nil, fieldError("version", "%d is not understood by this plugin, which reads up to %d: update the plugin", version, Version)
	}
	if version == Version {
		return nil, nil
	}
	return migrateUnversioned(fields), nil
}

func migrateUnversioned(fields map[string]json.RawMessage) []string {
	changed := rename(fields, "metricName", "metric")
	changed = asList(fields, "region", "regions", "default") || changed
	changed = asList(fields, "accountId", "accounts", "all") || changed
	changed = firstOf(fields, "statistics", "statistic") || changed
	changed = dimensionLists(fields) || changed
	changed = periodText(fields) || changed
	if !changed {
		return nil
	}
	for _, leftover := range []string{"matchExact", "expression", "sqlExpression", "sql", "id", "alias", "label", "queryMode", "metricQueryType", "metricEditorMode", "logGroups", "statsGroups", "returnData"} {
		delete(fields, leftover)
	}
	return []string{"this query was written for an older version or for Grafana's CloudWatch data source; save it to keep its translation"}
}

func rename(fields map[string]json.RawMessage, from, to string) bool {
	raw, ok := fields[from]
	if !ok {
		return false
	}
	delete(fields, from)
	if _, taken := fields[to]; !taken {
		fields[to] = raw
	}
	return true
}

// asList turns a plain string into a list; the word for "all of them" becomes All.
func asList(fields map[string]json.RawMessage, from, to, all string) bool {
	var value string
	if json.Unmarshal(fields[from], &value) != nil {
		return false
	}
	if value == all {
		value = All
	}
	delete(fields, from)
	fields[to] = encode([]string{value})
	return true
}

func firstOf(fields map[string]json.RawMessage, from, to string) bool {
	var values []string
	if json.Unmarshal(fields[from], &values) != nil || len(values) == 0 {
		return false
	}
	delete(fields, from)
	fields[to] = encode(values[0])
	return true
}

func dimensionLists(fields map[string]json.RawMessage) bool {
	var dims map[string]json.RawMessage
	if json.Unmarshal(fields["dimensions"], &dims) != nil {
		return false
	}
	changed := false
	for name, raw := range dims {
		var value string
		if json.Unmarshal(raw, &value) == nil {
			dims[name] = encode([]string{value})
			changed = true
		}
	}
	if changed {
		fields["dimensions"] = encode(dims)
	}
	return changed
}

func periodText(fields map[string]json.RawMessage) bool {
	var seconds int64
	if json.Unmarshal(fields["period"], &seconds) != nil {
		return false
	}
	fields["period"] = encode(strconv.FormatInt(seconds, 10))
	return true
}

// encode marshals strings, lists and maps of JSON, which cannot fail.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("query: encode a plain value: " + err.Error())
	}
	return raw
}
