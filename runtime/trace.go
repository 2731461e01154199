package runtime

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// startSpan begins a span, which costs nothing and records nothing where nothing is traced.
func (e *Engine) startSpan(
	ctx context.Context, name string, opts ...trace.SpanStartOption,
) (context.Context, trace.Span) {
	if e.tracer == nil {
		return ctx, noop.Span{}
	}
	return e.tracer.Start(ctx, name, opts...)
}

// endSpan gives a span its outcome. The error's own words stay out: they may name a person.
func endSpan(span trace.Span, outcome string, err error) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("connector.outcome", outcome))
	if err != nil {
		span.SetStatus(codes.Error, outcome)
	}
	span.End()
}

func (e *Engine) tracePoll(ctx context.Context, sub store.Subscription) (context.Context, trace.Span) {
	return e.startSpan(ctx, "poll "+sub.Trigger, trace.WithAttributes(
		attribute.String("connector.trigger", sub.Trigger), attribute.String("connector.subscription", sub.ID),
	))
}

// rememberPoll is told before events are committed: from then on they may be delivered.
func (e *Engine) rememberPoll(ctx context.Context, subscription string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		e.polled.Store(subscription, span.SpanContext())
	}
}

// pollEnded tells the log, the metrics and the trace how a poll went.
func (e *Engine) pollEnded(
	ctx context.Context, span trace.Span, sub store.Subscription, run store.Run, err error,
) {
	took := run.EndedAt.Sub(run.StartedAt)
	e.observer.Poll(sub.Trigger, run.Result, run.Events, took)
	span.SetAttributes(attribute.Int("connector.events", run.Events))
	attrs := []any{
		"subscription", sub.ID, "trigger", sub.Trigger, "result", run.Result, "events", run.Events, "pages", run.Pages,
		"ms", took.Milliseconds(),
	}
	if err != nil && !errors.Is(err, errInterrupted) {
		endSpan(span, run.Result, err)
		e.log.WarnContext(ctx, "poll", append(attrs, "error", okta.Loggable(err))...)
		return
	}
	endSpan(span, run.Result, nil)
	e.log.DebugContext(ctx, "poll", attrs...)
}

// traceDelivery links an attempt to the last poll that brought events for it. Another replica's poll, and one before
// the last restart, is not known here.
func (e *Engine) traceDelivery(ctx context.Context, s *store.Shipment) (context.Context, trace.Span) {
	opts := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
			attribute.String("connector.subscription", s.Delivery.Subscription),
			attribute.String("connector.delivery", s.Delivery.ID),
			attribute.Int("connector.events", len(s.Events)), attribute.Int("connector.attempt", s.Delivery.Attempts+1),
		),
	}
	if poll, ok := e.polled.Load(s.Delivery.Subscription); ok {
		opts = append(opts, trace.WithLinks(trace.Link{SpanContext: poll.(trace.SpanContext)}))
	}
	return e.startSpan(ctx, "deliver", opts...)
}

// How an attempt to deliver ended, in the metrics and the trace.
const (
	DeliveryDelivered = "delivered"
	DeliveryRetried   = "retried" // refused, or no answer: it is tried again
	DeliveryDead      = "dead"    // that was the last attempt
)

// deliveryEnded tells the log, the metrics and the trace how an attempt went.
func (e *Engine) deliveryEnded(
	ctx context.Context, span trace.Span, s *store.Shipment, o store.Outcome, took time.Duration,
) {
	level, outcome := e.log.DebugContext, DeliveryDelivered
	var err error
	if !o.Delivered {
		level, outcome, err = e.log.WarnContext, DeliveryRetried, errors.New(o.Error)
		if o.RetryAt.IsZero() {
			outcome = DeliveryDead
		}
	}
	e.observer.Delivery(outcome, len(s.Events), took)
	span.SetAttributes(attribute.Int("http.response.status_code", o.Status))
	endSpan(span, outcome, err)
	level(ctx, "delivery", "subscription", s.Delivery.Subscription, "delivery", s.Delivery.ID, "events", len(s.Events),
		"delivered", o.Delivered, "attempt", s.Delivery.Attempts+1, "status", o.Status, "error", o.Error)
}
