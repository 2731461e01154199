package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta/sandbox"
)

// serveSandbox serves an Okta org in memory until it is stopped. Its first line of output says how to reach it.
func serveSandbox(ctx context.Context, p *program, args []string) error {
	opts := sandbox.DefaultOptions()
	f := p.newFlags("sandbox", "")
	addr := "127.0.0.1:9090"
	f.Var(checked{&addr, isAddress}, "addr", "listen on this `address`")
	f.IntVar(&opts.Users, "users", opts.Users, "how many `people` the org has")
	f.IntVar(&opts.Groups, "groups", opts.Groups, "how many `groups` besides Everyone")
	f.IntVar(&opts.Apps, "apps", opts.Apps, "how many `applications`")
	f.IntVar(&opts.LogEvents, "log-events", opts.LogEvents, "how many `events` the System Log begins with")
	activity := f.String("activity", "0/s", "changes that happen by themselves, such as 5/s or 20/m")
	f.Uint64Var(&opts.Seed, "seed", opts.Seed, "the same `number` makes the same org")
	f.StringVar(&opts.Limits, "limits", opts.Limits, "`okta` for the rate limits that Okta published; generous ones otherwise")
	f.DurationVar(&opts.SearchLag, "search-lag", opts.SearchLag, "how long the search index lags behind a change")
	positional, err := p.parse(f, args)
	if err != nil {
		return err
	}
	if len(positional) > 0 {
		return usagef("sandbox takes no arguments")
	}
	if opts.Activity, err = perSecond(*activity); err != nil {
		return err
	}
	opts.Logger = p.logger()
	org, err := sandbox.New(opts)
	if err != nil {
		return &usageError{err.Error()}
	}
	listener, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	return runSandbox(ctx, org, listener, func(url string) error {
		return json.NewEncoder(p.stdout).Encode(struct {
			URL string `json:"url"`
			sandbox.Credentials
			FaultURL string `json:"faultUrl"`
		}{url, org.Credentials(), url + "/_sandbox/faults"})
	})
}

// runSandbox serves org until ctx ends. ready is told its URL once it is reachable.
func runSandbox(ctx context.Context, org *sandbox.Org, listener net.Listener, ready func(url string) error) error {
	server := &http.Server{Handler: org, ReadHeaderTimeout: 10 * time.Second}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(listener) }()
	go func() { ended <- org.Run(ctx) }()
	if err := ready("http://" + listener.Addr().String()); err != nil {
		return err
	}
	<-ctx.Done()
	err := shutdown(server, 2*time.Second)
	for range 2 {
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) && !errors.Is(e, context.Canceled) {
			err = errors.Join(err, e)
		}
	}
	return err
}

func shutdown(server *http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// listen takes an address, with advice where it cannot be had.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &startError{fmt.Errorf("%w: is another server running there? --addr chooses another address", err)}
	}
	return listener, nil
}

// perSecond reads a rate such as 5/s, 0.5/s or 20/m.
func perSecond(rate string) (float64, error) {
	number, unit, _ := strings.Cut(rate, "/")
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || n < 0 || n > 10_000:
	case unit == "s" || unit == "":
		return n, nil
	case unit == "m":
		return n / 60, nil
	}
	return 0, usagef("--activity must be a rate such as 5/s or 20/m")
}
