package query

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The editor's kinds, measures, labels and fields are those of this package, in the same order.
func TestKindsAreTheSameInBothLanguages(t *testing.T) {
	raw, err := os.ReadFile("../../src/datasource/kinds.ts")
	require.NoError(t, err)
	source := string(raw)

	require.Equal(t, texts(Kinds), listOf(t, source, "KINDS"))
	require.Equal(t, texts(QualityMeasures), listOf(t, source, "QUALITY_MEASURES"))
	require.Equal(t, texts(CostMeasures), listOf(t, source, "COST_MEASURES"))
	require.Equal(t, CostLabels, listOf(t, source, "COST_LABELS"))
	for kind, fields := range usedBy {
		used := slices.DeleteFunc(slices.Clone(fields), func(name string) bool { return name == "version" || name == "kind" })
		require.Equal(t, used, listOf(t, source, string(kind)), "fields of %s", kind)
	}
}

func texts[T ~string](names []T) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = string(name)
	}
	return out
}

var quoted = regexp.MustCompile(`'([^']*)'`)

// listOf is the list of texts that a constant or a field of a TypeScript source is set to.
func listOf(t *testing.T, source, name string) []string {
	t.Helper()
	list := regexp.MustCompile(`(?m)^(?:export const |\s*)` + name + `(?: =|:) \[([^\]]*)\]`).FindStringSubmatch(source)
	require.NotNil(t, list, "no list %s", name)
	var out []string
	for _, match := range quoted.FindAllStringSubmatch(list[1], -1) {
		out = append(out, match[1])
	}
	return out
}
