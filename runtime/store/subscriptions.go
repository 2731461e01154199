package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Subscription is what to watch and where its events go, with the state of its poll.
type Subscription struct {
	ID         string
	Trigger    string
	Connection string
	Inputs     json.RawMessage // sealed
	Schedule   string
	TimeZone   string
	StartFrom  string
	BatchSize  int      // the most events in one delivery
	Deliver    *Deliver // sealed; nil: events are kept for pulling
	Reconcile  bool
	Declared   bool   // by the configuration file, not over HTTP
	State      []byte // sealed; what the engine keeps beside, such as its event hook's id and secret
	Version    int64  // of all the above: grows with each change

	// NextPollAt is when the schedule polls next; zero when nothing is to be polled.
	NextPollAt time.Time

	// The fields below are the store's: Create and Update do not read them.

	Paused   bool
	Epoch    int64           // grows with each rewind
	Cursor   json.RawMessage // nil until a page was committed
	Failures int             // polls that went wrong since the last that went well
	LastPoll *Run            // nil before the first, and in a claim
	Counts   Counts          // zero in a claim

	CreatedAt, UpdatedAt time.Time
}

// Deliver says where a subscription's events are sent.
type Deliver struct {
	URL     string            `json:"url"`
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers,omitempty"`
}

// Counts of a subscription's events.
type Counts struct {
	Received int64 // ever
	Pending  int64 // waiting for delivery
	Dead     int64 // in deliveries that were given up
}

const subscriptionColumns = `id, trigger_key, connection, inputs, schedule, time_zone, start_from, batch_size, deliver,
	reconcile, declared, paused, state, version, epoch, created_at, updated_at, cursor, next_poll_at, failures`

// subscriptionDetails joins what a claim does not need: the last run, and counts.
const subscriptionDetails = `SELECT ` + subscriptionColumns + `, last_seq,
		CASE WHEN deliver IS NULL THEN 0 ELSE last_seq - batched_seq END +
		(SELECT COALESCE(SUM(d.last_seq - d.first_seq + 1), 0) FROM deliveries d
			WHERE d.stream = subscriptions.stream AND d.status = 'pending'),
		(SELECT COALESCE(SUM(d.last_seq - d.first_seq + 1), 0) FROM deliveries d
			WHERE d.stream = subscriptions.stream AND d.status = 'dead'),
		` + runColumns + `
	FROM subscriptions LEFT JOIN runs ON runs.stream = subscriptions.stream AND run = run_count `

