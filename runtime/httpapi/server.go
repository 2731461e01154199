// Package httpapi is the runtime over HTTP: routes, request limits, API keys, and one place that gives each error its
// status. What a request does is the engine's; what people see is the console's.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/trace"

	"github.com/okta-connector/okta-connector/runtime"
)

// Defaults of [Config].
const (
	DefaultMaxBody     = 10 << 20
	DefaultCallTimeout = 2 * time.Minute

	// MaxJSONDepth is how deep a request may be nested.
	MaxJSONDepth = 100
)

// Config says what to serve. Engine is required.
type Config struct {
	Engine      *runtime.Engine
	Keys        *Keys           // nil, or none: no key is needed (the server must be bound to loopback then)
	MaxBody     int64           // bytes of a request; 0: [DefaultMaxBody]
	CallTimeout time.Duration   // of one invocation without Connector-Timeout; 0: [DefaultCallTimeout]
	Work        context.Context // invocations under way end with it, and are answered; nil: they have all their time
	Metrics     http.Handler    // for Prometheus; nil: 404
	Sessions    *Sessions       // what browsers carry instead of a key; nil: none, and no form tokens
	Console     http.Handler    // everything that is not the API; nil: 404
	PublicURL   string          // where browsers reach this server; "": the address of the request
	Tracer      trace.Tracer    // nil: nothing is traced
	Logger      *slog.Logger    // nil: discard
}

// The probes.
const (
	pathHealth = "/healthz"
	pathReady  = "/readyz"
)

type server struct {
	Config
	engine *runtime.Engine
	log    *slog.Logger
	views  views
}

// New returns the whole HTTP surface of a runtime.
func New(cfg Config) http.Handler {
	if cfg.Engine == nil {
		panic("httpapi: Engine is required")
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.CallTimeout == 0 {
		cfg.CallTimeout = DefaultCallTimeout
	}
	if cfg.Work == nil {
		cfg.Work = context.Background()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &server{Config: cfg, engine: cfg.Engine, log: cfg.Logger, views: views{index: cfg.Engine.Index()}}
	return s.routes()
}

func (s *server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(s.identify, s.trace, s.logRequests, s.recoverPanics, s.knownHost, s.secureHeaders, s.limitBody)
	r.Use(middleware.GetHead)
	r.NotFound(s.notFound)
	r.MethodNotAllowed(s.methodNotAllowed)

	r.Get(pathHealth, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	r.Get(pathReady, s.json(s.ready))
	r.HandleFunc("/hooks/{subscription}", s.hook)
	r.With(s.authenticate).Get("/openapi.json", s.openAPI)
	r.With(s.authenticate).Get("/metrics", s.metrics)

	r.Route("/v1", func(r chi.Router) {
		r.Use(s.sameOrigin, s.authenticate)
		r.Get("/manifest", s.manifest)
		r.Post("/actions/{key}/invoke", s.invoke)
		r.Post("/actions/{key}/validate", s.json(s.validate))
		r.Post("/actions/{key}/preview", s.json(s.preview))
		r.Get("/invocations/{id}", s.json(s.longCall))
		r.Delete("/invocations/{id}", s.json(s.cancelLongCall))
		r.Post("/data-sources/{key}", s.json(s.dataSource))

		r.Get("/connections", s.json(s.listConnections))
		r.Put("/connections/{name}", s.json(s.putConnection))
		r.Get("/connections/{name}", s.json(s.getConnection))
		r.Delete("/connections/{name}", s.json(s.deleteConnection))
		r.Post("/connections/{name}/test", s.json(s.testConnection))
		r.Post("/connections/{name}/authorize", s.json(s.authorizeConnection))

		r.Get("/subscriptions", s.json(s.listSubscriptions))
		r.Put("/subscriptions/{id}", s.json(s.putSubscription))
		r.Get("/subscriptions/{id}", s.json(s.getSubscription))
		r.Delete("/subscriptions/{id}", s.json(s.deleteSubscription))
		r.Post("/subscriptions/{id}/poll", s.json(s.pollNow))
		r.Post("/subscriptions/{id}/pause", s.json(s.pause))
		r.Post("/subscriptions/{id}/resume", s.json(s.resume))
		r.Post("/subscriptions/{id}/rewind", s.json(s.rewind))
		r.Get("/subscriptions/{id}/events", s.json(s.events))
		r.Get("/subscriptions/{id}/runs", s.json(s.runs))
		r.Post("/subscriptions/{id}/retry", s.json(s.retryDead))

		r.Get("/audit", s.json(s.audit))
		r.Post("/form-tokens", s.json(s.formToken))

		r.Get("/deliveries", s.json(s.listDeliveries))
		r.Post("/deliveries/{id}/retry", s.json(s.retryDelivery))
	})
	return r
}

func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	if s.Metrics == nil {
		s.notFound(w, r)
		return
	}
	s.Metrics.ServeHTTP(w, r)
}

func (s *server) notFound(w http.ResponseWriter, r *http.Request) {
	if s.Console != nil && r.URL.Path != "/v1" && !strings.HasPrefix(r.URL.Path, "/v1/") {
		s.serveConsole(w, r)
		return
	}
	NotFound(w, r)
}

// NotFound answers a program that there is nothing at the path it asked for.
func NotFound(w http.ResponseWriter, r *http.Request) {
	_ = writeProblem(w, r, newProblem(http.StatusNotFound, "not_found", "there is nothing at this path"))
}

// methodNotAllowed says which methods there are instead.
func (s *server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if chi.RouteContext(r.Context()).Routes.Match(chi.NewRouteContext(), method, r.URL.EscapedPath()) {
			allowed = append(allowed, method)
		}
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	_ = writeProblem(w, r, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", r.Method+" is not possible here"))
}

// ready answers 200 only while the database does.
func (s *server) ready(r *http.Request) (reply, error) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.engine.Ping(ctx); err != nil {
		return reply{}, newProblem(http.StatusServiceUnavailable, "database_unreachable", "the database does not answer")
	}
	return ok(map[string]bool{"ready": true}), nil
}
