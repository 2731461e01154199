package connections_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// inputs are a connection's inputs by key.
type inputs map[string]string

func (in inputs) json() json.RawMessage {
	raw, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	return raw
}

// with returns a copy in which one input is another.
func (in inputs) with(key, value string) inputs {
	out := inputs{key: value}
	for k, v := range in {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// roundTrips is a transport made of a function.
type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering serves requests with h, without a network.
func answering(h http.HandlerFunc) connector.Environment {
	return connector.Environment{
		Memory: connector.NewMemory(100),
		Transport: roundTrips(func(r *http.Request) (*http.Response, error) {
			received := r.Clone(r.Context())
			received.TLS, received.Host = new(tls.ConnectionState), r.URL.Host
			w := httptest.NewRecorder()
			h(w, received)
			res := w.Result()
			res.Request = r
			return res, nil
		}),
	}
}

// failing fails all requests with err.
func failing(err error) connector.Environment {
	return connector.Environment{Transport: roundTrips(func(*http.Request) (*http.Response, error) { return nil, err })}
}

// pass lets virtual time go by.
func pass(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // only inside synctest

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

// open makes the client of a connection.
func open(
	t *testing.T, k *connector.Connection, env connector.Environment, in inputs, s connector.Session,
) *okta.Client {
	t.Helper()
	opener, err := k.Bind(env, in.json())
	require.NoError(t, err)
	c, err := opener(t.Context(), s)
	require.NoError(t, err)
	return c
}

// try opens a connection and tests it.
func try(
	t *testing.T, k *connector.Connection, env connector.Environment, in inputs, s connector.Session,
) (connector.Identity, error) {
	t.Helper()
	return k.Test(t.Context(), env, s, in.json(), open(t, k, env, in, s))
}

// invalid returns the field errors of inputs.
func invalid(t *testing.T, k *connector.Connection, in inputs) schemas.Invalid {
	t.Helper()
	_, err := k.Bind(connector.Environment{}, in.json())
	var fields schemas.Invalid
	require.ErrorAs(t, err, &fields)
	return fields
}

// absentUser is the decoded path that users asks for.
const absentUser = "/api/v1/users/ada/ü @example.com"

// users asks for a user whom nobody has, by a login with all that is escaped in a path. Okta's word that there is none
// is what a good credential gets.
func users(ctx context.Context, c *okta.Client) error {
	_, err := c.JSON(ctx, &okta.Request{Method: http.MethodGet, Path: okta.At("/api/v1/users/{id}", "ada/ü @example.com")})
	if okta.HasCode(err, okta.CodeNotFound) {
		return nil
	}
	return err
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// sharedState is the state of one stored connection, with any number of replicas looking at it.
type sharedState struct {
	lock chan struct{}

	mu      sync.Mutex
	doc     json.RawMessage
	version int64
	good    int // so many saves work from now on, then
	broken  int // so many fail
}

func newSharedState() *sharedState { return &sharedState{lock: make(chan struct{}, 1), version: 1} }

func (s *sharedState) Load(context.Context) (json.RawMessage, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doc, s.version, nil
}

func (s *sharedState) Save(_ context.Context, version int64, doc json.RawMessage) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.good > 0:
		s.good--
	case s.broken > 0:
		s.broken--
		return false, errDisk
	}
	if version != s.version {
		return false, nil
	}
	s.doc, s.version = doc, s.version+1
	return true, nil
}

func (s *sharedState) Lock(ctx context.Context) (func(), error) {
	select {
	case s.lock <- struct{}{}:
		return func() { <-s.lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// breakDown makes so many saves fail, after so many good ones.
func (s *sharedState) breakDown(good, broken int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good, s.broken = good, broken
}

// edit changes members of the document.
func (s *sharedState) edit(t *testing.T, change func(map[string]any)) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var doc map[string]any
	require.NoError(t, json.Unmarshal(s.doc, &doc))
	change(doc)
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	s.doc, s.version = raw, s.version+1
}

func (s *sharedState) member(t *testing.T, name string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var doc map[string]any
	require.NoError(t, json.Unmarshal(s.doc, &doc))
	text, _ := doc[name].(string)
	return text
}

type diskError string

func (e diskError) Error() string { return string(e) }

const errDisk = diskError("disk full")

// secretless fails when text holds one of the secrets that tests use.
func secretless(t *testing.T, text string) {
	t.Helper()
	for _, s := range []string{"canary", "MIGHAgEA", "eyJ"} {
		if strings.Contains(text, s) {
			t.Fatalf("a secret is in %q", text)
		}
	}
}
