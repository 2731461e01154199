package okta

import (
	"net/http"
	"time"
)

// A ticket allows one attempt. Its holder calls done whatever happens, and answered before that if an answer came.
type ticket struct {
	governor   *Governor
	bucket     *bucket
	sent       sent
	seen       []told
	lowered    int // of slots, when it was given
	background bool
	over       bool
}

func (g *Governor) admit(b *bucket, background bool, now time.Time) *ticket {
	g.underWay++
	if background {
		g.background++
	}
	b.underWay++
	seen := g.look(&b.window)
	return &ticket{
		governor: g, bucket: b, sent: b.send(now), seen: seen, lowered: g.slots.lowered, background: background,
	}
}

// answered learns from an answer's headers. It reports whether the line holds all that a repeat has to wait for: after
// false, for a 429 that no bucket explains, the call must stand back by itself.
func (t *ticket) answered(status int, h http.Header) bool {
	now := time.Now()
	o, ok := readOffer(h, now)
	g := t.governor
	g.mu.Lock()
	defer g.mu.Unlock()
	t.bucket.settle(&t.sent)
	defer g.dispatch(now)

	refused := status == http.StatusTooManyRequests
	if refused && h.Get(headerLimit) == "0" {
		if t.lowered == g.slots.lowered { // what left before the last time tells nothing new
			g.slots.lower(g.underWay, now)
		}
		return false
	}
	if !ok {
		if !refused {
			t.bucket.foundOpen()
		}
		return !refused
	}
	t.bucket.learn(o, t.sent, refused)
	if !refused {
		g.compare(&t.bucket.window, o, t.seen)
	}
	if t.bucket.usedUp() {
		g.refuseLate(t.bucket, now)
	}
	return !refused || o.remaining == 0
}

// done gives the ticket back.
func (t *ticket) done() {
	g := t.governor
	g.mu.Lock()
	defer g.mu.Unlock()
	if !t.over {
		t.release()
		g.dispatch(time.Now())
	}
}

func (t *ticket) release() {
	t.over = true
	t.bucket.settle(&t.sent)
	t.bucket.underWay--
	t.governor.underWay--
	if t.background {
		t.governor.background--
	}
}

const (
	regain  = 2 * time.Second // after a refusal for concurrency one more call at once is tried each time, and beyond
	caution = 5               // what was too much so many times more slowly
)

// slots is how many calls the org takes at once. Okta does not tell: it refuses with a limit of 0.
type slots struct {
	most    int
	level   int       // where the last refusal left it
	good    int       // just below what the last refusal was about
	since   time.Time // when that was
	lowered int       // how often
}

func (s *slots) allowed(now time.Time) int {
	n := s.level + int(now.Sub(s.since)/regain)
	if n > s.good {
		n = s.good + (n-s.good)/caution
	}
	return min(s.most, n)
}

func (s *slots) lower(underWay int, now time.Time) {
	refused := min(s.allowed(now), underWay)
	s.good = max(1, refused-1)
	s.level = max(1, refused/2)
	s.since = now
	s.lowered++
}
