package frames

import (
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Hider says what is seen instead of a value of a label, and instead of a text in a column of a table that is no label's.
type Hider interface {
	Label(label, value string) string
	Value(column, text string) string
}

// Mask replaces the values of labels in the frames of one answer, in place, and returns the frames that this package did not make, which
// it leaves alone.
//
// Names are made anew of the masked labels: no value has to be looked for in a text. What a legend says beside its places is the words of
// whoever wrote it, and stays. Series come in the order of their masked labels, because their own order tells which mask is which; notices
// stay on the first frame.
func Mask(all data.Frames, h Hider) (others data.Frames) {
	masked := maskedNames(all, h)
	order := make(map[*data.Frame]string, len(all))
	for _, f := range all {
		switch meta := custom(f).(type) {
		case EventsMeta:
			meta.mask(f, h)
		case Meta:
			of, ok := masked[meta.of]
			if !ok {
				others = append(others, f)
				continue
			}
			order[f] = of.labels.String()
			meta.of = of
			meta.rename(f)
		default:
			others = append(others, f)
		}
	}
	sortFrames(all, order)
	return others
}

// custom is Meta.Custom of a frame.
func custom(f *data.Frame) any {
	if f.Meta == nil {
		return nil
	}
	return f.Meta.Custom
}

// maskedNames are the series of the frames with masked labels, and the names that are made of them.
func maskedNames(all data.Frames, h Hider) map[*named]*named {
	var (
		found  []*named
		labels []data.Labels
	)
	out := map[*named]*named{}
	for _, f := range all {
		meta, ok := custom(f).(Meta)
		if _, known := out[meta.of]; !ok || meta.of == nil || known {
			continue
		}
		out[meta.of] = nil
		found, labels = append(found, meta.of), append(labels, maskedLabels(meta.of.labels, h))
	}
	if len(found) == 0 {
		return out
	}
	for i, n := range nameAll(labels, found[0].legend) { // which is one query's
		out[found[i]] = n
	}
	return out
}

// maskedLabels are labels of their own: several frames may share those that were given.
func maskedLabels(labels data.Labels, h Hider) data.Labels {
	out := make(data.Labels, len(labels))
	for name, value := range labels {
		out[name] = h.Label(name, value)
	}
	return out
}

// rename gives a frame the labels and the name of its series.
func (m Meta) rename(f *data.Frame) {
	field := f.Fields[len(f.Fields)-1]
	config := *field.Config
	config.DisplayNameFromDS = measureName(m.of.name, m.Measure)
	if lower, ok := lowerOf(m.Measure); ok {
		config.Custom = maps.Clone(config.Custom)
		config.Custom["fillBelowTo"] = measureName(m.of.name, lower)
	}
	field.Labels, field.Config = m.of.labels, &config
	f.Name, f.Meta.Custom = measureName(m.of.name, m.Measure), m
}

// mask replaces the labels of a table of events, and what its other columns say.
func (m EventsMeta) mask(f *data.Frame, h Hider) {
	rows := make([]data.Labels, len(m.rows))
	for i, labels := range m.rows {
		rows[i] = maskedLabels(labels, h)
	}
	for _, field := range f.Fields {
		if field.Type() != data.FieldTypeString {
			continue
		}
		for i := range field.Len() {
			switch {
			case field.Name == dimensionsColumn:
				field.Set(i, dimensionsOf(rows[i]))
			case slices.Contains(ofEvents[:], field.Name):
				field.Set(i, rows[i][field.Name])
			default:
				field.Set(i, h.Value(field.Name, field.At(i).(string)))
			}
		}
	}
	m.rows = rows
	f.Meta.Custom = m
}

// sortFrames orders frames by their keys, those of one key as they were, and keeps the notices on the first.
func sortFrames(all data.Frames, key map[*data.Frame]string) {
	if len(all) < 2 {
		return
	}
	first := all[0]
	slices.SortStableFunc(all, func(a, b *data.Frame) int { return strings.Compare(key[a], key[b]) })
	if all[0] == first || first.Meta == nil || len(first.Meta.Notices) == 0 {
		return
	}
	notices := first.Meta.Notices
	first.Meta.Notices = nil
	all[0].AppendNotices(notices...)
}
