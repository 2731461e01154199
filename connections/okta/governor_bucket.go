package okta

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	headerLimit     = "X-Rate-Limit-Limit"
	headerRemaining = "X-Rate-Limit-Remaining"
	headerReset     = "X-Rate-Limit-Reset"

	probes    = 4                // calls at once while nothing is known of a bucket's window
	margin    = time.Second      // Okta's times are whole seconds
	maxWindow = 10 * time.Minute // Okta's windows last one; beyond this a header is garbage
)

// An offer is what one answer says of its bucket.
type offer struct {
	limit     int
	remaining int
	reset     int64         // the window's end on Okta's clock, Unix seconds: it identifies the window
	left      time.Duration // until then
	ends      time.Time     // the same on ours, and monotonic, with the margin
}

// readOffer reads the headers of an answer that came at now. It is false when they are missing or make no sense.
func readOffer(h http.Header, now time.Time) (offer, bool) {
	limit, err := strconv.Atoi(h.Get(headerLimit))
	if err != nil || limit < 1 {
		return offer{}, false
	}
	remaining, err := strconv.Atoi(h.Get(headerRemaining))
	if err != nil || remaining < 0 {
		return offer{}, false
	}
	reset, err := strconv.ParseInt(h.Get(headerReset), 10, 64)
	if err != nil {
		return offer{}, false
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = now
	}
	left := time.Unix(reset, 0).Sub(date)
	if left < 0 || left > maxWindow {
		return offer{}, false
	}
	return offer{limit, min(remaining, limit), reset, left, now.Add(left + margin)}, true
}

// A bucket is one of Okta's counters, as far as answers told. It starts with one route, see relate.
type bucket struct {
	governor  *Governor
	routes    []*route
	open      bool // answers come without headers: no limit is known here
	limit     int  // 0: nothing known
	remaining int  // the least that an answer of this window told; pending calls not taken off
	reset     int64
	ends      time.Time
	confirmed bool          // an answer told of this window; otherwise a full one is presumed
	length    time.Duration // of a window, at least
	taught    uint64        // the last ticket given before the window was learned of
	checked   time.Time     // the end for which those in line were last told whether they can make it
}

func newBucket(g *Governor, r *route) {
	r.bucket = &bucket{governor: g, routes: []*route{r}}
}

func (b *bucket) drop(r *route) {
	b.routes = slices.DeleteFunc(b.routes, func(other *route) bool { return other == r })
}

func (b *bucket) foundOpen() { b.open = b.limit == 0 }

// quota is how many calls of a window are ours.
func (b *bucket) quota() int {
	return max(1, int(float64(b.limit)*b.governor.share))
}

// ours is how many calls the window has for us, those without an answer included.
func (b *bucket) ours() int { return max(0, b.remaining-(b.limit-b.quota())) }

func (b *bucket) pending() int {
	n := 0
	for _, r := range b.routes {
		n += r.pending
	}
	return n
}

// room is how many more calls may leave now.
func (b *bucket) room(now time.Time) int {
	if b.open {
		return math.MaxInt
	}
	b.roll(now)
	most := (b.ours() + 1) / 2
	switch {
	case b.limit == 0:
		most = probes
	case !b.confirmed:
		most = min(most, probes)
	}
	return most - b.pending()
}

// roll presumes a new full window once the known one is over. What was sent before was counted in the old one.
func (b *bucket) roll(now time.Time) {
	if !b.confirmed || now.Before(b.ends) {
		return
	}
	b.confirmed = false
	b.remaining = b.limit
	b.taught = b.governor.admitted
	for _, r := range b.routes {
		r.window++
		r.pending = 0
	}
}

// resetIn is 0 when the end of the window is not known.
func (b *bucket) resetIn(now time.Time) time.Duration {
	b.roll(now)
	if !b.confirmed {
		return 0
	}
	return b.ends.Sub(now)
}

// ahead counts who goes before t.
func (b *bucket) ahead(t *turn) int {
	n := 0
	for _, r := range b.routes {
		for i := range r.lines {
			line := &r.lines[i]
			if i == 1 && !t.background || line.Len() == 0 {
				continue
			}
			if line.Back().Value.(*waiter).turn.seq < t.seq {
				n += line.Len()
				continue
			}
			for at := line.Front(); at.Value.(*waiter).turn.seq < t.seq; at = at.Next() {
				n++
			}
		}
	}
	return n
}

// wait is the least time until a call can leave that has so many before it.
func (b *bucket) wait(now time.Time, ahead int) time.Duration {
	if b.limit == 0 {
		return 0
	}
	short := ahead + b.pending() - b.ours()
	if short < 0 {
		return 0
	}
	return b.resetIn(now) + time.Duration(short/b.quota())*b.length
}

// learn takes in what the answer to t told.
func (g *Governor) learn(t *ticket, o offer, refused bool, now time.Time) {
	r := t.route
	if r.bucket.contradicts(o, t, now) {
		r.part()
	}
	b := r.bucket
	same := b.confirmed && o.reset == b.reset
	switch {
	case same:
		b.remaining = min(b.remaining, o.remaining)
		if o.ends.Before(b.ends) { // Date is cut to seconds: the least wait is the most exact
			b.ends = o.ends
		}
	case b.limit == 0 || o.reset > b.reset || t.number > b.taught:
		b.remaining, b.reset, b.ends = o.remaining, o.reset, o.ends
		b.confirmed, b.taught = true, g.admitted
	default:
		return // late word of a window that is over
	}
	b.open, b.limit, b.length = false, o.limit, max(b.length, o.left)
	if !refused {
		r.relate(g.routes, o)
		b = r.bucket
	}
	if b.ours() <= b.pending() && !b.ends.Equal(b.checked) {
		b.checked = b.ends
		g.refuseLate(b, now)
	}
}
