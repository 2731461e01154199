// Package telemetry turns what a process does into Prometheus metrics and OpenTelemetry traces. What is worth telling,
// and when, is decided by those who tell it: the engine through its observer, the Okta client through its attempts.
//
// No label holds an id, a login or anything else of a person. Actions and triggers are the manifest's, routes are
// templates, and orgs are bounded.
package telemetry

import (
	"context"
	"net/http"
	goruntime "runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime"
)

const namespace = "connector"

// durations are the buckets of the histograms, in seconds: from a call on the same machine to the longest that is
// waited for.
var durations = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}

// Metrics are the metrics of one process. It is safe for concurrent use.
type Metrics struct {
	registry        *prometheus.Registry
	governors       governors
	invocations     *prometheus.CounterVec
	invocationTime  *prometheus.HistogramVec
	oktaRequests    *prometheus.CounterVec
	oktaRequestTime *prometheus.HistogramVec
	polls           *prometheus.CounterVec
	pollTime        *prometheus.HistogramVec
	events          *prometheus.CounterVec
	deliveries      *prometheus.CounterVec
	deliveryTime    prometheus.Histogram
	delivered       prometheus.Counter
}

// NewMetrics returns metrics that count from zero, in a registry of their own, for a build with the given version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&m.governors,
	)
	build := m.gauge("build_info", "The build that runs. Always 1.", "version", "goversion")
	build.WithLabelValues(version, goruntime.Version()).Set(1)

	m.invocations = m.counter("invocations_total", "Performed actions by how they ended.", "action", "outcome")
	m.invocationTime = m.histogram("invocation_duration_seconds", "How long actions took, waits included.", "action")
	m.oktaRequests = m.counter("okta_requests_total",
		"Requests to Okta by route and HTTP status, retries included; none is no answer.", "method", "route", "status")
	m.oktaRequestTime = m.histogram("okta_request_duration_seconds",
		"How long Okta took to answer, without waits for the rate limit.", "method", "route")
	m.polls = m.counter("polls_total", "Polls by result.", "trigger", "result")
	m.pollTime = m.histogram("poll_duration_seconds", "How long polls took.", "trigger")
	m.events = m.counter("events_total", "New events that polls brought.", "trigger")
	m.deliveries = m.counter("deliveries_total", "Attempts to deliver by how they ended: delivered, retried or dead.", "outcome")
	m.deliveryTime = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace, Name: "delivery_duration_seconds", Help: "How long receivers took.", Buckets: durations,
	})
	m.delivered = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "delivered_events_total", Help: "Events that receivers took.",
	})
	m.registry.MustRegister(m.deliveryTime, m.delivered)
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: durations,
	}, labels)
	m.registry.MustRegister(v)
	return v
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// Observer is what an engine is configured with.
func (m *Metrics) Observer() runtime.Observer {
	return runtime.Observer{
		Invocation: func(action, outcome string, took time.Duration) {
			m.invocations.WithLabelValues(action, outcome).Inc()
			m.invocationTime.WithLabelValues(action).Observe(took.Seconds())
		},
		Poll: func(trigger, result string, events int, took time.Duration) {
			m.polls.WithLabelValues(trigger, result).Inc()
			m.pollTime.WithLabelValues(trigger).Observe(took.Seconds())
			m.events.WithLabelValues(trigger).Add(float64(events))
		},
		Delivery: func(outcome string, events int, took time.Duration) {
			m.deliveries.WithLabelValues(outcome).Inc()
			m.deliveryTime.Observe(took.Seconds())
			if outcome == runtime.DeliveryDelivered {
				m.delivered.Add(float64(events))
			}
		},
	}
}

// Attempt counts one request to Okta.
func (m *Metrics) Attempt(_ context.Context, a okta.Attempt) {
	status := "none"
	if a.Status != 0 {
		status = strconv.Itoa(a.Status)
	}
	m.oktaRequests.WithLabelValues(a.Method, a.Route, status).Inc()
	m.oktaRequestTime.WithLabelValues(a.Method, a.Route).Observe(a.Took.Seconds())
}
