package okta

import (
	"container/list"
	"slices"
	"time"
)

type bucketKey struct{ method, route string }

// A bucket is one method and route: what its window has left, and who stands in line for it.
type bucket struct {
	window
	lines    [2]list.List // of *waiter in order of their turns: steps, background
	underWay int
}

func (b *bucket) waiting() int { return b.lines[0].Len() + b.lines[1].Len() }

// ahead counts who goes before t in b's own lines.
func (b *bucket) ahead(t *turn) int {
	n := 0
	for i := range b.lines {
		line := &b.lines[i]
		last := line.Back()
		switch {
		case i == 1 && !t.background || last == nil:
		case last.Value.(*waiter).turn.seq < t.seq:
			n += line.Len()
		default: // a repeat
			for at := line.Front(); at.Value.(*waiter).turn.seq < t.seq; at = at.Next() {
				n++
			}
		}
	}
	return n
}

// ahead counts who goes before t, also of routes that are known to share b.
func (g *Governor) ahead(b *bucket, t *turn) int {
	n := b.ahead(t)
	for _, other := range g.queued {
		if other != b && other.pooled(&b.window) {
			n += other.ahead(t)
		}
	}
	return n
}

// bucket finds or makes the bucket of key.
func (g *Governor) bucket(key bucketKey, now time.Time) *bucket {
	if b := g.buckets[key]; b != nil {
		return b
	}
	if len(g.buckets) >= maxBuckets {
		g.forget(now)
	}
	b := &bucket{window: window{share: g.share, family: family(key.route)}}
	g.buckets[key] = b
	return b
}

// forget drops buckets that nobody uses: all whose window is over, or else all. Those in use are as many as there are
// calls, which is bound enough.
func (g *Governor) forget(now time.Time) {
	for _, overOnly := range []bool{true, false} {
		for key, b := range g.buckets {
			if b.underWay == 0 && b.waiting() == 0 && (!overOnly || b.resetIn(now) == 0) {
				delete(g.buckets, key)
				b.leave()
				for other := range b.strangers {
					delete(other.strangers, &b.window)
				}
			}
		}
		if len(g.buckets) < maxBuckets {
			return
		}
	}
}

// A waiter is one call in line. Exactly one of ticket and err is set when ready is closed.
type waiter struct {
	turn     *turn
	bucket   *bucket
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
	return &RateLimitError{Route: w.turn.key.route, RetryAfter: wait}
}

// before says who goes first: the one who came first, but steps before background calls that were not in line for long.
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
		return &w.bucket.lines[1]
	}
	return &w.bucket.lines[0]
}

// queue puts w at its turn's place: a new call at the end, a repeated one before those who came later.
func (g *Governor) queue(w *waiter) {
	if w.bucket.waiting() == 0 {
		g.queued = append(g.queued, w.bucket)
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
	if w.bucket.waiting() == 0 {
		g.queued = slices.DeleteFunc(g.queued, func(b *bucket) bool { return b == w.bucket })
	}
}

// refuseLate tells those in line for b who now cannot make their deadline, and those for what shares it.
func (g *Governor) refuseLate(b *bucket, now time.Time) {
	for _, other := range slices.Clone(g.queued) {
		if other == b || other.pooled(&b.window) {
			g.refuseLateIn(other, now)
		}
	}
}

func (g *Governor) refuseLateIn(b *bucket, now time.Time) {
	ahead := 0
	for i := range b.lines {
		for at := b.lines[i].Front(); at != nil; {
			w := at.Value.(*waiter)
			at = at.Next()
			wait := b.wait(now, ahead)
			if !w.tooLong(now, wait) {
				ahead++
				continue
			}
			g.unqueue(w)
			w.err = w.refusal(wait)
			close(w.ready)
		}
	}
}
