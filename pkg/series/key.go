package series

import (
	"sort"
	"strconv"
	"strings"
	"time"
)

// keyVersion leads every encoded key. A change of the encoding raises it, so that old rows are never read as new ones.
const keyVersion = "2"

// Dimension is one CloudWatch dimension.
type Dimension struct{ Name, Value string }

// Key identifies one series of one account: what is asked of AWS and under which role.
// The zero Key identifies nothing. Make Dimensions with SortDimensions, or ID differs for the same series.
type Key struct {
	Source     string // who asks and where: two data sources share points only if both are the same
	AccountID  string
	RoleARN    string
	Region     string
	Namespace  string
	Metric     string
	Dimensions []Dimension
	Stat       string
	Period     time.Duration
}

// ID is the canonical, versioned, length-prefixed encoding of the key: two keys are the same series exactly if their IDs are
// equal, whatever characters the parts hold.
func (k Key) ID() string {
	var b strings.Builder
	b.WriteString(keyVersion)
	for _, part := range []string{k.Source, k.AccountID, k.RoleARN, k.Region, k.Namespace, k.Metric, k.Stat, strconv.FormatInt(int64(k.Period/time.Second), 10)} {
		writePart(&b, part)
	}
	for _, d := range k.Dimensions {
		writePart(&b, d.Name)
		writePart(&b, d.Value)
	}
	return b.String()
}

func writePart(b *strings.Builder, part string) {
	b.WriteByte('|')
	b.WriteString(strconv.Itoa(len(part)))
	b.WriteByte(':')
	b.WriteString(part)
}

// SortDimensions returns the dimensions ordered by name, the order that Key expects.
func SortDimensions(dims []Dimension) []Dimension {
	sorted := append([]Dimension(nil), dims...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	return sorted
}

// Dimension returns the value of the named dimension, or "" where the key has none of that name.
func (k Key) Dimension(name string) string {
	for _, d := range k.Dimensions {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}
