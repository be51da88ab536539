package plugin

import (
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// discreet is a logger with nothing in its lines that the settings hide from anybody: nobody knows who reads a log.
// The zero value hides nothing.
type discreet struct{ guard guard }

func (g guard) log() discreet { return discreet{g} }

func (d discreet) info(message string, pairs ...any) {
	backend.Logger.Info(message, d.hidden(pairs)...)
}

func (d discreet) warn(message string, pairs ...any) {
	backend.Logger.Warn(message, d.hidden(pairs)...)
}

func (d discreet) error(message string, pairs ...any) {
	backend.Logger.Error(message, d.hidden(pairs)...)
}

// hidden are names and values by turns, where texts and whatever writes itself as one are hidden by what their names say they are.
func (d discreet) hidden(pairs []any) []any {
	v := d.guard.view(true)
	out := make([]any, len(pairs))
	for n, value := range pairs {
		out[n] = value
		if n%2 == 0 {
			continue
		}
		switch value := value.(type) {
		case error:
			out[n] = v.err(value)
		case string, fmt.Stringer:
			name, _ := pairs[n-1].(string)
			out[n] = v.scope.Value(name, v.clean(fmt.Sprint(value)))
		}
	}
	return out
}
