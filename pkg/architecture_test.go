package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/plugin"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
)

const module = "github.com/vigia-cloudwatch/vigia/pkg/"

// rooms is the table of docs/architecture.md: which packages of ours a package may import. Data moves forward only.
var rooms = map[string][]string{
	".":          {"plugin"},
	"plugin":     {"query", "accounts", "cloudwatch", "series", "store", "history", "calendar", "analysis", "frames", "awssim", "privacy"},
	"query":      {"detect", "forecast"},
	"accounts":   {"calendar"},
	"cloudwatch": {"series"},
	"series":     {},
	"store":      {"series", "store/chunk"},
	"history":    {"series", "store", "cloudwatch"},
	"state":      {},
	"calendar":   {},
	"detect":     {"forecast/seasonal", "state", "detect/forest", "detect/isolation", "detect/oneclass"},
	"analysis":   {"series", "calendar", "detect", "forecast", "forecast/seasonal", "state"},

	"detect/forest":    {"state"},
	"detect/isolation": {"state"},
	"detect/oneclass":  {"state"},

	"store/chunk":       {},
	"forecast":          {"forecast/seasonal", "forecast/arima", "forecast/ets", "forecast/theta", "forecast/stl"},
	"forecast/seasonal": {"state"},
	"forecast/arima":    {},
	"forecast/ets":      {"forecast/stl"},
	"forecast/theta":    {"forecast/stl"},
	"forecast/stl":      {},

	"frames": {"series", "query", "analysis"},
	"awssim": {},

	"privacy": {},
}

// forbidden calls are those that Grafana's plugin validator flags in pkg/, with the one exception it allows: GF_PLUGIN_ variables.
var forbidden = map[string][]string{
	"os":  {"Open", "OpenFile", "Create", "Stat", "Lstat", "Mkdir", "MkdirAll", "ReadFile", "WriteFile", "ReadDir", "Remove", "RemoveAll", "Rename", "Getenv", "LookupEnv", "Environ", "DirFS"},
	"fmt": {"Print", "Printf", "Println"},
}

// goFiles parses every file of pkg that is no test, by package directory.
func goFiles(t *testing.T) map[string][]*ast.File {
	t.Helper()
	parsed := map[string][]*ast.File{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		parsed[filepath.Dir(path)] = append(parsed[filepath.Dir(path)], file)
		return err
	})
	require.NoError(t, err)
	return parsed
}

func TestRoomsImportForwardOnly(t *testing.T) {
	for room, files := range goFiles(t) {
		allowed, known := rooms[room]
		require.True(t, known, "package %s stands in no table: say in docs/architecture.md what it is for", room)
		for _, file := range files {
			for _, spec := range file.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if own, ok := strings.CutPrefix(path, module); ok {
					require.Contains(t, allowed, own, "%s imports %s", room, own)
				}
			}
		}
	}
}

func TestEveryPackageHasOneComment(t *testing.T) {
	for room, files := range goFiles(t) {
		comments := 0
		for _, file := range files {
			if file.Doc != nil {
				comments++
			}
		}
		require.Equal(t, 1, comments, "package comments of %s", room)
	}
}

func TestNothingThatTheValidatorRefuses(t *testing.T) {
	for room, files := range goFiles(t) {
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				selector, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				of, ok := selector.X.(*ast.Ident)
				if !ok || !slices.Contains(forbidden[of.Name], selector.Sel.Name) {
					return true
				}
				if len(call.Args) == 1 {
					if name, ok := call.Args[0].(*ast.BasicLit); ok && strings.HasPrefix(name.Value, `"GF_PLUGIN_`) {
						return true
					}
				}
				t.Errorf("%s calls %s.%s", room, of.Name, selector.Sel.Name)
				return true
			})
		}
	}
}

// The id in Go, in the nested plugin.json and in the app's includes is the same; the executable is the one that is built.
func TestPluginIDs(t *testing.T) {
	read := func(path string) (p struct {
		ID, Type, Executable string
		Backend, Alerting    bool
		Includes             []struct{ Type, Path string }
	}) {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &p))
		return p
	}
	source := read("../src/datasource/plugin.json")
	require.Equal(t, plugin.ID, source.ID)
	require.True(t, source.Backend && source.Alerting)
	require.Equal(t, "gpx_vigia_cloudwatch", source.Executable)
	app := read("../plugin.json")
	require.Equal(t, "vigia-cloudwatch-app", app.ID)
	var nested []string
	for _, include := range app.Includes {
		if include.Path != "" && strings.HasSuffix(include.Path, "plugin.json") {
			nested = append(nested, read("../src/"+include.Path).ID)
		}
	}
	require.ElementsMatch(t, []string{plugin.ID, "vigia-cloudwatch-panel"}, nested)
}

// The front end's measures are those of the back end, in the same order.
func TestMeasuresAreTheSameInBothLanguages(t *testing.T) {
	source, err := os.ReadFile("../src/contract.ts")
	require.NoError(t, err)
	var names []query.Measure
	for _, quoted := range regexp.MustCompile(`'([a-z_]+)'`).FindAllSubmatch(source, -1) {
		names = append(names, query.Measure(quoted[1]))
	}
	require.Equal(t, query.Measures, names)
}
