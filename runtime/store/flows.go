package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// PutFlow keeps what an OAuth authorization needs when its browser comes back, under the state parameter it was sent
// out with, for the given time. The data is sealed; of the state only a hash is stored.
func (s *Store) PutFlow(ctx context.Context, state string, data []byte, ttl time.Duration) error {
	id := flowID(state)
	_, err := s.write().exec(ctx, `INSERT INTO flows (id, data, expires_at) VALUES (?1, ?2, now_us() + ?3)`,
		id, s.sealer.Seal(place("flows.data", id), data), ttl.Microseconds())
	if err != nil {
		return fmt.Errorf("put flow: %w", err)
	}
	return nil
}

// TakeFlow returns what was kept under a state and forgets it: the second taker gets [ErrNotFound], as does one who
// comes too late.
func (s *Store) TakeFlow(ctx context.Context, state string) ([]byte, error) {
	id := flowID(state)
	sealed, err := row(ctx, s.write(), column[[]byte],
		`DELETE FROM flows WHERE id = ?1 AND expires_at > now_us() RETURNING data`, id)
	if err != nil {
		return nil, fmt.Errorf("take flow: %w", notFound(err))
	}
	return s.sealer.Open(place("flows.data", id), sealed)
}

func flowID(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}
