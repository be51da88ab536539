package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// The kinds of events.
const (
	EventOpened  = "opened"
	EventChanged = "changed"
	EventClosed  = "closed"
	EventRevised = "revised"
)

// Event is something that was found in a series. Events are only ever added: what is found out later is a further event.
type Event struct {
	Seq       int64     // in the order of finding, given by the store
	At        time.Time // when it was found, to the millisecond
	Series    series.Key
	Spec      uint64 // what looked: the specification's hash
	Kind      string
	Start     time.Time // of the anomaly
	Until     time.Time // its end; zero while it is open
	Score     float64   // NaN: none, as for the other numbers
	Direction int
	Value     float64
	Expected  float64
	Version   int // of the code that found it
}

// EventFilter narrows events; the zero value narrows nothing.
type EventFilter struct {
	Series   []series.Key // only of these
	Kinds    []string     // only these
	From, To time.Time    // only what began in [From, To); a zero time is no bound
}

// A Chapter is the part of the log that one specification tells of a series: of the anomalies that began in [From, To), to the second.
type Chapter struct {
	Series   series.Key
	Spec     uint64
	From, To time.Time
}

// Continuation is what comes next in a chapter, worked out from what it said up to and with the event numbered After; 0: it said nothing.
type Continuation struct {
	Chapter
	After  int64
	Events []Event
}

func (c Continuation) adds() bool { return len(c.Events) > 0 }

func (c Chapter) id() string { return fmt.Sprint(c.Spec, c.From.Unix(), c.To.Unix(), c.Series.ID()) }

// holds says that an event belongs in the chapter.
func (c Chapter) holds(e Event) bool {
	return e.Spec == c.Spec && !e.Start.Before(c.From) && e.Start.Before(c.To) && e.Series.ID() == c.Series.ID()
}

// ContinueEvents adds to each chapter what comes next, in one transaction, all events together in the order of their times. Where a chapter
// says more than its continuation was worked out from, because another process has continued it meanwhile, nothing is added to it: late names
// these, by their index; so it is with a chapter that stands in next before. Whoever is late reads the chapter again, and works out again what
// comes next.
func (s *Store) ContinueEvents(ctx context.Context, next []Continuation) (late []int, err error) {
	for _, c := range next {
		if i := slices.IndexFunc(c.Events, func(e Event) bool { return !c.holds(e) }); i >= 0 {
			return nil, fmt.Errorf("event of metric %s that began at %s is not of the chapter that it continues",
				c.Series.Metric, c.Events[i].Start.UTC().Format(time.RFC3339))
		}
	}
	if !slices.ContainsFunc(next, Continuation.adds) {
		return nil, nil
	}
	err = s.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		late = nil
		var events []Event
		continued := map[string]bool{}
		for i, c := range next {
			if !c.adds() {
				continue
			}
			newest, err := newestEvent(ctx, tx, c.Chapter)
			if err != nil {
				return fmt.Errorf("read events of metric %s: %w", c.Series.Metric, err)
			}
			if id := c.id(); newest != c.After || continued[id] {
				late = append(late, i)
			} else {
				continued[id], events = true, append(events, c.Events...)
			}
		}
		slices.SortStableFunc(events, func(a, b Event) int {
			return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Series.ID(), b.Series.ID()))
		})
		return appendEvents(ctx, tx, events)
	})
	return late, err
}

// newestEvent is the number of the last event of a chapter, 0 where there is none.
func newestEvent(ctx context.Context, tx *sql.Tx, c Chapter) (seq int64, err error) {
	row := tx.QueryRowContext(ctx, `SELECT seq FROM events WHERE series_id = (SELECT id FROM series WHERE key = ?) AND spec = ?
		AND start_s >= ? AND start_s < ? ORDER BY seq DESC LIMIT 1`, c.Series.ID(), int64(c.Spec), c.From.Unix(), c.To.Unix())
	if err := row.Scan(&seq); !errors.Is(err, sql.ErrNoRows) {
		return seq, err
	}
	return 0, nil
}

