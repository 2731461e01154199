package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A dialect holds what SQLite and PostgreSQL write differently.
type dialect struct {
	name       string
	skipLocked string // ends a SELECT of rows to claim: pass over what another transaction is claiming

	// elements is a table with one text column, value: the elements of the JSON array in a parameter.
	elements func(parameter string) string
}

var (
	sqliteDialect = &dialect{
		name:     "sqlite",
		elements: func(p string) string { return "json_each(" + p + ")" },
	}
	postgresDialect = &dialect{
		name:       "postgres",
		skipLocked: "FOR UPDATE SKIP LOCKED",
		elements:   func(p string) string { return "json_array_elements_text(" + p + "::json) AS element (value)" },
	}
)

// A queryer runs statements on a pool or within a transaction. Statements number their parameters ?1, ?2...; a question
// mark has no other use in them.
type queryer struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	*dialect
}

// text puts a statement in the dialect's form.
func (d *dialect) text(query string) string {
	if d == postgresDialect {
		return strings.ReplaceAll(query, "?", "$")
	}
	return query
}

// exec runs a statement and returns how many rows it changed.
func (q queryer) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := q.on.ExecContext(ctx, q.text(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row reads one row with scan; without one the error is sql.ErrNoRows.
func row[T any](ctx context.Context, q queryer, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	return scan(q.on.QueryRowContext(ctx, q.text(query), args...))
}

// rows reads every row with scan. The result is not nil, so that it is a list in JSON too.
func rows[T any](
	ctx context.Context, q queryer, scan func(scanner) (T, error), query string, args ...any,
) ([]T, error) {
	all, err := q.on.QueryContext(ctx, q.text(query), args...)
	if err != nil {
		return nil, err
	}
	defer all.Close()
	list := []T{}
	for all.Next() {
		item, err := scan(all)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, all.Err()
}

// scanner is one row: *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// column scans a row of one column.
func column[T any](s scanner) (T, error) {
	var value T
	err := s.Scan(&value)
	return value, err
}

// violation says which rule of the schema an error reports.
type violation int

const (
	noViolation violation = iota
	uniqueViolation
	foreignKeyViolation
)

func violates(err error) violation {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return uniqueViolation
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return foreignKeyViolation
		}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "23505":
			return uniqueViolation
		case "23503":
			return foreignKeyViolation
		}
	}
	return noViolation
}
