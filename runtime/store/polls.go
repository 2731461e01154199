package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Poll is a subscription claimed for polling: nobody else polls it until the claim is finished, or its lease ends.
type Poll struct {
	Subscription Subscription  // as it was when claimed
	Fence        int64         // names the claim in every later call
	Ahead        time.Duration // how far the database's clock, which says what is due, is ahead of ours

	// Cursor is stored by FinishPoll, which saves a page without events a transaction of its own; nil: it stays.
	Cursor json.RawMessage

	stream int64
	lease  time.Duration
}

// A Page is what one request brought.
type Page struct {
	Events []Event
	Cursor json.RawMessage // where the next request begins; nil: where the subscription starts
}

const pollColumns = subscriptionColumns + `, stream, poll_fence, now_us()`

const claimPoll = `poll_owner = ?1, poll_due_at = now_us() + ?2, poll_fence = poll_fence + 1`

// ClaimPolls claims at most n polls that are due, longest overdue first, for the owner and the length of the lease,
// but none of the connections except. Each claim is ended with [Store.FinishPoll] or [Store.ReleasePoll].
func (s *Store) ClaimPolls(
	ctx context.Context, owner string, lease time.Duration, n int, except ...string,
) ([]*Poll, error) {
	others, args := s.otherConnections(`?4`, except)
	polls, err := rows(ctx, s.write(), s.scanPoll(lease), `WITH due AS (
			SELECT stream FROM subscriptions WHERE NOT paused AND poll_due_at <= now_us()`+others+`
			ORDER BY poll_due_at LIMIT ?3 `+s.skipLocked+`)
		UPDATE subscriptions SET `+claimPoll+` WHERE stream IN (SELECT stream FROM due)
		RETURNING `+pollColumns, append([]any{owner, lease.Microseconds(), n}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("claim polls: %w", err)
	}
	return polls, nil
}

// otherConnections is a condition on a subscription's connection with its argument; both are empty without except.
func (s *Store) otherConnections(parameter string, except []string) (condition string, args []any) {
	if len(except) == 0 {
		return "", nil
	}
	list, _ := json.Marshal(except) // strings always marshal
	return ` AND connection NOT IN (SELECT value FROM ` + s.elements(parameter) + `)`, []any{string(list)}
}

// ClaimPoll claims the poll of one subscription whether it is due or not, paused or not. Errors are [ErrBusy] while
// another claim holds it, and [ErrNotFound].
func (s *Store) ClaimPoll(ctx context.Context, id, owner string, lease time.Duration) (*Poll, error) {
	poll, err := row(ctx, s.write(), s.scanPoll(lease), `UPDATE subscriptions SET `+claimPoll+`
		WHERE id = ?3 AND (poll_owner = '' OR poll_due_at <= now_us())
		RETURNING `+pollColumns, owner, lease.Microseconds(), id)
	if errors.Is(err, sql.ErrNoRows) {
		if _, err = s.Subscription(ctx, id); err == nil {
			err = ErrBusy
		}
	}
	if err != nil {
		return nil, fmt.Errorf("claim poll of %q: %w", id, err)
	}
	return poll, nil
}

// ExtendPoll renews the lease for its full length. The error is [ErrFenced].
func (s *Store) ExtendPoll(ctx context.Context, p *Poll) error {
	n, err := s.write().exec(ctx, `UPDATE subscriptions SET poll_due_at = now_us() + ?3
		WHERE stream = ?1 AND poll_fence = ?2`, p.stream, p.Fence, p.lease.Microseconds())
	if err := affected(n, err, ErrFenced); err != nil {
		return fmt.Errorf("extend poll of %q: %w", p.Subscription.ID, err)
	}
	return nil
}

// CommitPage stores a page in one transaction: its events that are not known yet in this epoch, in their order, and the
// cursor; it renews the lease. It returns how many events were new. The error is [ErrFenced] when the claim was lost.
func (s *Store) CommitPage(ctx context.Context, p *Poll, page Page) (added int, err error) {
	err = s.transact(ctx, func(tx queryer) error {
		lane, err := row(ctx, tx, scanStream, `UPDATE subscriptions SET cursor = ?3, poll_due_at = now_us() + ?4
			WHERE stream = ?1 AND poll_fence = ?2 RETURNING `+streamColumns,
			p.stream, p.Fence, nullable(page.Cursor), p.lease.Microseconds())
		if err != nil {
			return fenced(err)
		}
		added, err = s.appendEvents(ctx, tx, lane, page.Events)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("commit page of %q: %w", p.Subscription.ID, err)
	}
	return added, nil
}

// FinishPoll records the run, counts failures and makes the next poll due; the zero time means never. Where the
// subscription was updated meanwhile, the time given then stands. Run.Number is not read. The error is [ErrFenced].
func (s *Store) FinishPoll(ctx context.Context, p *Poll, run Run, next time.Time) error {
	err := s.transact(ctx, func(tx queryer) error {
		number, err := row(ctx, tx, column[int64], `UPDATE subscriptions SET poll_owner = '',
				poll_due_at = CASE WHEN version = ?5 THEN ?3 ELSE next_poll_at END,
				next_poll_at = CASE WHEN version = ?5 THEN ?3 ELSE next_poll_at END,
				run_count = run_count + 1, failures = CASE WHEN ?4 THEN failures + 1 ELSE 0 END,
				cursor = COALESCE(?6, cursor)
			WHERE stream = ?1 AND poll_fence = ?2 RETURNING run_count`,
			p.stream, p.Fence, micros(next), run.Result == RunError, p.Subscription.Version, nullable(p.Cursor))
		if err != nil {
			return fenced(err)
		}
		run.Number = number
		return recordRun(ctx, tx, p.stream, run)
	})
	if err != nil {
		return fmt.Errorf("finish poll of %q: %w", p.Subscription.ID, err)
	}
	return nil
}

// ReleasePoll gives a claim back as if it had not been made, so that somebody else may poll at once. An engine that is
// told to stop uses it. A claim that was lost is no error.
func (s *Store) ReleasePoll(ctx context.Context, p *Poll) error {
	_, err := s.write().exec(ctx, `UPDATE subscriptions SET poll_owner = '', poll_due_at = next_poll_at
		WHERE stream = ?1 AND poll_fence = ?2`, p.stream, p.Fence)
	if err != nil {
		return fmt.Errorf("release poll of %q: %w", p.Subscription.ID, err)
	}
	return nil
}

// NextDue returns when the next poll and the next delivery may be claimed, on this process's clock; the zero time means
// that nothing is waiting. Polls of the connections except do not count. An engine sleeps until then, but not for long
// when replicas may add work.
func (s *Store) NextDue(ctx context.Context, except ...string) (poll, delivery time.Time, err error) {
	others, args := s.otherConnections(`?1`, except)
	in, err := row(ctx, s.read(), func(r scanner) (in [2]sql.NullInt64, err error) {
		return in, r.Scan(&in[0], &in[1])
	}, `SELECT (SELECT MIN(poll_due_at) FROM subscriptions WHERE NOT paused`+others+`) - now_us(),
		(SELECT MIN(send_due_at) FROM subscriptions WHERE NOT paused) - now_us()`, args...)
	if err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("next due: %w", err)
	}
	now := time.Now()
	if in[0].Valid {
		poll = now.Add(time.Duration(in[0].Int64) * time.Microsecond)
	}
	if in[1].Valid {
		delivery = now.Add(time.Duration(in[1].Int64) * time.Microsecond)
	}
	return poll, delivery, nil
}

// scanPoll scans the pollColumns of a claim that begins now.
func (s *Store) scanPoll(lease time.Duration) func(scanner) (*Poll, error) {
	began := time.Now()
	return func(row scanner) (*Poll, error) {
		poll := &Poll{lease: lease}
		var now int64
		var err error
		poll.Subscription, err = s.scanSubscription(row, &poll.stream, &poll.Fence, &now)
		if !s.Embedded() {
			poll.Ahead = time.UnixMicro(now).Sub(began)
		}
		return poll, err
	}
}
