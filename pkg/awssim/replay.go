package awssim

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// recording is a series of a file: what fell into each bucket of its own step. Buckets without a row are gaps.
type recording struct {
	step  int64 // seconds
	slots []slot
	cycle int64 // slots after which it begins again

	last  int64 // Unix seconds of the bucket that holds the last row
	cache *blockCache
	key   uint64
}

// slot is one bucket of a recording; index counts from the first row.
type slot struct {
	index      int64
	sum, count float64
}

// row is one line of a file.
type row struct {
	at    int64 // Unix seconds
	value float64
}

// Bounds of one file.
const (
	maxRows  = 2_000_000
	maxSlots = 50_000_000
	maxStep  = 7 * oneDay

	largestValue = 0x1p360 // what CloudWatch takes; sums of such values stay finite
)

// replay adds every CSV file as a metric of the namespace Replay.
func (c *catalogue) replay(files fs.FS, account Account) error {
	seen := map[string]string{}
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || path.Ext(name) != ".csv" {
			return nil
		}
		base := strings.TrimSuffix(path.Base(name), ".csv")
		if other, ok := seen[base]; ok {
			return fmt.Errorf("%s and %s would be the same metric", other, name)
		}
		seen[base] = name
		return c.replayFile(files, name, base, account)
	})
}

func (c *catalogue) replayFile(files fs.FS, name, base string, account Account) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := readRows(name, f)
	if err != nil {
		return err
	}
	rec, err := record(name, rows)
	if err != nil {
		return err
	}
	id := newMetricID(nsReplay, base, []dimension{{"Series", base}})
	key := hashKey(c.seed, account.ID, usEast1, id.key())
	rec.last = floorDiv(c.anchor*60, rec.step)*rec.step - rec.step
	rec.cache, rec.key = c.cache, key
	first := rec.last - rec.slots[len(rec.slots)-1].index*rec.step
	c.add(&metric{
		id: id, accountID: account.ID, region: usEast1, unit: "None", key: key,
		from: floorDiv(first, 60), until: forever, source: rec,
	})
	return nil
}

// readRows reads timestamp,value lines; a header is allowed. Errors name file and line.
func readRows(name string, r io.Reader) ([]row, error) {
	var rows []row
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		text := strings.TrimSpace(lines.Text())
		if number == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if text == "" || number == 1 && isHeader(text) {
			continue
		}
		v, err := parseRow(text)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, number, err)
		}
		if len(rows) == maxRows {
			return nil, fmt.Errorf("%s: line %d: more than %d rows", name, number, maxRows)
		}
		rows = append(rows, v)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows", name)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return int(min(max(a.at-b.at, -1), 1)) })
	return rows, nil
}

// isHeader tells a header from a bad first row: a header has neither a time nor a number.
func isHeader(text string) bool {
	stamp, value, ok := strings.Cut(text, ",")
	if !ok {
		return false
	}
	_, timeErr := parseStamp(stamp)
	_, valueErr := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return timeErr != nil && valueErr != nil
}

func parseRow(text string) (row, error) {
	stamp, value, ok := strings.Cut(text, ",")
	if !ok {
		return row{}, fmt.Errorf("want timestamp,value, not %q", text)
	}
	at, err := parseStamp(stamp)
	if err != nil {
		return row{}, err
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(math.Abs(v) <= largestValue) {
		return row{}, fmt.Errorf("value %q is not a number between -2^360 and 2^360", value)
	}
	return row{at.Unix(), v}, nil
}

func parseStamp(text string) (time.Time, error) {
	text = strings.Trim(strings.TrimSpace(text), `"`)
	for _, layout := range []string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("timestamp %q is neither 2006-01-02 15:04:05 nor RFC 3339", text)
}

// record puts sorted rows into buckets of their usual distance. Rows count from the last one backwards, since that one is aligned to now.
func record(name string, rows []row) (*recording, error) {
	rec := &recording{step: usualStep(rows)}
	if rec.step > maxStep {
		return nil, fmt.Errorf("%s: the usual distance of its rows, %d s, is more than a week", name, rec.step)
	}
	end := rows[len(rows)-1].at
	span := int64(math.Round(float64(end-rows[0].at) / float64(rec.step)))
	if span >= maxSlots {
		return nil, fmt.Errorf("%s: its rows span more than %d times their usual distance of %d s", name, maxSlots, rec.step)
	}
	for _, r := range rows {
		index := span - int64(math.Round(float64(end-r.at)/float64(rec.step)))
		if n := len(rec.slots); n > 0 && rec.slots[n-1].index == index {
			rec.slots[n-1].sum += r.value
			rec.slots[n-1].count++
			continue
		}
		rec.slots = append(rec.slots, slot{index, r.value, 1})
	}
	rec.cycle = span + 1
	return rec, nil
}

// usualStep is the commonest distance of two rows, in whole minutes.
func usualStep(rows []row) int64 {
	often := map[int64]int{}
	best := int64(0)
	for i := 1; i < len(rows); i++ {
		d := (rows[i].at - rows[i-1].at) / 60 * 60
		if d <= 0 {
			continue
		}
		often[d]++
		if best == 0 || often[d] > often[best] || often[d] == often[best] && d < best {
			best = d
		}
	}
	if best == 0 {
		return 300
	}
	return best
}

func (rec *recording) day(day int64) *block {
	return rec.cache.get(rec.key, day, func() *block { return rec.generate(day) })
}

func (rec *recording) generate(day int64) *block {
	b := new(block)
	begin, end := day*minutesPerDay*60, (day+1)*minutesPerDay*60
	anchorSlot := rec.slots[len(rec.slots)-1].index
	for bucket := -floorDiv(-begin, rec.step) * rec.step; bucket < end; bucket += rec.step {
		n := anchorSlot + (bucket-rec.last)/rec.step
		if n < 0 {
			continue
		}
		if s, ok := rec.at(floorMod(n, rec.cycle)); ok {
			i := (bucket - begin) / 60
			b.sum[i], b.count[i] = s.sum, s.count
		}
	}
	return b
}

func (rec *recording) at(index int64) (slot, bool) {
	i, ok := slices.BinarySearchFunc(rec.slots, index, func(s slot, want int64) int { return int(min(max(s.index-want, -1), 1)) })
	if !ok {
		return slot{}, false
	}
	return rec.slots[i], true
}
