package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
)

// halves of the files of a data set: those at even places are tuned on, those at odd places are not.
var halves = [2]string{"even files (tuned on)", "odd files (not tuned on)"}

// table prints columns below each other.
type table struct {
	w   *tabwriter.Writer
	out io.Writer
}

func newTable(out io.Writer) table {
	return table{tabwriter.NewWriter(out, 0, 0, 3, ' ', 0), out}
}

func (t table) row(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(t.w, "\t")
		}
		fmt.Fprint(t.w, cell)
	}
	fmt.Fprintln(t.w)
}

// gap is an empty line; columns start anew after it.
func (t table) gap() { t.row() }

// close prints the table and an empty line.
func (t table) close() error {
	t.gap()
	return t.w.Flush()
}

// points of 100, with one decimal; NaN is a dash.
func points(v float64) string { return number(v, 1) }

// fraction of 1, with two decimals; NaN is a dash.
func fraction(v float64) string { return number(v, 2) }

func number(v float64, decimals int) string {
	if math.IsNaN(v) {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}
