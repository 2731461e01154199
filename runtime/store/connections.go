package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Connection is what a person stored about one Okta org, and what was learned from it since.
type Connection struct {
	Name     string
	Key      string          // the kind of connection
	Inputs   json.RawMessage // sealed
	State    []byte          // sealed; OAuth tokens and the like; nil when there is none
	Version  int64           // of State: grows with each change
	Declared bool            // by the configuration file, not over HTTP

	CreatedAt, UpdatedAt time.Time
}

// An InUseError says that a connection cannot be removed because subscriptions use it.
type InUseError struct {
	Connection    string
	Subscriptions []string
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("connection %q is used by subscriptions: %s", e.Connection, strings.Join(e.Subscriptions, ", "))
}

const connectionColumns = `name, key, inputs, state, version, declared, created_at, updated_at`

// PutConnection makes or replaces a connection and reports whether it was made. A replaced one keeps its state when
// keepState is set and loses it otherwise, in the same step: tokens of one org never meet the address of another.
// State, Version and the times of c are not read.
func (s *Store) PutConnection(ctx context.Context, c Connection, keepState bool) (created bool, err error) {
	inputs := s.sealer.Seal(place("connections.inputs", c.Name), c.Inputs)
	err = s.transact(ctx, func(tx queryer) error {
		n, err := tx.exec(ctx, `INSERT INTO connections (`+connectionColumns+`)
			VALUES (?1, ?2, ?3, NULL, 1, ?4, now_us(), now_us()) ON CONFLICT (name) DO NOTHING`,
			c.Name, c.Key, inputs, c.Declared)
		created = n > 0
		if err != nil || created {
			return err
		}
		_, err = tx.exec(ctx, `UPDATE connections SET key = ?2, inputs = ?3, declared = ?4, updated_at = now_us(),
				state = CASE WHEN ?5 THEN state END, version = CASE WHEN ?5 THEN version ELSE version + 1 END
			WHERE name = ?1`, c.Name, c.Key, inputs, c.Declared, keepState)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("put connection %q: %w", c.Name, err)
	}
	return created, nil
}

// Connection returns a connection, or [ErrNotFound].
func (s *Store) Connection(ctx context.Context, name string) (Connection, error) {
	c, err := row(ctx, s.read(), s.scanConnection, `SELECT `+connectionColumns+` FROM connections WHERE name = ?1`, name)
	if err != nil {
		return Connection{}, fmt.Errorf("connection %q: %w", name, notFound(err))
	}
	return c, nil
}

// Connections lists at most limit connections whose names follow after, by name.
func (s *Store) Connections(ctx context.Context, after string, limit int) ([]Connection, error) {
	list, err := rows(ctx, s.read(), s.scanConnection,
		`SELECT `+connectionColumns+` FROM connections WHERE name > ?1 ORDER BY name LIMIT ?2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	return list, nil
}

// UpdateConnectionState replaces the state if its version is still the given one, and returns the new version. Errors
// are [ErrConflict], after which the caller reads what somebody else stored, and [ErrNotFound].
func (s *Store) UpdateConnectionState(ctx context.Context, name string, version int64, state []byte) (int64, error) {
	sealed := s.sealer.Seal(place("connections.state", name), state)
	next, err := row(ctx, s.write(), column[int64],
		`UPDATE connections SET state = ?3, version = version + 1 WHERE name = ?1 AND version = ?2 RETURNING version`,
		name, version, sealed)
	if errors.Is(err, sql.ErrNoRows) {
		if _, err = s.Connection(ctx, name); err == nil {
			err = ErrConflict
		}
	}
	if err != nil {
		return 0, fmt.Errorf("update state of connection %q: %w", name, err)
	}
	return next, nil
}

// DeleteConnection removes a connection. It returns an [InUseError] while subscriptions use it, or [ErrNotFound].
func (s *Store) DeleteConnection(ctx context.Context, name string) error {
	n, err := s.write().exec(ctx, `DELETE FROM connections WHERE name = ?1`, name)
	if violates(err) == foreignKeyViolation {
		return s.inUse(ctx, name)
	}
	if err := affected(n, err, ErrNotFound); err != nil {
		return fmt.Errorf("delete connection %q: %w", name, err)
	}
	return nil
}

func (s *Store) inUse(ctx context.Context, name string) error {
	ids, err := rows(ctx, s.read(), column[string], `SELECT id FROM subscriptions WHERE connection = ?1 ORDER BY id`, name)
	if err != nil {
		return fmt.Errorf("delete connection %q: %w", name, err)
	}
	return &InUseError{Connection: name, Subscriptions: ids}
}

func (s *Store) scanConnection(row scanner) (Connection, error) {
	var c Connection
	var inputs, state []byte
	var created, updated sql.NullInt64
	err := row.Scan(&c.Name, &c.Key, &inputs, &state, &c.Version, &c.Declared, &created, &updated)
	if err != nil {
		return Connection{}, err
	}
	c.CreatedAt, c.UpdatedAt = instant(created), instant(updated)
	if c.Inputs, err = s.sealer.Open(place("connections.inputs", c.Name), inputs); err != nil {
		return Connection{}, err
	}
	c.State, err = s.sealer.Open(place("connections.state", c.Name), state)
	return c, err
}
