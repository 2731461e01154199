package okta

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxRequestIDs bounds what a long Fetch All remembers; the latest ids are the useful ones.
const maxRequestIDs = 50

// Stats counts what one call of ours cost at Okta. It is safe for concurrent use.
type Stats struct {
	outer      *Stats // counts the same and more; nil for none
	mu         sync.Mutex
	requests   int
	waited     time.Duration
	requestIDs []string
	writes     Writes
}

type statsKey struct{}

// WithStats returns a context whose requests are counted in the returned Stats, and still in those of ctx, if it has
// any.
func WithStats(ctx context.Context) (context.Context, *Stats) {
	s := new(Stats)
	s.outer, _ = ctx.Value(statsKey{}).(*Stats)
	return context.WithValue(ctx, statsKey{}, s), s
}

func statsOf(ctx context.Context) *Stats {
	if s, ok := ctx.Value(statsKey{}).(*Stats); ok {
		return s
	}
	return new(Stats)
}

// Requests returns how many HTTP requests may have got to Okta, retries included.
func (s *Stats) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Waited returns how long the call stood still for rate limits and between retries.
func (s *Stats) Waited() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waited
}

// RequestIDs returns Okta's X-Okta-Request-Id of the latest answers, oldest first.
func (s *Stats) RequestIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.requestIDs...)
}

func (s *Stats) answered(id string) {
	if s.outer != nil {
		s.outer.answered(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if id == "" {
		return
	}
	if len(s.requestIDs) == maxRequestIDs {
		s.requestIDs = slices.Delete(s.requestIDs, 0, 1)
	}
	s.requestIDs = append(s.requestIDs, id)
}

func (s *Stats) stoodStill(d time.Duration) {
	if s.outer != nil {
		s.outer.stoodStill(d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waited += d
}

// sleep stands still for d, and reports whether ctx let it.
func (s *Stats) sleep(ctx context.Context, d time.Duration) bool {
	began := time.Now()
	defer func() { s.stoodStill(time.Since(began)) }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
