package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/console"
	"github.com/okta-connector/okta-connector/runtime/httpapi"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	sandboxConnection = "sandbox"
	drainTimeout      = 30 * time.Second
	workTimeout       = 25 * time.Second // what is under way ends early enough to be answered
)

// serve runs the HTTP API, the polls and the deliveries until it is told to stop.
func serve(ctx context.Context, p *program, args []string) error {
	s, err := p.serverSettings("serve", args)
	if err != nil {
		return err
	}
	if !s.keys.Needed() && p.makesKey() {
		if s.keys, err = p.makeKey(s.database); err != nil {
			return err
		}
	}
	s.keys = s.keys.Restrict(s.restrictions)
	if !s.keys.Needed() && !loopback(s.addr) {
		return usagef("%s is not a loopback address: set CONNECTOR_API_KEYS to the keys that callers must give, "+
			"or listen on 127.0.0.1", s.addr)
	}
	listener, err := listen(ctx, s.addr)
	if err != nil {
		return err
	}
	if s.publicURL == "" && s.dev {
		s.publicURL = "http://" + listener.Addr().String()
	}
	log := p.logger()
	s.logConfiguration(ctx, log)
	if s.measured, err = p.newInstruments(ctx, log); err != nil {
		return errors.Join(err, listener.Close())
	}
	defer s.measured.close(ctx)
	engine, opened, err := p.openEngine(ctx, s.settings, true, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer opened.Close()

	work, endWork := context.WithCancel(context.WithoutCancel(ctx))
	defer endWork()
	handler, err := surface(work, engine, opened, s.keys, s.measured, console.Config{
		PublicURL: s.publicURL, EmbedOrigin: s.embedOrigin, Sandbox: sandboxName(s.sandbox), Logger: log,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	jobs := newJobs(ctx)
	if s.sandbox {
		if err := p.startSandbox(ctx, jobs, engine); err != nil {
			return errors.Join(err, jobs.stop(), listener.Close())
		}
	}
	if err := s.declare(ctx, engine); err != nil {
		return errors.Join(err, jobs.stop(), listener.Close())
	}
	jobs.start("http", func(ctx context.Context) error { return serveHTTP(ctx, newServer(handler), listener, endWork) })
	jobs.start("engine", engine.Run)
	p.greet(listener.Addr().String(), s.sandbox, s.keys.Needed())
	return jobs.wait()
}

// surface is all that is served over HTTP: the API, and the console beside it. Calls under way end with work.
func surface(
	work context.Context, engine *runtime.Engine, opened *store.Store, keys *httpapi.Keys, measured *instruments,
	cfg console.Config,
) (http.Handler, error) {
	secret, err := opened.Secret(work, "sessions", func() ([]byte, error) { return []byte(rand.Text() + rand.Text()), nil })
	if err != nil {
		return nil, &startError{err}
	}
	cfg.Engine, cfg.Sessions = engine, httpapi.NewSessions(keys, secret, cfg.PublicURL)
	pages, err := console.New(cfg)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return httpapi.New(httpapi.Config{
		Engine: engine, Keys: keys, Sessions: cfg.Sessions, Console: pages, PublicURL: cfg.PublicURL, Logger: cfg.Logger,
		Metrics: measured.handler(), Tracer: measured.tracing.Tracer, Work: work,
	}), nil
}

func sandboxName(withSandbox bool) string {
	if withSandbox {
		return sandboxConnection
	}
	return ""
}

// newServer bounds how long a caller may take to send a request, which is how connections are held open for nothing.
// How long an answer takes is bounded by each handler: streams may be long.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}

// serveHTTP serves until ctx ends, then lets running requests end, and ends the work of those that take too long.
func serveHTTP(ctx context.Context, server *http.Server, listener net.Listener, endWork func()) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	defer time.AfterFunc(workTimeout, endWork).Stop()
	err := shutdown(server, drainTimeout)
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// startSandbox serves an org of its own port and stores a connection to it.
func (p *program) startSandbox(ctx context.Context, jobs *jobs, engine *runtime.Engine) error {
	opts := sandbox.DefaultOptions()
	opts.Logger = p.logger()
	org, err := sandbox.New(opts)
	if err != nil {
		return &startError{err}
	}
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	inputs, err := json.Marshal(map[string]string{
		"oktaDomain": "http://" + listener.Addr().String(), "apiToken": org.Credentials().APIToken,
	})
	if err != nil {
		return err
	}
	if _, _, err := engine.PutConnection(ctx, sandboxConnection, "apiToken", inputs, false); err != nil {
		return &startError{fmt.Errorf("sandbox connection: %w", err)}
	}
	jobs.start("sandbox", func(ctx context.Context) error {
		return runSandbox(ctx, org, listener, func(string) error { return nil })
	})
	return nil
}

// greet tells a person where to go next.
func (p *program) greet(addr string, withSandbox, withKeys bool) {
	if host, port, err := net.SplitHostPort(addr); err == nil && net.ParseIP(host).IsUnspecified() {
		addr = net.JoinHostPort("localhost", port) // no browser goes to 0.0.0.0
	}
	fmt.Fprintf(p.stdout, "Okta connector %s\n\n  console   http://%s/\n", version, addr)
	if !withSandbox {
		fmt.Fprintf(p.stdout, "  API       http://%s/v1/manifest\n\n", addr)
		return
	}
	key := ""
	if withKeys {
		key = " -H 'Authorization: Bearer '\"${CONNECTOR_API_KEYS%%,*}\""
	}
	fmt.Fprintf(p.stdout, "  try       curl -s http://%s/v1/actions/getUser/invoke%s -H 'Content-Type: application/json' "+
		"-d '{\"connection\":\"sandbox\",\"inputs\":{\"id\":\"me\"}}'\n\n", addr, key)
}

// loopback reports whether only this machine can reach addr.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
