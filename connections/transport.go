package connections

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

const (
	maxGovernors = 4096  // orgs and their token endpoints
	maxMemory    = 10000 // access tokens and parsed keys
)

// Config says how a process reaches orgs. The zero value reaches orgs on the public internet.
type Config struct {
	Dev              bool // orgs may be http:// on a loopback address
	AllowPrivateOrgs bool // orgs may have private addresses, never link-local or metadata ones
	UserAgent        string
	Governor         okta.GovernorConfig
	Observe          func(context.Context, okta.Attempt) // may be nil
	Logger           *slog.Logger                        // nil: discard
}

// NewEnvironment returns what all connections of the process share: one pool of sockets, one rate budget an org and
// one memory of tokens. A proxy is taken from HTTPS_PROXY and NO_PROXY as they are now.
func NewEnvironment(cfg Config) connector.Environment {
	governors := connector.NewMemory(maxGovernors)
	return connector.Environment{
		Dev:              cfg.Dev,
		AllowPrivateOrgs: cfg.AllowPrivateOrgs,
		Transport:        newTransport(cfg, httpproxy.FromEnvironment()),
		Governor: func(org string) *okta.Governor {
			return connector.Remember(governors, org, func() *okta.Governor { return okta.NewGovernor(cfg.Governor) })
		},
		Observe:   cfg.Observe,
		UserAgent: cfg.UserAgent,
		Logger:    cfg.Logger,
		Memory:    connector.NewMemory(maxMemory),
	}
}

// newTransport bounds what one attempt cannot: connecting, the handshake, idle sockets. The client bounds the answer.
func newTransport(cfg Config, proxies *httpproxy.Config) *http.Transport {
	d := dialler{dev: cfg.Dev, orgs: only(true), proxy: proxyAddress(proxies)}
	if cfg.AllowPrivateOrgs {
		d.orgs = only(true, private)
	}
	proxyOf := proxies.ProxyFunc()
	return &http.Transport{
		Proxy:       func(r *http.Request) (*url.URL, error) { return proxyOf(r.URL) },
		DialContext: d.dial,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("the proxy answered %d", res.StatusCode)
			}
			return nil
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true, // not by itself with a dialler of our own
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// dialler connects to orgs by the rules for their addresses, and to the proxy whatever its address: who set it up knows
// where it is.
type dialler struct {
	dev   bool
	orgs  control
	proxy string // host:port; "" for none
}

func (d *dialler) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nd := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, ControlContext: d.orgs}
	host, _, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return nil, err
	case address == d.proxy:
		nd.ControlContext = nil
	case d.dev && isLoopback(host):
		nd.ControlContext = only(false, "loopback")
	}
	return nd.DialContext(ctx, network, address)
}

// proxyAddress returns the address that a transport dials for requests to orgs, "" without a proxy.
func proxyAddress(proxies *httpproxy.Config) string {
	all := httpproxy.Config{HTTPSProxy: proxies.HTTPSProxy} // without the exceptions
	u, err := all.ProxyFunc()(&url.URL{Scheme: "https", Host: "acme.okta.com"})
	if err != nil || u == nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
