package monitoring

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vigia-cloudwatch/vigia/cmd/bench/replay"
)

// File is a labelled series of the data set.
type File struct {
	Name   string // folder/file.csv
	Rows   replay.Rows
	Labels []bool
}

// Read returns every series of the data set's folder data, sorted by name. The *-metadata.json files beside them are notes.
func Read(data fs.FS) ([]File, error) {
	names, err := fs.Glob(data, "*/*.csv")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	files := make([]File, len(names))
	for i, name := range names {
		if files[i], err = read(data, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

func read(data fs.FS, name string) (File, error) {
	f, err := data.Open(name)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = 3 // TimeStamp, Value, Label
	lines, err := r.ReadAll()
	if err != nil {
		return File{}, err
	}
	file := File{Name: name}
	for i, line := range lines[min(1, len(lines)):] {
		if err := file.add(line); err != nil {
			return File{}, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return file, nil
}

func (f *File) add(line []string) error {
	at, err := time.Parse(time.RFC3339, line[0])
	if err != nil {
		if at, err = time.Parse(time.DateTime, line[0]); err != nil {
			return err
		}
	}
	value := math.NaN() // an empty field: missing
	if line[1] != "" {
		if value, err = strconv.ParseFloat(line[1], 64); err != nil {
			return err
		}
	}
	label, err := strconv.ParseBool(line[2])
	if err != nil {
		return err
	}
	f.Rows.Times, f.Rows.Values = append(f.Rows.Times, at), append(f.Rows.Values, value)
	f.Labels = append(f.Labels, label)
	return nil
}
