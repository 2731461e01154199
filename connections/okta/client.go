// Package okta is an HTTP client for one Okta org: authorisation per attempt, rate limits, safe retries, typed errors
// and paging, with answers kept as raw JSON so that custom attributes pass through untouched.
//
// What an operation's inputs mean, and which credentials exist, is left to the packages above it.
//
// Each operation of the Management API is a method named as Okta names it, in the file of its resource. A method does
// one thing; steps that need several requests (delete means gone, update a group without losing its profile) are
// composed by the actions. The generated Okta SDK was not used: its structs drop attributes they do not know, and its
// retry loop drops tokens on each 429.
package okta

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Defaults of [Config].
const (
	DefaultMaxBody        = 64 << 20         // bytes of one answer, after decompression
	DefaultAttemptTimeout = 45 * time.Second // Okta itself gives up on a query after 30 s
)

// An Authorizer puts a credential on each attempt of a request.
type Authorizer interface {
	// Authorize adds the credential to r. It may call Okta for a token, but not through a client whose governor this
	// call draws from: the call already holds its place there.
	Authorize(ctx context.Context, r *http.Request) error

	// Refused is told that Okta refused r with a 401, or a 400 that may be about the credential: refusal.Code tells.
	// It reports whether a new attempt would carry another one (a token that could be replaced, a nonce that was
	// learned).
	Refused(r *http.Request, refusal *Error) bool
}

// Config says how to reach an org. BaseURL and Auth are required, all else has a default.
type Config struct {
	BaseURL        string                         // "https://acme.okta.com": scheme and host only
	Auth           Authorizer                     // required
	Transport      http.RoundTripper              // nil: http.DefaultTransport
	Governor       *Governor                      // the org's rate budget, shared by all its clients; nil: one of its own
	UserAgent      string                         // "okta-connector" when empty
	MaxBody        int64                          // bytes; 0: [DefaultMaxBody]
	AttemptTimeout time.Duration                  // one HTTP attempt; 0: [DefaultAttemptTimeout]
	Observe        func(context.Context, Attempt) // called after each attempt, for metrics; may be nil
	Logger         *slog.Logger                   // nil: discard
}

// Client calls one org with one credential. It is safe for concurrent use and holds no state worth closing.
type Client struct {
	base           *url.URL
	transport      http.RoundTripper // not an http.Client: its redirects would carry the credential along
	auth           Authorizer
	governor       *Governor
	userAgent      string
	maxBody        int64
	attemptTimeout time.Duration
	observe        func(context.Context, Attempt)
	log            *slog.Logger
	clock          *atomic.Pointer[clock] // nil inside before the first answer
	dry            *DryRun                // takes the writes; nil: they are sent
}

// New returns a client, or an error that names the field of cfg that is wrong.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") ||
		strings.Trim(base.Path, "/") != "" || base.User != nil || base.RawQuery != "" {
		return nil, errors.New("okta: BaseURL must be a scheme and a host")
	}
	if cfg.Auth == nil {
		return nil, errors.New("okta: Auth is required")
	}
	c := &Client{
		base:           &url.URL{Scheme: base.Scheme, Host: base.Host},
		transport:      cfg.Transport,
		auth:           cfg.Auth,
		governor:       cfg.Governor,
		userAgent:      cfg.UserAgent,
		maxBody:        cfg.MaxBody,
		attemptTimeout: cfg.AttemptTimeout,
		observe:        cfg.Observe,
		log:            cfg.Logger,
		clock:          new(atomic.Pointer[clock]),
	}
	if c.transport == nil {
		c.transport = http.DefaultTransport
	}
	if c.governor == nil {
		c.governor = NewGovernor(GovernorConfig{})
	}
	if c.userAgent == "" {
		c.userAgent = "okta-connector"
	}
	if c.maxBody == 0 {
		c.maxBody = DefaultMaxBody
	}
	if c.attemptTimeout == 0 {
		c.attemptTimeout = DefaultAttemptTimeout
	}
	if c.observe == nil {
		c.observe = func(context.Context, Attempt) {}
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Org returns the org's host, with a port only where it is not the scheme's own ("acme.okta.com").
func (c *Client) Org() string { return c.base.Host }

// URL returns the org's base URL without a final slash ("https://acme.okta.com").
func (c *Client) URL() string { return c.base.String() }

// Governor returns the rate budget that the client draws from.
func (c *Client) Governor() *Governor { return c.governor }
