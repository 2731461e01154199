package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	codeLife        = 5 * time.Minute
	accessLife      = time.Hour          // fixed for Okta API scopes
	refreshIdleLife = 7 * 24 * time.Hour // since its last use
	rotationGrace   = 30 * time.Second   // how long a rotated refresh token still works
)

// grant is one consent: a sign-in of a person, or one answer to a service app. To revoke it ends all its tokens.
type grant struct {
	clientID string
	personID string // empty for a service app
	scopes   []string
	nonce    string // for the ID token
	signedIn time.Time
	jkt      string // the key that its tokens are bound to; empty: bearer tokens

	newest  string // refresh token
	revoked bool
}

type authorizationCode struct {
	grant       *grant
	redirectURI string
	challenge   string // PKCE S256; empty: none
	expires     time.Time
	used        bool
}

type accessToken struct {
	grant           *grant
	id              string
	scopes          []string
	issued, expires time.Time
	revoked         bool
}

type refreshToken struct {
	grant   *grant
	expires time.Time
	rotated time.Time // zero: the newest
}

// grants holds codes and tokens, and with them all that a sign-in leads to.
type grants struct {
	mu      sync.Mutex
	codes   map[string]*authorizationCode
	access  map[string]*accessToken
	refresh map[string]*refreshToken
	swept   time.Time
}

// reset forgets all codes and tokens.
func (g *grants) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.codes = map[string]*authorizationCode{}
	g.access = map[string]*accessToken{}
	g.refresh = map[string]*refreshToken{}
}

var anotherClient = invalidGrant("The grant was issued to another client. " +
	"Please make sure the 'client_id' matches the one used at the authorize request.")

// newCode stores an authorization code for its one use.
func (g *grants) newCode(c authorizationCode) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep()
	c.expires = time.Now().Add(codeLife)
	code := rand.Text()
	g.codes[code] = &c
	return code
}

// redeem uses an authorization code up and binds its grant to jkt. A second use revokes what the first one gave.
func (g *grants) redeem(clientID, code, redirectURI, verifier, jkt string) (*grant, *oauthError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.codes[code]
	switch {
	case c == nil:
		return nil, invalidGrant("The authorization code is invalid or has expired.")
	case c.grant.clientID != clientID:
		return nil, anotherClient
	case c.used:
		c.grant.revoked = true
		return nil, invalidGrant("The authorization code is invalid or has expired.")
	case !time.Now().Before(c.expires):
		return nil, invalidGrant("The authorization code is invalid or has expired.")
	case c.redirectURI != redirectURI:
		return nil, invalidGrant("The 'redirect_uri' does not match the redirection URI used in the authorization request.")
	}
	if refusal := checkVerifier(c.challenge, verifier); refusal != nil {
		return nil, refusal
	}
	c.used = true
	c.grant.jkt = jkt
	return c.grant, nil
}

func checkVerifier(challenge, verifier string) *oauthError {
	sum := sha256.Sum256([]byte(verifier))
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge == "":
		return invalidRequest("PKCE code challenge should be specified in the authorize request for code verification.")
	case verifier == "":
		return invalidRequest("PKCE code verifier is required by the application.")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != challenge:
		return invalidGrant("PKCE verification failed.")
	}
	return nil
}

// newRefresh gives a grant its first refresh token.
func (g *grants) newRefresh(of *grant) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.addRefresh(of)
}

func (g *grants) addRefresh(of *grant) string {
	of.newest = rand.Text()
	g.refresh[of.newest] = &refreshToken{grant: of, expires: time.Now().Add(refreshIdleLife)}
	return of.newest
}

// renewal is what a client asks for with a refresh token.
type renewal struct {
	client oauthClient
	token  string
	jkt    string
	scope  string
}

// renewed is what it gets: the grant, the scopes that are left of it, and the refresh token for the next time.
type renewed struct {
	grant  *grant
	scopes []string
	token  string // empty when offline_access was not asked for: the old one stays
}

// renew uses a refresh token. The next one is the same when they persist, a new one when they rotate, and within the
// grace period the successor again. A token that was rotated longer ago is in the wrong hands, or its successor is: the
// whole grant is revoked.
func (g *grants) renew(r renewal) (renewed, *oauthError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.refresh[r.token]
	switch {
	case t == nil || t.grant.revoked || !time.Now().Before(t.expires):
		return renewed{}, invalidGrant("The refresh token is invalid or expired.")
	case t.grant.clientID != r.client.id:
		return renewed{}, anotherClient
	case t.grant.jkt != r.jkt && r.jkt == "":
		return renewed{}, invalidProof("The DPoP proof JWT header is missing.")
	case t.grant.jkt != r.jkt:
		return renewed{}, invalidProof("Invalid DPoP Public Key binding in refresh token")
	case !t.rotated.IsZero() && time.Since(t.rotated) > rotationGrace:
		t.grant.revoked = true
		return renewed{}, invalidGrant("The refresh token is invalid or expired.")
	}
	scopes, refusal := narrow(t.grant.scopes, r.scope)
	if refusal != nil {
		return renewed{}, refusal
	}
	next := ""
	if slices.Contains(scopes, "offline_access") {
		next = g.successor(t, r)
	}
	return renewed{t.grant, scopes, next}, nil
}

func (g *grants) successor(t *refreshToken, r renewal) string {
	if !t.rotated.IsZero() {
		return t.grant.newest
	}
	if !r.client.rotate {
		t.expires = time.Now().Add(refreshIdleLife)
		return r.token
	}
	t.rotated = time.Now()
	return g.addRefresh(t.grant)
}

func (g *grants) addAccess(token string, t accessToken) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep()
	g.access[token] = &t
}

// accessToken returns a token that is neither expired nor revoked.
func (g *grants) accessToken(token string) (accessToken, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.access[token]
	if t == nil || t.revoked || t.grant.revoked || !time.Now().Before(t.expires) {
		return accessToken{}, false
	}
	return *t, true
}

// refreshToken returns a token that has neither expired nor been revoked or rotated.
func (g *grants) refreshToken(token string) (refreshToken, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.refresh[token]
	if t == nil || !t.rotated.IsZero() || t.grant.revoked || !time.Now().Before(t.expires) {
		return refreshToken{}, false
	}
	return *t, true
}

// revoke ends client's token. An access token ends alone, a refresh token with all that came of the same sign-in.
func (g *grants) revoke(clientID, token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.access[token]; t != nil && t.grant.clientID == clientID {
		t.revoked = true
	}
	if t := g.refresh[token]; t != nil && t.grant.clientID == clientID {
		t.grant.revoked = true
	}
}

// sweep forgets what is long over, now and then. A used code is kept as long as the tokens that its reuse would revoke.
func (g *grants) sweep() {
	now := time.Now()
	if now.Sub(g.swept) < time.Minute {
		return
	}
	g.swept = now
	maps.DeleteFunc(g.codes, func(_ string, c *authorizationCode) bool { return now.After(c.expires.Add(accessLife)) })
	maps.DeleteFunc(g.access, func(_ string, t *accessToken) bool { return now.After(t.expires) })
	maps.DeleteFunc(g.refresh, func(_ string, t *refreshToken) bool { return now.After(t.expires) })
}
