package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/connections/okta/oktatest"
	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/manifest"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/runtime/telemetry"
)

type noAuth struct{}

func (noAuth) Authorize(context.Context, *http.Request) error { return nil }
func (noAuth) Refused(*http.Request, *okta.Error) bool        { return false }

type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// A measured is a whole server that measures itself, on an org of its own, with a receiver of deliveries.
type measured struct {
	t       *testing.T
	org     *oktatest.Org
	store   *store.Store
	engine  *runtime.Engine
	server  *httptest.Server
	metrics *telemetry.Metrics
	spans   *tracetest.SpanRecorder

	receiver *httptest.Server
	mu       sync.Mutex
	received []http.Header
}

// newMeasured traces to memory, or not at all.
func newMeasured(t *testing.T, traced bool) *measured {
	t.Helper()
	m := &measured{
		t: t, org: oktatest.New(t, sandbox.Options{Users: 3}), metrics: telemetry.NewMetrics("test"),
		spans: tracetest.NewSpanRecorder(),
	}
	m.receiver = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.received = append(m.received, r.Header)
	}))
	t.Cleanup(m.receiver.Close)
	tracing := &telemetry.Tracing{}
	if traced {
		tracing.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(m.spans)).Tracer("test")
	}
	sealer, err := store.NewSealer(bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	m.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), store.Options{Sealer: sealer})
	require.NoError(t, err)
	t.Cleanup(func() { _ = m.store.Close() }) // a test may have done so
	env := connections.NewEnvironment(connections.Config{Dev: true, Observe: func(ctx context.Context, a okta.Attempt) {
		m.metrics.Attempt(ctx, a)
		tracing.Attempt(ctx, a)
	}})
	env.Transport = telemetry.Propagate(env.Transport)
	env.Governor = m.metrics.WatchGovernors(env.Governor)
	m.metrics.WatchStore(m.store)
	m.engine, err = runtime.New(runtime.Config{
		Index: connector.NewIndex(manifest.New("test")), Store: m.store, Environment: env,
		Receivers: telemetry.Propagate(http.DefaultTransport), Observer: m.metrics.Observer(), Tracer: tracing.Tracer,
	})
	require.NoError(t, err)
	m.server = httptest.NewServer(httpapi.New(httpapi.Config{
		Engine: m.engine, Metrics: m.metrics.Handler(), Tracer: tracing.Tracer,
	}))
	t.Cleanup(m.server.Close)
	inputs, err := json.Marshal(map[string]string{"oktaDomain": m.org.URL, "apiToken": m.org.Sandbox.Credentials().APIToken})
	require.NoError(t, err)
	_, _, err = m.engine.PutConnection(t.Context(), "prod", "apiToken", inputs, false)
	require.NoError(t, err)
	return m
}

// work runs the engine until the test ends.
func (m *measured) work() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(m.t.Context()))
	done := make(chan error, 1)
	go func() { done <- m.engine.Run(ctx) }()
	m.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			m.t.Error(err)
		}
	})
}

func (m *measured) send(method, path, body string, headers ...string) int {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.server.URL+path, strings.NewReader(body))
	require.NoError(m.t, err)
	req.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(m.t, err)
	require.NoError(m.t, res.Body.Close())
	return res.StatusCode
}

// span waits for a span with the given name to end, and returns it.
func (m *measured) span(name string) sdktrace.ReadOnlySpan {
	m.t.Helper()
	var found sdktrace.ReadOnlySpan
	require.Eventually(m.t, func() bool {
		for _, s := range m.spans.Ended() {
			if s.Name() == name {
				found = s
				return true
			}
		}
		return false
	}, patience, tick, name)
	return found
}

// parentOf reads the ids of the trace and of the span from a traceparent header.
func parentOf(header http.Header) [2]string {
	parts := strings.Split(header.Get("Traceparent"), "-")
	if len(parts) != 4 {
		return [2]string{}
	}
	return [2]string{parts[1], parts[2]}
}

func ids(s trace.SpanContext) [2]string { return [2]string{s.TraceID().String(), s.SpanID().String()} }
