package connections_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/okta-connector/okta-connector/connections"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

func roundTrip(t *testing.T, env connector.Environment, url string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := env.Transport.RoundTrip(r)
	if err == nil {
		require.NoError(t, res.Body.Close())
	}
	return err
}

// local starts a server on loopback and returns its port.
func local(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	return port
}

func TestTransport_RefusesTheAddressANameLeadsTo(t *testing.T) {
	t.Parallel()
	port := local(t)
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
		for _, cfg := range []connections.Config{{}, {AllowPrivateOrgs: true}} {
			err := roundTrip(t, connections.NewEnvironment(cfg), "http://"+host+":"+port)
			var refused *connections.AddressError
			require.ErrorAs(t, err, &refused, host)
			require.Equal(t, "loopback", refused.Kind)
		}
	}
}

func TestTransport_DevReachesLoopbackByNameOfItsOwnOnly(t *testing.T) {
	t.Parallel()
	port := local(t)
	dev := connections.NewEnvironment(connections.Config{Dev: true})
	require.NoError(t, roundTrip(t, dev, "http://127.0.0.1:"+port))
	require.NoError(t, roundTrip(t, dev, "http://localhost:"+port))

	var refused *connections.AddressError
	require.ErrorAs(t, roundTrip(t, dev, "http://[::ffff:127.0.0.1]:"+port), &refused)
	require.ErrorAs(t, roundTrip(t, dev, "http://10.0.0.1:"+port), &refused)
	require.Equal(t, "private", refused.Kind)
}

func TestTransport_PrivateOrgsNeverIncludeMetadata(t *testing.T) {
	t.Parallel()
	env := connections.NewEnvironment(connections.Config{AllowPrivateOrgs: true})
	for _, host := range []string{
		"169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0", "[64:ff9b::a9fe:a9fe]",
	} {
		var refused *connections.AddressError
		require.ErrorAs(t, roundTrip(t, env, "http://"+host), &refused, host)
		require.NotEqual(t, "private", refused.Kind)
	}
}

// A proxy stands on a private address by nature; what it is asked for is still an org.
func TestTransport_ProxyIsExemptFromTheAddressRules(t *testing.T) {
	asked := make(chan string, 1)
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = proxy.Close() })
	go func() {
		conn, err := proxy.Accept()
		if err != nil {
			return
		}
		line, _ := bufio.NewReader(conn).ReadString('\n')
		asked <- strings.TrimSpace(line)
		_, _ = conn.Write([]byte("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
		_ = conn.Close()
	}()
	t.Setenv("HTTPS_PROXY", "http://ada:canary-proxy-password@"+proxy.Addr().String())
	t.Setenv("NO_PROXY", "direct.example")
	env := connections.NewEnvironment(connections.Config{})

	err = roundTrip(t, env, "https://acme.okta.com/api/v1/users/me")
	require.ErrorContains(t, err, "the proxy answered 407")
	require.NotContains(t, err.Error(), "canary")
	require.Equal(t, "CONNECT acme.okta.com:443 HTTP/1.1", <-asked)

	var refused *connections.AddressError
	require.ErrorAs(t, roundTrip(t, env, "http://127.0.0.1:"+local(t)), &refused, "the exemption is the proxy's alone")
}

func TestNewEnvironment_OneGovernorAnOrg(t *testing.T) {
	t.Parallel()
	env := connections.NewEnvironment(connections.Config{})
	first := env.Governor("acme.okta.com")
	require.Same(t, first, env.Governor("acme.okta.com"))
	require.NotSame(t, first, env.Governor("other.okta.com"))
}
