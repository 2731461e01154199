package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// sqliteReaders is how many connections read beside the one that writes.
const sqliteReaders = 4

// openSQLite opens the file at path with one writing and a few reading connections. One writer makes transactions wait
// for each other in Go, in order, where SQLite would have them poll for its lock.
//
// synchronous=FULL syncs the write-ahead log at each commit: a power cut loses nothing either. NORMAL would do against
// kill -9 and costs the same within 10 % where the disk has a cache; a commit here covers up to 1,000 events. The log
// is copied into the file at 32 MB, not at SQLite's 4, and the writer caches 10 MB: a page of 1,000 events touches as
// many pages of the index on event ids, which are not in order, and most would be written back and read again for
// each.
func openSQLite(ctx context.Context, path string, opts Options) (*Store, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, fmt.Errorf("%w: sqlite: needs the path of a file", ErrURL)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database path: %w", err)
	}
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("create database file: %w", err)
	}
	drv := &sqlite.Driver{}
	err = drv.RegisterScalarFunction("now_us", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return time.Now().UnixMicro(), nil
	})
	if err != nil {
		return nil, fmt.Errorf("register now_us: %w", err)
	}
	pool := func(conns int, path, settings string) *sql.DB {
		file := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
		db := sql.OpenDB(sqliteConnector{driver: drv, dsn: file.String() + "?" + settings})
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		return db
	}
	const settings = "_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_dqs=0" +
		"&_pragma=foreign_keys(1)&_pragma=wal_autocheckpoint(8000)&_pragma=journal_size_limit(67108864)"
	s := &Store{
		dialect: sqliteDialect,
		writer:  pool(1, path, settings+"&_txlock=immediate&_pragma=cache_size(-10000)"),
		reader:  pool(sqliteReaders, path, settings+"&_query_only=1&_pragma=cache_size(-512)"),
		sealer:  opts.Sealer,
		there:   inPlace(path),
	}
	if opts.Exclusive {
		if err := createPrivate(path + "-lock"); err != nil {
			return nil, errors.Join(fmt.Errorf("create lock file: %w", err), s.Close())
		}
		guard := pool(1, path+"-lock", "_pragma=busy_timeout(1000)&_txlock=exclusive")
		if s.release, err = hold(ctx, guard); err != nil {
			return nil, errors.Join(fmt.Errorf("lock database: %w", err), guard.Close(), s.Close())
		}
	}
	return s, nil
}

// hold begins an exclusive transaction on a file that has no other use. The system ends it when the process dies,
// however it dies, so that nothing is left to clean up.
func hold(ctx context.Context, guard *sql.DB) (release func() error, err error) {
	tx, err := guard.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, err
	}
	return func() error { return errors.Join(tx.Rollback(), guard.Close()) }, nil
}

// inPlace returns what finds out whether the file at path is still the one that is there now.
func inPlace(path string) func() error {
	opened, openedErr := os.Stat(path)
	return func() error {
		now, err := os.Stat(path)
		if err = errors.Join(openedErr, err); err == nil && !os.SameFile(opened, now) {
			err = errors.New("the database file was replaced")
		}
		return err
	}
}

// createPrivate makes the file for its owner alone; SQLite gives its side files the same mode.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

type sqliteConnector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c sqliteConnector) Driver() driver.Driver { return c.driver }

// Connect opens a connection that keeps its prepared statements.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(sqliteDriverConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("sqlite driver: %T lacks a method this package needs", conn)
	}
	return &sqliteConn{sqliteDriverConn: inner, idle: map[string]driver.Stmt{}}, nil
}

type sqliteDriverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteConn prepares each statement text once: compiling one costs four times what running it does. It hides the
// driver's Exec and Query, so that database/sql always asks it for a statement; the texts are this package's own and
// few.
type sqliteConn struct {
	sqliteDriverConn
	idle map[string]driver.Stmt
}

func (c *sqliteConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if stmt, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return &sqliteStmt{Stmt: stmt, conn: c, query: query}, nil
	}
	stmt, err := c.sqliteDriverConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &sqliteStmt{Stmt: stmt, conn: c, query: query}, nil
}

func (c *sqliteConn) Close() error {
	for _, stmt := range c.idle {
		stmt.Close()
	}
	clear(c.idle)
	return c.sqliteDriverConn.Close()
}

type sqliteStmt struct {
	driver.Stmt
	conn  *sqliteConn
	query string
}

func (s *sqliteStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s *sqliteStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// Close hands the statement back to its connection; the same text may have been prepared twice when two were in use.
func (s *sqliteStmt) Close() error {
	if _, taken := s.conn.idle[s.query]; taken {
		return s.Stmt.Close()
	}
	s.conn.idle[s.query] = s.Stmt
	return nil
}
