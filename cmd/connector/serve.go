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
)

// serve runs the HTTP API, the polls and the deliveries until it is told to stop.
func serve(ctx context.Context, p *program, args []string) error {
	var s settings
	f := p.newFlags("serve", "")
	s.register(f)
	addr := f.String("addr", "127.0.0.1:8080", "listen on this `address`")
	withSandbox := f.Bool("sandbox", false, "also serve an Okta org in memory, with a connection to it")
	embedOrigin := f.String("embed-origin", "", "the `origin` whose pages may show our forms, such as https://engine.example")
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	if len(positional) > 0 {
		return usagef("serve takes no arguments")
	}
	if s.database == "" {
		if s.database, err = p.embedded(); err != nil {
			return &startError{err}
		}
	}
	given, err := p.apiKeys(s.database)
	if err != nil {
		return err
	}
	keys := httpapi.NewKeys(given)
	if keys == nil && !loopback(*addr) {
		return usagef("%s is not a loopback address: set CONNECTOR_API_KEYS to the keys that callers must give, "+
			"or listen on 127.0.0.1", *addr)
	}
	s.dev = s.dev || *withSandbox
	listener, err := listen(ctx, *addr)
	if err != nil {
		return err
	}
	if s.publicURL == "" && s.dev {
		s.publicURL = "http://" + listener.Addr().String()
	}
	log := p.logger()
	engine, opened, err := p.openEngine(ctx, s, true, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer opened.Close()

	handler, err := surface(ctx, engine, opened, keys, console.Config{
		PublicURL: s.publicURL, EmbedOrigin: *embedOrigin, Sandbox: sandboxName(*withSandbox), Logger: log,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	jobs := newJobs(ctx)
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	jobs.start("http", func(ctx context.Context) error { return serveHTTP(ctx, server, listener) })
	if *withSandbox {
		if err := p.startSandbox(ctx, jobs, engine); err != nil {
			return errors.Join(err, jobs.stop())
		}
	}
	jobs.start("engine", engine.Run)
	p.greet(listener.Addr().String(), *withSandbox, keys != nil)
	return jobs.wait()
}

// surface is all that is served over HTTP: the API, and the console beside it.
func surface(
	ctx context.Context, engine *runtime.Engine, opened *store.Store, keys *httpapi.Keys, cfg console.Config,
) (http.Handler, error) {
	secret, err := opened.Secret(ctx, "sessions", func() ([]byte, error) { return []byte(rand.Text() + rand.Text()), nil })
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
	}), nil
}

func sandboxName(withSandbox bool) string {
	if withSandbox {
		return sandboxConnection
	}
	return ""
}

// serveHTTP serves until ctx ends, then lets running requests end.
func serveHTTP(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	err := shutdown(server, drainTimeout)
	<-failed
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
