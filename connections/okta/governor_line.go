package okta

import (
	"container/list"
	"slices"
	"time"
)

type routeKey struct{ method, template string }

// A route is one method and path template: what draws from a bucket, and who stands in line to.
type route struct {
	bucket   *bucket
	lines    [2]list.List // of *waiter in order of their turns: steps, background
	underWay int
	pending  int    // calls sent in the present window whose answer has not come
	window   uint64 // counts the bucket's windows as far as we noticed them
	counts   counts
}

func (r *route) waiting() int { return r.lines[0].Len() + r.lines[1].Len() }

// route finds or makes the route of key.
func (g *Governor) route(key routeKey, now time.Time) *route {
	if r := g.routes[key]; r != nil {
		return r
	}
	if len(g.routes) >= maxRoutes {
		g.forget(now)
	}
	r := &route{}
	newBucket(g, r)
	g.routes[key] = r
	return r
}

// forget drops routes that nobody uses: all whose window is over, or else all. Routes in use are as many as there are
// calls, which is bound enough.
func (g *Governor) forget(now time.Time) {
	for _, pastOnly := range []bool{true, false} {
		for key, r := range g.routes {
			if r.underWay > 0 || r.waiting() > 0 || pastOnly && r.bucket.resetIn(now) > 0 {
				continue
			}
			r.bucket.drop(r)
			delete(g.routes, key)
		}
		if len(g.routes) < maxRoutes {
			return
		}
	}
}

// A waiter is one call in line. Exactly one of ticket and err is set when ready is closed.
type waiter struct {
	turn     *turn
	route    *route
	since    time.Time
	deadline time.Time
	limited  bool // there is a deadline
	place    *list.Element
	ready    chan struct{}
	ticket   *ticket
	err      error
}

func (w *waiter) tooLong(now time.Time, wait time.Duration) bool {
	return w.limited && wait > 0 && !now.Add(wait).Before(w.deadline)
}

func (w *waiter) refusal(wait time.Duration) error {
	return &RateLimitError{Route: w.turn.key.template, RetryAfter: wait}
}

// before says who goes first: the one who came first, steps before background calls that were not in line for long.
func (w *waiter) before(other *waiter, now time.Time) bool {
	if a, b := w.yields(now), other.yields(now); a != b {
		return b
	}
	return w.turn.seq < other.turn.seq
}

func (w *waiter) yields(now time.Time) bool {
	return w.turn.background && now.Sub(w.since) < patience
}

func (w *waiter) line() *list.List {
	if w.turn.background {
		return &w.route.lines[1]
	}
	return &w.route.lines[0]
}

// queue puts w at its turn's place: a new call at the end, a repeated one before those who came later.
func (g *Governor) queue(w *waiter) {
	if w.route.waiting() == 0 {
		g.queued = append(g.queued, w.route)
	}
	line := w.line()
	if last := line.Back(); last == nil || last.Value.(*waiter).turn.seq < w.turn.seq {
		w.place = line.PushBack(w)
		return
	}
	at := line.Front()
	for at.Value.(*waiter).turn.seq < w.turn.seq {
		at = at.Next()
	}
	w.place = line.InsertBefore(w, at)
}

func (g *Governor) unqueue(w *waiter) {
	w.line().Remove(w.place)
	if w.route.waiting() == 0 {
		g.queued = slices.DeleteFunc(g.queued, func(r *route) bool { return r == w.route })
	}
}

// refuseLate tells those in line for b who now cannot make their deadline. Only their place among their own route's
// calls is counted, so nobody is refused who could have gone.
func (g *Governor) refuseLate(b *bucket, now time.Time) {
	for _, r := range b.routes {
		for i := range r.lines {
			ahead := 0
			for at := r.lines[i].Front(); at != nil; {
				w := at.Value.(*waiter)
				at = at.Next()
				if wait := b.wait(now, ahead); w.tooLong(now, wait) {
					g.unqueue(w)
					w.err = w.refusal(wait)
					close(w.ready)
					continue
				}
				ahead++
			}
		}
	}
}
