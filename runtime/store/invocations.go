package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// States of an [Invocation].
const (
	InvocationRunning   = "running"
	InvocationDone      = "done"
	InvocationFailed    = "failed"
	InvocationCancelled = "cancelled"
	InvocationLost      = "lost" // who ran it vanished: it may have happened
)

// An Invocation is a call that goes on after its request was answered.
type Invocation struct {
	ID         string
	Scope      string // the API key it came with
	Action     string
	Status     string
	Progress   json.RawMessage // nil before the first
	HTTPStatus int             // of the answer; 0 while running
	Answer     []byte          // sealed; nil while running
	Cancelled  bool            // somebody asked for its end

	CreatedAt  time.Time
	FinishedAt time.Time // zero while running
	ExpiresAt  time.Time
}

// CreateInvocation stores a running invocation for its owner, who renews the lease by [Store.ReportInvocation]. It is
// forgotten after ttl. ID, Scope and Action of inv are read.
func (s *Store) CreateInvocation(ctx context.Context, inv Invocation, owner string, lease, ttl time.Duration) error {
	_, err := s.write().exec(ctx, `INSERT INTO invocations (id, scope, action, status, http_status, cancelled, owner,
			lease_until, created_at, expires_at)
		VALUES (?1, ?2, ?3, 'running', 0, FALSE, ?4, now_us() + ?5, now_us(), now_us() + ?6)`,
		inv.ID, inv.Scope, inv.Action, owner, lease.Microseconds(), ttl.Microseconds())
	if violates(err) == uniqueViolation {
		err = ErrExists
	}
	if err != nil {
		return fmt.Errorf("create invocation %s: %w", inv.ID, err)
	}
	return nil
}

// ReportInvocation stores progress, renews the lease, and tells whether somebody asked for the invocation's end. The
// error is [ErrFenced] when it is not the owner's to report on, or has ended.
func (s *Store) ReportInvocation(ctx context.Context, id, owner string, progress json.RawMessage, lease time.Duration,
) (cancelled bool, err error) {
	cancelled, err = row(ctx, s.write(), column[bool], `UPDATE invocations SET progress = ?3, lease_until = now_us() + ?4
		WHERE id = ?1 AND owner = ?2 AND status = 'running' RETURNING cancelled`,
		id, owner, nullable(progress), lease.Microseconds())
	if err != nil {
		return false, fmt.Errorf("report invocation %s: %w", id, fenced(err))
	}
	return cancelled, nil
}

// FinishInvocation stores how an invocation ended and its answer, sealed, to be forgotten after ttl. The error is
// [ErrFenced].
func (s *Store) FinishInvocation(ctx context.Context, id, owner, status string, httpStatus int, answer []byte,
	ttl time.Duration,
) error {
	n, err := s.write().exec(ctx, `UPDATE invocations SET status = ?3, http_status = ?4, answer = ?5,
			finished_at = now_us(), expires_at = now_us() + ?6
		WHERE id = ?1 AND owner = ?2 AND status = 'running'`,
		id, owner, status, httpStatus, s.sealer.Seal(place("invocations.answer", id), answer), ttl.Microseconds())
	if err := affected(n, err, ErrFenced); err != nil {
		return fmt.Errorf("finish invocation %s: %w", id, err)
	}
	return nil
}

// CancelInvocation asks for the end of an invocation; its owner learns it with the next report. Asking after the end
// changes nothing. The error is [ErrNotFound].
func (s *Store) CancelInvocation(ctx context.Context, id string) error {
	n, err := s.write().exec(ctx, `UPDATE invocations SET cancelled = (cancelled OR status = 'running')
		WHERE id = ?1 AND expires_at > now_us()`, id)
	if err := affected(n, err, ErrNotFound); err != nil {
		return fmt.Errorf("cancel invocation %s: %w", id, err)
	}
	return nil
}

// Invocation returns an invocation that has not expired, or [ErrNotFound]. One whose owner let the lease end is lost.
func (s *Store) Invocation(ctx context.Context, id string) (Invocation, error) {
	inv, err := row(ctx, s.read(), s.scanInvocation, `SELECT id, scope, action,
			CASE WHEN status = 'running' AND lease_until <= now_us() THEN 'lost' ELSE status END,
			progress, http_status, answer, cancelled, created_at, finished_at, expires_at
		FROM invocations WHERE id = ?1 AND expires_at > now_us()`, id)
	if err != nil {
		return Invocation{}, fmt.Errorf("invocation %s: %w", id, notFound(err))
	}
	return inv, nil
}

func (s *Store) scanInvocation(row scanner) (Invocation, error) {
	var inv Invocation
	var progress sql.NullString
	var answer []byte
	var created, finished, expires sql.NullInt64
	err := row.Scan(&inv.ID, &inv.Scope, &inv.Action, &inv.Status, &progress, &inv.HTTPStatus, &answer, &inv.Cancelled,
		&created, &finished, &expires)
	if err != nil {
		return Invocation{}, err
	}
	if progress.Valid {
		inv.Progress = json.RawMessage(progress.String)
	}
	inv.CreatedAt, inv.FinishedAt, inv.ExpiresAt = instant(created), instant(finished), instant(expires)
	inv.Answer, err = s.sealer.Open(place("invocations.answer", inv.ID), answer)
	return inv, err
}
