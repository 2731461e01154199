package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// States of a [Delivery].
const (
	DeliveryPending   = "pending"
	DeliveryDelivered = "delivered"
	DeliveryDead      = "dead"
)

// A Delivery is a batch of consecutive events on its way to the receiver. It is made when it is first claimed, so that
// what gathers behind a slow receiver travels in full batches; from then on its id and its events never change.
type Delivery struct {
	ID                string // sorts by age
	Subscription      string
	FirstSeq, LastSeq int64
	Status            string
	Attempts          int
	LastStatus        int    // the receiver's; 0 when there was no answer
	LastError         string // empty after success

	CreatedAt     time.Time
	PendingSince  time.Time // CreatedAt, or when it was last retried by hand: give up by this
	NextAttemptAt time.Time // zero unless pending
	FinishedAt    time.Time // zero while pending
}

// A DeliveryFilter chooses deliveries; its zero value means all.
type DeliveryFilter struct {
	Status       string
	Subscription string
}

const (
	deliveryColumns = `id, first_seq, last_seq, status, attempts, last_status, last_error,
		created_at, pending_since, finished_at`

	reviveDelivery = `status = 'pending', attempts = 0, pending_since = now_us(), finished_at = NULL`

	// reviveNeglected begins the time of pending deliveries anew that nobody tried for more than a minute after they were
	// due: the engine was down, or the subscription paused. That is no failure of the receiver. A condition on s follows.
	reviveNeglected = `UPDATE deliveries SET ` + reviveDelivery + ` WHERE status = 'pending' AND stream IN (
		SELECT stream FROM subscriptions s WHERE s.send_due_at < now_us() - 60000000`

	// wakeLane makes a lane due that nobody has claimed; a claimed one looks for more work when it ends.
	wakeLane = `send_due_at = CASE WHEN send_owner = '' THEN now_us() ELSE send_due_at END`
)

// RetryDelivery makes a dead delivery pending again, and a pending one due at once. Errors are [ErrConflict] for a
// delivered one, and [ErrNotFound].
func (s *Store) RetryDelivery(ctx context.Context, id string) error {
	err := s.transact(ctx, func(tx queryer) error {
		n, err := tx.exec(ctx, `UPDATE subscriptions SET `+wakeLane+`
			WHERE stream = (SELECT stream FROM deliveries WHERE id = ?1)`, id)
		if err := affected(n, err, ErrNotFound); err != nil {
			return err
		}
		n, err = tx.exec(ctx, `UPDATE deliveries SET `+reviveDelivery+` WHERE id = ?1 AND status <> 'delivered'`, id)
		return affected(n, err, ErrConflict)
	})
	if err != nil {
		return fmt.Errorf("retry delivery %s: %w", id, err)
	}
	return nil
}

// RetryDead makes all dead deliveries of a subscription pending again and returns how many there were.
func (s *Store) RetryDead(ctx context.Context, subscription string) (int, error) {
	var revived int64
	err := s.transact(ctx, func(tx queryer) error {
		stream, err := row(ctx, tx, column[int64], `UPDATE subscriptions SET `+wakeLane+` WHERE id = ?1 RETURNING stream`,
			subscription)
		if err != nil {
			return notFound(err)
		}
		revived, err = tx.exec(ctx, `UPDATE deliveries SET `+reviveDelivery+` WHERE stream = ?1 AND status = 'dead'`, stream)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("retry dead deliveries of %q: %w", subscription, err)
	}
	return int(revived), nil
}

// Delivery returns a delivery, or [ErrNotFound].
func (s *Store) Delivery(ctx context.Context, id string) (Delivery, error) {
	d, err := row(ctx, s.read(), scanListedDelivery, listDeliveries+` WHERE id = ?1`, id)
	if err != nil {
		return Delivery{}, fmt.Errorf("delivery %s: %w", id, notFound(err))
	}
	return d, nil
}

// Deliveries lists at most limit deliveries, newest first, that are older than the one with the id before; an empty id
// means from the newest.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter, before string, limit int) ([]Delivery, error) {
	// Each filter has a text of its own, so that each finds its index.
	conditions, args := []string{`TRUE`}, []any{limit}
	for _, filter := range []struct{ condition, value string }{
		{`status = ?`, f.Status},
		{`subscription = ?`, f.Subscription},
		{`id < ?`, before},
	} {
		if filter.value != "" {
			args = append(args, filter.value)
			conditions = append(conditions, filter.condition+strconv.Itoa(len(args)))
		}
	}
	list, err := rows(ctx, s.read(), scanListedDelivery, listDeliveries+
		` WHERE `+strings.Join(conditions, ` AND `)+` ORDER BY id DESC LIMIT ?1`, args...)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return list, nil
}

const listDeliveries = `SELECT ` + deliveryColumns + `, subscription, send_due_at FROM deliveries
	JOIN (SELECT stream AS of_stream, id AS subscription, send_due_at FROM subscriptions) s ON of_stream = stream`

func scanListedDelivery(row scanner) (Delivery, error) {
	var subscription string
	var due sql.NullInt64
	d, err := scanDelivery(&subscription, &due)(row)
	d.Subscription = subscription
	if d.Status == DeliveryPending {
		d.NextAttemptAt = instant(due)
	}
	return d, err
}

// scanDelivery scans deliveryColumns and then whatever more it is given places for.
func scanDelivery(more ...any) func(scanner) (Delivery, error) {
	return func(row scanner) (Delivery, error) {
		var d Delivery
		var created, since, finished sql.NullInt64
		err := row.Scan(append([]any{
			&d.ID, &d.FirstSeq, &d.LastSeq, &d.Status, &d.Attempts, &d.LastStatus, &d.LastError,
			&created, &since, &finished,
		}, more...)...)
		d.CreatedAt, d.PendingSince, d.FinishedAt = instant(created), instant(since), instant(finished)
		return d, err
	}
}
