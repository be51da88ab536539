package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

const (
	fileName = "vigia-cloudwatch"
	// readers is the number of connections that read; WAL lets them read while the writer writes.
	readers = 4
	// busyTimeoutMs covers the seconds in which Grafana runs the old and the new plugin process side by side.
	busyTimeoutMs = 10_000
	// maxGenerations bounds the files of a name, probeAhead how many of them may be missing in a row.
	maxGenerations = 1000
	probeAhead     = 16
	// statements is how many prepared statements a connection keeps.
	statements = "32"
	// maxLogBytes is what the write-ahead log is cut to after a checkpoint.
	maxLogBytes = 16 << 20
)

// Store is one open cache. It is safe for concurrent use.
type Store struct {
	dir   string // "" is memory
	codec codec
	used  usage

	damages damages

	maintenance sync.Mutex // one at a time

	mutex      sync.RWMutex // guards what follows; swapped when a database turns out damaged
	generation int
	write      *sql.DB
	read       *sql.DB
	setAside   []string
}

// Open opens the newest cache in dir, or makes one; dir "" is a cache in memory. The directory must exist. Errors say what an
// administrator can do.
func Open(ctx context.Context, dir string) (*Store, error) {
	c, err := newCodec()
	if err != nil {
		return nil, fmt.Errorf("start compressor: %w", err)
	}
	s := &Store{dir: dir, codec: c}
	if dir != "" {
		generations := existing(ctx, dir)
		for n, g := range generations {
			s.generation = g
			if n < len(generations)-1 {
				s.setAside = append(s.setAside, path(dir, g))
			}
		}
	}
	err = s.openGeneration(ctx)
	if isDamaged(err) {
		err = s.replaceDamaged(ctx, s.generation)
	}
	if err != nil {
		return nil, explain(dir, err)
	}
	return s, nil
}

// existing probes for the generations of the name, by opening them without the right to create. Some may be missing, where people removed
// what was set aside.
func existing(ctx context.Context, dir string) []int {
	var found []int
	for g := 0; g < maxGenerations; g++ {
		if exists(ctx, path(dir, g)) {
			found = append(found, g)
		} else if len(found) == 0 && g > probeAhead || len(found) > 0 && g > found[len(found)-1]+probeAhead {
			break
		}
	}
	return found
}

func exists(ctx context.Context, file string) bool {
	f := faultOf(probe(ctx, file))
	return f != cannotOpen && f != stubDriver
}

// probe opens a file if there is one.
func probe(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite3", dsn(file, asProbe))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

func path(dir string, generation int) string {
	name := fileName + ".db"
	if generation > 0 {
		name = fmt.Sprintf("%s-%d.db", fileName, generation)
	}
	return strings.TrimRight(dir, "/") + "/" + name
}

// The ways to open a file: the one connection that writes, those that read, and a probe that creates nothing.
var (
	asWriter = url.Values{
		"mode":          {"rwc"},
		"_journal_mode": {"WAL"},
		// In WAL mode a commit survives a kill of the process; only a loss of power may undo the newest ones, whole.
		"_synchronous": {"NORMAL"},
		// Take the write lock at the start: a transaction that reads first cannot be refused the lock later.
		"_txlock": {"immediate"},
		// Of a new file: pages can be given back step by step.
		"_auto_vacuum":     {"incremental"},
		"_stmt_cache_size": {statements},
	}
	asReader = url.Values{"mode": {"rw"}, "_query_only": {"true"}, "_txlock": {"deferred"}, "_stmt_cache_size": {statements}}
	asProbe  = url.Values{"mode": {"ro"}}
)

func dsn(path string, how url.Values) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_busy_timeout=" + strconv.Itoa(busyTimeoutMs) + "&" + how.Encode()
}

