package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/okta-connector/okta-connector/connections/okta"
)

const tracerName = "github.com/okta-connector/okta-connector"

// Tracing sends spans to a collector, by OTLP over HTTP, where the standard OTEL_* variables ask for it.
type Tracing struct {
	Tracer   trace.Tracer                // nil while tracing is off
	Shutdown func(context.Context) error // sends what is left; call it once
}

// NewTracing reads the environment. Tracing is on when OTEL_EXPORTER_OTLP_ENDPOINT, its form for traces, or
// OTEL_TRACES_EXPORTER=otlp is set, and neither OTEL_TRACES_EXPORTER=none nor OTEL_SDK_DISABLED=true; the SDK reads the
// variables of its exporter, sampler, batches and resource itself. The error names the variable that is wrong.
func NewTracing(ctx context.Context, version string, env func(string) string, log *slog.Logger) (*Tracing, error) {
	on, err := wanted(env)
	if err != nil {
		return nil, err
	}
	if !on {
		return &Tracing{Shutdown: func(context.Context) error { return nil }}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("trace exporter: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(
			attribute.String("service.name", "okta-connector"), attribute.String("service.version", version),
		),
		resource.WithTelemetrySDK(), resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", "error", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return &Tracing{
		Tracer:   provider.Tracer(tracerName, trace.WithInstrumentationVersion(version)),
		Shutdown: provider.Shutdown,
	}, nil
}

func wanted(env func(string) string) (bool, error) {
	exporter := env("OTEL_TRACES_EXPORTER")
	endpoint := env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	switch {
	case env("OTEL_SDK_DISABLED") == "true" || exporter == "none":
		return false, nil
	case exporter != "" && exporter != "otlp":
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER must be otlp or none, not %q", exporter)
	case exporter == "" && !endpoint:
		return false, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"} {
		if protocol := env(name); protocol != "" && protocol != "http/protobuf" {
			return false, fmt.Errorf("%s must be http/protobuf, not %q", name, protocol)
		}
	}
	return true, nil
}

// Attempt leaves a span for one request to Okta, as long as it took. The path and the error's words stay out: they may
// name a person.
func (t *Tracing) Attempt(ctx context.Context, a okta.Attempt) {
	if t.Tracer == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return
	}
	_, span := t.Tracer.Start(ctx, a.Method+" "+a.Route, trace.WithTimestamp(a.Began),
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("http.request.method", a.Method), attribute.String("url.template", a.Route),
			attribute.String("server.address", a.Org), attribute.Int("http.response.status_code", a.Status),
			attribute.String("okta.request_id", a.RequestID),
		))
	if a.Err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(a.Began.Add(a.Took)))
}

// Propagate returns a transport that tells the other side which trace a request belongs to, with the headers of W3C
// Trace Context. It does so also while tracing is off, for a trace that somebody else began.
func Propagate(next http.RoundTripper) http.RoundTripper { return propagating{next} }

type propagating struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (p propagating) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace.SpanContextFromContext(r.Context()).IsValid() {
		r = r.Clone(r.Context())
		propagation.TraceContext{}.Inject(r.Context(), propagation.HeaderCarrier(r.Header))
	}
	return p.next.RoundTrip(r)
}
