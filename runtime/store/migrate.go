package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// migrationLock is the PostgreSQL advisory lock that migrating replicas queue for: "okta" in ASCII.
const migrationLock = 0x6f6b7461

type migration struct {
	version int
	sql     string
}

// dialectMigrations reads migrations/{dialect}/NNNN_what.sql in order. Files are append only: one that was released is
// never edited, because databases exist that ran it.
func dialectMigrations(name string) ([]migration, error) {
	dir := "migrations/" + name
	files, err := fs.ReadDir(migrations, dir)
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, file := range files {
		number, _, _ := strings.Cut(file.Name(), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s: name has no number", file.Name())
		}
		text, err := fs.ReadFile(migrations, dir+"/"+file.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, migration{version: version, sql: string(text)})
	}
	slices.SortFunc(list, func(a, b migration) int { return a.version - b.version })
	return list, nil
}

// migrate applies what is missing, in one transaction that other starting replicas wait for.
func (s *Store) migrate(ctx context.Context) error {
	list, err := dialectMigrations(s.name)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	newest := list[len(list)-1].version
	return s.transact(ctx, func(tx queryer) error {
		present, err := schemaVersion(ctx, tx)
		if err != nil {
			return fmt.Errorf("read schema version: %w", err)
		}
		if present > newest {
			return fmt.Errorf("%w: its schema is version %d, this build knows %d; install the newer version again",
				ErrNewerSchema, present, newest)
		}
		for _, m := range list {
			if m.version <= present {
				continue
			}
			if _, err := tx.exec(ctx, m.sql); err != nil {
				return fmt.Errorf("migrate to schema %d: %w", m.version, err)
			}
			if _, err := tx.exec(ctx, `INSERT INTO schema_migrations (version) VALUES (?1)`, m.version); err != nil {
				return fmt.Errorf("record schema %d: %w", m.version, err)
			}
		}
		return nil
	})
}

// schemaVersion returns 0 for a new database. On PostgreSQL it first takes the lock that only the end of the
// transaction releases; on SQLite the transaction holds the file's write lock already.
func schemaVersion(ctx context.Context, tx queryer) (int, error) {
	if tx.dialect == postgresDialect {
		if _, err := tx.exec(ctx, `SELECT pg_advisory_xact_lock(?1)`, migrationLock); err != nil {
			return 0, err
		}
	}
	if _, err := tx.exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY)`); err != nil {
		return 0, err
	}
	return row(ctx, tx, column[int], `SELECT COALESCE(MAX(version), 0) FROM schema_migrations`)
}
