package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers tell apart with errors.Is. Each comes wrapped with the object it is about.
var (
	// ErrURL: the database URL has a form this package does not know.
	ErrURL = errors.New("unknown database URL")
	// ErrUnreachable: no connection to the database server could be made.
	ErrUnreachable = errors.New("database cannot be reached")
	// ErrLocked: another process holds the SQLite file.
	ErrLocked = errors.New("database is locked by another process")
	// ErrNewerSchema: a newer build has migrated the database.
	ErrNewerSchema = errors.New("database was written by a newer version of this program")
	// ErrWrongKey: the database was sealed with a key that is not among the given ones.
	ErrWrongKey = errors.New("the database is sealed with another key")
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExists: a row with this name is there already.
	ErrExists = errors.New("already exists")
	// ErrConflict: the row was changed since it was read.
	ErrConflict = errors.New("changed by somebody else")
	// ErrFenced: the claim was lost to a later one, or its object was rewound or removed; drop the work.
	ErrFenced = errors.New("claim lost")
	// ErrBusy: somebody else holds the claim.
	ErrBusy = errors.New("claimed by somebody else")
)

// Options configure [Open].
type Options struct {
	// Sealer encrypts secrets and payloads. Required.
	Sealer *Sealer
	// MaxConns limits the connections to PostgreSQL; 0 means 10. SQLite has one writer and four readers.
	MaxConns int
	// Exclusive refuses a SQLite file that another Store holds exclusively, with ErrLocked: it may have one engine.
	// Tools that work beside an engine (a backup, a rotation of keys) leave it false. PostgreSQL ignores it.
	Exclusive bool
}

// A Store is an open database. It is safe for concurrent use.
type Store struct {
	*dialect
	writer, reader *sql.DB      // the same pool on PostgreSQL
	release        func() error // gives up what Options.Exclusive holds; nil without
	there          func() error // proves that the SQLite file is still in its place; nil on PostgreSQL
	sealer         *Sealer
}

// Open opens the database at url, `sqlite:PATH` or `postgres://...`, and brings its schema up to date; replicas that
// start at once wait for each other. Its errors are [ErrURL], [ErrUnreachable], [ErrLocked], [ErrNewerSchema] and
// [ErrWrongKey], with an advice, and never repeat a password. The caller closes the Store.
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	if opts.Sealer == nil {
		return nil, errors.New("store: Options.Sealer is required")
	}
	s, err := open(ctx, url, opts)
	if err != nil {
		return nil, explain(err)
	}
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, explain(err)
	}
	return s, nil
}

func open(ctx context.Context, url string, opts Options) (*Store, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, strings.TrimPrefix(rest, "//"), opts)
	case "postgres", "postgresql":
		config, err := pgx.ParseConfig(url)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrURL, err)
		}
		db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(endIdleTransactions))
		conns := opts.MaxConns
		if conns <= 0 {
			conns = 10
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		return &Store{dialect: postgresDialect, writer: db, reader: db, sealer: opts.Sealer}, nil
	default:
		return nil, fmt.Errorf("%w: want sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE", ErrURL)
	}
}

// endIdleTransactions has the server end a transaction that its process left hanging, stopped or cut off, with the
// locks that keep others from taking over. Ours pause for the length of a round trip.
func endIdleTransactions(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET idle_in_transaction_session_timeout = '5s'`)
	return err
}

// prepare migrates and proves that the sealing key fits.
func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.checkKey(ctx)
}

// explain gives the errors of a database that could not be opened a type.
func explain(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("%w: end that process or use another file: %w", ErrLocked, err)
		case sqlite3.SQLITE_NOTADB:
			return fmt.Errorf("the database file is not a SQLite database: %w", err)
		}
	}
	if e, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("%w: %w", ErrUnreachable, e)
	}
	return err
}

// Embedded reports whether the database is SQLite, which has one engine, and not PostgreSQL, which may have many.
func (s *Store) Embedded() bool { return s.dialect == sqliteDialect }

// Ping proves that the database answers, and that a SQLite file was not taken away: what is written to one that was is
// gone with the process.
func (s *Store) Ping(ctx context.Context) error {
	err := s.writer.PingContext(ctx)
	if err == nil && s.there != nil {
		err = s.there()
	}
	if err != nil {
		return fmt.Errorf("ping database: %w", explain(err))
	}
	return nil
}

// Close releases the connections. Transactions under way end first.
func (s *Store) Close() error {
	err := s.writer.Close()
	if s.reader != s.writer {
		err = errors.Join(err, s.reader.Close())
	}
	if s.release != nil {
		err = errors.Join(err, s.release())
	}
	return err
}

// read returns the pool for statements that change nothing.
func (s *Store) read() queryer { return queryer{on: s.reader, dialect: s.dialect} }

// write returns the pool for a single statement that changes rows.
func (s *Store) write() queryer { return queryer{on: s.writer, dialect: s.dialect} }

// transact runs fn in a transaction and commits it when fn returns nil.
func (s *Store) transact(ctx context.Context, fn func(tx queryer) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err := fn(queryer{on: tx, dialect: s.dialect}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// micros is a time as the database keeps it; the zero time is NULL.
func micros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

// instant is the time of a column; NULL is the zero time.
func instant(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return time.UnixMicro(us.Int64).UTC()
}

// clean makes foreign text fit for a text column: PostgreSQL refuses invalid UTF-8 and NUL, and a row it refuses would
// be polled again for ever.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// affected is the error of a statement that should have changed a row: the given one when it changed none.
func affected(n int64, err, missing error) error {
	if err == nil && n == 0 {
		return missing
	}
	return err
}

// notFound turns the absence of a row into [ErrNotFound].
func notFound(err error) error { return absent(err, ErrNotFound) }

// fenced turns the absence of a row that a claim names into [ErrFenced].
func fenced(err error) error { return absent(err, ErrFenced) }

func absent(err, as error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return as
	}
	return err
}
