package nab

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/replay"
)

const (
	rowTime   = "2006-01-02 15:04:05"
	labelTime = "2006-01-02 15:04:05.000000"
)

// Series is a file of the benchmark.
type Series struct {
	Name    string // folder/file.csv
	Rows    replay.Rows
	Windows []Window
}

// Folder of the series.
func (s Series) Folder() string { return path.Dir(s.Name) }

// Read returns every labelled series below a copy of the benchmark (data/, labels/), sorted by name.
func Read(benchmark fs.FS) ([]Series, error) {
	const file = "labels/combined_windows.json"
	content, err := fs.ReadFile(benchmark, file)
	if err != nil {
		return nil, err
	}
	var labels map[string][][2]string
	if err := json.Unmarshal(content, &labels); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var all []Series
	for name, windows := range labels {
		s := Series{Name: name}
		if s.Rows, err = ReadRows(benchmark, path.Join("data", name)); err != nil {
			return nil, err
		}
		if s.Windows, err = findWindows(s.Rows.Times, windows); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Series) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// findWindows turns the labels' times into rows.
func findWindows(times []time.Time, labels [][2]string) ([]Window, error) {
	windows := make([]Window, len(labels))
	for i, ends := range labels {
		for j, row := range []*int{&windows[i].Left, &windows[i].Right} {
			at, err := time.Parse(labelTime, ends[j])
			if err != nil {
				return nil, err
			}
			if *row = slices.IndexFunc(times, at.Equal); *row < 0 {
				return nil, fmt.Errorf("no row at %s", ends[j])
			}
		}
	}
	return windows, nil
}

// ReadRows reads a file of the benchmark: timestamp, value.
func ReadRows(files fs.FS, name string) (replay.Rows, error) {
	f, err := files.Open(name)
	if err != nil {
		return replay.Rows{}, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return replay.Rows{}, fmt.Errorf("%s: %w", name, err)
	}
	var rows replay.Rows
	for i, line := range lines[min(1, len(lines)):] {
		at, err := time.Parse(rowTime, line[0])
		if err != nil {
			return replay.Rows{}, fmt.Errorf("%s: row %d: %w", name, i, err)
		}
		value, err := strconv.ParseFloat(line[1], 64)
		if err != nil {
			return replay.Rows{}, fmt.Errorf("%s: row %d: %w", name, i, err)
		}
		rows.Times, rows.Values = append(rows.Times, at), append(rows.Values, value)
	}
	return rows, nil
}
