package runtime

import (
	"context"
	"time"
)

const pruneEvery = time.Minute

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
		if err := e.store.Prune(ctx, e.retention); err != nil && ctx.Err() == nil {
			e.log.Error("prune", "error", err)
		}
	}
}
