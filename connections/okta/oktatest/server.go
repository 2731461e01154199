// Package oktatest gives tests an org to talk to: a sandbox, or any handler, served over HTTP, with every request
// remembered as it arrived. What an org does is left to package sandbox.
package oktatest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// Server is an org served on loopback until the test ends.
type Server struct {
	URL string

	// transport is the server's own: the end of another one closes the idle connections of the shared default, one of
	// which a request may just have been given.
	transport http.RoundTripper

	mu       sync.Mutex
	requests []Request
}

// Request is what went to the org.
type Request struct {
	Method string
	Path   string // escaped, as sent
	Query  url.Values
	Header http.Header
	Body   json.RawMessage // nil when there was none
}

// Line is the request in one line, its query sorted: "POST /api/v1/users?activate=true&provider=false".
func (r Request) Line() string {
	if len(r.Query) == 0 {
		return r.Method + " " + r.Path
	}
	return r.Method + " " + r.Path + "?" + r.Query.Encode()
}

// Serve serves org until the test ends and remembers what is sent to it. Requests to /_sandbox/ are part of the test,
// not of what it tests, and are not remembered.
func Serve(t testing.TB, org http.Handler) *Server {
	t.Helper()
	s := new(Server)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/_sandbox/") {
			s.remember(r)
		}
		org.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.URL, s.transport = server.URL, server.Client().Transport
	return s
}

func (s *Server) remember(r *http.Request) {
	request := Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: r.Header.Clone()}
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		request.Body = body
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request)
}

// Requests returns what was sent since the start or the last [Server.Forget], oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Lines returns the [Request.Line] of each of [Server.Requests].
func (s *Server) Lines() []string {
	requests := s.Requests()
	lines := make([]string, len(requests))
	for i, r := range requests {
		lines[i] = r.Line()
	}
	return lines
}

// Forget drops what was remembered.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Client returns a client that signs in with an API token.
func (s *Server) Client(t testing.TB, token string) *okta.Client {
	t.Helper()
	c, err := okta.New(okta.Config{BaseURL: s.URL, Auth: apiToken(token), Transport: s.transport})
	require.NoError(t, err)
	return c
}

type apiToken string

func (token apiToken) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "SSWS "+string(token))
	return nil
}

func (apiToken) Refused(*http.Request, *okta.Error) bool { return false }
