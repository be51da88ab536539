package plugin

import (
	"encoding/json"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/frames"
	"github.com/vigia-cloudwatch/vigia/pkg/privacy"
)

// frames hides what is in frames, in place: labels, with the names that are made of them, texts in cells, notices and metadata.
func (v view) frames(all data.Frames) {
	if v.masker == nil {
		if v.all.Masks(privacy.AskedBy) && slices.ContainsFunc(all, ofAskers) {
			frames.Mask(all, revealed{v.all})
		}
		for _, f := range all {
			v.meta(f.Meta)
		}
		return
	}
	for _, f := range all {
		for _, field := range f.Fields {
			for name, value := range field.Labels {
				v.scope.Add(name, value) // a notice may name it
			}
		}
	}
	others := frames.Mask(all, v.scope)
	for _, f := range all {
		v.meta(f.Meta)
	}
	for _, f := range others {
		f.Name = v.name(f.Name)
		for _, field := range f.Fields {
			v.field(field)
		}
	}
}

// ofAskers says that a frame is of one who asks.
func ofAskers(f *data.Frame) bool {
	return slices.ContainsFunc(f.Fields, func(field *data.Field) bool { return field.Labels[privacy.AskedBy] != "" })
}

// revealed undoes what hides askers in the ledger, for those who may see them, where it is known here.
type revealed struct{ masker *privacy.Masker }

func (r revealed) Label(label, value string) string {
	if label != privacy.AskedBy {
		return value
	}
	original, _ := r.masker.Original(label, value)
	return original
}

func (r revealed) Value(_, text string) string { return text }

func (v view) name(text string) string { return v.scope.Text(text, privacy.Identifier) }

// field hides what is in a field of a frame that is none of package frames'. It has its labels anew: several fields may share them.
func (v view) field(f *data.Field) {
	if f.Labels != nil {
		f.Labels = v.labels(f.Labels)
	}
	if f.Config != nil {
		config := *f.Config
		v.config(&config)
		f.Config = &config
	}
	for n := range f.Len() {
		switch cell := f.At(n).(type) {
		case string:
			f.Set(n, v.scope.Value(f.Name, cell))
		case *string:
			if cell != nil {
				hidden := v.scope.Value(f.Name, *cell)
				f.Set(n, &hidden)
			}
		case json.RawMessage:
			f.Set(n, json.RawMessage(v.document(cell, "", f.Name)))
		case *json.RawMessage:
			if cell != nil {
				hidden := json.RawMessage(v.document(*cell, "", f.Name))
				f.Set(n, &hidden)
			}
		default:
			return // numbers and times
		}
	}
}

func (v view) config(c *data.FieldConfig) {
	c.DisplayName, c.DisplayNameFromDS = v.name(c.DisplayName), v.name(c.DisplayNameFromDS)
	c.Description, c.NoValue = v.prose(c.Description), v.prose(c.NoValue)
	links := make([]data.DataLink, len(c.Links))
	for n, link := range c.Links {
		link.Title, link.URL = v.prose(link.Title), v.scope.Text(link.URL, privacy.Identifier)
		links[n] = link
	}
	if len(links) > 0 {
		c.Links = links
	}
	if len(c.Custom) == 0 {
		return
	}
	custom := make(map[string]any, len(c.Custom))
	for key, value := range c.Custom {
		if text, ok := value.(string); ok { // fillBelowTo is the name of another field
			value = v.name(text)
		}
		custom[key] = value
	}
	c.Custom = custom
}

func (v view) meta(m *data.FrameMeta) {
	if m == nil {
		return
	}
	for n := range m.Notices {
		if text := m.Notices[n].Text; text != simulatedNotice {
			m.Notices[n].Text = v.prose(text)
		}
		m.Notices[n].Link = v.scope.Text(m.Notices[n].Link, privacy.Identifier)
	}
	m.ExecutedQueryString = v.prose(m.ExecutedQueryString)
	switch custom := m.Custom.(type) {
	case nil:
	case frames.Meta:
		custom.Note = v.prose(custom.Note)
		m.Custom = custom
	case frames.EventsMeta: // numbers
	default:
		if v.masker == nil {
			return
		}
		raw, err := json.Marshal(custom)
		if err != nil {
			m.Custom = nil // it could not be sent either
			return
		}
		m.Custom = json.RawMessage(v.document(raw, "", ""))
	}
}
