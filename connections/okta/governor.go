package okta

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	defaultConcurrent = 32              // just below the 35 that Okta's smallest plan takes at once
	regain            = 2 * time.Second // after a refusal for concurrency, one more call at once every so often
	patience          = 2 * time.Minute // a background call that waited so long counts as any other
	maxRoutes         = 512             // routes remembered; raw requests may invent them
)

// GovernorConfig tunes a [Governor]. The zero value works.
type GovernorConfig struct {
	// Share is the part of each bucket that may be used up, above 0 and up to 1; anything else means 1. Calls wait
	// when less than the rest is left, whoever used it.
	Share float64

	// MaxConcurrent is how many calls may be under way at once; 0 means 32.
	MaxConcurrent int
}

// Governor shares one org's rate limits between all calls of the process. It learns the buckets from the X-Rate-Limit
// headers of each answer and holds calls back before Okta has to refuse them: first come, first served, with background
// calls behind the others. All clients of an org should share one.
//
// Within a bucket never more than half of what is left is under way, so that other processes which draw from the same
// bucket, or routes not yet known to share it, do not overshoot together. A fixed table of buckets was rejected: Okta
// no longer publishes one.
type Governor struct {
	share float64

	mu         sync.Mutex
	routes     map[routeKey]*route
	queued     []*route // those with someone in line
	slots      slots
	underWay   int
	background int    // of underWay
	arrivals   uint64 // numbers turns: the order of the line
	admitted   uint64 // numbers tickets: what was sent before or after what was learned
	timer      *time.Timer
}

// NewGovernor returns a governor that has learned nothing yet.
func NewGovernor(cfg GovernorConfig) *Governor {
	g := &Governor{share: cfg.Share, routes: make(map[routeKey]*route)}
	if !(g.share > 0 && g.share <= 1) { // NaN too
		g.share = 1
	}
	g.slots.most = defaultConcurrent
	if cfg.MaxConcurrent > 0 {
		g.slots.most = cfg.MaxConcurrent
	}
	g.slots.level = g.slots.most
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
	key        routeKey
	background bool
	seq        uint64 // 0 until it first stands in line
}

func newTurn(ctx context.Context, method, template string) *turn {
	background, _ := ctx.Value(backgroundKey{}).(bool)
	return &turn{key: routeKey{method, template}, background: background}
}

// A ticket allows one attempt. Its holder calls done whatever happens, and answered before that if an answer came.
type ticket struct {
	governor   *Governor
	route      *route
	number     uint64
	window     uint64 // the route's window when the ticket was given
	background bool
	pending    bool // its answer has not come
	over       bool
}

