package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A CallKey names a call that must happen once: the caller's Idempotency-Key within the API key it came with.
type CallKey struct {
	Scope string
	Key   string
}

// CallState is what [Store.BeginIdempotent] found.
type CallState int

// States of an idempotent call.
const (
	CallStarted     CallState = iota // it is yours to make and to finish
	CallInterrupted                  // it is yours, but who began it vanished: it may have happened
	CallInProgress                   // somebody else is making it
	CallDone                         // it has an answer
	CallMismatch                     // the key was used for another call
)

// A Call is an idempotent call as it was found.
type Call struct {
	State  CallState
	Status int    // with CallDone
	Answer []byte // with CallDone; sealed
}

// BeginIdempotent begins a call, or finds what became of it. The owner must be unique to the attempt; it has the call
// for the length of the lease. The key is forgotten ttl after its first use.
func (s *Store) BeginIdempotent(ctx context.Context, key CallKey, fingerprint, owner string, lease, ttl time.Duration,
) (Call, error) {
	n, err := s.write().exec(ctx, `INSERT INTO idempotent_calls (scope, key, fingerprint, owner, lease_until, expires_at)
		VALUES (?1, ?2, ?3, ?4, now_us() + ?5, now_us() + ?6)
		ON CONFLICT (scope, key) DO UPDATE SET fingerprint = excluded.fingerprint, owner = excluded.owner,
			lease_until = excluded.lease_until, status = NULL, answer = NULL, expires_at = excluded.expires_at
			WHERE idempotent_calls.expires_at <= now_us()`,
		key.Scope, key.Key, fingerprint, owner, lease.Microseconds(), ttl.Microseconds())
	call := Call{State: CallStarted}
	if err == nil && n == 0 {
		call, err = s.findCall(ctx, key, fingerprint, owner, lease)
	}
	if err != nil {
		return Call{}, fmt.Errorf("begin idempotent call: %w", err)
	}
	return call, nil
}

// findCall reads a call that began before, and takes it over when its owner's lease ended.
func (s *Store) findCall(ctx context.Context, key CallKey, fingerprint, owner string, lease time.Duration,
) (Call, error) {
	taken, err := s.write().exec(ctx, `UPDATE idempotent_calls SET owner = ?4, lease_until = now_us() + ?5
		WHERE scope = ?1 AND key = ?2 AND fingerprint = ?3 AND status IS NULL AND lease_until <= now_us()`,
		key.Scope, key.Key, fingerprint, owner, lease.Microseconds())
	if err != nil {
		return Call{}, err
	}
	if taken > 0 {
		return Call{State: CallInterrupted}, nil
	}
	var stored string
	var status sql.NullInt64
	var answer []byte
	_, err = row(ctx, s.write(), func(r scanner) (any, error) {
		return nil, r.Scan(&stored, &status, &answer)
	}, `SELECT fingerprint, status, answer FROM idempotent_calls WHERE scope = ?1 AND key = ?2`, key.Scope, key.Key)
	switch {
	case errors.Is(err, sql.ErrNoRows): // abandoned since the INSERT met it: as good as still in progress
		return Call{State: CallInProgress}, nil
	case err != nil:
		return Call{}, err
	case stored != fingerprint:
		return Call{State: CallMismatch}, nil
	case !status.Valid:
		return Call{State: CallInProgress}, nil
	}
	plain, err := s.sealer.Open(place("idempotent_calls.answer", key.Scope, key.Key), answer)
	return Call{State: CallDone, Status: int(status.Int64), Answer: plain}, err
}

// ExtendIdempotent renews the lease of a long call. The error is [ErrFenced] when it was taken over.
func (s *Store) ExtendIdempotent(ctx context.Context, key CallKey, owner string, lease time.Duration) error {
	n, err := s.write().exec(ctx, `UPDATE idempotent_calls SET lease_until = now_us() + ?4
		WHERE scope = ?1 AND key = ?2 AND owner = ?3 AND status IS NULL`, key.Scope, key.Key, owner, lease.Microseconds())
	if err := affected(n, err, ErrFenced); err != nil {
		return fmt.Errorf("extend idempotent call: %w", err)
	}
	return nil
}

// FinishIdempotent stores the answer, sealed, for whoever comes with the same key. The error is [ErrFenced] when the
// call was taken over.
func (s *Store) FinishIdempotent(ctx context.Context, key CallKey, owner string, status int, answer []byte) error {
	n, err := s.write().exec(ctx, `UPDATE idempotent_calls SET status = ?4, answer = ?5
		WHERE scope = ?1 AND key = ?2 AND owner = ?3 AND status IS NULL`,
		key.Scope, key.Key, owner, status, s.sealer.Seal(place("idempotent_calls.answer", key.Scope, key.Key), answer))
	if err := affected(n, err, ErrFenced); err != nil {
		return fmt.Errorf("finish idempotent call: %w", err)
	}
	return nil
}

// AbandonIdempotent forgets a call that surely did not happen, so that the same key may try again.
func (s *Store) AbandonIdempotent(ctx context.Context, key CallKey, owner string) error {
	_, err := s.write().exec(ctx, `DELETE FROM idempotent_calls
		WHERE scope = ?1 AND key = ?2 AND owner = ?3 AND status IS NULL`, key.Scope, key.Key, owner)
	if err != nil {
		return fmt.Errorf("abandon idempotent call: %w", err)
	}
	return nil
}
