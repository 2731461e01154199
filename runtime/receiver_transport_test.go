package runtime_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/okta-connector/okta-connector/runtime"
)

// resolveTo makes every name lead to one address until the test ends.
func resolveTo(t *testing.T, address netip.Addr) {
	t.Helper()
	server, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = before; _ = server.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return // closed
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
					Body:   &dnsmessage.AResource{A: address.As4()},
				}}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = server.WriteTo(answer, from) // it asks again
			}
		}
	}()
}

// It replaces the process's resolver, so that nothing runs beside it.
func TestReceiverTransport_ANameThatLeadsToAMetadataAddress(t *testing.T) { //nolint:paralleltest // see above
	resolveTo(t, netip.MustParseAddr("169.254.169.254"))
	get := func(url string) error {
		client := &http.Client{Transport: runtime.NewReceiverTransport()}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("[]"))
		require.NoError(t, err)
		res, err := client.Do(req)
		if err == nil {
			err = res.Body.Close()
		}
		return err
	}
	require.ErrorContains(t, get("http://harmless.example/hook"), "link-local or metadata address")
	require.ErrorContains(t, get("http://169.254.169.254/latest"), "link-local or metadata address")
	require.ErrorContains(t, get("http://[::ffff:169.254.169.254]/latest"), "link-local or metadata address")
	require.ErrorContains(t, get("http://[fd00:ec2::254]/latest"), "link-local or metadata address")

	neighbour := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(neighbour.Close)
	require.NoError(t, get(neighbour.URL), "a receiver may be on a private address")
	resolveTo(t, netip.MustParseAddr("127.0.0.1"))
	require.NoError(t, get(strings.Replace(neighbour.URL, "127.0.0.1", "neighbour.example", 1)))
}
