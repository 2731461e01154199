package okta

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	defaultConcurrent = 32              // just below the 35 that Okta's smallest plan takes at once
	patience          = 2 * time.Minute // a background call that waited so long counts as any other
	maxBuckets        = 512             // remembered; raw requests may invent routes
)

// GovernorConfig tunes a [Governor]. The zero value works.
type GovernorConfig struct {
	// Share is the part of each bucket that may be used up, above 0 and up to 1; anything else means 1. Calls wait
	// when less than the rest is left, whoever used it.
	Share float64

	// MaxConcurrent is how many calls may be under way at once; 0 means 32.
	MaxConcurrent int
}

// Governor shares one org's rate limits between all calls of the process. It learns them from the X-Rate-Limit headers
// of each answer, one bucket for each method and route, and holds calls back before Okta has to refuse them: first
// come, first served, with background calls behind the others. All clients of an org should share one.
//
// Several routes may draw from one of Okta's buckets: what they have in common is found out from their answers, see
// pool. Other processes are noticed by what they use up. A fixed table of buckets was rejected, because Okta no longer
// publishes one.
type Governor struct {
	share float64

	mu         sync.Mutex
	buckets    map[bucketKey]*bucket
	queued     []*bucket // those with someone in line
	slots      slots
	underWay   int
	background int    // of underWay
	arrivals   uint64 // numbers turns: the order of the line
	timer      *time.Timer
}

// NewGovernor returns a governor that has learned nothing yet.
func NewGovernor(cfg GovernorConfig) *Governor {
	g := &Governor{share: 1, buckets: make(map[bucketKey]*bucket)}
	if cfg.Share > 0 && cfg.Share < 1 {
		g.share = cfg.Share
	}
	g.slots.most = defaultConcurrent
	if cfg.MaxConcurrent > 0 {
		g.slots.most = cfg.MaxConcurrent
	}
	g.slots.level, g.slots.good = g.slots.most, g.slots.most
	return g
}

type backgroundKey struct{}

// Background marks calls that nobody waits for, such as polls: they stand in line behind all others and use at most
// half of the calls that may be under way at once.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// A turn is one operation's place in the line. A repeated attempt keeps it.
type turn struct {
	key        bucketKey
	background bool
	seq        uint64 // 0 until it first stands in line
}

func newTurn(ctx context.Context, method, route string) *turn {
	background, _ := ctx.Value(backgroundKey{}).(bool)
	return &turn{key: bucketKey{method, route}, background: background}
}

// acquire waits for room. It returns a [*RateLimitError] as soon as it is sure that none comes before ctx's deadline,
// and a [*NetworkError] when ctx was over before, or is cancelled.
func (g *Governor) acquire(ctx context.Context, t *turn) (*ticket, error) {
	if err := ctx.Err(); err != nil {
		return nil, interrupted(t.key.method, t.key.route, err)
	}
	w, ticket, err := g.enter(ctx, t)
	if w == nil {
		return ticket, err
	}
	select {
	case <-w.ready:
	case <-ctx.Done():
		g.leave(w, ctx.Err())
	}
	return w.ticket, w.err
}

// enter admits, refuses or puts in line; exactly one of its results is set.
func (g *Governor) enter(ctx context.Context, t *turn) (*waiter, *ticket, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if t.seq == 0 {
		g.arrivals++
		t.seq = g.arrivals
	}
	g.dispatch(now) // who stands in line goes first
	b := g.bucket(t.key, now)
	if g.admits(b, t.background, now) {
		return nil, g.admit(b, t.background, now), nil
	}
	w := &waiter{turn: t, bucket: b, since: now, ready: make(chan struct{})}
	w.deadline, w.limited = ctx.Deadline()
	if wait := b.wait(now, g.ahead(b, t)); w.tooLong(now, wait) {
		return nil, nil, w.refusal(wait)
	}
	g.queue(w)
	g.arm(now)
	return w, nil, nil
}

// leave takes w out of the line because its context is over. A ticket that came at the same moment is given back.
func (g *Governor) leave(w *waiter, cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case w.err != nil: // refused at the same moment
		return
	case w.ticket != nil:
		w.ticket.release()
		w.ticket = nil
	default:
		g.unqueue(w)
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		w.err = w.refusal(w.bucket.wait(now, 0))
	} else {
		w.err = interrupted(w.turn.key.method, w.turn.key.route, cause)
	}
	g.dispatch(now)
}

// dispatch lets everybody go who may, in order, and sets the alarm for the next who will.
func (g *Governor) dispatch(now time.Time) {
	if len(g.queued) == 0 {
		return
	}
	for w := g.next(now); w != nil; w = g.next(now) {
		g.unqueue(w)
		w.ticket = g.admit(w.bucket, w.turn.background, now)
		close(w.ready)
	}
	g.arm(now)
}

// next returns the first in line among those who may go.
func (g *Governor) next(now time.Time) *waiter {
	var first *waiter
	for _, b := range g.queued {
		for i := range b.lines {
			head := b.lines[i].Front()
			if head == nil {
				continue
			}
			w := head.Value.(*waiter)
			if (first == nil || w.before(first, now)) && g.admits(b, w.turn.background, now) {
				first = w
			}
		}
	}
	return first
}

func (g *Governor) admits(b *bucket, background bool, now time.Time) bool {
	allowed := g.slots.allowed(now)
	return g.underWay < allowed &&
		(!background || g.background < max(1, allowed/2)) &&
		b.room(now) > 0
}

// arm sets the timer to the first moment at which time alone makes room for someone in line.
func (g *Governor) arm(now time.Time) {
	var first time.Time
	for _, b := range g.queued {
		if b.room(now) > 0 {
			continue // it waits for a ticket
		}
		if at := b.nextChance(now); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	switch {
	case g.timer == nil && !first.IsZero():
		g.timer = time.AfterFunc(first.Sub(now), g.wake)
	case g.timer == nil:
	case first.IsZero():
		g.timer.Stop()
	default:
		g.timer.Reset(first.Sub(now))
	}
}

func (g *Governor) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dispatch(time.Now())
}

// BucketState is what a governor knows of one route's bucket, for metrics.
type BucketState struct {
	Method, Route    string
	Limit, Remaining int           // 0, 0 while nothing is known
	ResetIn          time.Duration // until calls may draw from a new window; 0 when not known
	Waiting          int           // calls that stand in line
	InFlight         int           // calls under way
}

// Snapshot returns the state of each route called lately, by route and method.
func (g *Governor) Snapshot() []BucketState {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	states := make([]BucketState, 0, len(g.buckets))
	for key, b := range g.buckets {
		resetIn := b.resetIn(now)
		remaining, _, _ := b.common()
		states = append(states, BucketState{
			Method: key.method, Route: key.route,
			ResetIn: resetIn, Limit: b.limit, Remaining: remaining,
			Waiting: b.waiting(), InFlight: b.underWay,
		})
	}
	slices.SortFunc(states, func(a, b BucketState) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method))
	})
	return states
}
