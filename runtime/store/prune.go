package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// pruneBatch is how many rows one transaction removes: a few milliseconds, so that work goes on between.
const pruneBatch = 500

// rateAge is how long [Store.Rates] looks back.
const rateAge = 48 * time.Hour

// Retention says what [Store.Prune] removes; a rule that is zero removes nothing. Events that wait for delivery, and
// those of dead deliveries, are never removed by the rules for events.
type Retention struct {
	EventAge    time.Duration // of delivered and pulled events
	EventCount  int64         // the most events kept per subscription...
	DedupeAge   time.Duration // ...but none younger than this, so that its repetition is recognised
	DeliveryAge time.Duration // of deliveries, after they were delivered
	DeadAge     time.Duration // of dead deliveries and their events
	AuditAge    time.Duration
}

// Prune removes what the retention no longer covers, what has expired, and the rest of deleted subscriptions, in small
// steps. It returns how many rows went. Replicas may prune at once, but one is enough: see [Store.Lease].
func (s *Store) Prune(ctx context.Context, keep Retention) (int64, error) {
	p := pruner{Store: s, ctx: ctx}
	p.remove("deliveries", "id", `status = 'dead' AND finished_at <= now_us() - ?1`, keep.DeadAge)
	p.remove("deliveries", "id", `status = 'delivered' AND finished_at <= now_us() - ?1`, keep.DeliveryAge)
	p.remove("audit", "seq", `at <= now_us() - ?1`, keep.AuditAge)
	p.remove("event_minutes", "minute, stream", `minute <= (now_us() - ?1) / 60000000`, rateAge)
	p.remove("flows", "id", `expires_at <= now_us() - ?1`, time.Microsecond)
	p.remove("leases", "name", `until <= now_us() - ?1`, time.Hour)
	p.remove("idempotent_calls", "scope, key", `expires_at <= now_us() - ?1`, time.Microsecond)
	p.remove("invocations", "id", `expires_at <= now_us() - ?1`, time.Microsecond)
	p.dropStreams()
	p.pruneEvents(keep)
	if p.err != nil {
		return p.removed, fmt.Errorf("prune: %w", p.err)
	}
	return p.removed, nil
}

// pruner counts what is removed and stops at the first error.
type pruner struct {
	*Store
	ctx     context.Context
	removed int64
	err     error
}

// exec runs a statement that removes rows.
func (p *pruner) exec(query string, args ...any) (n int64) {
	if p.err != nil {
		return 0
	}
	n, p.err = p.write().exec(p.ctx, query, args...)
	p.removed += n
	return n
}

// remove removes the rows that meet a condition on an age, a batch at a time.
func (p *pruner) remove(table, key, condition string, age time.Duration) {
	if age > 0 {
		p.removeBatches(table, key, condition, age.Microseconds())
	}
}

func (p *pruner) removeBatches(table, key, condition string, arg int64) {
	// The condition is asked again of each row: a dead delivery may be pending again by now.
	query := fmt.Sprintf(
		`DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s LIMIT %[4]d) AND %[3]s`,
		table, key, condition, pruneBatch)
	for p.exec(query, arg) == pruneBatch {
	}
}

// dropStreams removes what deleted subscriptions left.
func (p *pruner) dropStreams() {
	if p.err != nil {
		return
	}
	var streams []int64
	streams, p.err = rows(p.ctx, p.read(), column[int64], `SELECT stream FROM dropped_streams ORDER BY stream`)
	for _, stream := range streams {
		p.removeBatches("events", "stream, seq", `stream = ?1`, stream)
		p.removeBatches("deliveries", "id", `stream = ?1`, stream)
		p.removeBatches("runs", "stream, run", `stream = ?1`, stream)
		p.removeBatches("event_minutes", "minute, stream", `stream = ?1`, stream)
		p.exec(`DELETE FROM dropped_streams WHERE stream = ?1`, stream)
	}
}

// span is a range of event numbers, both ends included.
type span struct{ first, last int64 }

func scanSpan(row scanner) (sp span, err error) { return sp, row.Scan(&sp.first, &sp.last) }

// pruneEvents visits the subscriptions whose oldest event is too old or one too many.
func (p *pruner) pruneEvents(keep Retention) {
	if p.err != nil || keep.EventAge <= 0 && keep.EventCount <= 0 {
		return
	}
	// A rule that is off asks for an age, or a number, that no event has.
	const never = int64(1) << 62
	age, count := never, never
	if keep.EventAge > 0 {
		age = keep.EventAge.Microseconds()
	}
	if keep.EventCount > 0 {
		count = keep.EventCount
	}
	args := []any{age, count, keep.DedupeAge.Microseconds()}
	var streams []int64
	streams, p.err = rows(p.ctx, p.read(), column[int64], `SELECT s.stream FROM subscriptions s
		JOIN events e ON e.stream = s.stream AND e.seq = (SELECT MIN(seq) FROM events WHERE events.stream = s.stream)
		WHERE e.received_at <= now_us() - ?1
			OR (e.seq <= s.last_seq - ?2 AND e.received_at <= now_us() - ?3)`, args...)
	for _, stream := range streams {
		p.pruneStream(stream, args)
	}
}

// pruneStream removes the events of one subscription up to the newest that may go, except those of unfinished
// deliveries.
func (p *pruner) pruneStream(stream int64, rules []any) {
	if p.err != nil {
		return
	}
	// The oldest event that stays is found from the oldest on, which reads no more than what goes.
	var bounds span
	bounds, p.err = row(p.ctx, p.read(), scanSpan, `SELECT s.batched_seq, COALESCE(
			(SELECT e.seq FROM events e WHERE e.stream = s.stream AND e.received_at > now_us() - ?1
				AND (e.seq > s.last_seq - ?2 OR e.received_at > now_us() - ?3) ORDER BY e.seq LIMIT 1),
			s.last_seq + 1)
		FROM subscriptions s WHERE s.stream = ?4`, append(rules, stream)...)
	if errors.Is(p.err, sql.ErrNoRows) { // deleted meanwhile
		p.err = nil
		return
	}
	if p.err != nil {
		return
	}
	last := min(bounds.first, bounds.last-1)
	var unfinished []span
	unfinished, p.err = rows(p.ctx, p.read(), scanSpan, `SELECT first_seq, last_seq FROM deliveries
		WHERE stream = ?1 AND status IN ('pending', 'dead') AND first_seq <= ?2 ORDER BY first_seq`, stream, last)
	first := int64(1)
	for _, kept := range append(unfinished, span{first: last + 1}) {
		p.removeSpan(stream, span{first, min(kept.first-1, last)})
		first = kept.last + 1
	}
}

func (p *pruner) removeSpan(stream int64, gone span) {
	if gone.first > gone.last {
		return
	}
	query := fmt.Sprintf(`DELETE FROM events WHERE stream = ?1 AND seq IN (
		SELECT seq FROM events WHERE stream = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT %d)`, pruneBatch)
	for p.exec(query, stream, gone.first, gone.last) == pruneBatch {
	}
}
