package telemetry_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/runtime/telemetry"
)

const (
	patience = 10 * time.Second
	tick     = 5 * time.Millisecond

	callersTrace  = "0af7651916cd43dd8448eb211c80319c"
	callersSpan   = "b7ad6b7169203331"
	callersHeader = "traceparent: 00-" + callersTrace + "-" + callersSpan + "-01"

	getUser = `{"connection":"prod","inputs":{"id":"me"}}`
)

func TestTracing_AStepIsPartOfTheCallersTrace(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, true)
	m.org.Forget()
	require.Equal(t, http.StatusOK, m.send(http.MethodPost, "/v1/actions/getUser/invoke", getUser, callersHeader))

	server := m.span("POST /v1/actions/{key}/invoke")
	invocation, request := m.span("invoke getUser"), m.span("GET /api/v1/users/{id}")
	require.Equal(t, callersSpan, server.Parent().SpanID().String())
	require.Equal(t, server.SpanContext().SpanID(), invocation.Parent().SpanID())
	require.Equal(t, invocation.SpanContext().SpanID(), request.Parent().SpanID())
	for _, s := range m.spans.Ended() {
		require.Equal(t, callersTrace, s.SpanContext().TraceID().String(), s.Name())
	}
	require.Equal(t, ids(invocation.SpanContext()), parentOf(m.org.Requests()[0].Header), "Okta is told")
}

// TestTracing_Background is about a call whose request is over when it is made.
func TestTracing_Background(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, true)
	require.Equal(t, http.StatusAccepted, m.send(
		http.MethodPost, "/v1/actions/getUser/invoke", getUser, callersHeader, "Prefer: respond-async"))
	require.Equal(t, callersTrace, m.span("invoke getUser").SpanContext().TraceID().String())
	require.Equal(t, callersTrace, m.span("GET /api/v1/users/{id}").SpanContext().TraceID().String())
}

func TestTracing_DeliveriesAreLinkedToThePoll(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, true)
	require.Equal(t, http.StatusCreated, m.send(http.MethodPut, "/v1/subscriptions/joiners",
		`{"trigger":"newUsers","connection":"prod","startFrom":"2020-01-01T00:00:00Z","deliverTo":{"url":"`+m.receiver.URL+`"}}`))
	m.work()
	delivery, poll := m.span("deliver"), m.span("poll newUsers")
	require.Len(t, delivery.Links(), 1)
	require.Equal(t, ids(poll.SpanContext()), ids(delivery.Links()[0].SpanContext))
	require.NotEqual(t, poll.SpanContext().TraceID(), delivery.SpanContext().TraceID())
	request := m.span("GET /api/v1/users")
	require.Equal(t, poll.SpanContext().SpanID(), request.Parent().SpanID())

	m.mu.Lock()
	defer m.mu.Unlock()
	require.Equal(t, ids(delivery.SpanContext()), parentOf(m.received[0]), "the receiver is told")

	require.Eventually(t, func() bool {
		return strings.Contains(scrape(t, m.metrics), "\nconnector_outbox_events 0\n")
	}, patience, tick)
	requireLines(t, scrape(t, m.metrics),
		`connector_deliveries_total{outcome="delivered"} 1`, `connector_delivered_events_total 3`,
		`connector_events_total{trigger="newUsers"} 3`,
		`connector_subscriptions{status="active"} 1`, `connector_database_up 1`,
	)
}

// TestTracing_Off is about a trace that others keep: it is passed on as it came.
func TestTracing_Off(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, false)
	m.org.Forget()
	require.Equal(t, http.StatusOK, m.send(http.MethodPost, "/v1/actions/getUser/invoke", getUser, callersHeader))
	require.Equal(t, http.StatusOK, m.send(http.MethodPost, "/v1/actions/getUser/invoke", getUser))
	require.Empty(t, m.spans.Ended())
	requests := m.org.Requests()
	require.Len(t, requests, 2)
	require.Equal(t, [2]string{callersTrace, callersSpan}, parentOf(requests[0].Header))
	require.Empty(t, requests[1].Header.Get("Traceparent"))
}

func TestMetrics_ADatabaseThatIsGone(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, false)
	require.NoError(t, m.store.Close())
	page := scrape(t, m.metrics)
	requireLines(t, page, `connector_database_up 0`)
	require.NotContains(t, page, "connector_outbox_events ")
	require.Contains(t, page, "connector_build_info")
}

// TestNewTracing_SendsToTheCollector sets variables of the process, which the SDK reads.
func TestNewTracing_SendsToTheCollector(t *testing.T) {
	var batches atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.URL.Path == "/v1/traces" && len(body) > 0 {
			batches.Add(1)
		}
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	env := func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL}[name]
	}
	tracing, err := telemetry.NewTracing(t.Context(), "dev", env, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, span := tracing.Tracer.Start(t.Context(), "work")
	require.True(t, span.IsRecording())
	span.End()
	require.NoError(t, tracing.Shutdown(t.Context()))
	require.Equal(t, int32(1), batches.Load())
}

func TestNewTracing_Variables(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env  map[string]string
		want string // of the error
	}{
		{env: map[string]string{}},
		{env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}},
		{env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}},
		{
			env:  map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"},
			want: `OTEL_TRACES_EXPORTER must be otlp or none, not "zipkin"`,
		},
		{
			env: map[string]string{
				"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
			},
			want: `OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not "grpc"`,
		},
	} {
		tracing, err := telemetry.NewTracing(
			t.Context(), "dev", func(name string) string { return test.env[name] }, slog.New(slog.DiscardHandler))
		if test.want != "" {
			require.EqualError(t, err, test.want)
			continue
		}
		require.NoError(t, err)
		require.Nil(t, tracing.Tracer, "off")
		require.NoError(t, tracing.Shutdown(t.Context()))
	}
}
