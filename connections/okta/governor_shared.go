package okta

import (
	"slices"
	"time"
)

// Several routes may draw from one of Okta's buckets, as everything below /api/v1/apps does. Okta does not say which.
// It shows in the answers: a bucket counts down, so routes that share one have the same limit and reset, never tell the
// same Remaining twice, and each fills the gaps in the other's count.

const (
	maxCounts = 64 // latest values kept of a route's window
	handovers = 4  // how often the count must pass from one route to the other, to believe that it is one
)

// counts is the values of Remaining that a route was told in one window.
type counts struct {
	reset int64
	limit int
	seen  []int
}

func (c *counts) window(o offer) bool { return c.reset == o.reset && c.limit == o.limit }

func (c *counts) add(o offer) {
	if !c.window(o) {
		c.reset, c.limit, c.seen = o.reset, o.limit, c.seen[:0]
	}
	if len(c.seen) == maxCounts {
		c.seen = slices.Delete(c.seen, 0, 1)
	}
	c.seen = append(c.seen, o.remaining)
}

// relate notes o and joins or parts r and the routes whose window looks the same.
func (r *route) relate(routes map[routeKey]*route, o offer) {
	r.counts.add(o)
	for _, other := range routes {
		if other == r || !other.counts.window(o) {
			continue
		}
		joined := other.bucket == r.bucket
		twice := slices.Contains(other.counts.seen, o.remaining)
		switch {
		case joined && twice:
			r.part()
			return
		case !joined && !twice && interleaved(r.counts.seen, other.counts.seen):
			join(r.bucket, other.bucket)
		}
	}
}

// interleaved reports whether a and b look like one count that two routes were told in turns.
func interleaved(a, b []int) bool {
	type told struct {
		value int
		byA   bool
	}
	all := make([]told, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, told{v, true})
	}
	for _, v := range b {
		all = append(all, told{v, false})
	}
	slices.SortFunc(all, func(x, y told) int { return x.value - y.value })
	changes := 0
	for i := 1; i < len(all); i++ {
		if all[i].value == all[i-1].value {
			return false
		}
		if all[i].byA != all[i-1].byA {
			changes++
		}
	}
	return changes >= handovers
}

// join makes from's routes draw from b too.
func join(b, from *bucket) {
	b.remaining = min(b.remaining, from.remaining)
	b.length = max(b.length, from.length)
	for _, r := range from.routes {
		r.bucket = b
	}
	b.routes = append(b.routes, from.routes...)
}

// part gives r a bucket of its own again. Both go on from what their own routes were told.
func (r *route) part() {
	common := r.bucket
	common.drop(r)
	own := *common
	own.routes = []*route{r}
	r.bucket = &own
	own.recount()
	common.recount()
}

func (b *bucket) recount() {
	least := b.limit
	for _, r := range b.routes {
		if r.counts.reset == b.reset && len(r.counts.seen) > 0 {
			least = min(least, slices.Min(r.counts.seen))
		}
	}
	b.remaining = least
}

// contradicts reports whether o, the answer to t, tells of another window than the one that b's routes surely are in.
func (b *bucket) contradicts(o offer, t *ticket, now time.Time) bool {
	return len(b.routes) > 1 && b.confirmed && t.number > b.taught && b.ends.Sub(now) > 2*margin &&
		(o.reset != b.reset || o.limit != b.limit)
}