func (s *Store) openGeneration(ctx context.Context) error {
	source := ":memory:?_stmt_cache_size=" + statements
	file := path(s.dir, s.generation)
	if s.dir != "" {
		source = dsn(file, asWriter)
	}
	write, err := sql.Open("sqlite3", source)
	if err != nil {
		return err
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	lost, err := migrate(ctx, write)
	if err != nil {
		_ = write.Close()
		return err
	}
	s.damages.note(lost...)
	read := write
	if s.dir != "" {
		shrinkable(ctx, write)
		if _, err := write.ExecContext(ctx, fmt.Sprintf("PRAGMA journal_size_limit = %d", maxLogBytes)); err != nil {
			_ = write.Close()
			return err
		}
		if read, err = sql.Open("sqlite3", dsn(file, asReader)); err != nil {
			_ = write.Close()
			return err
		}
		read.SetMaxOpenConns(readers)
		read.SetMaxIdleConns(readers)
	}
	s.write, s.read = write, read
	return nil
}

// fault is the kind of trouble that a database reports, as far as anyone can do something about it.
type fault int

const (
	otherFault fault = iota
	damaged
	cannotOpen
	cannotWrite
	diskFailing
	locked
	stubDriver // the plugin was compiled without cgo
)

// isDamaged says that SQLite found the file to be wrong. A chunk that is wrong is no reason to set the file aside.
func isDamaged(err error) bool { return faultOf(err) == damaged }

// errOutdated says that another process has set the file aside.
var errOutdated = errors.New("another process has set the cache aside as damaged")

// outdated says that there is a later generation than the one in use. The mutex is held.
func (s *Store) outdated(ctx context.Context) bool {
	return s.dir != "" && probe(context.WithoutCancel(ctx), path(s.dir, s.generation+1)) == nil
}

// replaceDamaged begins a new file beside the damaged generation, which stays as it is. Whoever comes second finds it done.
func (s *Store) replaceDamaged(ctx context.Context, generation int) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.generation != generation {
		return nil
	}
	if s.generation+1 >= maxGenerations {
		return fmt.Errorf("%d damaged caches have been set aside; remove them", maxGenerations)
	}
	ctx = context.WithoutCancel(ctx) // begun is begun: half of this would leave no database at all
	s.closeLocked()
	if s.dir != "" {
		s.setAside = append(s.setAside, path(s.dir, generation))
	}
	s.generation++
	s.used.take() // of other numbers
	return s.openGeneration(ctx)
}

// use runs f on the open database, and again on the next one where that turns out damaged, which is believed once, or set aside. A database in memory is its
// connection, which database/sql drops when a context ends in the middle of a transaction: there, f's context never ends.
func (s *Store) use(ctx context.Context, f func(ctx context.Context, read, write *sql.DB) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.dir == "" {
		ctx = context.WithoutCancel(ctx)
	}
	for again := false; ; {
		s.mutex.RLock()
		generation := s.generation
		err := f(ctx, s.read, s.write)
		s.mutex.RUnlock()
		switch {
		case errors.Is(err, errOutdated):
		case !isDamaged(err):
			return err
		case again:
			return fmt.Errorf("the cache in %s is damaged again right after it was begun anew", s.dir)
		default:
			again = true
		}
		if err := s.replaceDamaged(ctx, generation); err != nil {
			return explain(s.dir, err)
		}
	}
}

// SetAside lists damaged files that were set aside and can be removed or mended by hand.
func (s *Store) SetAside() []string {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return append([]string(nil), s.setAside...)
}

// Check reports whether the cache can be written, in words an administrator can act on.
func (s *Store) Check(ctx context.Context) error {
	return explain(s.dir, s.use(ctx, func(ctx context.Context, _, write *sql.DB) error {
		tx, err := write.BeginTx(ctx, nil) // takes the write lock
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		_, err = tx.ExecContext(ctx, "INSERT INTO series (key) VALUES ('write check')")
		return err
	}))
}

// Close closes the database. Whoever still uses the store gets errors.
func (s *Store) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.closeLocked()
}

func (s *Store) closeLocked() {
	if s.read != s.write && s.read != nil {
		_ = s.read.Close()
	}
	if s.write != nil {
		_ = s.write.Close()
	}
}

// explain adds to SQLite's error what an administrator can do about it.
func explain(dir string, err error) error {
	if err == nil {
		return nil
	}
	switch faultOf(err) {
	case stubDriver:
		return fmt.Errorf("this build of the plugin has no SQLite (it was compiled with CGO_ENABLED=0); install a release build or compile with CGO_ENABLED=1: %w", err)
	case cannotOpen, cannotWrite:
		return fmt.Errorf("the cache in directory %q cannot be written; set cache_path in Grafana's [plugin.vigia-cloudwatch-datasource] section "+
			"to a directory that exists and that Grafana's user may write: %w", dir, err)
	case diskFailing:
		return fmt.Errorf("the disk of the cache in directory %q is full or failing: %w", dir, err)
	case locked:
		return fmt.Errorf("the cache in directory %q is locked by another process: %w", dir, err)
	default:
		return fmt.Errorf("cache in %q: %w", dir, err)
	}
}
