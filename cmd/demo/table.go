package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The colours of a cell, as terminals understand them.
type colour string

const (
	plain  colour = ""
	bold   colour = "1"
	faint  colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

// cell is one piece of a row. Columns of numbers are aligned to the right.
type cell struct {
	text   string
	colour colour
	right  bool
}

func text(s string) cell { return cell{text: s} }

func right(s string) cell { return cell{text: s, right: true} }

func (c cell) in(colour colour) cell {
	c.colour = colour
	return c
}

// page writes the report; colours only where a terminal reads it.
type page struct {
	out      io.Writer
	coloured bool
}

func (p page) paint(s string, c colour) string {
	if !p.coloured || c == plain || s == "" {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}

func (p page) heading(format string, args ...any) {
	fmt.Fprintf(p.out, "\n%s\n", p.paint(fmt.Sprintf(format, args...), bold))
}

func (p page) line(format string, args ...any) {
	fmt.Fprintf(p.out, "  "+format+"\n", args...)
}

// table writes a heading row and rows, each column as wide as its widest cell.
func (p page) table(head []string, rows [][]cell) {
	first := make([]cell, len(head))
	for i, title := range head {
		first[i] = cell{text: title, colour: faint, right: len(rows) > 0 && rows[0][i].right}
	}
	all := append([][]cell{first}, rows...)
	widths := make([]int, len(head))
	for _, row := range all {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, c := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			if c.right {
				line.WriteString("  " + padding + p.paint(c.text, c.colour))
			} else {
				line.WriteString("  " + p.paint(c.text, c.colour) + padding)
			}
		}
		fmt.Fprintln(p.out, strings.TrimRight(line.String(), " "))
	}
}

// short writes a number with three significant digits and a suffix for thousands, millions and so on.
func short(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	suffixes := []string{"", "k", "M", "G", "T", "P"}
	i := 0
	for math.Abs(v) >= 999.5 && i < len(suffixes)-1 {
		v /= 1000
		i++
	}
	digits := 2
	switch size := math.Abs(v); {
	case size >= 99.95:
		digits = 0
	case size >= 9.995:
		digits = 1
	case size < 0.995:
		digits = 3
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + suffixes[i]
}

func clock(t time.Time) string { return t.UTC().Format("Mon 02 Jan 15:04") }

// span writes a duration in hours and minutes.
func span(d time.Duration) string {
	d = d.Round(time.Minute)
	if d < time.Hour {
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