// acquire waits for room. It returns a [*RateLimitError] as soon as it is sure that none comes before ctx's deadline,
// and a [*NetworkError] when ctx was over before, or is cancelled.
func (g *Governor) acquire(ctx context.Context, t *turn) (*ticket, error) {
	if err := ctx.Err(); err != nil {
		return nil, interrupted(t.key.method, t.key.template, err)
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
	r := g.route(t.key, now)
	if g.admits(r.bucket, t.background, now) {
		return nil, g.admit(r, t.background), nil
	}
	w := &waiter{turn: t, route: r, since: now, ready: make(chan struct{})}
	w.deadline, w.limited = ctx.Deadline()
	if wait := r.bucket.wait(now, r.bucket.ahead(t)); w.tooLong(now, wait) {
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
	case w.ticket != nil:
		w.ticket.release(now)
		w.ticket = nil
	case w.err != nil: // refused at the same moment
		return
	default:
		g.unqueue(w)
	}
	w.err = interrupted(w.turn.key.method, w.turn.key.template, cause)
	if errors.Is(cause, context.DeadlineExceeded) {
		w.err = w.refusal(w.route.bucket.wait(now, 0))
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
		w.ticket = g.admit(w.route, w.turn.background)
		close(w.ready)
	}
	g.arm(now)
}

// next returns the first in line among those who may go.
func (g *Governor) next(now time.Time) *waiter {
	var first *waiter
	for _, r := range g.queued {
		for i := range r.lines {
			head := r.lines[i].Front()
			if head == nil {
				continue
			}
			w := head.Value.(*waiter)
			if (first == nil || w.before(first, now)) && g.admits(r.bucket, w.turn.background, now) {
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

func (g *Governor) admit(r *route, background bool) *ticket {
	g.underWay++
	if background {
		g.background++
	}
	g.admitted++
	r.underWay++
	r.pending++
	return &ticket{
		governor: g, route: r, number: g.admitted, window: r.window, background: background, pending: true,
	}
}

// arm sets the timer to the first end of a window that someone in line waits for. Who waits for anything else is let
// go by the ticket that is given back.
func (g *Governor) arm(now time.Time) {
	var first time.Time
	for _, r := range g.queued {
		b := r.bucket
		if b.room(now) <= 0 && b.confirmed && (first.IsZero() || b.ends.Before(first)) {
			first = b.ends
		}
	}
	switch {
	case first.IsZero() && g.timer != nil:
		g.timer.Stop()
	case first.IsZero():
	case g.timer == nil:
		g.timer = time.AfterFunc(first.Sub(now), g.wake)
	default:
		g.timer.Reset(first.Sub(now))
	}
}

func (g *Governor) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dispatch(time.Now())
}

// answered learns from an answer's headers. It reports whether the line holds all that a repeat has to wait for: after
// false, for a 429 that no bucket explains, the call must stand back by itself.
func (t *ticket) answered(status int, h http.Header) bool {
	g := t.governor
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	t.settle()
	defer g.dispatch(now)

	refused := status == http.StatusTooManyRequests
	if refused && h.Get(headerLimit) == "0" {
		g.slots.lower(t.number, g.admitted, g.underWay, now)
		return false
	}
	o, ok := readOffer(h, now)
	if !ok {
		if !refused {
			t.route.bucket.foundOpen()
		}
		return !refused
	}
	g.learn(t, o, refused, now)
	return !refused || o.remaining == 0
}

// done gives the ticket back.
func (t *ticket) done() {
	g := t.governor
	g.mu.Lock()
	defer g.mu.Unlock()
	t.release(time.Now())
}

func (t *ticket) release(now time.Time) {
	if t.over {
		return
	}
	t.over = true
	t.settle()
	g := t.governor
	t.route.underWay--
	g.underWay--
	if t.background {
		g.background--
	}
	g.dispatch(now)
}

// settle ends the ticket's claim on its bucket's window.
func (t *ticket) settle() {
	if t.pending && t.window == t.route.window {
		t.route.pending--
	}
	t.pending = false
}

// slots is how many calls the org takes at once. Okta does not tell: it refuses with a limit of 0.
type slots struct {
	most    int
	level   int       // where the last refusal left it
	since   time.Time // when that was
	lowered uint64    // the last ticket given before that
}

func (s *slots) allowed(now time.Time) int {
	return min(s.most, s.level+int(now.Sub(s.since)/regain))
}

// lower halves what is allowed. Refusals of calls that left before the last time tell nothing new.
func (s *slots) lower(number, admitted uint64, underWay int, now time.Time) {
	if number <= s.lowered {
		return
	}
	s.level = max(1, min(s.allowed(now), underWay)/2)
	s.since, s.lowered = now, admitted
}

// BucketState is what a governor knows of one route's bucket, for metrics. Routes that share a bucket tell the same of
// it.
type BucketState struct {
	Method, Route    string
	Limit, Remaining int           // 0, 0 while nothing is known
	ResetIn          time.Duration // until calls may draw from a new window; 0 when not known
	Waiting          int           // calls of this route that stand in line
	InFlight         int           // calls of this route under way
}

// Snapshot returns the state of each route called lately, by route and method.
func (g *Governor) Snapshot() []BucketState {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	states := make([]BucketState, 0, len(g.routes))
	for key, r := range g.routes {
		states = append(states, BucketState{
			Method: key.method, Route: key.template,
			Limit: r.bucket.limit, Remaining: r.bucket.remaining, ResetIn: r.bucket.resetIn(now),
			Waiting: r.waiting(), InFlight: r.underWay,
		})
	}
	slices.SortFunc(states, func(a, b BucketState) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method))
	})
	return states
}
