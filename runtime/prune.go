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

// prune forgets what is older than its retention, a little at a time, until ctx ends. One replica at a time does it:
// two would wait for each other's rows.
func (e *Engine) prune(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := e.pruneOnce(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("prune", "error", err)
		}
	}
}

func (e *Engine) pruneOnce(ctx context.Context) error {
	ours, err := e.store.Lease(ctx, "prune", e.owner, pruneEvery)
	if err == nil && ours {
		_, err = e.store.Prune(ctx, e.retention)
	}
	return err
}
