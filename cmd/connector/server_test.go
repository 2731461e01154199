package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hastyServer is the server of serve with its times shortened.
func hastyServer(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config = newServer(handle)
	s.Config.ReadHeaderTimeout, s.Config.ReadTimeout = 100*time.Millisecond, 200*time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// The time to send a request bounds neither a long call nor a long stream.
func TestServer_LongAnswersAreNotCut(t *testing.T) {
	t.Parallel()
	s := hastyServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for i := range 6 {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
			fmt.Fprintln(w, i)
			_ = http.NewResponseController(w).Flush()
		}
	})
	res, err := http.Post(s.URL, "application/json", http.NoBody)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, "0\n1\n2\n3\n4\n5\n", string(body))
}

// Who sends a request drop by drop is cut off.
func TestServer_SlowRequestsAreCut(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	s := hastyServer(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})
	dial := func(request string) net.Conn {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		_, err = io.WriteString(conn, request)
		require.NoError(t, err)
		return conn
	}
	_, err := io.ReadAll(dial("POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "))
	require.NoError(t, err, "the header takes too long: the connection is closed")
	dial("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1")
	require.Error(t, <-read, "the body takes too long")
}

func TestServer_LargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := hastyServer(t, func(http.ResponseWriter, *http.Request) {})
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	go fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nX: %0*d\r\n\r\n", 128<<10, 0)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, res.StatusCode)
}