// CreateSubscription stores a new subscription, due at its NextPollAt. Errors are [ErrExists], and [ErrNotFound] when
// there is no such connection.
func (s *Store) CreateSubscription(ctx context.Context, sub Subscription) error {
	sealed, err := s.sealSubscription(sub)
	if err != nil {
		return err
	}
	_, err = s.write().exec(ctx, `INSERT INTO subscriptions (id, trigger_key, connection, inputs, schedule, time_zone,
			start_from, batch_size, deliver, reconcile, declared, paused, state, version, epoch, created_at, updated_at,
			next_poll_at, failures, run_count, poll_due_at, poll_owner, poll_fence,
			last_seq, batched_seq, send_owner, send_fence)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, FALSE, ?12, 1, 1, now_us(), now_us(),
			?13, 0, 0, ?13, '', 0, 0, 0, '', 0)`,
		sub.ID, sub.Trigger, sub.Connection, sealed.inputs, sub.Schedule, sub.TimeZone, sub.StartFrom, sub.BatchSize,
		sealed.deliver, sub.Reconcile, sub.Declared, sealed.state, micros(sub.NextPollAt))
	switch violates(err) {
	case uniqueViolation:
		err = ErrExists
	case foreignKeyViolation:
		err = fmt.Errorf("connection %q: %w", sub.Connection, ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("create subscription %q: %w", sub.ID, err)
	}
	return nil
}

// UpdateSubscription replaces the definition if its version is still sub.Version. Trigger, connection and StartFrom
// stay, the cursor too; a poll or delivery under way goes on with what it was claimed with, and a delivery that waits
// for its next attempt is due at once, since the receiver may be what was mended. Errors are [ErrConflict] and
// [ErrNotFound].
func (s *Store) UpdateSubscription(ctx context.Context, sub Subscription) error {
	sealed, err := s.sealSubscription(sub)
	if err != nil {
		return err
	}
	n, err := s.write().exec(ctx, `UPDATE subscriptions SET inputs = ?3, schedule = ?4, time_zone = ?5, batch_size = ?6,
			deliver = ?7, reconcile = ?8, declared = ?9, state = ?10, version = version + 1, updated_at = now_us(),
			next_poll_at = ?11, poll_due_at = CASE WHEN poll_owner = '' THEN ?11 ELSE poll_due_at END, `+wakeLane+`
		WHERE id = ?1 AND version = ?2`,
		sub.ID, sub.Version, sealed.inputs, sub.Schedule, sub.TimeZone, sub.BatchSize, sealed.deliver, sub.Reconcile,
		sub.Declared, sealed.state, micros(sub.NextPollAt))
	if err := s.changed(ctx, sub.ID, n, err); err != nil {
		return fmt.Errorf("update subscription %q: %w", sub.ID, err)
	}
	return nil
}

// UpdateSubscriptionState replaces State alone if the version is still the given one. Errors are [ErrConflict] and
// [ErrNotFound].
func (s *Store) UpdateSubscriptionState(ctx context.Context, id string, version int64, state []byte) error {
	n, err := s.write().exec(ctx, `UPDATE subscriptions SET state = ?3, version = version + 1
		WHERE id = ?1 AND version = ?2`, id, version, s.sealer.Seal(place("subscriptions.state", id), state))
	if err := s.changed(ctx, id, n, err); err != nil {
		return fmt.Errorf("update state of subscription %q: %w", id, err)
	}
	return nil
}

// changed tells why a statement that named a version changed nothing.
func (s *Store) changed(ctx context.Context, id string, n int64, err error) error {
	if err != nil || n > 0 {
		return err
	}
	_, err = row(ctx, s.read(), column[int64], `SELECT stream FROM subscriptions WHERE id = ?1`, id)
	if err != nil {
		return notFound(err)
	}
	return ErrConflict
}

// Subscription returns a subscription with its last poll and counts, or [ErrNotFound].
func (s *Store) Subscription(ctx context.Context, id string) (Subscription, error) {
	sub, err := row(ctx, s.read(), s.scanDetails, subscriptionDetails+`WHERE id = ?1`, id)
	if err != nil {
		return Subscription{}, fmt.Errorf("subscription %q: %w", id, notFound(err))
	}
	return sub, nil
}

// Subscriptions lists at most limit subscriptions whose ids follow after, by id.
func (s *Store) Subscriptions(ctx context.Context, after string, limit int) ([]Subscription, error) {
	list, err := rows(ctx, s.read(), s.scanDetails, subscriptionDetails+`WHERE id > ?1 ORDER BY id LIMIT ?2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list subscriptions: %w", err)
	}
	return list, nil
}

// DeleteSubscription removes a subscription at once; [Store.Prune] removes its events, deliveries and runs bit by bit.
// A poll or delivery under way is fenced off. The error is [ErrNotFound] when there is none.
func (s *Store) DeleteSubscription(ctx context.Context, id string) error {
	err := s.transact(ctx, func(tx queryer) error {
		stream, err := row(ctx, tx, column[int64], `DELETE FROM subscriptions WHERE id = ?1 RETURNING stream`, id)
		if err != nil {
			return notFound(err)
		}
		_, err = tx.exec(ctx, `INSERT INTO dropped_streams (stream) VALUES (?1)`, stream)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete subscription %q: %w", id, err)
	}
	return nil
}

// SetPaused stops or resumes a subscription: while it is paused no poll and no delivery of it is claimed. What is under
// way ends by itself; what was overdue is due at once on resuming, and a delivery then has its whole time before it.
// The error is [ErrNotFound].
func (s *Store) SetPaused(ctx context.Context, id string, paused bool) error {
	err := s.transact(ctx, func(tx queryer) error {
		if _, err := tx.exec(ctx, reviveNeglected+` AND s.id = ?1 AND s.paused)`, id); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE subscriptions SET paused = ?2 WHERE id = ?1`, id, paused)
		return affected(n, err, ErrNotFound)
	})
	if err != nil {
		return fmt.Errorf("pause subscription %q: %w", id, err)
	}
	return nil
}

