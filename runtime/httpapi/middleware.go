package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/trace"

	"github.com/okta-connector/okta-connector/runtime"
)

// A visit is what the layers of the server know of one request, in one value of its context.
type visit struct {
	id    string      // shared by the log and problem documents
	key   string      // the id of the API key it came with; "" where no keys are needed
	notes []slog.Attr // what handlers add to the request's one log line
}

type visitKey struct{}

// visitOf is never nil: what nobody identified is a visit nobody knows of.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return new(visit)
}

// requestID returns the id that the log and problem documents share.
func requestID(ctx context.Context) string { return visitOf(ctx).id }

func note(r *http.Request, key, value string) {
	v := visitOf(r.Context())
	v.notes = append(v.notes, slog.String(key, value))
}

// identify gives each request an id: the caller's X-Request-Id where it is plain, else a new one.
func (s *server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{id: r.Header.Get("X-Request-Id")}
		if !plainID(v.id, 8) {
			v.id = rand.Text()
		}
		w.Header()["X-Request-Id"] = []string{v.id}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

func plainID(id string, least int) bool {
	if len(id) < least || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", rune(c)) {
			return false
		}
	}
	return true
}

// logRequests writes one line a request. The route is a template and the query is left out: ids and searches are
// personal data.
func (s *server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)
		route := chi.RouteContext(r.Context()).RoutePattern()
		level := slog.LevelInfo
		if route == pathHealth || route == pathReady {
			level = slog.LevelDebug
		}
		if !s.log.Enabled(r.Context(), level) {
			return
		}
		v := visitOf(r.Context())
		attrs := append(make([]slog.Attr, 0, 7+len(v.notes)),
			slog.String("method", r.Method), slog.String("route", route), slog.Int("status", ww.Status()),
			slog.Int64("ms", time.Since(began).Milliseconds()), slog.String("requestId", v.id))
		if span := trace.SpanContextFromContext(r.Context()); span.IsValid() {
			attrs = append(attrs, slog.String("traceId", span.TraceID().String()))
		}
		if ww.Status() < http.StatusBadRequest {
			attrs = append(attrs, slog.String("outcome", runtime.OutcomeDone))
		}
		s.log.LogAttrs(r.Context(), level, "request", append(attrs, v.notes...)...)
	})
}

// recoverPanics turns a defect of ours into a 500 and a log entry instead of a broken connection.
func (s *server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			s.log.ErrorContext(r.Context(), "panic", "value", v, "stack", string(debug.Stack()),
				"requestId", requestID(r.Context()))
			_ = writeProblem(w, r, newProblem(http.StatusInternalServerError, "internal", "something went wrong here"))
		}()
		next.ServeHTTP(w, r)
	})
}

// secure are the headers of every answer, shared: nobody changes a header's values in place.
var secure = map[string][]string{
	"X-Content-Type-Options": {"nosniff"}, "Referrer-Policy": {"no-referrer"}, "Cache-Control": {"no-store"},
}

func (s *server) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), secure)
		next.ServeHTTP(w, r)
	})
}

// lingering is how much of a body over the limit is still taken in, and thrown away: many clients read no answer before
// they have sent all of it, and would see a broken connection instead.
const lingering = 64 << 20

func (s *server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole := r.Body
		limited := &limitedBody{ReadCloser: http.MaxBytesReader(w, whole, s.MaxBody)}
		r.Body = limited
		next.ServeHTTP(w, r)
		if limited.over {
			_, _ = io.CopyN(io.Discard, whole, lingering) // the answer stands, whatever comes of this
		}
	})
}

// A limitedBody remembers that a body was larger than allowed.
type limitedBody struct {
	io.ReadCloser
	over bool
}

// Read implements [io.Reader].
func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		var tooLarge *http.MaxBytesError
		b.over = errors.As(err, &tooLarge)
	}
	return n, err
}
