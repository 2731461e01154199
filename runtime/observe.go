package runtime

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// How a call ended, in the log, the metrics and the audit trail.
const (
	OutcomeDone        = "done"
	OutcomePartly      = "partly"       // some of what it set out to write was written
	OutcomeRefused     = "refused"      // by Okta, with a 4xx
	OutcomeRateLimited = "rate_limited" // there was no time to wait for room
	OutcomeCancelled   = "cancelled"    // the caller went away
	OutcomeFailed      = "failed"       // Okta or the network failed; nothing was changed
	OutcomeUnknown     = "unknown"      // whether Okta carried out a write is not known
)

// An Observer is told what an engine has done, for metrics. Its functions must be quick; those that are nil are not
// called.
type Observer struct {
	Invocation func(action, outcome string, took time.Duration)
	Poll       func(trigger, result string, events int, took time.Duration)
	Delivery   func(outcome string, events int, took time.Duration) // delivered, retried, or dead
}

// complete fills in what is nil.
func (o Observer) complete() Observer {
	if o.Invocation == nil {
		o.Invocation = func(string, string, time.Duration) {}
	}
	if o.Poll == nil {
		o.Poll = func(string, string, int, time.Duration) {}
	}
	if o.Delivery == nil {
		o.Delivery = func(string, int, time.Duration) {}
	}
	return o
}

// outcomeOf words how a call ended.
func outcomeOf(err error) string {
	var limited *okta.RateLimitError
	var refused *okta.Error
	switch {
	case err == nil:
		return OutcomeDone
	case okta.OutcomeUnknown(err):
		return OutcomeUnknown
	case errors.Is(err, context.Canceled):
		return OutcomeCancelled
	case errors.As(err, &limited):
		return OutcomeRateLimited
	case errors.As(err, &refused) && refused.Reason == "" && refused.Status < 500:
		return OutcomeRefused
	}
	return OutcomeFailed
}

// writeOutcome also knows of calls of several writes of which one worked and another did not.
func writeOutcome(w okta.Writes, err error) string {
	outcome := outcomeOf(err)
	if outcome != OutcomeUnknown && w.Done > 0 && (err != nil || w.Done < w.Begun) {
		return OutcomePartly
	}
	if err == nil && w.Done == 0 {
		return OutcomeRefused // the action took the refusal for an answer, and reports it in its warnings
	}
	return outcome
}

// An observed is a call under way.
type observed struct {
	e     *Engine
	p     *Prepared
	stats *okta.Stats
	began time.Time
	span  trace.Span
}

// observe begins a call. Its end is told to the log, with nothing of what it carried, to the metrics, the trace, and,
// when it wrote, to the audit trail.
func (e *Engine) observe(ctx context.Context, p *Prepared) (context.Context, *observed) {
	if p.span.IsValid() && !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, p.span) // of a request that was answered before
	}
	ctx, span := e.startSpan(ctx, "invoke "+p.action.Key)
	if span.IsRecording() {
		span.SetAttributes(attribute.String("connector.action", p.action.Key), attribute.String("okta.org", p.client.Org()))
	}
	ctx, stats := okta.WithStats(ctx)
	return ctx, &observed{e: e, p: p, stats: stats, began: time.Now(), span: span}
}

func (o *observed) end(ctx context.Context, err error) {
	took, outcome := time.Since(o.began), outcomeOf(err)
	o.e.observer.Invocation(o.p.action.Key, outcome, took)
	endSpan(o.span, outcome, err)
	o.e.audit(ctx, wroteCall{o.p.caller, o.p.action.Key, o.p.connection}, o.stats.Writes(), err)
	attrs := []any{
		"action", o.p.action.Key, "org", o.p.client.Org(), "outcome", outcome, "ms", took.Milliseconds(),
		"oktaRequests", o.stats.Requests(), "waitedMs", o.stats.Waited().Milliseconds(),
	}
	if err != nil {
		o.e.log.WarnContext(ctx, "invocation failed", append(attrs, "error", okta.Loggable(err))...)
		return
	}
	o.e.log.DebugContext(ctx, "invocation", attrs...)
}
