package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

type contextKey int

const (
	requestIDKey contextKey = iota
	notesKey
	callerKey
)

// requestID returns the id that the log and problem documents share.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// notes are what handlers add to the request's one log line.
type notes struct{ attrs []any }

func note(r *http.Request, key string, value any) {
	if n, ok := r.Context().Value(notesKey).(*notes); ok {
		n.attrs = append(n.attrs, slog.Any(key, value))
	}
}

// identify gives each request an id: the caller's X-Request-Id where it is plain, else a new one.
func (s *server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !plainID(id, 8) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		ctx := context.WithValue(r.Context(), requestIDKey, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, notesKey, new(notes))))
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
		if route == "/healthz" || route == "/readyz" {
			level = slog.LevelDebug
		}
		if !s.log.Enabled(r.Context(), level) {
			return
		}
		attrs := []any{
			"method", r.Method, "route", route, "status", ww.Status(), "ms", time.Since(began).Milliseconds(),
			"requestId", requestID(r.Context()),
		}
		if n, ok := r.Context().Value(notesKey).(*notes); ok {
			attrs = append(attrs, n.attrs...)
		}
		s.log.Log(r.Context(), level, "request", attrs...)
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

func (s *server) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, s.MaxBody)
		next.ServeHTTP(w, r)
	})
}