func appendEvents(ctx context.Context, tx *sql.Tx, events []Event) error {
	for _, e := range events {
		if err := appendEvent(ctx, tx, e); err != nil {
			return fmt.Errorf("append event of metric %s: %w", e.Series.Metric, err)
		}
	}
	return nil
}

func appendEvent(ctx context.Context, tx *sql.Tx, e Event) error {
	switch e.Kind {
	case EventOpened, EventChanged, EventClosed, EventRevised:
	default:
		return fmt.Errorf("kind %q is none of opened, changed, closed, revised", e.Kind)
	}
	id, err := seriesOf(ctx, tx, e.Series, e.At)
	if err != nil {
		return err
	}
	until := int64(0)
	if !e.Until.IsZero() {
		until = e.Until.Unix()
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO events (at_ms, series_id, spec, kind, start_s, until_s, score, direction, value, expected, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.At.UnixMilli(), id, int64(e.Spec), e.Kind, e.Start.Unix(), until,
		nullable(e.Score), e.Direction, nullable(e.Value), nullable(e.Expected), e.Version)
	return err
}

// nullable is v, or null where it is not finite.
func nullable(v float64) sql.NullFloat64 {
	return sql.NullFloat64{Float64: v, Valid: !math.IsNaN(v) && !math.IsInf(v, 0)}
}

func orNaN(v sql.NullFloat64) float64 {
	if !v.Valid {
		return math.NaN()
	}
	return v.Float64
}

// Events returns at most limit events after a sequence number, in order. The next page begins after the last one's number; 0 is the
// beginning. Of an event whose series has a key that this version cannot read, the key is empty.
func (s *Store) Events(ctx context.Context, after int64, f EventFilter, limit int) ([]Event, error) {
	if limit <= 0 {
		return nil, fmt.Errorf("limit of events %d is not positive", limit)
	}
	query, args := f.query(after, limit)
	var events []Event
	err := s.use(ctx, func(ctx context.Context, read, _ *sql.DB) error {
		events = nil
		rows, err := read.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			e, err := scanEvent(rows)
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		return rows.Err()
	})
	return events, explain(s.dir, err)
}

func (f EventFilter) query(after int64, limit int) (string, []any) {
	where, args := []string{"seq > ?"}, []any{after}
	if len(f.Series) > 0 {
		where = append(where, "series_id IN (SELECT id FROM series WHERE key IN ("+marks(len(f.Series))+"))")
		for _, k := range f.Series {
			args = append(args, k.ID())
		}
	}
	if len(f.Kinds) > 0 {
		where = append(where, "kind IN ("+marks(len(f.Kinds))+")")
		for _, kind := range f.Kinds {
			args = append(args, kind)
		}
	}
	if !f.From.IsZero() {
		where, args = append(where, "start_s >= ?"), append(args, f.From.Unix())
	}
	if !f.To.IsZero() {
		where, args = append(where, "start_s < ?"), append(args, f.To.Unix())
	}
	return `SELECT seq, at_ms, key, spec, kind, start_s, until_s, score, direction, value, expected, version
		FROM events JOIN series ON id = series_id WHERE ` + strings.Join(where, " AND ") + " ORDER BY seq LIMIT ?", append(args, limit)
}

// marks are n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func scanEvent(rows *sql.Rows) (e Event, err error) {
	var at, spec, start, until int64
	var key string
	var score, value, expected sql.NullFloat64
	err = rows.Scan(&e.Seq, &at, &key, &spec, &e.Kind, &start, &until, &score, &e.Direction, &value, &expected, &e.Version)
	if err != nil {
		return e, err
	}
	e.At, e.Spec, e.Start = time.UnixMilli(at).UTC(), uint64(spec), unix(start)
	if until != 0 {
		e.Until = unix(until)
	}
	e.Score, e.Value, e.Expected = orNaN(score), orNaN(value), orNaN(expected)
	e.Series, _ = parseKey(key)
	return e, nil
}
