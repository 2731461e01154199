package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrUnsupported is returned for what this database has tools of its own for.
var ErrUnsupported = errors.New("not supported by this database")

// Stats are what a monitor watches.
type Stats struct {
	Subscriptions     int64
	Paused            int64
	Failing           int64         // not paused, and their last poll went wrong
	PollLag           time.Duration // how long the longest overdue poll has been due; 0: none is
	PendingEvents     int64         // waiting for delivery
	PendingDeliveries int64         // of which an attempt was begun
	DeadDeliveries    int64
}

// Stats counts what is there now.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	stats, err := row(ctx, s.read(), scanStats, `SELECT
			COUNT(*),
			COUNT(CASE WHEN paused THEN 1 END),
			COUNT(CASE WHEN failures > 0 AND NOT paused THEN 1 END),
			COALESCE(now_us() - MIN(CASE WHEN NOT paused AND poll_due_at < now_us() THEN poll_due_at END), 0),
			CAST(COALESCE(SUM(CASE WHEN deliver IS NOT NULL THEN last_seq - batched_seq END), 0)
				+ (SELECT COALESCE(SUM(last_seq - first_seq + 1), 0) FROM deliveries WHERE status = 'pending') AS BIGINT),
			(SELECT COUNT(*) FROM deliveries WHERE status = 'pending'),
			(SELECT COUNT(*) FROM deliveries WHERE status = 'dead')
		FROM subscriptions`)
	if err != nil {
		return Stats{}, fmt.Errorf("database statistics: %w", err)
	}
	return stats, nil
}

func scanStats(row scanner) (Stats, error) {
	var s Stats
	var lag int64
	err := row.Scan(&s.Subscriptions, &s.Paused, &s.Failing, &lag,
		&s.PendingEvents, &s.PendingDeliveries, &s.DeadDeliveries)
	s.PollLag = time.Duration(lag) * time.Microsecond
	return s, err
}

// Recover prepares for an engine that starts: deliveries that wait for another attempt are due at once, and those that
// came due while no engine ran have their whole time before them. On SQLite, which has no other engine (see
// [Options.Exclusive]), it ends every claim and lease that a crash left behind.
func (s *Store) Recover(ctx context.Context) error {
	statements := []string{
		reviveNeglected + `)`,
		`UPDATE subscriptions SET send_due_at = now_us() WHERE stream IN (
			SELECT stream FROM subscriptions WHERE send_owner = '' AND send_due_at > now_us() ` + s.skipLocked + `)`,
	}
	if s.Embedded() {
		statements = append(statements,
			`UPDATE subscriptions SET poll_owner = '', poll_fence = poll_fence + 1, poll_due_at = next_poll_at
				WHERE poll_owner <> ''`,
			`UPDATE subscriptions SET send_owner = '', send_fence = send_fence + 1, send_due_at = now_us()
				WHERE send_owner <> ''`,
			`DELETE FROM leases`,
			`UPDATE idempotent_calls SET lease_until = now_us() WHERE status IS NULL`,
			`UPDATE invocations SET lease_until = now_us() WHERE status = 'running'`,
		)
	}
	err := s.transact(ctx, func(tx queryer) error {
		for _, statement := range statements {
			if _, err := tx.exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	return nil
}

// Backup writes a copy of the embedded database, as of now, to a new file with mode 0600 while work goes on. What is
// sealed stays sealed: keep the key file too. On PostgreSQL the error is [ErrUnsupported].
func (s *Store) Backup(ctx context.Context, file string) error {
	if !s.Embedded() {
		return fmt.Errorf("backup: %w: use pg_dump", ErrUnsupported)
	}
	made, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := made.Close(); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := s.vacuumInto(ctx, file); err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), os.Remove(file))
	}
	return nil
}

// vacuumInto lets a reading connection write, but only to the copy: the writer's goes on with its work.
func (s *Store) vacuumInto(ctx context.Context, file string) error {
	conn, err := s.reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `PRAGMA query_only = 0`); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `VACUUM INTO ?1`, file)
	_, resetErr := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA query_only = 1`)
	return errors.Join(err, resetErr)
}
