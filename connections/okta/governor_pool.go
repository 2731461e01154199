package okta

import (
	"math"
	"slices"
	"strings"
)

// A pool is the windows of several routes that are one of Okta's, as far as answers have shown, until they end.
//
// Okta does not tell which routes share a bucket. Those that do are of one resource as a rule, name the same limit and
// the same end, and lose more than their own calls; and an answer to one of them has less left than any of them had
// been told before its call went out. Without pools each route would try the last call of every window, after the
// others have used it up.
type pool struct{ members []*window }

// family is the resource that a route belongs to: "apps" for /api/v1/apps/{id}/users.
func family(route string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(route, "/api/v1/"), "/")
	return name
}

// common is what counts for w: the least that was told, and the sums, of all that share it.
func (w *window) common() (remaining, own, pending int) {
	if w.pool == nil {
		return w.remaining, w.own, w.pending
	}
	remaining = math.MaxInt
	for _, one := range w.pool.members {
		remaining = min(remaining, one.remaining)
		own += one.own
		pending += one.pending
	}
	return remaining, own, pending
}

// shrinks reports whether somebody else draws from w too.
func (w *window) shrinks() bool { return w.confirmed && w.own+w.pending < w.limit-w.remaining }

// akin reports whether w and other may be one of Okta's.
func (w *window) akin(other *window) bool {
	return w != other && w.family == other.family && w.limit == other.limit && w.reset == other.reset &&
		w.shrinks() && other.shrinks() && !w.strange(other)
}

// pooled reports whether w and other are in one pool.
func (w *window) pooled(other *window) bool { return w.pool != nil && w.pool == other.pool }

func (w *window) strange(other *window) bool {
	_, ok := w.strangers[other]
	return ok
}

// told is what answers had left of another window when a call went out.
type told struct {
	window    *window
	reset     int64
	remaining int
}

// look notes what the answer to a call that draws from w can be held against.
func (g *Governor) look(w *window) []told {
	if !w.shrinks() {
		return nil
	}
	var all []told
	for _, b := range g.buckets {
		if other := &b.window; w.akin(other) {
			all = append(all, told{other, other.reset, other.remaining})
		}
	}
	return all
}

// compare holds o, an answer that w has learned from, against what its call saw when it went out, and lets w share with
// all that it may.
func (g *Governor) compare(w *window, o offer, seen []told) {
	if w.reset != o.reset || !w.shrinks() {
		return
	}
	for _, t := range seen {
		if t.reset == o.reset && t.remaining <= o.remaining {
			w.estrange(t.window)
		}
	}
	for _, b := range g.buckets {
		if other := &b.window; w.akin(other) {
			w.join(other)
		}
	}
}

// estrange notes for good that w and other are two of Okta's.
func (w *window) estrange(other *window) {
	if w.pooled(other) {
		w.leave()
	}
	for _, pair := range [][2]*window{{w, other}, {other, w}} {
		if pair[0].strangers == nil {
			pair[0].strangers = make(map[*window]struct{})
		}
		pair[0].strangers[pair[1]] = struct{}{}
	}
}

// join puts w and other, with those who share with them already, in one pool, unless there are strangers among them.
func (w *window) join(other *window) {
	for _, one := range []*window{w, other} {
		if one.pool == nil {
			one.pool = &pool{[]*window{one}}
		}
	}
	if w.pool == other.pool {
		return
	}
	for _, one := range w.pool.members {
		if slices.ContainsFunc(other.pool.members, one.strange) {
			return
		}
	}
	w.pool.members = append(w.pool.members, other.pool.members...)
	for _, one := range other.pool.members {
		one.pool = w.pool
	}
}

// leave takes w out of its pool, if it is in one.
func (w *window) leave() {
	if w.pool != nil {
		w.pool.members = slices.DeleteFunc(w.pool.members, func(one *window) bool { return one == w })
		w.pool = nil
	}
}
