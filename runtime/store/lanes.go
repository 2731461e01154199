package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Shipment is a delivery claimed for sending, with what it takes to send it. Its subscription has no other meanwhile.
type Shipment struct {
	Delivery   Delivery
	Trigger    string
	Connection string
	To         Deliver
	Events     []Event
	Fence      int64 // names the claim in FinishDelivery

	stream int64
	lease  time.Duration
}

// An Outcome is how an attempt ended: delivered, or to be tried again at RetryAt, or, with neither, dead.
type Outcome struct {
	Delivered bool
	RetryAt   time.Time // on this process's clock
	Status    int
	Error     string
	// More asks for the subscription's next delivery in the same step, if one is due: the lane stays claimed.
	More bool
}

const laneColumns = `stream, send_fence, id, trigger_key, connection, paused, deliver, batch_size, last_seq,
	batched_seq`

// lane is a claimed subscription of which the next delivery is sought.
type lane struct {
	stream, fence               int64
	id, trigger, connection     string
	paused                      bool
	deliver                     []byte
	batchSize, lastSeq, batched int64
}

func scanLane(row scanner) (l lane, err error) {
	return l, row.Scan(&l.stream, &l.fence, &l.id, &l.trigger, &l.connection, &l.paused, &l.deliver,
		&l.batchSize, &l.lastSeq, &l.batched)
}

// ClaimDeliveries claims at most n deliveries that are due, of as many subscriptions, for the owner and the length of
// the lease: of each subscription the oldest that is not finished. Each is ended with [Store.FinishDelivery] or
// [Store.ReleaseDelivery].
func (s *Store) ClaimDeliveries(ctx context.Context, owner string, lease time.Duration, n int) ([]*Shipment, error) {
	var claimed []*Shipment
	err := s.transact(ctx, func(tx queryer) error {
		lanes, err := rows(ctx, tx, scanLane, `WITH due AS (
				SELECT stream FROM subscriptions WHERE NOT paused AND send_due_at <= now_us()
				ORDER BY send_due_at LIMIT ?3 `+s.skipLocked+`)
			UPDATE subscriptions SET send_owner = ?1, send_due_at = now_us() + ?2, send_fence = send_fence + 1
			WHERE stream IN (SELECT stream FROM due) RETURNING `+laneColumns, owner, lease.Microseconds(), n)
		if err != nil {
			return err
		}
		claimed = make([]*Shipment, 0, len(lanes))
		for _, l := range lanes {
			shipment, err := s.nextShipment(ctx, tx, l, lease)
			if err != nil {
				return err
			}
			if shipment != nil {
				claimed = append(claimed, shipment)
			}
		}
		return nil
	})
	if err == nil {
		err = s.loadEvents(ctx, claimed...)
	}
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return claimed, nil
}

// ExtendDelivery renews the lease for its full length. The error is [ErrFenced].
func (s *Store) ExtendDelivery(ctx context.Context, d *Shipment) error {
	n, err := s.write().exec(ctx, `UPDATE subscriptions SET send_due_at = now_us() + ?3
		WHERE stream = ?1 AND send_fence = ?2`, d.stream, d.Fence, d.lease.Microseconds())
	if err := affected(n, err, ErrFenced); err != nil {
		return fmt.Errorf("extend delivery %s: %w", d.Delivery.ID, err)
	}
	return nil
}

// FinishDelivery records how an attempt ended. With o.More, and unless this delivery is to be tried again, it returns
// the subscription's next delivery under a new claim, or nil when there is none. The error is [ErrFenced] when the
// claim was lost: the delivery is then somebody else's, and its receiver may get it twice.
func (s *Store) FinishDelivery(ctx context.Context, d *Shipment, o Outcome) (next *Shipment, err error) {
	err = s.transact(ctx, func(tx queryer) error {
		held, err := row(ctx, tx, scanLane, `UPDATE subscriptions
			SET send_due_at = now_us() + ?3, send_fence = send_fence + 1
			WHERE stream = ?1 AND send_fence = ?2 RETURNING `+laneColumns, d.stream, d.Fence, d.lease.Microseconds())
		if err != nil {
			return fenced(err)
		}
		if err := recordAttempt(ctx, tx, d.Delivery.ID, o); err != nil {
			return err
		}
		if o.status() == DeliveryPending {
			_, err := tx.exec(ctx, `UPDATE subscriptions SET send_owner = '', send_due_at = now_us() + ?2 WHERE stream = ?1`,
				d.stream, time.Until(o.RetryAt).Microseconds())
			return err
		}
		if o.More && !held.paused {
			next, err = s.nextShipment(ctx, tx, held, d.lease)
			return err
		}
		return restLane(ctx, tx, d.stream)
	})
	if err == nil && next != nil {
		err = s.loadEvents(ctx, next)
	}
	if err != nil {
		return nil, fmt.Errorf("finish delivery %s: %w", d.Delivery.ID, err)
	}
	return next, nil
}

