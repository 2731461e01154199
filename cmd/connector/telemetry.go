package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/telemetry"
)

// instruments are what a server measures itself with; nil where nothing is measured.
type instruments struct {
	metrics *telemetry.Metrics
	tracing *telemetry.Tracing
	log     *slog.Logger
}

func (p *program) newInstruments(ctx context.Context, log *slog.Logger) (*instruments, error) {
	tracing, err := telemetry.NewTracing(ctx, version, p.env, log)
	if err != nil {
		return nil, &startError{err}
	}
	return &instruments{metrics: telemetry.NewMetrics(version), tracing: tracing, log: log}, nil
}

// attempt is told of each request to Okta.
func (i *instruments) attempt(ctx context.Context, a okta.Attempt) {
	i.metrics.Attempt(ctx, a)
	i.tracing.Attempt(ctx, a)
}

// environment measures what goes to orgs.
func (i *instruments) environment(env connector.Environment) connector.Environment {
	if i != nil {
		env.Observe = i.attempt
		env.Governor = i.metrics.WatchGovernors(env.Governor)
		env.Transport = telemetry.Propagate(env.Transport)
	}
	return env
}

// engine measures what an engine does.
func (i *instruments) engine(cfg runtime.Config) runtime.Config {
	if i != nil {
		cfg.Observer, cfg.Tracer = i.metrics.Observer(), i.tracing.Tracer
		cfg.Receivers = telemetry.Propagate(cfg.Receivers)
		i.metrics.WatchStore(cfg.Store)
	}
	return cfg
}

func (i *instruments) handler() http.Handler { return i.metrics.Handler() }

const flushTimeout = 5 * time.Second

// close sends the spans that are left.
func (i *instruments) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := i.tracing.Shutdown(ctx); err != nil {
		i.log.Warn("traces", "error", err)
	}
}
