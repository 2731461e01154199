package store

import (
	"context"
	"errors"
	"fmt"
)

// keyCanary is the name of the secret that proves at Open that the keys fit.
const keyCanary = "key-check"

// Secret returns the named secret that all replicas share. The first to ask stores what makeSecret returns, sealed.
func (s *Store) Secret(ctx context.Context, name string, makeSecret func() ([]byte, error)) ([]byte, error) {
	data, err := s.secret(ctx, name)
	if errors.Is(err, ErrNotFound) {
		fresh, err := makeSecret()
		if err != nil {
			return nil, fmt.Errorf("make secret %s: %w", name, err)
		}
		_, err = s.write().exec(ctx, `INSERT INTO secrets (name, data) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING`,
			name, s.sealer.Seal(place("secrets.data", name), fresh))
		if err != nil {
			return nil, fmt.Errorf("store secret %s: %w", name, err)
		}
		return s.secret(ctx, name)
	}
	return data, err
}

func (s *Store) secret(ctx context.Context, name string) ([]byte, error) {
	sealed, err := row(ctx, s.read(), column[[]byte], `SELECT data FROM secrets WHERE name = ?1`, name)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, notFound(err))
	}
	return s.sealer.Open(place("secrets.data", name), sealed)
}

// checkKey opens a sealed value made with the database: a wrong key is an error now, not garbage later.
func (s *Store) checkKey(ctx context.Context) error {
	_, err := s.Secret(ctx, keyCanary, func() ([]byte, error) { return []byte(keyCanary), nil })
	if errors.Is(err, ErrUnsealable) {
		return fmt.Errorf("%w: give the key it was made with, or several with that one among them", ErrWrongKey)
	}
	return err
}
