package runtime

import (
	"context"
	"time"

	"github.com/okta-connector/okta-connector/runtime/store"
)

const pruneEvery = time.Minute

// DefaultRetention keeps events for a week, at most 100,000 of a subscription, and the audit trail for 90 days.
var DefaultRetention = store.Retention{
	EventAge:    7 * 24 * time.Hour,
	EventCount:  100_000,
	DedupeAge:   15 * time.Minute,
	DeliveryAge: 7 * 24 * time.Hour,
	DeadAge:     30 * 24 * time.Hour,
	AuditAge:    90 * 24 * time.Hour,
}

// prune forgets what is older than its retention, a little at a time, until ctx ends.
func (e *Engine) prune(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := e.store.Prune(ctx, e.retention); err != nil && ctx.Err() == nil {
			e.log.Error("prune", "error", err)
		}
	}
}
