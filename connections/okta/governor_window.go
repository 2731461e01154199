package okta

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

const (
	headerLimit     = "X-Rate-Limit-Limit"
	headerRemaining = "X-Rate-Limit-Remaining"
	headerReset     = "X-Rate-Limit-Reset"

	margin    = time.Second      // Okta's times are whole seconds
	maxWindow = 10 * time.Minute // Okta's windows last one; beyond this a header is garbage
	probes    = 2                // calls at once while nothing is known of a window, and
	probation = time.Second      // as many more for each of these without an answer: one may be slow
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

// A window is what is left of a rate limit until it is reset, as far as answers told.
type window struct {
	share     float64
	open      bool // answers come without headers: no limit is known here
	limit     int  // 0: nothing known
	remaining int  // the least that an answer told; pending calls not taken off
	own       int  // answers of this window
	pending   int  // calls sent in this window whose answer has not come
	reset     int64
	ends      time.Time
	confirmed bool          // an answer told of this window; otherwise a full one is presumed
	since     time.Time     // when the first of the pending calls left
	length    time.Duration // at least
	presumed  int           // counts windows that began with a presumption
	lessons   int           // counts windows
	warned    time.Time     // the end for which usedUp was told

	family    string
	pool      *pool // nil: it is shared with no other route that we know of
	strangers map[*window]struct{}
}

// sent is when a call left, in the counts of its window.
type sent struct {
	presumed, lessons int
	pending           bool
}

func (w *window) send(now time.Time) sent {
	if w.pending == 0 {
		w.since = now
	}
	w.pending++
	return sent{w.presumed, w.lessons, true}
}

// settle ends a call's claim on its window.
func (w *window) settle(s *sent) {
	if s.pending && s.presumed == w.presumed {
		w.pending--
	}
	s.pending = false
}

func (w *window) foundOpen() { w.open = w.limit == 0 }

// quota is how many calls of a full window are ours.
func (w *window) quota() int { return max(1, int(float64(w.limit)*w.share)) }

// ours is how many calls the window has for us, pending ones included.
func (w *window) ours() int {
	remaining, _, _ := w.common()
	return max(0, remaining-(w.limit-w.quota()))
}

// room is how many more calls may leave now. Of what is left we count on the part that was ours of what is used, and
// have no more than half of that under way; and the number under way grows with the answers. So other processes, and
// routes of whose sharing the bucket nobody knows, are noticed before all overshoot together. The last call is always
// taken.
func (w *window) room(now time.Time) int {
	if w.open {
		return math.MaxInt
	}
	w.roll(now)
	ours := w.ours()
	if !w.confirmed {
		most := probes
		if w.pending > 0 {
			most += probes * int(now.Sub(w.since)/probation)
		}
		if w.limit > 0 {
			most = min(most, ours)
		}
		return most - w.pending
	}
	remaining, own, pending := w.common()
	used := w.limit - remaining + pending
	part := min(1, float64(own+pending)/float64(max(1, used)))
	most := min(int(float64(ours)*part/2), probes+own)
	return max(most, min(1, ours)) - pending
}

// roll presumes a new full window once the known one is over. What was sent before was counted in the old one.
func (w *window) roll(now time.Time) {
	if !w.confirmed || now.Before(w.ends) {
		return
	}
	w.leave()
	w.confirmed = false
	w.remaining, w.own, w.pending = w.limit, 0, 0
	w.presumed++
	w.lessons++
}

// nextChance is when room may come without an answer.
func (w *window) nextChance(now time.Time) time.Time {
	if w.confirmed {
		return w.ends
	}
	return now.Add(probation - now.Sub(w.since)%probation)
}

// resetIn is 0 when the end of the window is not known.
func (w *window) resetIn(now time.Time) time.Duration {
	w.roll(now)
	if !w.confirmed {
		return 0
	}
	return w.ends.Sub(now)
}

// wait is the least time until a call can leave that has so many before it.
func (w *window) wait(now time.Time, ahead int) time.Duration {
	if w.limit == 0 {
		return 0
	}
	reset := w.resetIn(now)
	_, _, pending := w.common()
	short := ahead + pending - w.ours()
	if short < 0 {
		return 0
	}
	return reset + time.Duration(short/w.quota())*w.length
}

// learn takes in what the answer to a call told.
func (w *window) learn(o offer, s sent, refused bool) {
	switch {
	case w.confirmed && o.reset == w.reset:
		w.remaining = min(w.remaining, o.remaining)
		if o.ends.Before(w.ends) { // Date is cut to seconds: the least wait is the most exact
			w.ends = o.ends
		}
	case w.limit == 0 || o.reset > w.reset || s.lessons == w.lessons:
		w.leave()
		w.confirmed = true
		w.remaining, w.own, w.reset, w.ends = o.remaining, 0, o.reset, o.ends
		w.lessons++
	default:
		return // late word of a window that is over
	}
	if !refused {
		w.own++
	}
	w.open, w.limit, w.length = false, o.limit, max(w.length, o.left)
}

// usedUp reports, once for each end of a window, that no call is left before it.
func (w *window) usedUp() bool {
	if _, _, pending := w.common(); !w.confirmed || w.ours() > pending || w.ends.Equal(w.warned) {
		return false
	}
	w.warned = w.ends
	return true
}
