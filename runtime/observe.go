package runtime

import (
	"context"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// observeInvocation tells the log how a call went, with nothing of what it carried.
func (e *Engine) observeInvocation(ctx context.Context, p *Prepared, stats *okta.Stats, took time.Duration, err error) {
	attrs := []any{
		"action", p.action.Key, "org", p.client.Org(), "ms", took.Milliseconds(), "oktaRequests", stats.Requests(),
		"waitedMs", stats.Waited().Milliseconds(),
	}
	if err != nil {
		e.log.WarnContext(ctx, "invocation failed", append(attrs, "error", okta.Loggable(err))...)
		return
	}
	e.log.DebugContext(ctx, "invocation", attrs...)
}
