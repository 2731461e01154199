package httpapi

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// trace puts a request into the trace that its traceparent names, or into one of its own. Without a tracer the caller's
// trace is still known, so that it is logged and passed on.
func (s *server) trace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, given := r.Header["Traceparent"]
		probe := r.URL.Path == pathHealth || r.URL.Path == pathReady
		if !given && (s.Tracer == nil || probe) {
			next.ServeHTTP(w, r)
			return
		}
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		if s.Tracer == nil {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		ctx, span := s.Tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r.WithContext(ctx))
		route := chi.RouteContext(ctx).RoutePattern()
		span.SetName(r.Method + " " + route)
		span.SetAttributes(
			attribute.String("http.request.method", r.Method), attribute.String("http.route", route),
			attribute.Int("http.response.status_code", ww.Status()), attribute.String("connector.request_id", requestID(ctx)),
		)
		if ww.Status() >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}
