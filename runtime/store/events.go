package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Event is one thing that happened, as the trigger saw it.
type Event struct {
	Seq        int64  // its place in the subscription, from 1 without gaps; the store gives it
	ID         string // the same event always has the same id
	Type       string
	Subject    string
	Time       time.Time       // when it happened; may be zero
	Data       json.RawMessage // sealed
	ReceivedAt time.Time       // when it was stored; the store gives it
}

// A Rate says how many events arrived in the time that begins at Start.
type Rate struct {
	Start  time.Time
	Events int64
}

const eventColumns = `stream, seq, event_id, type, subject, occurred_at, received_at, data`

// insertRows are the numbers of rows that one INSERT of events may have: few, so that few statements are kept prepared.
var insertRows = []int{128, 16, 1}

// AcceptEvents stores events that were brought to us, as [Store.CommitPage] does for a page, and returns how many were
// new. When it returns nil they are safe. The error is [ErrNotFound] when there is no such subscription.
func (s *Store) AcceptEvents(ctx context.Context, subscription string, events []Event) (added int, err error) {
	err = s.transact(ctx, func(tx queryer) error {
		to, err := row(ctx, tx, scanStream, `UPDATE subscriptions SET epoch = epoch
			WHERE id = ?1 RETURNING `+streamColumns, subscription) // an UPDATE, for its lock
		if err != nil {
			return notFound(err)
		}
		added, err = s.appendEvents(ctx, tx, to, events)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("accept events of %q: %w", subscription, err)
	}
	return added, nil
}

// stream is where a subscription's events go. Who holds one holds the lock of the subscription's row.
type stream struct {
	number, epoch, lastSeq, now int64
}

const streamColumns = `stream, epoch, last_seq, now_us()`

func scanStream(row scanner) (st stream, err error) {
	return st, row.Scan(&st.number, &st.epoch, &st.lastSeq, &st.now)
}

// appendEvents stores the events that are new, numbers them and wakes the lane of deliveries. Without a receiver there
// is no lane: the events count as handed over.
func (s *Store) appendEvents(ctx context.Context, tx queryer, to stream, events []Event) (int, error) {
	events, err := unknown(ctx, tx, to, events)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	if err := s.insertEvents(ctx, tx, to, events); err != nil {
		return 0, err
	}
	_, err = tx.exec(ctx, `UPDATE subscriptions SET last_seq = ?2,
			batched_seq = CASE WHEN deliver IS NULL THEN ?2 ELSE batched_seq END,
			send_due_at = CASE WHEN deliver IS NULL OR send_due_at IS NOT NULL THEN send_due_at ELSE ?3 END
		WHERE stream = ?1`, to.number, to.lastSeq+int64(len(events)), to.now)
	if err != nil {
		return 0, fmt.Errorf("number events: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO event_minutes (minute, stream, events) VALUES (?1, ?2, ?3)
		ON CONFLICT (minute, stream) DO UPDATE SET events = event_minutes.events + excluded.events`,
		to.now/time.Minute.Microseconds(), to.number, len(events))
	if err != nil {
		return 0, fmt.Errorf("count events: %w", err)
	}
	return len(events), nil
}

// unknown returns the events that the stream's epoch does not hold yet, each once, in their order.
func unknown(ctx context.Context, tx queryer, to stream, events []Event) ([]Event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = clean(events[i].ID)
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode event ids: %w", err)
	}
	// A scalar subquery is looked up in the index for each id; PostgreSQL would turn IN or EXISTS into a join, which may
	// read the whole stream.
	known, err := rows(ctx, tx, column[string], `SELECT value FROM `+tx.elements(`?1`)+`
		WHERE (SELECT seq FROM events WHERE stream = ?2 AND epoch = ?3 AND event_id = value) IS NOT NULL`,
		string(list), to.number, to.epoch)
	if err != nil {
		return nil, fmt.Errorf("look up known events: %w", err)
	}
	seen := make(map[string]bool, len(events))
	for _, id := range known {
		seen[id] = true
	}
	fresh := make([]Event, 0, len(events))
	for i, event := range events {
		if event.ID = ids[i]; !seen[event.ID] {
			seen[event.ID] = true
			fresh = append(fresh, event)
		}
	}
	return fresh, nil
}

// insertEvents writes the events with a few statements of many rows: on PostgreSQL each costs a round trip.
func (s *Store) insertEvents(ctx context.Context, tx queryer, to stream, events []Event) error {
	seq := to.lastSeq
	for _, n := range insertRows {
		for ; len(events) >= n; events = events[n:] {
			args := make([]any, 0, 4+5*n)
			args = append(args, to.number, to.epoch, to.now, seq)
			for i, e := range events[:n] {
				data := s.sealer.Seal(place("events.data", to.number, seq+int64(i+1)), e.Data)
				args = append(args, e.ID, clean(e.Type), clean(e.Subject), micros(e.Time), data)
			}
			if _, err := tx.exec(ctx, insertEventsText(n), args...); err != nil {
				return fmt.Errorf("insert events: %w", err)
			}
			seq += int64(n)
		}
	}
	return nil
}

// insertEventsText is an INSERT of n events. Parameters: stream, epoch, received_at, the seq before the first; then
// five for each event.
func insertEventsText(n int) string {
	var text strings.Builder
	text.WriteString(`INSERT INTO events
		(stream, epoch, received_at, seq, event_id, type, subject, occurred_at, data) VALUES `)
	for i := range n {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(`(?1, ?2, ?3, ?4 + ` + strconv.Itoa(i+1))
		for p := range 5 {
			text.WriteString(`, ?` + strconv.Itoa(5+5*i+p))
		}
		text.WriteString(`)`)
	}
	return text.String()
}

// Events returns at most limit kept events of a subscription whose Seq follows after, in order. Whoever goes on from
// the last Seq it got misses none. The error is [ErrNotFound] when there is no such subscription.
func (s *Store) Events(ctx context.Context, subscription string, after int64, limit int) ([]Event, error) {
	stream, err := row(ctx, s.read(), column[int64], `SELECT stream FROM subscriptions WHERE id = ?1`, subscription)
	if err != nil {
		return nil, fmt.Errorf("events of %q: %w", subscription, notFound(err))
	}
	list, err := rows(ctx, s.read(), s.scanEvent, `SELECT `+eventColumns+` FROM events
		WHERE stream = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3`, stream, after, limit)
	if err != nil {
		return nil, fmt.Errorf("events of %q: %w", subscription, err)
	}
	return list, nil
}

// Rates counts the events that arrived since a time, in buckets of whole minutes, oldest first; empty ones are left
// out. An empty subscription means all.
func (s *Store) Rates(ctx context.Context, subscription string, since time.Time, bucket time.Duration) ([]Rate, error) {
	minutes := max(1, int64(bucket/time.Minute))
	list, err := rows(ctx, s.read(), scanRate, `SELECT minute / ?3 * ?3, SUM(events) FROM event_minutes
		WHERE minute >= ?2 AND (?1 = '' OR stream = (SELECT stream FROM subscriptions WHERE id = ?1))
		GROUP BY 1 ORDER BY 1`, subscription, since.Unix()/60, minutes)
	if err != nil {
		return nil, fmt.Errorf("event rates: %w", err)
	}
	return list, nil
}

func (s *Store) scanEvent(row scanner) (Event, error) {
	var e Event
	var stream int64
	var occurred, received sql.NullInt64
	var data sql.RawBytes // the driver's own, good until the next row: Open copies
	if err := row.Scan(&stream, &e.Seq, &e.ID, &e.Type, &e.Subject, &occurred, &received, &data); err != nil {
		return Event{}, err
	}
	e.Time, e.ReceivedAt = instant(occurred), instant(received)
	var err error
	e.Data, err = s.sealer.Open(place("events.data", stream, e.Seq), data)
	return e, err
}

func scanRate(row scanner) (Rate, error) {
	var minute int64
	var rate Rate
	err := row.Scan(&minute, &rate.Events)
	rate.Start = time.Unix(minute*60, 0).UTC()
	return rate, err
}