// ReleaseDelivery gives a claim back as if it had not been made. A claim that was lost is no error.
func (s *Store) ReleaseDelivery(ctx context.Context, d *Shipment) error {
	_, err := s.write().exec(ctx, `UPDATE subscriptions SET send_owner = '', send_due_at = now_us()
		WHERE stream = ?1 AND send_fence = ?2`, d.stream, d.Fence)
	if err != nil {
		return fmt.Errorf("release delivery %s: %w", d.Delivery.ID, err)
	}
	return nil
}

// status is what the delivery becomes.
func (o Outcome) status() string {
	switch {
	case o.Delivered:
		return DeliveryDelivered
	case !o.RetryAt.IsZero():
		return DeliveryPending
	default:
		return DeliveryDead
	}
}

func recordAttempt(ctx context.Context, tx queryer, id string, o Outcome) error {
	status := o.status()
	_, err := tx.exec(ctx, `UPDATE deliveries SET status = ?2, attempts = attempts + 1, last_status = ?3, last_error = ?4,
			finished_at = CASE WHEN ?5 THEN NULL ELSE now_us() END WHERE id = ?1`,
		id, status, o.Status, clean(o.Error), status == DeliveryPending)
	if err != nil {
		return fmt.Errorf("record attempt: %w", err)
	}
	return nil
}

// restLane ends a claim. The lane is due at once when it has work left, and never otherwise.
func restLane(ctx context.Context, tx queryer, stream int64) error {
	_, err := tx.exec(ctx, `UPDATE subscriptions SET send_owner = '', send_due_at = CASE WHEN deliver IS NOT NULL AND (
				batched_seq < last_seq OR EXISTS (SELECT 1 FROM deliveries d
					WHERE d.stream = subscriptions.stream AND d.status = 'pending')) THEN now_us() END
		WHERE stream = ?1`, stream)
	if err != nil {
		return fmt.Errorf("rest lane: %w", err)
	}
	return nil
}

// nextShipment finds the oldest pending delivery of a claimed lane, or makes one of the events that are in none yet.
// Without either it ends the claim and returns nil.
func (s *Store) nextShipment(ctx context.Context, tx queryer, l lane, lease time.Duration) (*Shipment, error) {
	to, err := s.openDeliver(l.id, l.deliver)
	if err != nil {
		return nil, err
	}
	if to == nil {
		return nil, restLane(ctx, tx, l.stream)
	}
	d, err := row(ctx, tx, scanDelivery(), `SELECT `+deliveryColumns+` FROM deliveries
		WHERE stream = ?1 AND status = 'pending' ORDER BY first_seq LIMIT 1`, l.stream)
	if errors.Is(err, sql.ErrNoRows) {
		if l.batched == l.lastSeq {
			return nil, restLane(ctx, tx, l.stream)
		}
		d, err = newDelivery(ctx, tx, l)
	}
	if err != nil {
		return nil, err
	}
	d.Subscription = l.id
	return &Shipment{
		Delivery: d, Trigger: l.trigger, Connection: l.connection, To: *to,
		Fence: l.fence, stream: l.stream, lease: lease,
	}, nil
}

func newDelivery(ctx context.Context, tx queryer, l lane) (Delivery, error) {
	id := fmt.Sprintf("dlv_%013x%s", time.Now().UnixMicro(), rand.Text()[:13])
	last := min(l.batched+max(1, l.batchSize), l.lastSeq)
	d, err := row(ctx, tx, scanDelivery(), `INSERT INTO deliveries (id, stream, first_seq, last_seq, status, attempts,
			last_status, last_error, created_at, pending_since)
		VALUES (?1, ?2, ?3, ?4, 'pending', 0, 0, '', now_us(), now_us()) RETURNING `+deliveryColumns,
		id, l.stream, l.batched+1, last)
	if err != nil {
		return Delivery{}, fmt.Errorf("make delivery: %w", err)
	}
	_, err = tx.exec(ctx, `UPDATE subscriptions SET batched_seq = ?2 WHERE stream = ?1`, l.stream, last)
	return d, err
}

// loadEvents reads the events outside the transaction that claimed them: nothing removes events of a pending delivery.
// When it cannot, it gives the claims back, of which nobody else knows.
func (s *Store) loadEvents(ctx context.Context, shipments ...*Shipment) (err error) {
	for _, d := range shipments {
		d.Events, err = rows(ctx, s.read(), s.scanEvent, `SELECT `+eventColumns+` FROM events
			WHERE stream = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq`, d.stream, d.Delivery.FirstSeq, d.Delivery.LastSeq)
		if err != nil {
			err = fmt.Errorf("events of delivery %s: %w", d.Delivery.ID, err)
			break
		}
	}
	if err != nil {
		for _, d := range shipments {
			err = errors.Join(err, s.ReleaseDelivery(context.WithoutCancel(ctx), d))
		}
	}
	return err
}
