package okta

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests need a real socket: what net/http does on the wire is what they are about.

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestWire_OneConnectionForCallsInSequence(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/api/v1/refused":
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"errorCode":"E0000007"}`)
		default:
			for range 100 { // chunked
				fmt.Fprint(w, `          `)
				w.(http.Flusher).Flush()
			}
			fmt.Fprint(w, `[]`)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newTestClient(t, Config{BaseURL: s.URL, Transport: &http.Transport{}})
	for range 3 {
		for _, path := range []string{"/api/v1/empty", "/api/v1/refused", "/api/v1/list"} {
			_, _ = c.Do(t.Context(), &Request{Method: http.MethodGet, Path: At(path)})
		}
	}
	_, err := c.Do(t.Context(), &Request{Method: http.MethodHead, Path: At("/api/v1/list")})
	require.NoError(t, err)
	require.EqualValues(t, 1, connections.Load())
}

func TestWire_RedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("followed with %v", r.Header) })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	c := newTestClient(t, Config{BaseURL: s.URL, Auth: authorizer{authorize: func(r *http.Request) error {
		r.Header.Set("Authorization", "SSWS secret")
		return nil
	}}})
	_, err := c.Do(t.Context(), aPost)
	require.True(t, HasStatus(err, http.StatusTemporaryRedirect))
	require.False(t, OutcomeUnknown(err))
}

func TestWire_CompressedAnswers(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 10<<20))
	require.NoError(t, z.Close())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Encoding", "gzip")
		if r.URL.Path == "/api/v1/bomb" {
			_, _ = w.Write(packed.Bytes())
			return
		}
		z := gzip.NewWriter(w)
		fmt.Fprint(z, `{"id":"1"}`)
		_ = z.Close()
	})
	c := newTestClient(t, Config{BaseURL: s.URL, MaxBody: 1 << 20})
	raw, err := c.JSON(t.Context(), &Request{Method: http.MethodGet, Path: At("/api/v1/x")})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"1"}`, string(raw))

	_, err = c.JSON(t.Context(), &Request{Method: http.MethodGet, Path: At("/api/v1/bomb")})
	require.ErrorContains(t, err, "larger than 1048576 bytes")
}

func TestWire_EmptyBodies(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.TransferEncoding, r.Method)
		assert.Zero(t, r.ContentLength, "%s: 411 without a length", r.Method)
	})
	c := newTestClient(t, Config{BaseURL: s.URL})
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		raw, err := c.JSON(t.Context(), &Request{Method: method, Path: At("/api/v1/x")})
		require.NoError(t, err, method)
		require.Nil(t, raw, method)
	}
}

func TestWire_HeadOfAnError(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"errorCode":"E0000007"}`, http.StatusNotFound)
	})
	c := newTestClient(t, Config{BaseURL: s.URL})
	_, err := c.Do(t.Context(), &Request{Method: http.MethodHead, Path: At("/api/v1/x")})
	require.True(t, HasStatus(err, http.StatusNotFound))
}

// A write that never got a connection is repeated; one that may have been read is not.
func TestWire_WhatWasSent(t *testing.T) {
	t.Parallel()
	taken := func(t *testing.T, talk func(net.Conn)) string {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				talk(conn)
				_ = conn.Close()
			}
		}()
		return l.Addr().String()
	}
	read := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }
	proxied := func(status string) func(net.Conn) {
		return func(conn net.Conn) {
			read(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n\r\n")
		}
	}
	for name, test := range map[string]struct {
		base      string
		transport *http.Transport
		sent      bool
	}{
		"nobody listens": {base: "http://127.0.0.1:1"},
		"no such host": {base: "http://org.invalid", transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "org.invalid", IsNotFound: true}
			},
		}},
		"no TLS there": {base: "https://" + taken(t, func(conn net.Conn) {
			read(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		})},
		"a certificate of somebody": {base: func() string {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of our refusal
			s.StartTLS()
			t.Cleanup(s.Close)
			return s.URL
		}()},
		"the proxy refuses": {base: "https://acme.okta.com", transport: &http.Transport{
			Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: taken(t, proxied("502 Bad Gateway"))}),
		}},
		"the proxy is away": {base: "https://acme.okta.com", transport: &http.Transport{
			Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}),
		}},
		"closed after it was read": {base: "http://" + taken(t, read), sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := test.transport
			if transport == nil {
				transport = &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
			}
			tries := 0
			c := newTestClient(t, Config{
				BaseURL: test.base, Transport: transport,
				Observe: func(context.Context, Attempt) { tries++ },
			})
			ctx, stats := WithStats(t.Context())
			_, err := c.Do(ctx, &Request{
				Method: http.MethodPost, Path: At("/api/v1/users"), Query: url.Values{"q": {"private"}}, Body: []byte("{}"),
				Retry: &Retry{Max: 1, Delay: func(int) time.Duration { return 0 }, When: neverSent},
			})
			var network *NetworkError
			require.ErrorAs(t, err, &network)
			require.Equal(t, test.sent, network.Sent, err)
			require.Equal(t, test.sent, OutcomeUnknown(err))
			require.NotContains(t, err.Error(), "private", "a URL holds what was searched for")
			if test.sent {
				require.Equal(t, 1, tries)
				require.Equal(t, 1, stats.Requests())
			} else {
				require.Equal(t, 2, tries)
				require.Zero(t, stats.Requests())
			}
		})
	}
}

// A server may close a kept connection just as the next write begins. Where nothing was read, net/http itself goes on
// with a new one, and the call succeeds; it is never sent twice.
func TestWire_WriteOnAClosedKeptConnection(t *testing.T) {
	t.Parallel()
	var posts atomic.Int32
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts.Add(1)
		}
	})
	c := newTestClient(t, Config{BaseURL: s.URL, Transport: &http.Transport{}})
	for range 20 {
		_, err := c.Do(t.Context(), aGet)
		require.NoError(t, err)
		s.CloseClientConnections()
		before := posts.Load()
		if _, err := c.Do(t.Context(), aPost); err != nil {
			require.True(t, OutcomeUnknown(err))
			continue
		}
		require.Equal(t, before+1, posts.Load())
	}
}
