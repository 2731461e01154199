package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Lease takes or renews the named lease for an owner and reports whether it did; false means that somebody else has it.
// With it one replica at a time refreshes a connection's tokens, sets up an event hook or prunes. It carries no fence:
// what it protects is written with a version.
func (s *Store) Lease(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	_, err := row(ctx, s.write(), column[string], `INSERT INTO leases (name, owner, until) VALUES (?1, ?2, now_us() + ?3)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
			WHERE leases.owner = excluded.owner OR leases.until <= now_us()
		RETURNING owner`, name, owner, ttl.Microseconds())
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lease %s: %w", name, err)
	}
	return true, nil
}

// Release gives the named lease back if the owner still has it.
func (s *Store) Release(ctx context.Context, name, owner string) error {
	_, err := s.write().exec(ctx, `DELETE FROM leases WHERE name = ?1 AND owner = ?2`, name, owner)
	if err != nil {
		return fmt.Errorf("release %s: %w", name, err)
	}
	return nil
}