// Rewind starts a new epoch: the next poll, due at once, begins at cursor (nil: at startFrom) and may bring events
// again that are known already. A poll under way is fenced off. Events that wait for delivery stay: none is lost by
// rewinding. The error is [ErrNotFound].
func (s *Store) Rewind(ctx context.Context, id string, cursor json.RawMessage, startFrom string) error {
	n, err := s.write().exec(ctx, `UPDATE subscriptions SET epoch = epoch + 1, cursor = ?2, start_from = ?3, failures = 0,
			poll_fence = poll_fence + 1, poll_owner = '',
			poll_due_at = CASE WHEN next_poll_at IS NULL THEN NULL ELSE now_us() END,
			next_poll_at = CASE WHEN next_poll_at IS NULL THEN NULL ELSE now_us() END
		WHERE id = ?1`, id, nullable(cursor), startFrom)
	if err := affected(n, err, ErrNotFound); err != nil {
		return fmt.Errorf("rewind subscription %q: %w", id, err)
	}
	return nil
}

type sealedSubscription struct{ inputs, deliver, state []byte }

func (s *Store) sealSubscription(sub Subscription) (sealedSubscription, error) {
	var deliver []byte
	if sub.Deliver != nil {
		var err error
		if deliver, err = json.Marshal(sub.Deliver); err != nil {
			return sealedSubscription{}, fmt.Errorf("encode deliver of subscription %q: %w", sub.ID, err)
		}
	}
	return sealedSubscription{
		inputs:  s.sealer.Seal(place("subscriptions.inputs", sub.ID), sub.Inputs),
		deliver: s.sealer.Seal(place("subscriptions.deliver", sub.ID), deliver),
		state:   s.sealer.Seal(place("subscriptions.state", sub.ID), sub.State),
	}, nil
}

// scanSubscription scans subscriptionColumns and then whatever more it is given places for.
func (s *Store) scanSubscription(row scanner, more ...any) (Subscription, error) {
	var sub Subscription
	var inputs, deliver, state []byte
	var created, updated, next sql.NullInt64
	var cursor sql.NullString
	err := row.Scan(append([]any{
		&sub.ID, &sub.Trigger, &sub.Connection, &inputs, &sub.Schedule, &sub.TimeZone,
		&sub.StartFrom, &sub.BatchSize, &deliver, &sub.Reconcile, &sub.Declared, &sub.Paused, &state, &sub.Version,
		&sub.Epoch, &created, &updated, &cursor, &next, &sub.Failures,
	}, more...)...)
	if err != nil {
		return Subscription{}, err
	}
	sub.CreatedAt, sub.UpdatedAt, sub.NextPollAt = instant(created), instant(updated), instant(next)
	if cursor.Valid {
		sub.Cursor = json.RawMessage(cursor.String)
	}
	if sub.Deliver, err = s.openDeliver(sub.ID, deliver); err != nil {
		return Subscription{}, err
	}
	if sub.Inputs, err = s.sealer.Open(place("subscriptions.inputs", sub.ID), inputs); err != nil {
		return Subscription{}, err
	}
	sub.State, err = s.sealer.Open(place("subscriptions.state", sub.ID), state)
	return sub, err
}

func (s *Store) scanDetails(row scanner) (Subscription, error) {
	var counts Counts
	var last nullableRun
	more := append([]any{&counts.Received, &counts.Pending, &counts.Dead}, last.columns()...)
	sub, err := s.scanSubscription(row, more...)
	if err != nil {
		return Subscription{}, err
	}
	sub.Counts, sub.LastPoll = counts, last.run()
	return sub, nil
}

// openDeliver returns nil for nil.
func (s *Store) openDeliver(id string, sealed []byte) (*Deliver, error) {
	plain, err := s.sealer.Open(place("subscriptions.deliver", id), sealed)
	if err != nil || plain == nil {
		return nil, err
	}
	var deliver Deliver
	if err := json.Unmarshal(plain, &deliver); err != nil {
		return nil, errors.New("decode deliver of subscription " + id) // the decoder's message could repeat a secret
	}
	return &deliver, nil
}

// nullable is a JSON text as the database keeps it; nil is NULL.
func nullable(text json.RawMessage) sql.NullString {
	return sql.NullString{String: string(text), Valid: text != nil}
}
