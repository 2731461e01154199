package sandbox

import (
	"net"
	"net/url"
	"slices"
	"sync"
)

// oauthClient is a registered application. Values are copied out of clients and never changed in place.
type oauthClient struct {
	id, name    string
	active      bool
	service     bool     // client_credentials with a key; otherwise a web app with a secret and people who sign in
	secret      string   // of a web app
	keys        []jwk    // of a service app
	scopes      []string // granted Okta API scopes
	requireDPoP bool
	rotate      bool     // each refresh gives a new refresh token
	redirects   []string // registered, beside loopback callbacks
}

func (c oauthClient) grantTypes() []string {
	if c.service {
		return []string{"client_credentials"}
	}
	return []string{"authorization_code", "refresh_token"}
}

// redirectsTo parses uri and reports whether it is registered: exactly, or as /oauth/callback on a loopback address and
// any port.
func (c oauthClient) redirectsTo(uri string) (*url.URL, bool) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, false
	}
	if slices.Contains(c.redirects, uri) {
		return u, true
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	plain := (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.RawQuery == "" && u.Fragment == ""
	return u, loopback && plain && u.Path == "/oauth/callback"
}

// registeredClients are the applications of every sandbox, as they are at first.
type registeredClients struct {
	service, dpop, web oauthClient
}

func registerClients(config oauthConfig, key jwk) registeredClients {
	ids := newIdentifiers(^config.Seed) // others than those of the org's applications
	service := oauthClient{
		id: ids.next(prefixApp), name: "Sandbox Service", active: true,
		service: true, keys: []jwk{key}, scopes: apiScopes,
	}
	dpop := service
	dpop.id, dpop.name, dpop.requireDPoP = ids.next(prefixApp), "Sandbox Service with DPoP", true
	web := oauthClient{
		id: ids.next(prefixApp), name: "Sandbox Web", active: true,
		secret: ids.token(64), scopes: apiScopes, rotate: true, redirects: config.RedirectURIs,
	}
	return registeredClients{service, dpop, web}
}

// clients are the applications with their settings of now.
type clients struct {
	mu   sync.Mutex
	byID map[string]oauthClient
}

func (c *clients) reset(to registeredClients) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byID = map[string]oauthClient{}
	for _, client := range []oauthClient{to.service, to.dpop, to.web} {
		c.byID[client.id] = client
	}
}

// find returns an active client.
func (c *clients) find(id string) (oauthClient, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	client := c.byID[id]
	return client, client.active
}

// change lets edit alter a client's settings and returns the result, false for an unknown id.
func (c *clients) change(id string, edit func(*oauthClient)) (oauthClient, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	client, ok := c.byID[id]
	if !ok {
		return client, false
	}
	edit(&client)
	c.byID[id] = client
	return client, true
}
